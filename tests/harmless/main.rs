//! A run does no harm: a cluster is after it as it was before, whatever happens to the run.

#![allow(clippy::unwrap_used)]

mod cluster;
mod command;
#[path = "../drive/mod.rs"]
mod drive;
mod end;
mod late;
mod marks;
mod panic;
mod permission;
mod projects;
