//! The report for tools: everything that a run found out.
//!
//! ```json
//! {
//!   "format": 2,
//!   "target": "http://127.0.0.1:8080",
//!   "api_version": "4.22",
//!   "level": "compatible",
//!   "traits": { "integrated_registry": "none", "import_mode": "Legacy", … },
//!   "started": "2026-01-02T03:04:05Z",
//!   "seconds": 2.5,
//!   "interrupted": false,
//!   "summary": {
//!     "verdict": "fail", "total": 2,
//!     "pass": 1, "fail": 1, "error": 0, "skip": 0, "known": 0, "stale": 0,
//!     "checks": { "pass": 9, … }, "steps": { "pass": 2, … }, "steps_left_out": 1,
//!     "levels": { "required": { "pass": 2, … }, "compatible": { "fail": 1, … } },
//!     "suites": { "single-image": { "pass": 1, … } },
//!     "schema_deviations": { "tag-items-null": 1 },
//!     "not_scored": 0
//!   },
//!   "absent_features": [ { "name": "streams", "means": "failure", "reason": "GET imagestreams/[stream] answers 404", … } ],
//!   "profiles": [ { "name": "lookup", "requirements": 40, "met": 40, … } ],
//!   "conformance": "conforms to `lookup` of API version 4.22",
//!   "cases": [ { "suite": "single-image", "case": "content-s2-basic", "verdict": "pass", "checks": [ … ], … } ]
//! }
//! ```
//!
//! Counts are counts of cases, except for `checks` and `steps`, and for `levels`, which count checks. Checks of a lower level
//! than `level` are `notes` of their case and count in `levels` only. Cases that are not scored stand among the cases and count nowhere but in `not_scored`. What was sent and received stands in the
//! cases that did not pass.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use super::{redact::redact, summary};
use crate::{
    traits::Traits,
    verdict::{AbsentFeature, CaseResult, Counts, Level, ProfileResult, RunResult, Verdict},
    version::ApiVersion,
};

/// The version of this format; it rises with every field that is added, removed or given another meaning.
pub const FORMAT: u32 = 2;

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    target: &'a str,
    api_version: ApiVersion,
    traits: &'a Traits,
    started: String,
    seconds: f64,
    interrupted: bool,
    level: Level,
    summary: Summary<'a>,
    absent_features: &'a [AbsentFeature],
    profiles: &'a [ProfileResult],
    #[serde(skip_serializing_if = "Option::is_none")]
    conformance: Option<String>,
    cases: &'a [CaseResult],
}

#[derive(Serialize)]
struct Summary<'a> {
    verdict: Verdict,
    total: usize,
    pass: usize,
    fail: usize,
    error: usize,
    skip: usize,
    known: usize,
    stale: usize,
    checks: Counts,
    steps: Counts,
    steps_left_out: usize,
    levels: BTreeMap<Level, Counts>,
    suites: BTreeMap<&'a str, Counts>,
    schema_deviations: BTreeMap<&'a str, usize>,
    not_scored: usize,
}

/// Writes the report of `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, out: impl Write) -> io::Result<()> {
    let run = redact(run);
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &report(&run))?;
    out.write_all(b"\n")?;
    out.flush()
}

fn report(run: &RunResult) -> Report<'_> {
    let counts = run.counts();
    Report {
        format: FORMAT,
        target: &run.target,
        api_version: run.api_version,
        traits: &run.traits,
        started: run.started.to_string(),
        seconds: run.seconds(),
        interrupted: run.interrupted,
        level: run.level,
        absent_features: &run.absent_features,
        profiles: &run.profiles,
        conformance: summary::conformance(run),
        summary: Summary {
            verdict: run.verdict(),
            total: counts.total(),
            pass: counts.of(Verdict::Pass),
            fail: counts.of(Verdict::Fail),
            error: counts.of(Verdict::Error),
            skip: counts.of(Verdict::Skip),
            known: counts.of(Verdict::Known),
            stale: counts.of(Verdict::Stale),
            checks: run.checks(),
            steps: run.steps(),
            steps_left_out: run.steps_left_out(),
            levels: run.checks_by_level(),
            suites: run.counts_by_suite().into_iter().map(|suite| (suite.suite, suite.counts)).collect(),
            schema_deviations: run.schema_deviations(),
            not_scored: run.cases.len() - counts.total(),
        },
        cases: &run.cases,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    #[test]
    fn holds_everything_and_no_credentials() {
        let mut written = Vec::new();
        write(&sample::run(), &mut written).unwrap();
        insta::assert_snapshot!(String::from_utf8(written).unwrap());
    }

    #[test]
    fn counts_add_up() {
        let run = sample::run();
        let report = serde_json::to_value(report(&run)).unwrap();
        let summary = &report["summary"];
        let by_verdict: u64 = Verdict::ALL.iter().map(|verdict| summary[verdict.as_str()].as_u64().unwrap()).sum();
        assert_eq!(summary["total"], by_verdict);
        let cases = report["cases"].as_array().unwrap();
        assert_eq!(cases.len() as u64, by_verdict + summary["not_scored"].as_u64().unwrap());
        assert!(cases.iter().all(|case| case["checks"].is_array() && case["verdict"] != Value::Null));
    }
}
