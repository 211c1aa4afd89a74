//! The report for continuous integration: JUnit's XML, one test case a case.
//!
//! JUnit knows fewer outcomes. `fail` and `stale` are failures, `error` is an error, `skip` is skipped; `known` and cases
//! that are not scored are skipped too, with the declaration or the reason as the message. Features that the target must have
//! and lacks are failures of a suite `features`.
//!
//! Elements and attributes are those that Jenkins' xUnit plugin accepts (its `junit-10.xsd`); it refuses a file with others.

use std::io::{self, Write};

use super::{
    Paint, Report, ReportCase,
    escape::escape,
    excerpt::beginning,
    explain,
    redact::RedactedRun,
    view::{ViewLimits, cases},
};
use crate::verdict::Verdict;

/// How large the texts of failures may be, in bytes.
const DETAILS: usize = 500_000;
/// How many causes are told apart.
const CAUSES: usize = 300;
/// How many causes are named for a case without details.
const NAMED: usize = 5;
/// The longest text of a failure, in characters.
const TEXT: usize = 20_000;

/// What JUnit says of a case.
enum JunitOutcome {
    Passed,
    Skipped(String),
    Failed { element: &'static str, kind: Verdict, message: String, text: String },
}

#[derive(Default, Clone, Copy)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Totals {
    const fn add(&mut self, outcome: &JunitOutcome) {
        self.tests += 1;
        match outcome {
            JunitOutcome::Passed => {}
            JunitOutcome::Skipped(_) => self.skipped += 1,
            JunitOutcome::Failed { kind: Verdict::Error, .. } => self.errors += 1,
            JunitOutcome::Failed { .. } => self.failures += 1,
        }
    }

    fn attributes(self) -> String {
        format!("tests=\"{}\" failures=\"{}\" errors=\"{}\"", self.tests, self.failures, self.errors)
    }
}

/// A suite: its name, what came out of it, and its cases.
type Suite<'a> = (&'a str, Totals, Vec<(&'a ReportCase, JunitOutcome)>);

/// Writes the report of `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RedactedRun, out: impl Write) -> io::Result<()> {
    write_report(&Report::of(run, ViewLimits { details: DETAILS, causes: CAUSES, escapes: true }), out)
}

/// Writes `report`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_report(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut all = Totals::default();
    let mut suites: Vec<Suite<'_>> = Vec::new();
    for case in &report.cases {
        let outcome = outcome(report, case)?;
        all.add(&outcome);
        let index = suites.iter().position(|(name, ..)| *name == case.suite).unwrap_or_else(|| {
            suites.push((&case.suite, Totals::default(), Vec::new()));
            suites.len() - 1
        });
        suites[index].1.add(&outcome);
        suites[index].2.push((case, outcome));
    }
    let absent: Vec<_> = report.failing_features().collect();
    all.tests += absent.len();
    all.failures += absent.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let seconds = report.seconds;
    writeln!(out, r#"<testsuites name="isi-conformance" {} time="{seconds:.3}">"#, all.attributes())?;
    // `xs:dateTime` of the older schemas has no zone: it is UTC.
    let started = report.started.get(..19).unwrap_or("1970-01-01T00:00:00");
    if !absent.is_empty() {
        let totals = Totals { tests: absent.len(), failures: absent.len(), ..Totals::default() };
        writeln!(out, r#"    <testsuite name="features" {} timestamp="{started}">"#, totals.attributes())?;
        for feature in absent {
            let (name, reason) = (xml(&feature.name), xml(&feature.reason));
            let cases = cases(feature.cases().count());
            let text = xml_text(&format!("{}: {cases} could not be judged, or not wholly", feature.about));
            writeln!(out, r#"        <testcase name="{name}" classname="features">"#)?;
            writeln!(out, r#"            <failure message="{reason}" type="absent">{text}</failure>"#)?;
            writeln!(out, "        </testcase>")?;
        }
        writeln!(out, "    </testsuite>")?;
    }
    for (name, totals, cases) in &suites {
        let seconds: f64 = cases.iter().map(|(case, _)| case.seconds).sum();
        let (name, attributes, skipped) = (xml(name), totals.attributes(), totals.skipped);
        writeln!(
            out,
            r#"    <testsuite name="{name}" {attributes} skipped="{skipped}" time="{seconds:.3}" timestamp="{started}">"#
        )?;
        writeln!(out, "        <properties>")?;
        let target =
            [("target".to_owned(), &report.target), ("api-version".to_owned(), &report.api_version.to_string())];
        let traits = report.traits.iter().map(|(name, value)| (name.replace('_', "-"), value));
        for (name, value) in target.into_iter().chain(traits) {
            writeln!(out, r#"            <property name="{}" value="{}"/>"#, xml(&name), xml(value))?;
        }
        writeln!(out, "        </properties>")?;
        cases.iter().try_for_each(|(case, outcome)| test_case(case, outcome, &mut out))?;
        writeln!(out, "    </testsuite>")?;
    }
    writeln!(out, "</testsuites>")?;
    out.flush()
}

fn test_case(case: &ReportCase, outcome: &JunitOutcome, out: &mut impl Write) -> io::Result<()> {
    let (name, suite, seconds) = (xml(&case.case), xml(&case.suite), case.seconds);
    write!(out, r#"        <testcase name="{name}" classname="{suite}" time="{seconds:.3}""#)?;
    match outcome {
        JunitOutcome::Passed => return writeln!(out, "/>"),
        JunitOutcome::Skipped(reason) => write!(out, ">\n            <skipped message=\"{}\"/>", xml(reason))?,
        JunitOutcome::Failed { element, kind, message, text } => {
            write!(out, ">\n            <{element} message=\"{}\" type=\"{kind}\">", xml(message))?;
            write!(out, "{}</{element}>", xml_text(text))?;
        }
    }
    writeln!(out, "\n        </testcase>")
}

fn outcome(report: &Report, case: &ReportCase) -> io::Result<JunitOutcome> {
    let element = match case.verdict {
        Verdict::Pass => return Ok(JunitOutcome::Passed),
        Verdict::Skip => return Ok(JunitOutcome::Skipped(case.skipped.clone().unwrap_or_default())),
        Verdict::Known => return Ok(JunitOutcome::Skipped(format!("known to fail: {}", reason(case)))),
        Verdict::Fail | Verdict::Stale | Verdict::Error if case.not_scored.is_some() => {
            return Ok(JunitOutcome::Skipped(case.not_scored.clone().unwrap_or_default()));
        }
        Verdict::Fail | Verdict::Stale => "failure",
        Verdict::Error => "error",
    };
    let causes = || case.causes.iter().filter_map(|cause| report.causes.get(*cause)).map(|cause| cause.says.as_str());
    let message = match causes().next() {
        None => reason(case),
        Some(first) => match causes().count() {
            1 => first.to_owned(),
            count => format!("{first}, and {} more", count - 1),
        },
    };
    let text = if case.lacks_details() {
        let named: Vec<&str> = causes().take(NAMED).collect();
        let place = case.location.as_deref().map(|place| format!("{place}\n")).unwrap_or_default();
        format!("{place}{}", named.join("\n"))
    } else {
        let mut text = Vec::new();
        explain::case(&case.result(), Paint::Plain, &mut text)?;
        beginning(String::from_utf8_lossy(&text).trim_end(), TEXT)
    };
    Ok(JunitOutcome::Failed { element, kind: case.verdict, message, text })
}

fn reason(case: &ReportCase) -> String {
    let checks = case.checks.iter().filter_map(|check| check.declared.as_ref());
    case.declared.iter().chain(checks).map(|declared| declared.reason.as_str()).next().unwrap_or_default().to_owned()
}

/// A text inside an element.
fn xml_text(text: &str) -> String {
    let mut text = text.to_owned();
    escape(&mut text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text inside an attribute.
fn xml(text: &str) -> String {
    xml_text(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
