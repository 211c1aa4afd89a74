//! The report for the one who reads later: a single page that needs nothing beside it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use minijinja::{Environment, value::Serde};
use serde::Serialize;

use super::{
    excerpt::named_sides,
    summary,
    view::{Detail, Limits, ShownCause, View},
};
use crate::{
    verdict::{
        AbsentFeature, CaseResult, CheckResult, Counts, Exchange, LeftOutStep, Level, ProfileResult, RunResult, Verdict,
    },
    version::ApiVersion,
};

/// The name ends in `.html`, so that everything put into the template is escaped.
const TEMPLATE: &str = "report.html";
/// How large the details may be, in bytes.
const DETAILS: usize = 500_000;
/// How many causes are told apart.
const CAUSES: usize = 100;
/// How many causes are named in a case without details.
const NAMED: usize = 3;
/// How many links there are from causes to cases, the most frequent causes first.
const LINKS: usize = 4000;
/// How many there are from any cause.
const FEWEST_LINKS: usize = 10;

#[derive(Serialize)]
struct Page<'a> {
    target: &'a str,
    api_version: ApiVersion,
    traits: Vec<(&'static str, String)>,
    started: String,
    seconds: f64,
    interrupted: bool,
    verdict: Verdict,
    headline: String,
    verdicts: [Verdict; Verdict::ALL.len()],
    level: Level,
    absent_features: Vec<&'a AbsentFeature>,
    profiles: &'a [ProfileResult],
    conformance: Option<String>,
    all: Row<'a>,
    levels: Vec<Row<'a>>,
    causes: Vec<ShownRow<'a>>,
    more_causes: usize,
    failed: usize,
    suites: Vec<Suite<'a>>,
    schema_deviations: BTreeMap<&'a str, usize>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    total: usize,
    counts: Vec<(Verdict, usize)>,
}

#[derive(Serialize)]
struct Suite<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// How many of its cases do not decide over the run.
    not_scored: usize,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct ShownRow<'a> {
    number: usize,
    #[serde(flatten)]
    cause: &'a ShownCause,
    /// The cases of it, as far as there is room.
    names: Vec<String>,
    /// How many more there are.
    more: usize,
}

#[derive(Serialize)]
struct Case<'a> {
    name: String,
    case: &'a str,
    about: &'a str,
    location: Option<&'a str>,
    requirements: &'a [String],
    verdict: Verdict,
    skipped: Option<&'a str>,
    not_scored: Option<&'a str>,
    declared: Option<&'a crate::verdict::Declared>,
    milliseconds: u128,
    passed: usize,
    /// Number and words of its causes, where its checks are left out.
    causes: Vec<(usize, &'a str)>,
    checks: Vec<Check<'a>>,
    left_out: &'a [LeftOutStep],
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
    let view = View::new(run, Limits { details: DETAILS, causes: CAUSES, escapes: true });
    let mut environment = Environment::new();
    environment.add_template(TEMPLATE, include_str!("report.html")).map_err(io::Error::other)?;
    let page = environment
        .get_template(TEMPLATE)
        .and_then(|template| template.render(Serde(page(&view))))
        .map_err(io::Error::other)?;
    writeln!(out, "{}", page.trim_end())
}

fn page(view: &View) -> Page<'_> {
    let run = &view.run;
    let levels = run.checks_by_level();
    let at_level = |level: Level| row(level.as_str(), levels.get(&level).copied().unwrap_or_default());
    let mut links = LINKS;
    let mut cause_row = |(index, cause)| {
        let has_it = view.causes_of.iter().zip(&run.cases).filter(|(causes, _)| causes.contains(&index));
        let mut names: Vec<String> = has_it.map(|(_, case)| case.name()).collect();
        let more = names.len().saturating_sub(links.max(FEWEST_LINKS));
        names.truncate(names.len() - more);
        links = links.saturating_sub(names.len());
        ShownRow { number: index + 1, cause, names, more }
    };
    let causes = view.causes.iter().enumerate().map(&mut cause_row).collect();
    Page {
        target: &run.target,
        api_version: run.api_version,
        traits: run.traits.named(),
        started: run.started.to_string(),
        seconds: run.seconds(),
        interrupted: run.interrupted,
        verdict: run.verdict(),
        headline: headline(run),
        verdicts: Verdict::ALL,
        level: run.level,
        absent_features: run.failing_features().collect(),
        profiles: &run.profiles,
        conformance: summary::conformance(run),
        all: row("cases", run.counts()),
        levels: Level::ALL.into_iter().map(at_level).collect(),
        causes,
        more_causes: view.more_causes,
        failed: view.failed,
        suites: suites(view),
        schema_deviations: run.schema_deviations(),
    }
}

/// The result in words: `known` is a good result, and says so.
fn headline(run: &RunResult) -> String {
    let counts = run.counts();
    match run.verdict() {
        Verdict::Pass | Verdict::Skip => "all as expected".to_owned(),
        Verdict::Known => {
            let known = super::view::cases(counts.of(Verdict::Known));
            format!("all as expected, {known} with a declared deviation")
        }
        Verdict::Fail | Verdict::Error | Verdict::Stale => {
            let failed = counts.of(Verdict::Fail) + counts.of(Verdict::Error) + counts.of(Verdict::Stale);
            match run.failing_features().count() {
                0 => format!("{} not as expected", super::view::cases(failed)),
                absent => format!(
                    "{} absent, {} not as expected",
                    summary::plural(absent, "feature"),
                    super::view::cases(failed)
                ),
            }
        }
    }
}

/// Every suite that has cases, in the order of the run; those whose cases are not scored, too.
fn suites(view: &View) -> Vec<Suite<'_>> {
    let mut suites: Vec<(&str, Vec<usize>)> = Vec::new();
    for (position, case) in view.run.cases.iter().enumerate() {
        match suites.iter_mut().find(|(name, _)| *name == case.suite) {
            Some((_, cases)) => cases.push(position),
            None => suites.push((&case.suite, vec![position])),
        }
    }
    let suite = |(name, positions): (_, Vec<usize>)| {
        let results = || positions.iter().map(|position| &view.run.cases[*position]);
        let scored = results().filter(|case| case.not_scored.is_none()).map(|case| case.verdict);
        let counts: Counts = scored.collect();
        Suite {
            row: row(name, counts),
            not_scored: positions.len() - counts.total(),
            cases: positions.iter().map(|position| case(view, *position)).collect(),
        }
    };
    suites.into_iter().map(suite).collect()
}

fn row(name: &str, counts: Counts) -> Row<'_> {
    let by_verdict = Verdict::ALL.into_iter().map(|verdict| (verdict, counts.of(verdict))).collect();
    Row { name, total: counts.total(), counts: by_verdict }
}

fn case(view: &View, position: usize) -> Case<'_> {
    let result: &CaseResult = &view.run.cases[position];
    let without_checks = view.details[position] == Detail::Causes;
    let causes = view.causes_of[position].iter().take(NAMED).filter(|_| without_checks);
    let not_passed = result.checks.iter().filter(|check| check.verdict != Verdict::Pass);
    Case {
        name: result.name(),
        case: &result.case,
        about: &result.about,
        location: result.location.as_deref(),
        requirements: &result.requirements,
        verdict: result.verdict,
        skipped: result.skipped.as_deref(),
        not_scored: result.not_scored.as_deref(),
        declared: result.declared.as_ref(),
        milliseconds: result.duration.as_millis(),
        passed: result.checks.iter().filter(|check| check.verdict == Verdict::Pass).count(),
        causes: causes.map(|index| (index + 1, view.causes[*index].says.as_str())).collect(),
        checks: not_passed.filter(|_| !without_checks).map(|found| check(found, result)).collect(),
        left_out: &result.left_out,
        exchanges: &result.exchanges,
    }
}

fn check<'a>(result: &'a CheckResult, case: &CaseResult) -> Check<'a> {
    let shown = result.differences.iter().map(|difference| {
        let (expected, actual) = named_sides(difference, &case.values);
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
    fn what_an_implementation_sends_is_text_and_never_markup() {
        let mut run = sample::passing_run();
        run.cases[0].about = "<script>alert(1)</script>".to_owned();
        assert!(!written(&run).contains("<script>alert"));
    }
}
