//! The outcome of a whole run.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use super::{AbsentFeature, CaseResult, CheckResult, Level, ProfileResult, Verdict, seconds};
use crate::{traits::Traits, version::ApiVersion};

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

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_verdict = BTreeMap::<Verdict, usize>::deserialize(deserializer)?;
        let mut counts = Self::default();
        by_verdict.into_iter().for_each(|(verdict, count)| counts.0[verdict as usize] = count);
        Ok(counts)
    }
}

impl JsonSchema for Counts {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Counts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Verdict::ALL.map(Verdict::as_str);
        let counts: serde_json::Map<String, serde_json::Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json_schema!({ "type": "integer", "minimum": 0 }).into()))
            .collect();
        json_schema!({ "type": "object", "properties": counts, "required": names, "additionalProperties": false })
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

/// Which part of a whole was run, and which whole: reports with an equal whole belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardOf {
    /// The number of the part, counted from one.
    pub index: u16,
    /// How many parts there are.
    pub count: u16,
    /// How many cases the whole has.
    pub cases: usize,
    /// What tells the cases of the whole from those of another one: the beginning of the SHA-256 of their names.
    pub digest: String,
    /// The place of each case of the part among those of the whole, by name.
    #[serde(skip)]
    pub positions: BTreeMap<String, usize>,
}

/// The recording that a run was held against, instead of suites and goldens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedBuild {
    /// The base URL of the recorded implementation.
    pub target: String,
    /// When it was recorded, in UTC (RFC 3339).
    pub recorded: String,
    /// What recorded it.
    pub generator: String,
    /// Recorded cases that none of the suites has, so that they were not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_recorded: Vec<String>,
}

/// What came out of a run: everything that a report can tell.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// The base URL of the implementation, or `embedded reference`.
    pub target: String,
    /// The API version that the implementation was held against.
    pub api_version: ApiVersion,
    /// What the implementation's configuration decides in its answers.
    pub traits: Traits,
    /// The lowest level of checks that count; others are notes.
    pub level: Level,
    /// What the target lacks of what the cases need.
    pub absent_features: Vec<AbsentFeature>,
    /// What the run says about each profile; nothing if only a selection of the cases was run.
    pub profiles: Vec<ProfileResult>,
    /// When the run began.
    pub started: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Whether it was stopped before every case was done.
    pub interrupted: bool,
    /// How many cases were not run, because it was stopped.
    pub not_run: usize,
    /// Which part of a whole was run, if the run was one of several machines.
    pub shard: Option<ShardOf>,
    /// What the implementation was held against, if that is a recording of another build.
    pub against: Option<RecordedBuild>,
    /// One entry a case, in the order of the suites, whatever the order they were run in.
    pub cases: Vec<CaseResult>,
}

impl RunResult {
    /// How many cases have each verdict; those that are not scored are left out.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.scored().map(|case| case.verdict).collect()
    }

    /// How many checks of each level have each verdict, those that are notes included; checks of cases that are not scored
    /// are left out.
    #[must_use]
    pub fn checks_by_level(&self) -> BTreeMap<Level, Counts> {
        let checks = || self.scored().flat_map(|case| case.checks.iter().chain(&case.notes));
        let of_level = |level| checks().filter(|check| check.level == level).map(|check| check.verdict).collect();
        Level::ALL.map(|level| (level, of_level(level))).into()
    }

    /// How many checks count, and how many of them have each verdict.
    #[must_use]
    pub fn checks(&self) -> Counts {
        self.scored().flat_map(|case| &case.checks).map(|check| check.verdict).collect()
    }

    /// How many steps were judged, and how many of them have each verdict: that of their checks together.
    #[must_use]
    pub fn steps(&self) -> Counts {
        self.scored().flat_map(|case| steps_of(&case.checks)).collect()
    }

    /// How many steps were left out because the target lacks what they need.
    #[must_use]
    pub fn steps_left_out(&self) -> usize {
        self.scored().map(|case| case.left_out.len()).sum()
    }

    /// The cases of each suite, in the order of the suites.
    #[must_use]
    pub fn counts_by_suite(&self) -> Vec<SuiteCounts<'_>> {
        let mut suites: Vec<SuiteCounts<'_>> = Vec::new();
        for case in &self.cases {
            let known = suites.iter().position(|suite| suite.suite == case.suite).unwrap_or_else(|| {
                suites.push(SuiteCounts { suite: &case.suite, counts: Counts::default(), unscored: 0 });
                suites.len() - 1
            });
            match case.not_scored {
                None => suites[known].counts.add(case.verdict),
                Some(_) => suites[known].unscored += 1,
            }
        }
        suites
    }

    /// How many cases could not be judged, or not wholly, because a feature is absent that the target must have.
    #[must_use]
    pub fn cases_kept_from_judgement(&self) -> usize {
        self.failing_features().flat_map(AbsentFeature::cases).collect::<BTreeSet<_>>().len()
    }

    /// The absent features because of which the run fails.
    pub fn failing_features(&self) -> impl Iterator<Item = &AbsentFeature> {
        self.absent_features.iter().filter(|feature| feature.is_failure(self.level))
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
        seconds::rounded(self.duration)
    }

    /// The verdict over the run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let features = self.failing_features().map(|_| Verdict::Fail);
        Verdict::of_parts(self.scored().map(|case| case.verdict).chain(features))
    }

    fn scored(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|case| case.not_scored.is_none())
    }
}

/// The cases of one suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuiteCounts<'a> {
    /// The suite.
    pub suite: &'a str,
    /// How many of its cases have each verdict, among those that are scored.
    pub counts: Counts,
    /// How many of its cases are not scored.
    pub unscored: usize,
}

impl SuiteCounts<'_> {
    /// How many cases the suite has, those that are not scored included.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.total() + self.unscored
    }
}

/// The verdict of each step that `checks` are about.
fn steps_of(checks: &[CheckResult]) -> impl Iterator<Item = Verdict> {
    let mut steps: BTreeMap<usize, Vec<Verdict>> = BTreeMap::new();
    for check in checks {
        if let Some(step) = &check.step {
            steps.entry(step.number).or_default().push(check.verdict);
        }
    }
    steps.into_values().map(Verdict::of_parts)
}
