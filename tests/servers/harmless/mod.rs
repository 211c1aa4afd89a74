//! A run does no harm: a cluster is after it as it was before, whatever happens to the run.

pub(crate) mod cluster;
pub(crate) mod command;
mod end;
mod late;
mod marks;
mod panic;
mod permission;
mod projects;
