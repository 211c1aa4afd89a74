//! The report for the one who reads later: a single page that needs nothing beside it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use minijinja::{Environment, value::Serde};
use serde::Serialize;

use super::{excerpt::sides, redact::redact, summary};
use crate::{
    verdict::{
        AbsentFeature, CaseResult, CheckResult, Counts, Exchange, Level, ProfileResult, RunResult, SuiteCounts, Verdict,
    },
    version::ApiVersion,
};

/// The name ends in `.html`, so that everything put into the template is escaped.
const TEMPLATE: &str = "report.html";

#[derive(Serialize)]
struct Page<'a> {
    target: &'a str,
    api_version: ApiVersion,
    traits: Vec<(&'static str, String)>,
    started: String,
    seconds: f64,
    interrupted: bool,
    verdict: Verdict,
    verdicts: [Verdict; Verdict::ALL.len()],
    level: Level,
    absent_features: Vec<&'a AbsentFeature>,
    profiles: &'a [ProfileResult],
    conformance: Option<String>,
    all: Row<'a>,
    levels: Vec<Row<'a>>,
    suites: Vec<Row<'a>>,
    schema_deviations: BTreeMap<&'a str, usize>,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    total: usize,
    counts: Vec<(Verdict, usize)>,
}

#[derive(Serialize)]
struct Case<'a> {
    #[serde(flatten)]
    result: &'a CaseResult,
    /// Whether it is shown unfolded.
    open: bool,
    milliseconds: u128,
    checks: Vec<Check<'a>>,
    exchanges: &'a [Exchange],
}

#[derive(Serialize)]
struct Check<'a> {
    #[serde(flatten)]
    result: &'a CheckResult,
    /// Path, expected and actual of each difference, short enough to read.
    shown: Vec<(String, String, String)>,
}

/// Writes the page about `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, mut out: impl Write) -> io::Result<()> {
    let run = redact(run);
    let mut environment = Environment::new();
    environment.add_template(TEMPLATE, include_str!("report.html")).map_err(io::Error::other)?;
    let page = environment
        .get_template(TEMPLATE)
        .and_then(|template| template.render(Serde(page(&run))))
        .map_err(io::Error::other)?;
    writeln!(out, "{}", page.trim_end())
}

fn page(run: &RunResult) -> Page<'_> {
    let levels = run.checks_by_level();
    let at_level = |level: Level| row(level.as_str(), levels.get(&level).copied().unwrap_or_default());
    Page {
        target: &run.target,
        api_version: run.api_version,
        traits: run.traits.named(),
        started: run.started.to_string(),
        seconds: run.seconds(),
        interrupted: run.interrupted,
        verdict: run.verdict(),
        verdicts: Verdict::ALL,
        level: run.level,
        absent_features: run.failing_features().collect(),
        profiles: &run.profiles,
        conformance: summary::conformance(run),
        all: row("cases", run.counts()),
        levels: Level::ALL.into_iter().map(at_level).collect(),
        suites: run.counts_by_suite().into_iter().map(suite_row).collect(),
        schema_deviations: run.schema_deviations(),
        cases: run.cases.iter().map(case).collect(),
    }
}

/// The cases of a suite, those that are not scored included in their number.
fn suite_row(suite: SuiteCounts<'_>) -> Row<'_> {
    Row { total: suite.total(), ..row(suite.suite, suite.counts) }
}

fn row(name: &str, counts: Counts) -> Row<'_> {
    let by_verdict = Verdict::ALL.into_iter().map(|verdict| (verdict, counts.of(verdict))).collect();
    Row { name, total: counts.total(), counts: by_verdict }
}

fn case(result: &CaseResult) -> Case<'_> {
    Case {
        result,
        open: result.is_failure(),
        milliseconds: result.duration.as_millis(),
        checks: result.checks.iter().map(check).collect(),
        exchanges: &result.exchanges,
    }
}

fn check(result: &CheckResult) -> Check<'_> {
    let shown = result.differences.iter().map(|difference| {
        let (expected, actual) = sides(difference);
        (difference.path.to_string(), expected, actual)
    });
    Check { result, shown: shown.collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(run: &RunResult) -> String {
        let mut written = Vec::new();
        write(run, &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn shows_every_case_and_no_credentials() {
        insta::assert_snapshot!(written(&sample::run()));
    }

    #[test]
    fn needs_nothing_beside_it() {
        let page = written(&sample::run());
        for attribute in [" src=", "@import", "<link"] {
            assert!(!page.contains(attribute), "{attribute}");
        }
    }

    #[test]
    fn what_an_implementation_sends_is_text_and_never_markup() {
        let mut run = sample::passing_run();
        run.cases[0].about = "<script>alert(1)</script>".to_owned();
        assert!(!written(&run).contains("<script>"));
    }
}
