//! Deviations: what an implementer declares as failing, so that a run shows what is new.
//!
//! ```yaml
//! deviations:
//!   - case: single-image::content-oci-*      # `*` stands for anything
//!     reason: OCI images are not supported yet
//!     link: https://tracker.example/17
//!   - case: [validation::invalid-tag, "auth::*"]
//!     check: golden                          # this check alone; without it, all checks
//!     level: compatible                      # checks of this level alone
//!     reason: our messages have another wording
//!     expires: 2027-06-30                    # from the day after, the failure counts again
//!   - case: "*"
//!     path: $..metadata.uid                  # this place in responses, and what is below it
//!     reason: our objects have no uid
//!   - case: "*"
//!     step: GET imagestreams/*               # by request, or by number
//!     status: 404                            # a step that answers this status, and what follows from that
//!     reason: streams cannot be read yet
//! ```
//!
//! A declared failure is `known`, and fails nothing; what fails beside it still does. An entry that nothing fails under any
//! more is `stale`, and does fail: it has to go, or it would hide the next failure. An entry about several cases is stale
//! when all of them were run and none of them fails under it. A declaration does not turn an `error` into `known`, since
//! nothing was judged then.

mod apply;
mod file;
mod select;
mod write;

use std::sync::atomic::AtomicBool;

use include_dir::{Dir, include_dir};
use jiff::civil::Date;

use self::select::Selector;
pub use self::{
    file::{MissingReasons, json_schema},
    write::{Update, write},
};
use crate::{document::Source, verdict::Declared};

/// The deviations that an implementer declares, of one or several files.
#[derive(Debug, Default)]
pub struct Deviations {
    entries: Vec<Deviation>,
}

/// One declaration.
#[derive(Debug)]
struct Deviation {
    /// Which failures it is about.
    selector: Selector,
    /// Why, and where it is tracked.
    declared: Declared,
    /// The last day on which it holds.
    expires: Option<Date>,
    /// How many of the loaded cases it is about.
    loaded: usize,
    /// Whether something failed under it in this run.
    matched: AtomicBool,
    /// The file that it comes from.
    file: String,
    /// Its text there, from its dash to the next entry's; nothing where it does not stand on lines of its own.
    text: Option<String>,
}

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/deviations");

impl Deviations {
    /// The file of this name among those that ship: what a released server is known to get wrong.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Source> {
        let path = format!("{name}.yaml");
        let text = BUILT_IN.get_file(&path)?.contents_utf8()?;
        Some(Source::new(format!("deviations/{path}"), text))
    }

    /// Whether something is declared about the case of this name, and not about every case alike.
    #[must_use]
    pub fn concern(&self, case: &str) -> bool {
        self.entries.iter().any(|entry| entry.selector.cases.is_match(case) && !entry.selector.cases.is_every())
    }

    /// The names of the files that ship.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.files().filter_map(|file| file.path().file_stem()?.to_str())
    }

    /// These declarations and those of `other`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// Whether nothing is declared.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The declarations that no longer hold on `today`, as sentences.
    #[must_use]
    pub fn expired(&self, today: Date) -> Vec<String> {
        let expired = self.entries.iter().filter_map(|entry| Some((entry, entry.expires.filter(|day| *day < today)?)));
        expired
            .map(|(entry, day)| {
                format!("the deviation of `{}` expired on {day}, its failures count again", entry.selector.cases)
            })
            .collect()
    }
}
