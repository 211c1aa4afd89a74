//! What the cluster allows: registries, limits.

pub(crate) mod allow_list;
pub(crate) mod limits;
pub(crate) mod registries;
