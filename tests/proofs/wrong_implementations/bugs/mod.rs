//! The mistakes, by where they are made.

mod import;
mod reading;
mod registry;
mod report;
mod stream;
mod unasked;

use super::bug::Bug;

/// Every mistake that a case is to catch.
pub(crate) fn all() -> Vec<Bug> {
    [import::bugs(), reading::bugs(), report::bugs(), stream::bugs(), registry::bugs()].concat()
}

/// Mistakes that no case is about.
pub(crate) fn unasked() -> Vec<Bug> {
    unasked::bugs()
}
