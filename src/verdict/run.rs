//! The outcome of a whole run.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{CaseResult, Level, Verdict};
use crate::version::ApiVersion;

/// How many of something have each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([usize; Verdict::ALL.len()]);

impl Counts {
    /// How many have `verdict`.
    #[must_use]
    pub fn of(&self, verdict: Verdict) -> usize {
        self.0[verdict as usize]
    }

    /// How many there are in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// Counts one more `verdict`.
    pub fn add(&mut self, verdict: Verdict) {
        self.0[verdict as usize] += 1;
    }
}

impl FromIterator<Verdict> for Counts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut counts = Self::default();
        verdicts.into_iter().for_each(|verdict| counts.add(verdict));
        counts
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Verdict::ALL.len()))?;
        for verdict in Verdict::ALL {
            map.serialize_entry(verdict.as_str(), &self.of(verdict))?;
        }
        map.end()
    }
}

/// What came out of a run: everything that a report can tell.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// The base URL of the implementation, or `embedded reference`.
    pub target: String,
    /// The API version that the implementation was held against.
    pub api_version: ApiVersion,
    /// When the run began.
    pub started: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Whether it was stopped before every case was done.
    pub interrupted: bool,
    /// One entry a case, in the order of the suites, whatever the order they were run in.
    pub cases: Vec<CaseResult>,
}

impl RunResult {
    /// How many cases have each verdict; those that are not scored are left out.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.scored().map(|case| case.verdict).collect()
    }

    /// How many cases have each verdict at each level. A case that says nothing about a level is not counted there.
    #[must_use]
    pub fn counts_by_level(&self) -> BTreeMap<Level, Counts> {
        Level::ALL.map(|level| (level, self.scored().filter_map(|case| case.verdict_at(level)).collect())).into()
    }

    /// How many cases of each suite have each verdict, in the order of the suites.
    #[must_use]
    pub fn counts_by_suite(&self) -> Vec<(&str, Counts)> {
        let mut suites: Vec<(&str, Counts)> = Vec::new();
        for case in self.scored() {
            match suites.iter_mut().find(|(suite, _)| *suite == case.suite) {
                Some((_, counts)) => counts.add(case.verdict),
                None => suites.push((&case.suite, Counts::from_iter([case.verdict]))),
            }
        }
        suites
    }

    /// How many cases show each documented deviation of the published schema, by the deviation's name.
    #[must_use]
    pub fn schema_deviations(&self) -> BTreeMap<&str, usize> {
        let mut cases_by_name = BTreeMap::new();
        for case in &self.cases {
            let mut names: Vec<_> = case.checks.iter().flat_map(|check| &check.schema_deviations).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                *cases_by_name.entry(name.as_str()).or_default() += 1;
            }
        }
        cases_by_name
    }

    /// How long the run took, in seconds to the millisecond.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        rounded_seconds(self.duration)
    }

    /// The verdict over the run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_parts(self.scored().map(|case| case.verdict))
    }

    fn scored(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|case| case.not_scored.is_none())
    }
}

/// Durations are written in seconds, to the millisecond.
pub(super) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded_seconds(*duration))
}

fn rounded_seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}
