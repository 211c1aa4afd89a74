//! The causes of a run, each with the cases that fail for it.

use std::collections::{HashMap, HashSet};

use super::{Cause, Finding, findings};
use crate::verdict::{CaseResult, CheckResult, Difference, Level, RunResult, StepName, Verdict};

/// The cases that fail for one cause.
#[derive(Debug, Clone)]
pub struct CauseGroup<'a> {
    /// The cause.
    pub cause: Cause,
    /// The weightiest level of the checks that fail for it.
    pub level: Level,
    /// Whether the harness failed, not the implementation.
    pub verdict: Verdict,
    /// The cases, as positions among those of the run, the simplest first.
    pub cases: Vec<usize>,
    /// How many of the cases fail for nothing else.
    pub alone: usize,
    /// Whether an earlier step of every one of the cases fails too: it may be a consequence of that.
    pub follows: bool,
    /// The step that fails in the first of the cases.
    pub step: Option<&'a StepName>,
    /// The difference in the first of the cases.
    pub example: Option<&'a Difference>,
    /// Whether expected and actual value are the same in all of the cases.
    pub uniform: bool,
}

/// The causes of the failures of `run`: the largest group first, and those last that an earlier failure comes before in every
/// case.
///
/// What fails with query parameters, or when it is sent together with others, as it does without is one cause.
#[must_use]
pub fn groups(run: &RunResult) -> Vec<CauseGroup<'_>> {
    let mut order: Vec<usize> = (0..run.cases.len()).filter(|index| run.cases[*index].is_failure()).collect();
    order.sort_by_key(|index| complexity(&run.cases[*index]));
    let found: Vec<(usize, Vec<Finding<'_>>)> =
        order.into_iter().map(|index| (index, findings(&run.cases[index]))).collect();
    let causes: HashSet<&Cause> = found.iter().flat_map(|(_, findings)| findings).map(|found| &found.cause).collect();
    let plain = |cause: &Cause| cause.of_plain_request().filter(|plain| causes.contains(plain));
    let mut groups: Vec<CauseGroup<'_>> = Vec::new();
    let mut known: HashMap<Cause, usize> = HashMap::new();
    for (index, findings) in &found {
        let index = *index;
        let mut own: Vec<usize> = Vec::new();
        let number = |check: &CheckResult| check.step.as_ref().map(|step| step.number);
        let first = findings.iter().map(|finding| number(finding.check)).min().flatten();
        for Finding { cause, check, level, difference } in findings {
            let cause = plain(cause).unwrap_or_else(|| cause.clone());
            let position = *known.entry(cause.clone()).or_insert_with(|| {
                groups.push(CauseGroup {
                    cause,
                    level: *level,
                    verdict: check.verdict,
                    cases: Vec::new(),
                    alone: 0,
                    follows: true,
                    step: check.step.as_ref(),
                    example: *difference,
                    uniform: true,
                });
                groups.len() - 1
            });
            let group = &mut groups[position];
            group.level = group.level.max(*level);
            group.follows &= number(check) > first;
            group.uniform &= match (group.example, *difference) {
                (Some(one), Some(other)) => one.expected == other.expected && one.actual == other.actual,
                (one, other) => one.is_none() && other.is_none(),
            };
            if group.cases.last() != Some(&index) {
                group.cases.push(index);
                own.push(position);
            }
        }
        if let [only] = own.as_slice() {
            groups[*only].alone += 1;
        }
    }
    // The sort is stable: among groups of one size, the one of the simplest case comes first.
    groups.sort_by_key(|group| (group.follows, std::cmp::Reverse(group.cases.len())));
    groups
}

/// Cases with fewer steps are easier to understand.
fn complexity(case: &CaseResult) -> (usize, usize) {
    let steps = case.checks.iter().filter_map(|check| check.step.as_ref()).map(|step| step.number).max();
    (steps.unwrap_or_default(), case.checks.iter().filter(|check| check.verdict.is_failure()).count())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::{
        super::sample::{difference, golden, run, step, told},
        *,
    };

    #[test]
    fn the_largest_group_comes_first_and_the_simplest_case_is_its_example() {
        let missing = |number| golden(step(number, "GET x"), vec![difference("$.uid", json!(1), json!("absent"))]);
        let other = golden(step(1, "GET x"), vec![difference("$.name", json!(1), json!(2))]);
        let run = run(vec![
            CaseResult::of_checks("s", "long", vec![missing(1), missing(4)]),
            CaseResult::of_checks("s", "other", vec![other.clone()]),
            CaseResult::of_checks("s", "short", vec![missing(1), other]),
        ]);
        let groups = groups(&run);
        let described: Vec<_> =
            groups.iter().map(|group| (group.cause.to_string(), group.cases.clone(), group.alone)).collect();
        assert_eq!(
            described,
            [
                ("`GET x`: `$.name` differs".to_owned(), vec![1, 2], 1),
                ("`GET x`: `$.uid` is missing".to_owned(), vec![2, 0], 1),
            ]
        );
        assert!(groups.iter().all(|group| group.uniform));
    }

    #[test]
    fn what_fails_without_a_query_too_is_one_cause_with_it() {
        let failing = |name: &str, expected| {
            let check = CheckResult::fail_status(Level::Required, expected, 200).at(step(1, name));
            CaseResult::of_checks("s", name, vec![check])
        };
        let cases = vec![
            failing("POST x?dryRun=All", 201),
            failing("POST x", 201),
            failing("POST x (2 of 2 together)", 201),
            failing("POST x?dryRun=None", 400),
            failing("GET y?limit=5", 410),
        ];
        assert_eq!(
            told(cases),
            [
                "3 `POST x` answered 200 instead of 201",
                "1 `POST x?dryRun` answered 200 instead of 400",
                "1 `GET y?limit` answered 200 instead of 410",
            ]
        );
    }

    #[test]
    fn what_only_comes_after_another_failure_comes_last() {
        let broken = |number| CheckResult::fail_status(Level::Required, 201, 500).at(step(number, "POST x"));
        let old = |number| golden(step(number, "GET x"), vec![difference("$.generation", json!(2), json!(1))]);
        let run = run(vec![
            CaseResult::of_checks("s", "a", vec![broken(1), old(2)]),
            CaseResult::of_checks("s", "b", vec![broken(1), old(2), old(3)]),
            CaseResult::of_checks(
                "s",
                "c",
                vec![CheckResult::fail_status(Level::Required, 200, 500).at(step(1, "GET x")), old(2)],
            ),
        ]);
        let described: Vec<_> =
            groups(&run).iter().map(|group| (group.cause.to_string(), group.cases.len(), group.follows)).collect();
        assert_eq!(
            described,
            [
                ("`POST x` answered 500 instead of 201".to_owned(), 2, false),
                ("`GET x` answered 500 instead of 200".to_owned(), 1, false),
                ("`GET x`: `$.generation` differs".to_owned(), 3, true),
            ]
        );
    }
}
