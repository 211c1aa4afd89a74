//! The report for the one who reads later: a single page that needs nothing beside it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use minijinja::value::Serde;
use serde::Serialize;

use super::{
    Report, ReportCase, ShownCause, excerpt::named_sides, markup::page_environment, pretty::pretty,
    redact::RedactedRun, summary::plural, view::ViewLimits,
};
use crate::{
    verdict::{AbsentFeature, CheckResult, Counts, Declared, Exchange, LeftOutStep, Level, ProfileResult, Verdict},
    version::ApiVersion,
};

/// The name ends in `.html`, so that everything put into the template is escaped.
const TEMPLATE: &str = "report.html";
/// How large the details may be, in bytes.
const DETAILS: usize = 400_000;
/// How many causes are told apart.
const CAUSES: usize = 100;
/// How many links there are from causes to cases, the most frequent causes first.
const LINKS: usize = 500;
/// How many there are from any cause.
const FEWEST_LINKS: usize = 5;

#[derive(Serialize)]
struct RunPage<'a> {
    target: String,
    api_version: ApiVersion,
    traits: Vec<(String, &'a str)>,
    started: &'a str,
    seconds: f64,
    interrupted: bool,
    not_run: usize,
    verdict: Verdict,
    headline: String,
    /// Those that come up in the run, so that tables have no empty columns.
    verdicts: Vec<Verdict>,
    /// Whether some cases do not decide over the run.
    has_unscored: bool,
    level: Level,
    absent_features: Vec<&'a AbsentFeature>,
    profiles: &'a [ProfileResult],
    conformance: Option<&'a str>,
    all: Row<'a>,
    levels: Vec<Row<'a>>,
    causes: Vec<CauseRow<'a>>,
    more_causes: usize,
    suites: Vec<SuiteSection<'a>>,
    requirements: Vec<&'a str>,
    schema_deviations: &'a BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    total: usize,
    counts: Vec<(Verdict, usize)>,
}

#[derive(Serialize)]
struct SuiteSection<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// How many of its cases do not decide over the run.
    not_scored: usize,
    cases: Vec<CaseSection<'a>>,
}

#[derive(Serialize)]
struct CauseRow<'a> {
    number: usize,
    #[serde(flatten)]
    cause: &'a ShownCause,
    /// The cases of it, as far as there is room.
    names: Vec<String>,
    /// How many more there are.
    more: usize,
}

#[derive(Serialize)]
struct CaseSection<'a> {
    name: String,
    case: &'a str,
    about: &'a str,
    location: Option<&'a str>,
    requirements: &'a [String],
    verdict: Verdict,
    skipped: Option<&'a str>,
    not_scored: Option<&'a str>,
    declared: Option<&'a Declared>,
    repetitions: &'a [Verdict],
    milliseconds: f64,
    passed: usize,
    /// The numbers of its causes.
    cause_numbers: Vec<usize>,
    /// The words of its first cause, where its checks are left out. The page's script names the others.
    first_cause: Option<&'a str>,
    checks: Vec<Check<'a>>,
    left_out: &'a [LeftOutStep],
    exchanges: Vec<ShownExchange<'a>>,
}

/// A check as pages show it.
#[derive(Serialize)]
pub(super) struct Check<'a> {
    #[serde(flatten)]
    result: &'a CheckResult,
    /// Each difference, short enough to read.
    shown: Vec<ShownDifference>,
}

/// A difference side by side.
#[derive(Serialize)]
struct ShownDifference {
    path: String,
    expected: Split,
    actual: Split,
}

/// A text, and the part of it that differs.
#[derive(Serialize)]
struct Split {
    before: String,
    differs: String,
    after: String,
}

/// An exchange as pages show it.
#[derive(Serialize)]
pub(super) struct ShownExchange<'a> {
    #[serde(flatten)]
    exchange: &'a Exchange,
    request_body: Cow<'a, str>,
    response_body: Cow<'a, str>,
}

/// Writes the page about `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RedactedRun, out: impl Write) -> io::Result<()> {
    write_report(&Report::of(run, ViewLimits { details: DETAILS, causes: CAUSES, escapes: true }), out)
}

/// Writes the page about `report`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_report(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut environment = page_environment();
    environment.add_template(TEMPLATE, include_str!("report.html")).map_err(io::Error::other)?;
    let page = environment
        .get_template(TEMPLATE)
        .and_then(|template| template.render(Serde(page(report))))
        .map_err(io::Error::other)?;
    writeln!(out, "{}", page.trim_end())
}

/// What pages look like.
pub(super) fn style() -> &'static str {
    let page = include_str!("report.html");
    let (_, behind) = page.split_once("<style>").unwrap_or_default();
    behind.split_once("</style>").unwrap_or_default().0
}

fn page(report: &Report) -> RunPage<'_> {
    let summary = &report.summary;
    let at_level = |level: Level| row(level.as_str(), summary.levels.get(&level).copied().unwrap_or_default());
    let mut links = LINKS;
    let mut cause_row = |(index, cause)| {
        let has_it = report.cases.iter().filter(|case| case.causes.contains(&index));
        let mut names: Vec<String> = has_it.map(ReportCase::name).collect();
        let more = names.len().saturating_sub(links.max(FEWEST_LINKS));
        names.truncate(names.len() - more);
        links = links.saturating_sub(names.len());
        CauseRow { number: index + 1, cause, names, more }
    };
    let causes = report.causes.iter().enumerate().map(&mut cause_row).collect();
    let requirements: BTreeSet<&str> =
        report.cases.iter().flat_map(|case| &case.requirements).map(String::as_str).collect();
    RunPage {
        target: report.target.clone(),
        api_version: report.api_version,
        traits: report.traits.iter().map(|(name, value)| (name.replace('_', "-"), value.as_str())).collect(),
        started: &report.started,
        seconds: report.seconds,
        interrupted: report.interrupted,
        not_run: report.not_run,
        verdict: summary.verdict,
        headline: headline(report),
        verdicts: verdicts(report),
        has_unscored: report.cases.iter().any(|case| case.not_scored.is_some()),
        level: report.level,
        absent_features: report.failing_features().collect(),
        profiles: &report.profiles,
        conformance: report.conformance.as_deref(),
        all: row("cases", summary.cases),
        levels: Level::ALL.into_iter().map(at_level).collect(),
        causes,
        more_causes: report.more_causes,
        suites: suites(report),
        requirements: requirements.into_iter().collect(),
        schema_deviations: &summary.schema_deviations,
    }
}

/// The verdicts of cases and checks that come up in a run, and those that everybody looks for.
fn verdicts(report: &Report) -> Vec<Verdict> {
    let comes_up = |verdict: &Verdict| {
        report.cases.iter().any(|case| case.verdict == *verdict)
            || report.summary.levels.values().any(|counts| counts.of(*verdict) > 0)
    };
    let is_looked_for = |verdict: &Verdict| matches!(verdict, Verdict::Pass | Verdict::Fail);
    Verdict::ALL.into_iter().filter(|verdict| is_looked_for(verdict) || comes_up(verdict)).collect()
}

/// The result in words: `known` is a good result, and says so.
fn headline(report: &Report) -> String {
    let counts = report.summary.cases;
    let cases = |count| plural(count, "case");
    match report.summary.verdict {
        Verdict::Pass | Verdict::Skip => "all as expected".to_owned(),
        Verdict::Known => {
            format!("all as expected, {} with a declared deviation", cases(counts.of(Verdict::Known)))
        }
        Verdict::Fail | Verdict::Error | Verdict::Stale => {
            let failed = counts.of(Verdict::Fail) + counts.of(Verdict::Error) + counts.of(Verdict::Stale);
            match report.failing_features().count() {
                0 => format!("{} not as expected", cases(failed)),
                absent => format!("{} absent, {} not as expected", plural(absent, "feature"), cases(failed)),
            }
        }
    }
}

/// Every suite that has cases, in the order of the run; those whose cases are not scored, too.
fn suites(report: &Report) -> Vec<SuiteSection<'_>> {
    let mut suites: Vec<(&str, Vec<&ReportCase>)> = Vec::new();
    for case in &report.cases {
        match suites.iter_mut().find(|(name, _)| *name == case.suite) {
            Some((_, cases)) => cases.push(case),
            None => suites.push((&case.suite, vec![case])),
        }
    }
    suites.into_iter().map(|(name, cases)| suite(report, name, cases)).collect()
}

fn suite<'a>(report: &'a Report, name: &'a str, cases: Vec<&'a ReportCase>) -> SuiteSection<'a> {
    let scored = cases.iter().filter(|case| case.not_scored.is_none()).map(|case| case.verdict);
    let counts: Counts = scored.collect();
    SuiteSection {
        row: row(name, counts),
        not_scored: cases.len() - counts.total(),
        cases: cases.into_iter().map(|found| case(report, found)).collect(),
    }
}

fn row(name: &str, counts: Counts) -> Row<'_> {
    let by_verdict = Verdict::ALL.into_iter().map(|verdict| (verdict, counts.of(verdict))).collect();
    Row { name, total: counts.total(), counts: by_verdict }
}

fn case<'a>(report: &'a Report, case: &'a ReportCase) -> CaseSection<'a> {
    let first_cause = case.causes.first().and_then(|index| report.causes.get(*index));
    CaseSection {
        name: case.name(),
        case: &case.case,
        about: &case.about,
        location: case.location.as_deref(),
        requirements: &case.requirements,
        verdict: case.verdict,
        skipped: case.skipped.as_deref(),
        not_scored: case.not_scored.as_deref(),
        declared: case.declared.as_ref(),
        repetitions: &case.repetitions,
        milliseconds: (case.seconds * 1000.0).round(),
        passed: case.checks_passed(),
        cause_numbers: case.causes.iter().map(|index| index + 1).collect(),
        first_cause: first_cause.filter(|_| case.checks.is_empty()).map(|cause| cause.says.as_str()),
        checks: case.checks.iter().map(|found| check(found, case)).collect(),
        left_out: &case.left_out,
        exchanges: case.exchanges.iter().map(exchange).collect(),
    }
}

/// What a page shows of a check.
pub(super) fn check<'a>(result: &'a CheckResult, case: &ReportCase) -> Check<'a> {
    let shown = result.differences.iter().map(|difference| {
        let (expected, actual) = named_sides(difference, &case.values);
        let (expected, actual) = split(&expected, &actual);
        ShownDifference { path: difference.path.to_string(), expected, actual }
    });
    Check { result, shown: shown.collect() }
}

/// Both texts with what they have in common at the beginning and at the end taken apart.
fn split(expected: &str, actual: &str) -> (Split, Split) {
    let (left, right): (Vec<char>, Vec<char>) = (expected.chars().collect(), actual.chars().collect());
    let before = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let shorter = left.len().min(right.len()) - before;
    let after =
        left.iter().rev().zip(right.iter().rev()).take(shorter).take_while(|(left, right)| left == right).count();
    let part = |text: &[char]| Split {
        before: text[..before].iter().collect(),
        differs: text[before..text.len() - after].iter().collect(),
        after: text[text.len() - after..].iter().collect(),
    };
    (part(&left), part(&right))
}

/// What a page shows of an exchange.
pub(super) fn exchange(exchange: &Exchange) -> ShownExchange<'_> {
    let response = exchange.response.as_ref().map(|response| response.body.as_str());
    ShownExchange {
        exchange,
        request_body: pretty(&exchange.request.body),
        response_body: pretty(response.unwrap_or_default()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{report::sample, verdict::RunResult};

    fn written(run: &RunResult) -> String {
        let mut written = Vec::new();
        write(&RedactedRun::of(run), &mut written).unwrap();
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
    fn every_link_leads_somewhere() {
        let page = written(&sample::many_failures());
        let links = regex::Regex::new(r##"href="#([^"]*)""##).unwrap();
        assert!(links.find(&page).is_some());
        for link in links.captures_iter(&page) {
            assert!(page.contains(&format!(r#"id="{}""#, &link[1])), "{}", &link[1]);
        }
    }

    #[test]
    fn every_suite_is_in_the_table() {
        let mut run = sample::run();
        run.cases.iter_mut().filter(|case| case.suite == "auth").for_each(|case| case.not_scored = Some("late".into()));
        let page = written(&run);
        for suite in ["single-image", "auth"] {
            assert!(page.contains(&format!(r##"<a href="#{suite}">{suite}</a>"##)), "{page}");
        }
    }

    #[test]
    fn tables_have_no_column_of_a_verdict_that_does_not_come_up() {
        let column = |verdict: Verdict| format!("<th class=\"count\">{verdict}</th>");
        let passing = written(&sample::passing_run());
        let comes_up = |verdict: &Verdict| passing.matches(&column(*verdict)).count();
        let columns: Vec<usize> = Verdict::ALL.iter().map(comes_up).collect();
        let expected: Vec<usize> = Verdict::ALL
            .iter()
            .map(|verdict| 2 * usize::from(matches!(verdict, Verdict::Pass | Verdict::Fail)))
            .collect();
        assert_eq!(columns, expected);
        assert!(!passing.contains("not scored</th>"));
        assert!(written(&sample::run()).contains(&column(Verdict::Error)));
    }

    #[test]
    fn what_an_implementation_sends_is_text_and_never_markup() {
        let mut run = sample::passing_run();
        run.cases[0].about = "<script>alert(1)</script>".to_owned();
        assert!(!written(&run).contains("<script>alert"));
    }
}
