//! What reports are made of: the run as it stands in a JSON report, bounded in size and without secrets.
//!
//! ```json
//! {
//!   "format": 3,
//!   "generator": "isi-conformance 0.1.0",
//!   "target": "http://127.0.0.1:8080",
//!   "api_version": "4.22",
//!   "level": "compatible",
//!   "traits": { "integrated_registry": "none", "import_mode": "Legacy", … },
//!   "started": "2026-01-02T03:04:05Z",
//!   "seconds": 2.5,
//!   "interrupted": false,
//!   "not_run": 0,
//!   "summary": {
//!     "verdict": "fail", "cases": { "pass": 1, "fail": 1, … }, "checks": { "pass": 9, … }, "steps": { "pass": 2, … },
//!     "steps_left_out": 1, "levels": { "required": { "pass": 2, … }, "compatible": { "fail": 1, … } },
//!     "suites": { "single-image": { "pass": 1, … } }, "schema_deviations": { "tag-items-null": 1 }, "not_scored": 0
//!   },
//!   "absent_features": [ { "name": "streams", "means": "failure", "reason": "GET imagestreams/[stream] answers 404", … } ],
//!   "profiles": [ { "name": "lookup", "requirements": 40, "met": 40, … } ],
//!   "conformance": "conforms to `lookup` of API version 4.22",
//!   "causes": [ { "says": "`GET imagestreams/[stream]` answered 404 instead of 200", "cases": 146, "example": …, … } ],
//!   "more_causes": 0,
//!   "cases": [ { "suite": "single-image", "case": "content-s2-basic", "verdict": "pass", "passed": { "status": 2 }, … } ]
//! }
//! ```
//!
//! `schemas/report.schema.json` describes the format. Counts are counts of cases, except for `checks` and `steps`, and for
//! `levels`, which count checks. Checks of a lower level than `level` are `notes` of their case and count in `levels` only.
//! Cases that are not scored stand among the cases and count nowhere but in `not_scored`.
//!
//! A case names its `causes` by their positions. Checks that passed are counts. Checks that did not, and what was sent and
//! received, stand in the cases that explain most, as far as there is room: the examples of the causes first. Where there is
//! none, `failed` has the counts. Values are cut, with the length of the whole: `… (4,364 characters)`.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    redact::RedactedRun,
    shard_case::ShardCase,
    summary,
    view::{Detail, ShownCause, View, ViewLimits},
};
use crate::{
    verdict::{
        AbsentFeature, CaseResult, CheckKind, CheckResult, Counts, Declared, Exchange, LeftOutStep, Level,
        ProfileResult, RecordedBuild, ShardOf, Verdict, rounded_seconds,
    },
    version::ApiVersion,
};

/// The version of the format; it rises with every field that is removed or given another meaning.
pub(super) const FORMAT: u32 = 3;

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Report of isi-conformance", rename = "Report")]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// What wrote the report.
    pub generator: String,
    /// The base URL of the implementation, or `the embedded reference`.
    pub target: String,
    /// The API version that the implementation was held against.
    #[schemars(with = "String")]
    pub api_version: ApiVersion,
    /// What the configuration of the implementation decides in its answers.
    pub traits: BTreeMap<String, String>,
    /// When the run began, in UTC (RFC 3339).
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was stopped before every case was done.
    pub interrupted: bool,
    /// How many cases were not run, because it was stopped.
    #[serde(default)]
    pub not_run: usize,
    /// Which part of a whole it is, where several machines ran one each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardOf>,
    /// What the implementation was held against, if that is a recording of another build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<RecordedBuild>,
    /// The lowest level of checks that count.
    pub level: Level,
    /// The counts.
    pub summary: Summary,
    /// What the implementation lacks of what the cases need.
    pub absent_features: Vec<AbsentFeature>,
    /// What the run says about each profile; nothing if only a selection of the cases was run.
    pub profiles: Vec<ProfileResult>,
    /// What the implementation conforms to, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformance: Option<String>,
    /// The causes of failures, the most frequent first, and last those that only come after another failure.
    pub causes: Vec<ShownCause>,
    /// How many more causes there are.
    pub more_causes: usize,
    /// The cases, in the order of the suites.
    pub cases: Vec<ReportCase>,
}

/// Counts over a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The verdict over the run.
    pub verdict: Verdict,
    /// Cases that are scored, by verdict.
    pub cases: Counts,
    /// Checks that count, by verdict.
    pub checks: Counts,
    /// Steps, by the verdict of their checks together.
    pub steps: Counts,
    /// Steps that were left out because the implementation lacks what they need.
    pub steps_left_out: usize,
    /// Checks of each level, by verdict, those that are notes included.
    pub levels: BTreeMap<Level, Counts>,
    /// Cases of each suite, by verdict.
    pub suites: BTreeMap<String, Counts>,
    /// How many cases show each documented deviation of the published schema.
    pub schema_deviations: BTreeMap<String, usize>,
    /// How many cases do not decide over the run.
    pub not_scored: usize,
}

/// A case of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportCase {
    /// The suite that it is in.
    pub suite: String,
    /// Its name in the suite.
    pub case: String,
    /// What it is about, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Where it is written: `suites/single-image.yaml:12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The requirements that it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// What came out.
    pub verdict: Verdict,
    /// Why it was not run, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// Why it does not decide over the run, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_scored: Option<String>,
    /// The declaration that turned a failure into `known`, or that is `stale`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// What came out each time, if the case was repeated and did not always come out the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repetitions: Vec<Verdict>,
    /// How often it was run, where configuration of the cluster may not have taken effect yet.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub attempts: u32,
    /// How long it took.
    pub seconds: f64,
    /// How many checks passed, by kind.
    pub passed: BTreeMap<CheckKind, usize>,
    /// How many did not, by kind, where there is no room for them in `checks`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<CheckKind, usize>,
    /// What a report of the whole needs besides; in reports of shards only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardCase>,
    /// Documented deviations of the published schema that its answers show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_deviations: Vec<String>,
    /// Its causes, by their position in `causes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<usize>,
    /// The checks that did not pass, as far as there is room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckResult>,
    /// The same of checks that are of a lower level than the run was held to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<CheckResult>,
    /// Steps that were left out because the implementation lacks what they need, as far as there is room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutStep>,
    /// Names of values of this run that stand in differences.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// What was sent and received, as far as there is room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
const fn is_one(attempts: &u32) -> bool {
    *attempts == 1
}

impl Report {
    /// What a report of these limits says about `run`.
    #[must_use]
    pub(super) fn of(run: &RedactedRun, limits: ViewLimits) -> Self {
        let steps_left_out = run.for_tools().steps_left_out();
        let view = View::new(run, limits);
        let run = &view.run;
        let counts = run.counts();
        let traits = run.traits.named().into_iter().map(|(name, value)| (name.replace('-', "_"), value));
        let cases = (0..run.cases.len()).map(|position| ReportCase::of(&view, position)).collect();
        Self {
            format: FORMAT,
            generator: concat!("isi-conformance ", env!("CARGO_PKG_VERSION")).to_owned(),
            target: run.target.clone(),
            api_version: run.api_version,
            traits: traits.collect(),
            started: run.started.to_string(),
            seconds: run.seconds(),
            interrupted: run.interrupted,
            not_run: run.not_run,
            shard: run.shard.clone(),
            against: run.against.clone(),
            level: run.level,
            summary: Summary {
                verdict: run.verdict(),
                cases: counts,
                checks: run.checks(),
                steps: run.steps(),
                steps_left_out,
                levels: run.checks_by_level(),
                suites: run.counts_by_suite().into_iter().map(|suite| (suite.suite.to_owned(), suite.counts)).collect(),
                schema_deviations: run
                    .schema_deviations()
                    .into_iter()
                    .map(|(name, cases)| (name.to_owned(), cases))
                    .collect(),
                not_scored: run.cases.len() - counts.total(),
            },
            absent_features: run.absent_features.clone(),
            profiles: run.profiles.clone(),
            conformance: summary::conformance(run),
            causes: view.causes.clone(),
            more_causes: view.more_causes,
            cases,
        }
    }

    /// The absent features because of which the run fails.
    pub fn failing_features(&self) -> impl Iterator<Item = &AbsentFeature> {
        self.absent_features.iter().filter(|feature| feature.is_failure(self.level))
    }

    /// The case of this name: `suite::case`.
    #[must_use]
    pub fn case(&self, name: &str) -> Option<&ReportCase> {
        let (suite, case) = name.split_once("::")?;
        self.cases.iter().find(|found| found.suite == suite && found.case == case)
    }
}

impl ReportCase {
    fn of(view: &View, position: usize) -> Self {
        let case: &CaseResult = &view.run.cases[position];
        let count = |passed: bool| {
            let mut counts = BTreeMap::new();
            for check in case.checks.iter().filter(|check| (check.verdict == Verdict::Pass) == passed) {
                *counts.entry(check.kind).or_default() += 1;
            }
            counts
        };
        let without_checks = view.details[position] == Detail::Causes;
        let shown = |check: &&CheckResult| !without_checks && check.verdict != Verdict::Pass;
        let mut schema_deviations: Vec<String> =
            case.checks.iter().flat_map(|check| &check.schema_deviations).cloned().collect();
        schema_deviations.sort_unstable();
        schema_deviations.dedup();
        Self {
            suite: case.suite.clone(),
            case: case.case.clone(),
            about: case.about.clone(),
            location: case.location.clone(),
            requirements: case.requirements.clone(),
            verdict: case.verdict,
            skipped: case.skipped.clone(),
            not_scored: case.not_scored.clone(),
            declared: case.declared.clone(),
            repetitions: case.repetitions.clone(),
            attempts: case.attempts,
            seconds: rounded_seconds(case.duration),
            passed: count(true),
            failed: if without_checks { count(false) } else { BTreeMap::new() },
            shard: view.shard_cases.get(position).cloned(),
            schema_deviations,
            causes: view.causes_of[position].clone(),
            checks: case.checks.iter().filter(shown).cloned().collect(),
            notes: case.notes.iter().filter(shown).cloned().collect(),
            left_out: case.left_out.clone(),
            values: case.values.clone(),
            exchanges: case.exchanges.clone(),
        }
    }

    /// The name that stands for the case everywhere: `suite::case`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}::{}", self.suite, self.case)
    }

    /// Whether the case decides over the run and did not come out as expected.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        self.verdict.is_failure() && self.not_scored.is_none()
    }

    /// Whether there was no room for its checks.
    #[must_use]
    pub fn lacks_details(&self) -> bool {
        !self.failed.is_empty()
    }

    /// How many checks passed.
    #[must_use]
    pub fn checks_passed(&self) -> usize {
        self.passed.values().sum()
    }

    /// The case as far as the report has it.
    pub(super) fn result(&self) -> CaseResult {
        CaseResult {
            about: self.about.clone(),
            location: self.location.clone(),
            requirements: self.requirements.clone(),
            verdict: self.verdict,
            skipped: self.skipped.clone(),
            not_scored: self.not_scored.clone(),
            declared: self.declared.clone(),
            repetitions: self.repetitions.clone(),
            attempts: self.attempts,
            duration: Duration::try_from_secs_f64(self.seconds).unwrap_or_default(),
            notes: self.notes.clone(),
            left_out: self.left_out.clone(),
            values: self.values.clone(),
            exchanges: self.exchanges.clone(),
            ..CaseResult::of_checks(&self.suite, &self.case, self.checks.clone())
        }
    }
}
