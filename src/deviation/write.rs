//! Starting a file of deviations from what a run found out.

use std::io::{self, Write};

use serde_json::Value;

use crate::verdict::{CaseResult, CheckKind, Declared, RunResult, Verdict};

/// Writes declarations for all that failed in `run`: those that were declared with their reasons, the others with a reason
/// to fill in. Reading refuses the file until every reason is there.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "# What this implementation is known to do otherwise than API version {} has it.", run.api_version)?;
    writeln!(out, "# Say why for each; a link and a last day (`expires: 2027-06-30`) are welcome.")?;
    let entries: Vec<_> = run.cases.iter().flat_map(entries).collect();
    if entries.is_empty() {
        return writeln!(out, "deviations: []");
    }
    writeln!(out, "deviations:")?;
    for (case, check, declared) in entries {
        writeln!(out, "  - case: {case}")?;
        if let Some(check) = check {
            writeln!(out, "    check: {check}")?;
        }
        let reason = declared.map_or("", |declared| declared.reason.as_str());
        writeln!(out, "    reason: {}", Value::from(reason))?;
        if let Some(link) = declared.and_then(|declared| declared.link.as_deref()) {
            writeln!(out, "    link: {}", Value::from(link))?;
        }
    }
    Ok(())
}

/// One declaration for each kind of check that fails; one for the whole case when it was declared so, or all of it fails.
fn entries(case: &CaseResult) -> Vec<(String, Option<CheckKind>, Option<&Declared>)> {
    let fails = |verdict: Verdict| matches!(verdict, Verdict::Fail | Verdict::Known);
    if !fails(case.verdict) {
        return Vec::new();
    }
    let mut kinds: Vec<CheckKind> =
        case.checks.iter().filter(|check| fails(check.verdict)).map(|check| check.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if case.declared.is_some() || kinds.contains(&CheckKind::Status) {
        return vec![(case.name(), None, case.declared.as_ref())];
    }
    let declared =
        |kind| case.checks.iter().filter(move |check| check.kind == kind).find_map(|check| check.declared.as_ref());
    kinds.into_iter().map(|kind| (case.name(), Some(kind), declared(kind))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        deviation::Deviations,
        document::Source,
        verdict::{CheckResult, Level},
        version::ApiVersion,
    };

    fn written() -> String {
        let fail = |kind| CheckResult::fail(kind, Level::Required, "differs");
        let declared =
            Declared { reason: "our \"own\" words".to_owned(), link: Some("https://tracker.example/1".to_owned()) };
        let known = CheckResult { verdict: Verdict::Known, declared: Some(declared), ..fail(CheckKind::Golden) };
        let run = RunResult {
            target: "http://127.0.0.1:8080".to_owned(),
            api_version: ApiVersion::V4_12,
            traits: crate::traits::Traits::default(),
            started: jiff::Timestamp::UNIX_EPOCH,
            duration: Duration::ZERO,
            level: Level::Compatible,
            absent_features: Vec::new(),
            profiles: Vec::new(),
            interrupted: false,
            cases: vec![
                CaseResult::of_checks("auth", "a", vec![fail(CheckKind::Golden), fail(CheckKind::Golden)]),
                CaseResult::of_checks("auth", "b", vec![fail(CheckKind::Status), fail(CheckKind::Golden)]),
                CaseResult::of_checks("auth", "c", vec![known, fail(CheckKind::Traffic)]),
                CaseResult::of_checks("auth", "d", vec![CheckResult::pass(CheckKind::Status, Level::Required)]),
            ],
        };
        let mut out = Vec::new();
        write(&run, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn declares_what_failed_and_leaves_the_reason_to_fill_in() {
        insta::assert_snapshot!(written());
    }

    #[test]
    fn what_is_written_can_be_read_once_reasons_are_filled_in() {
        let cases = ["auth::a", "auth::b", "auth::c"];
        assert!(Deviations::read(&Source::new("written.yaml", written()), &cases).is_err());
        let filled = written().replace("reason: \"\"", "reason: known");
        Deviations::read(&Source::new("written.yaml", filled), &cases).unwrap();
    }
}
