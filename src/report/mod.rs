//! What a run found out, for people and for machines.
//!
//! [`terminal`] is for the person who waits, [`html`] for the one who reads later, [`json`] and [`junit`] for tools. A
//! [`Report`] is what stands in a JSON report; pages and JUnit files are made of it, too, so that they can be made of the
//! JSON report of a former run.
//!
//! ```text
//! RunResult → redact → escape → cause → cut to size → terminal
//!             └─────────────── view ──────────────┘ → Report → json, html, junit
//! ```

mod absence;
pub mod badge;
mod causes;
pub mod compare;
mod destination;
mod escape;
mod excerpt;
mod explain;
mod file;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod markup;
pub mod merge;
mod model;
mod paint;
mod pretty;
mod redact;
mod shard_case;
mod summary;
pub mod terminal;
mod texts;
mod view;

#[cfg(test)]
pub(crate) mod sample;

pub use self::{
    destination::{Destination, DestinationError},
    file::{ReportFile, ReportFormat, UnknownReport},
    json::ReadReportError,
    model::{Report, ReportCase, Summary},
    paint::{ColorChoice, Paint},
    redact::RedactedRun,
    shard_case::ShardCase,
    view::ShownCause,
};

pub(crate) use self::{excerpt::sides, markup::page_environment, summary::plural};

/// Replaces the characters in `text` that no terminal should get.
pub(crate) fn escape_for_terminal(text: &mut String) {
    escape::escape(text);
}
