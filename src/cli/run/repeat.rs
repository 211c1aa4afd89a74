//! `--repeat`: the results of several executions as one.

use std::collections::BTreeMap;

use crate::verdict::{CaseResult, ProfileResult, RunResult, Verdict};

/// Joins the results `before` with those of the execution of this number. A case has the worst of its verdicts, with what
/// was found then; where they differ, the case names them all.
pub(super) fn join(before: RunResult, after: RunResult, number: u32) -> RunResult {
    let mut latest: BTreeMap<String, CaseResult> = after.cases.into_iter().map(|case| (case.name(), case)).collect();
    let cases = before.cases.into_iter().map(|case| match latest.remove(&case.name()) {
        None => case,
        Some(after) => join_case(case, after, number),
    });
    RunResult {
        cases: cases.collect(),
        duration: before.duration + after.duration,
        interrupted: before.interrupted || after.interrupted,
        // What did not conform once does not conform.
        profiles: worse(before.profiles, &after.profiles),
        absent_features: if before.absent_features.is_empty() { after.absent_features } else { before.absent_features },
        ..before
    }
}

fn join_case(mut before: CaseResult, mut after: CaseResult, number: u32) -> CaseResult {
    let mut verdicts = std::mem::take(&mut before.repetitions);
    if verdicts.is_empty() {
        verdicts = vec![before.verdict; number.saturating_sub(1) as usize];
    }
    verdicts.push(after.verdict);
    let changed = verdicts.iter().any(|verdict| *verdict != verdicts[0]);
    let worst = Verdict::of_parts(verdicts.iter().copied());
    let duration = before.duration + after.duration;
    let mut joined = if before.verdict == worst {
        before
    } else {
        std::mem::replace(&mut after, CaseResult::of_checks("", "", Vec::new()))
    };
    joined.duration = duration;
    joined.repetitions = if changed { verdicts } else { Vec::new() };
    joined
}

/// Of each profile the result that meets fewer requirements.
fn worse(before: Vec<ProfileResult>, after: &[ProfileResult]) -> Vec<ProfileResult> {
    before
        .into_iter()
        .map(|profile| {
            let other = after.iter().find(|other| other.name == profile.name && other.met < profile.met);
            other.cloned().unwrap_or(profile)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::verdict::{CheckKind, CheckResult, Level};

    fn case(verdict: Verdict) -> CaseResult {
        let check = CheckResult { verdict, ..CheckResult::pass(CheckKind::Golden, Level::Required) };
        CaseResult::of_checks("suite", "case", vec![check])
    }

    const PASS: Verdict = Verdict::Pass;
    const FAIL: Verdict = Verdict::Fail;

    #[rstest]
    #[case::steady(&[PASS, PASS, PASS], PASS, &[])]
    #[case::fails_late(&[PASS, PASS, FAIL], FAIL, &[PASS, PASS, FAIL])]
    #[case::fails_early(&[FAIL, PASS, PASS], FAIL, &[FAIL, PASS, PASS])]
    #[case::always_fails(&[FAIL, FAIL], FAIL, &[])]
    fn a_case_has_the_worst_of_its_verdicts(
        #[case] came_out: &[Verdict],
        #[case] verdict: Verdict,
        #[case] named: &[Verdict],
    ) {
        let mut joined = case(came_out[0]);
        for (number, verdict) in (2..).zip(&came_out[1..]) {
            joined = join_case(joined, case(*verdict), number);
        }
        assert_eq!((joined.verdict, joined.repetitions.as_slice()), (verdict, named));
        assert_eq!(joined.checks[0].verdict, verdict);
    }
}
