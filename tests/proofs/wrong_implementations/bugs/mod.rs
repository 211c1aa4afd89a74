//! The mistakes, by where they are made.

mod import;
mod reading;
mod registry;
mod report;
mod stream;

use super::bug::Bug;

/// Every mistake.
pub(crate) fn all() -> Vec<Bug> {
    [import::bugs(), reading::bugs(), report::bugs(), stream::bugs(), registry::bugs()].concat()
}
