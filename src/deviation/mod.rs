//! Deviations: what an implementer declares as failing, so that a run shows what is new.
//!
//! ```yaml
//! deviations:
//!   - case: single-image::content-oci-*      # `*` stands for anything
//!     reason: OCI images are not supported yet
//!     link: https://tracker.example/17
//!   - case: validation::invalid-tag
//!     check: golden                          # this check alone; without it, the case as a whole
//!     reason: our message has another wording
//!     expires: 2027-06-30                    # from the day after, the failure counts again
//! ```
//!
//! A declared failure is `known`, and fails nothing. A declaration that nothing fails under any more is `stale`, and does
//! fail: it has to go, or it would hide the next failure. A declaration does not turn an `error` into `known`, since
//! nothing was judged then.

mod apply;
mod file;
mod write;

use globset::GlobMatcher;
use include_dir::{Dir, include_dir};
use jiff::civil::Date;

pub use self::write::write;
use crate::{
    document::Source,
    verdict::{CheckKind, Declared},
};

/// The deviations that an implementer declares.
#[derive(Debug, Clone, Default)]
pub struct Deviations {
    entries: Vec<Deviation>,
}

/// One declaration.
#[derive(Debug, Clone)]
pub struct Deviation {
    /// The cases, as `suite::case`, with `*` for anything.
    cases: GlobMatcher,
    /// The check that fails; without it, the case as a whole.
    check: Option<CheckKind>,
    /// Why, and where it is tracked.
    declared: Declared,
    /// The last day on which it holds.
    expires: Option<Date>,
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

    /// Whether something is declared about the case of this name.
    #[must_use]
    pub fn concern(&self, case: &str) -> bool {
        self.entries.iter().any(|entry| entry.cases.is_match(case))
    }

    /// The declarations that no longer hold on `today`, as sentences.
    #[must_use]
    pub fn expired(&self, today: Date) -> Vec<String> {
        let expired = self.entries.iter().filter_map(|entry| Some((entry, entry.expires.filter(|day| *day < today)?)));
        expired
            .map(|(entry, day)| {
                format!("the deviation of `{}` expired on {day}, its failures count again", entry.pattern())
            })
            .collect()
    }
}

impl Deviation {
    fn pattern(&self) -> &str {
        self.cases.glob().glob()
    }
}
