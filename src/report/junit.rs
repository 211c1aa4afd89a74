//! The report for continuous integration: JUnit's XML, one test case a case.
//!
//! JUnit knows fewer outcomes. `fail` and `stale` are failures, `error` is an error, `skip` is skipped; `known` and cases
//! that are not scored are skipped too, with the declaration or the reason as the message. Features that the target must have
//! and lacks are failures of a suite `features`.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Paint, explain, redact::redact};
use crate::verdict::{CaseResult, RunResult, Verdict};

/// Writes the report of `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, mut out: impl Write) -> io::Result<()> {
    let run = redact(run);
    let mut report = Report::new("isi-conformance");
    report.set_time(run.duration);
    let mut suites: Vec<TestSuite> = features(&run).into_iter().collect();
    for case in &run.cases {
        let test_case = test_case(case)?;
        match suites.iter_mut().find(|suite| suite.name.as_str() == case.suite) {
            Some(suite) => suite.add_test_case(test_case),
            None => {
                let mut suite = TestSuite::new(case.suite.as_str());
                suite.add_property(Property::new("target", run.target.as_str()));
                suite.add_property(Property::new("api-version", run.api_version.as_str()));
                for (name, value) in run.traits.named() {
                    suite.add_property(Property::new(name, value));
                }
                suite.add_test_case(test_case);
                suites.push(suite);
                continue;
            }
        };
    }
    report.add_test_suites(suites);
    report.serialize(&mut out).map_err(io::Error::other)
}

/// The features because of which the run fails, as a suite of their own.
fn features(run: &RunResult) -> Option<TestSuite> {
    let mut suite = TestSuite::new("features");
    for feature in run.failing_features() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("absent").set_message(feature.reason.as_str());
        status.set_description(format!(
            "{}: {} cases could not be judged, or not wholly",
            feature.about,
            feature.cases().count()
        ));
        let mut test_case = TestCase::new(feature.name, status);
        test_case.set_classname("features");
        suite.add_test_case(test_case);
    }
    (!suite.test_cases.is_empty()).then_some(suite)
}

fn test_case(case: &CaseResult) -> io::Result<TestCase> {
    let status = match case.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Skip => skipped(case.skipped.as_deref()),
        Verdict::Known => skipped(Some(&format!("known to fail: {}", reason(case)))),
        _ if case.not_scored.is_some() => skipped(case.not_scored.as_deref()),
        Verdict::Fail | Verdict::Stale => not_success(NonSuccessKind::Failure, case)?,
        Verdict::Error => not_success(NonSuccessKind::Error, case)?,
    };
    let mut test_case = TestCase::new(case.case.as_str(), status);
    test_case.set_classname(case.suite.as_str()).set_time(case.duration).set_assertions(case.checks.len());
    Ok(test_case)
}

fn skipped(reason: Option<&str>) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    if let Some(reason) = reason {
        status.set_message(reason);
    }
    status
}

fn not_success(kind: NonSuccessKind, case: &CaseResult) -> io::Result<TestCaseStatus> {
    let mut text = Vec::new();
    explain::case(case, Paint::Plain, &mut text)?;
    let failing = case.checks.iter().filter(|check| check.verdict.is_failure());
    let checks: Vec<_> = failing.map(|check| format!("{} ({})", check.kind, check.level)).collect();
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(case.verdict.as_str()).set_message(match checks.as_slice() {
        [] => reason(case),
        checks => checks.join(", "),
    });
    status.set_description(String::from_utf8_lossy(&text).trim_end());
    Ok(status)
}

fn reason(case: &CaseResult) -> String {
    let checks = case.checks.iter().filter_map(|check| check.declared.as_ref());
    case.declared.iter().chain(checks).map(|declared| declared.reason.as_str()).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn knows_every_verdict() {
        let mut written = Vec::new();
        write(&sample::run(), &mut written).unwrap();
        insta::assert_snapshot!(String::from_utf8(written).unwrap());
    }
}
