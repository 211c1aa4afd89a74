//! What a run found out: verdicts of checks, cases and whole runs.
//!
//! These types are what the runner hands to the reports. They serialise to the machine-readable report, and hold nothing
//! that a reader of a failing case would have to look up elsewhere.
//!
//! ```text
//! RunResult → CaseResult → CheckResult → Difference
//!                        → Exchange
//! ```

mod case;
pub mod cause;
mod check;
mod exchange;
mod feature;
mod profile;
mod run;
mod seconds;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::{
    case::{CaseResult, LeftOutStep},
    check::{CheckKind, CheckResult, Declared, Difference, Side, StatusMismatch, StepName},
    exchange::{Exchange, Request, Response},
    feature::{AbsenceMeans, AbsentFeature},
    profile::{ProfileResult, Untested},
    run::{Counts, RecordedBuild, RunResult, ShardOf, SuiteCounts},
};

pub(crate) use self::seconds::rounded as rounded_seconds;

/// How binding a check is.
///
/// Ordered by weight, so that the cap that a case puts on its checks is [`Ord::min`]:
///
/// ```
/// use isi_conformance::verdict::Level;
///
/// assert_eq!(Level::Required.min(Level::Compatible), Level::Compatible);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// What openshift-apiserver does beyond the published reference, the texts of its errors say.
    Compatible,
    /// Written in the published reference, or a consequence of it.
    Required,
}

impl Level {
    /// Both levels, the weightier first: the order of reports.
    pub const ALL: [Self; 2] = [Self::Required, Self::Compatible];

    /// The level as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Required => "required",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The outcome of a check or of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As expected.
    Pass,
    /// The implementation did something else.
    Fail,
    /// The harness or its surroundings failed, not the implementation.
    Error,
    /// Not run, because a feature that it needs is absent.
    Skip,
    /// A declared deviation that still fails.
    Known,
    /// A declared deviation that now passes: counts as a failure, so that the declaration is taken back.
    Stale,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: [Self; 6] = [Self::Pass, Self::Fail, Self::Error, Self::Skip, Self::Known, Self::Stale];

    /// The verdict as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Skip => "skip",
            Self::Known => "known",
            Self::Stale => "stale",
        }
    }

    /// Whether a run with this verdict in it is not all as expected.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Error | Self::Stale)
    }

    /// The verdict of a whole whose parts have these verdicts.
    ///
    /// `fail` outweighs `error`: what the implementation was seen to do wrong stays true when the harness stumbles later.
    /// After these come `stale`, `known`, `pass` and `skip`. A whole without parts passes.
    ///
    /// ```
    /// use isi_conformance::verdict::Verdict;
    ///
    /// assert_eq!(Verdict::of_parts([Verdict::Pass, Verdict::Error, Verdict::Fail]), Verdict::Fail);
    /// assert_eq!(Verdict::of_parts([Verdict::Pass, Verdict::Known]), Verdict::Known);
    /// assert_eq!(Verdict::of_parts([]), Verdict::Pass);
    /// ```
    #[must_use]
    pub fn of_parts(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().max_by_key(|verdict| verdict.weight()).unwrap_or(Self::Pass)
    }

    const fn weight(self) -> u8 {
        match self {
            Self::Skip => 0,
            Self::Pass => 1,
            Self::Known => 2,
            Self::Stale => 3,
            Self::Error => 4,
            Self::Fail => 5,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
