//! `--update`: proposes goldens made of the answers.

use std::path::PathBuf;

use crate::{
    cli::exit::{CommandError, notice},
    golden::Store,
    redaction::Secrets,
    report::plural,
    runner::CaseOutcome,
    verdict::{CheckKind, CheckResult, Verdict},
    version::ApiVersion,
};

/// Keeps the proposal of a case only if its golden differs from it, or is missing. Where the proposal is going to be taken, the
/// checks that failed against the old golden pass; what was declared stays declared.
pub(super) fn decide(outcome: &mut CaseOutcome, accept: bool) {
    let result = &mut outcome.result;
    let speaks_against = |check: &CheckResult| of_golden(check) && check.verdict != Verdict::Pass;
    if !result.checks.iter().any(speaks_against) {
        outcome.proposal = None;
    } else if accept && outcome.proposal.is_some() {
        let failed = |check: &CheckResult| of_golden(check) && matches!(check.verdict, Verdict::Fail | Verdict::Error);
        if result.checks.iter().any(failed) {
            for check in result.checks.iter_mut().filter(|check| failed(check)) {
                *check = CheckResult { step: check.step.take(), ..CheckResult::pass(check.kind, check.level) };
            }
            result.verdict = Verdict::of_parts(result.checks.iter().map(|check| check.verdict));
        }
    }
}

/// Writes a proposal beside every golden that the answers differ from, and for every case without one; takes them all where
/// `accept` says so.
///
/// # Errors
/// When a proposal cannot be written.
pub(super) fn propose(
    goldens: &Store,
    version: ApiVersion,
    outcomes: &[CaseOutcome],
    accept: bool,
) -> Result<(), CommandError> {
    let redactor = Secrets::of_this_process().redactor();
    let mut written: Vec<PathBuf> = Vec::new();
    let mut cases = 0;
    for CaseOutcome { result, newest, proposal, .. } in outcomes {
        let Some(proposal) = proposal else { continue };
        let versions = (version, *newest);
        let proposed = goldens
            .propose(&result.suite, &result.case, versions, &proposal.redacted(&redactor))
            .map_err(CommandError::harness)?;
        written.extend(proposed);
        cases += 1;
    }
    let Some(first) = written.first() else {
        notice("no golden differs, nothing is proposed");
        return Ok(());
    };
    let count = plural(cases, "golden");
    if accept {
        Store::accept(&written).map_err(CommandError::harness)?;
        notice(format_args!("{count} proposed and taken; read them as code is read: `git diff` shows them"));
    } else if first
        .canonicalize()
        .is_ok_and(|first| first.ancestors().any(|folder| folder.join("Cargo.toml").is_file()))
    {
        notice(format_args!("{count} proposed; `cargo insta review` walks through them, `--accept` takes them all"));
    } else {
        let golden = first.with_extension("");
        notice(format_args!(
            "{count} proposed; `--accept` takes them all, and this one is taken by\n  mv {} {}",
            first.display(),
            golden.display(),
        ));
    }
    Ok(())
}

/// Whether a golden says what is expected.
const fn of_golden(check: &CheckResult) -> bool {
    matches!(check.kind, CheckKind::Golden | CheckKind::Traffic)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{
        golden::Golden,
        redaction::CaseSecrets,
        verdict::{CaseResult, Level},
    };

    #[rstest]
    #[case::passed(CheckKind::Golden, Verdict::Pass, Verdict::Pass, false)]
    #[case::golden(CheckKind::Golden, Verdict::Fail, Verdict::Pass, true)]
    #[case::no_golden_yet(CheckKind::Golden, Verdict::Error, Verdict::Pass, true)]
    #[case::declared(CheckKind::Golden, Verdict::Known, Verdict::Known, true)]
    #[case::other(CheckKind::Status, Verdict::Fail, Verdict::Fail, false)]
    fn a_golden_that_is_taken_is_no_failure_any_more(
        #[case] kind: CheckKind,
        #[case] verdict: Verdict,
        #[case] expected: Verdict,
        #[case] is_proposed: bool,
    ) {
        let check = CheckResult { verdict, ..CheckResult::pass(kind, Level::Compatible) };
        let mut outcome = CaseOutcome {
            result: CaseResult::of_checks("suite", "case", vec![check]),
            newest: ApiVersion::NEWEST,
            proposal: Some(Golden::default()),
            statuses: Vec::new(),
            recorded: None,
            left_behind: Vec::new(),
            secrets: CaseSecrets::default(),
        };
        decide(&mut outcome, true);
        assert_eq!((outcome.result.verdict, outcome.proposal.is_some()), (expected, is_proposed));
    }
}
