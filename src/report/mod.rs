//! What a run found out, for people and for machines.
//!
//! Every function takes a [`RunResult`](crate::verdict::RunResult) and writes it to whatever can be written to:
//! [`terminal`] for the person who waits, [`html`] for the one who reads later, [`json`] and [`junit`] for tools.
//!
//! ```text
//! RunResult → redact → escape → cause → cut to size → terminal, html, json, junit
//!             └─────────────── view ──────────────┘
//! ```

mod absence;
mod causes;
mod destination;
mod escape;
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
mod texts;
mod view;

#[cfg(test)]
mod sample;

pub use self::{
    destination::{Destination, DestinationError},
    file::{ReportFile, ReportFormat, UnknownReport},
    paint::{ColorChoice, Paint},
};

/// Replaces the characters in `text` that no terminal should get.
pub(crate) fn escape_for_terminal(text: &mut String) {
    escape::escape(text);
}
