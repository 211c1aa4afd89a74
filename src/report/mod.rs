//! What a run found out, for people and for machines.
//!
//! Every function takes a [`RunResult`](crate::verdict::RunResult) and writes it to whatever can be written to:
//! [`terminal`] for the person who waits, [`html`] for the one who reads later, [`json`] and [`junit`] for tools.
//! Credentials are taken out before anything is written.

mod absence;
mod excerpt;
mod explain;
mod file;
pub mod html;
pub mod json;
pub mod junit;
mod paint;
mod redact;
mod summary;
pub mod terminal;

#[cfg(test)]
mod sample;

pub use self::{
    file::{ReportFile, ReportFormat, UnknownReport},
    paint::Paint,
};
