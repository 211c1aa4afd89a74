//! The report for tools.
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
//!   "causes": [ { "says": "`GET imagestreams/[stream]` answered 404 instead of 200", "cases": 146, "example": …, … } ],
//!   "more_causes": 0,
//!   "cases": [ { "suite": "single-image", "case": "content-s2-basic", "verdict": "pass", "passed": { "status": 2 }, … } ]
//! }
//! ```
//!
//! Counts are counts of cases, except for `checks` and `steps`, and for `levels`, which count checks. Checks of a lower level
//! than `level` are `notes` of their case and count in `levels` only. Cases that are not scored stand among the cases and
//! count nowhere but in `not_scored`.
//!
//! A case names its `causes` by their positions. Checks that passed are counts. Checks that did not, and what was sent and
//! received, stand in the cases that explain most, as far as there is room: the examples of the causes first. Where there is
//! none, `failed` has the counts. Values are cut, with the length of the whole: `… (4,364 characters)`.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use super::{
    escape::is_harmful,
    summary,
    view::{Detail, Limits, ShownCause, View},
};
use crate::{
    traits::Traits,
    verdict::{
        AbsentFeature, CaseResult, CheckKind, CheckResult, Counts, Declared, Exchange, LeftOutStep, Level,
        ProfileResult, RunResult, Verdict,
    },
    version::ApiVersion,
};

/// The version of this format; it rises with every field that is added, removed or given another meaning.
pub const FORMAT: u32 = 2;

/// How large the details may be, in bytes.
const DETAILS: usize = 200_000;
/// How many causes are told apart.
const CAUSES: usize = 100;

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
    causes: &'a [ShownCause],
    more_causes: usize,
    cases: Vec<Case<'a>>,
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

#[derive(Serialize)]
struct Case<'a> {
    suite: &'a str,
    case: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    about: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    requirements: &'a [String],
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_scored: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<&'a Declared>,
    #[serde(skip_serializing_if = "is_one")]
    attempts: u32,
    seconds: f64,
    passed: BTreeMap<CheckKind, usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    failed: BTreeMap<CheckKind, usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schema_deviations: Vec<&'a str>,
    causes: &'a [usize],
    checks: Vec<&'a CheckResult>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'a CheckResult>,
    #[serde(skip_serializing_if = "<[LeftOutStep]>::is_empty")]
    left_out: &'a [LeftOutStep],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "<[Exchange]>::is_empty")]
    exchanges: &'a [Exchange],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
const fn is_one(attempts: &u32) -> bool {
    *attempts == 1
}

/// Writes the report of `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, mut out: impl Write) -> io::Result<()> {
    let view = View::new(run, Limits { details: DETAILS, causes: CAUSES, escapes: false });
    let mut report = report(&view);
    // A line a case: indented, the cases would take twice the space.
    let cases = std::mem::take(&mut report.cases);
    let head = serde_json::to_string_pretty(&report)?;
    let head = head.strip_suffix("[]\n}").unwrap_or(&head);
    write!(out, "{}[", escaped(head))?;
    for (position, case) in cases.iter().enumerate() {
        let separator = if position == 0 { "" } else { "," };
        write!(out, "{separator}\n    {}", escaped(&serde_json::to_string(case)?))?;
    }
    writeln!(out, "\n  ]\n}}")?;
    out.flush()
}

/// JSON whose texts hold no character that would change what a terminal shows. It means the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmful(character) {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn report(view: &View) -> Report<'_> {
    let run = &view.run;
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
        causes: &view.causes,
        more_causes: view.more_causes,
        cases: (0..run.cases.len()).map(|position| case(view, position)).collect(),
    }
}

fn case(view: &View, position: usize) -> Case<'_> {
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
    let mut schema_deviations: Vec<&str> =
        case.checks.iter().flat_map(|check| &check.schema_deviations).map(String::as_str).collect();
    schema_deviations.sort_unstable();
    schema_deviations.dedup();
    Case {
        suite: &case.suite,
        case: &case.case,
        about: if without_checks { "" } else { &case.about },
        location: case.location.as_deref(),
        requirements: if without_checks { &[] } else { &case.requirements },
        verdict: case.verdict,
        skipped: case.skipped.as_deref(),
        not_scored: case.not_scored.as_deref(),
        declared: case.declared.as_ref(),
        attempts: case.attempts,
        seconds: crate::verdict::rounded_seconds(case.duration),
        passed: count(true),
        failed: if without_checks { count(false) } else { BTreeMap::new() },
        schema_deviations,
        causes: &view.causes_of[position],
        checks: case.checks.iter().filter(shown).collect(),
        notes: case.notes.iter().filter(shown).collect(),
        left_out: &case.left_out,
        values: &case.values,
        exchanges: &case.exchanges,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    fn written(run: &RunResult) -> String {
        let mut written = Vec::new();
        write(run, &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn holds_what_explains_the_failures_and_no_credentials() {
        insta::assert_snapshot!(written(&sample::run()));
    }

    #[test]
    fn counts_add_up() {
        let report: Value = serde_json::from_str(&written(&sample::run())).unwrap();
        let summary = &report["summary"];
        let by_verdict: u64 = Verdict::ALL.iter().map(|verdict| summary[verdict.as_str()].as_u64().unwrap()).sum();
        assert_eq!(summary["total"], by_verdict);
        let cases = report["cases"].as_array().unwrap();
        assert_eq!(cases.len() as u64, by_verdict + summary["not_scored"].as_u64().unwrap());
        assert!(cases.iter().all(|case| case["checks"].is_array() && case["verdict"] != Value::Null));
    }

    #[test]
    fn cases_name_their_causes_by_position() {
        let report: Value = serde_json::from_str(&written(&sample::many_failures())).unwrap();
        for (position, cause) in report["causes"].as_array().unwrap().iter().enumerate() {
            let of_cause = |case: &&Value| case["causes"].as_array().unwrap().contains(&position.into());
            let cases = report["cases"].as_array().unwrap().iter().filter(of_cause).count();
            assert_eq!(cause["cases"], cases, "{cause}");
        }
    }

    #[test]
    fn harmful_characters_are_escaped_and_mean_the_same() {
        let mut run = sample::run();
        let message = "evil\u{202e}txt \u{9b} \u{e0041} \u{fffe}";
        run.cases[1].checks[0].message = Some(message.to_owned());
        let written = written(&run);
        assert!(!written.contains(is_harmful), "{written}");
        let report: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(report["cases"][1]["checks"][0]["message"], message);
    }
}
