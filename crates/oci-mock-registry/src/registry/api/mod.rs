//! The endpoints of the distribution specification, a file each.

pub(super) mod catalog;
pub(super) mod delete;
mod manifest_fields;
mod page;
pub(super) mod pull;
pub(super) mod push_blob;
pub(super) mod push_manifest;
mod range;
pub(super) mod referrers;
pub(super) mod signatures;
pub(super) mod tags;
