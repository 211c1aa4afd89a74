//! What reports of shards have of a case besides, so that a report of the whole can be made of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReportCase;
use crate::verdict::{CaseResult, CheckKind, CheckResult, Declared, LeftOutStep, Level, StepName, Verdict};

/// What the report of a shard has of a case besides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShardCase {
    /// Its place among the cases of the whole, from zero.
    pub position: usize,
    /// The verdicts of the `required` checks of each step, by its number, `0` for those of no step: what profiles are judged
    /// by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub required: BTreeMap<usize, Verdict>,
    /// Why the first of its steps that were left out was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// The declared deviations that its checks fell under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<Declared>,
}

impl ShardCase {
    /// What is told of `case`, before it is cut to size.
    pub(super) fn of(case: &CaseResult, position: usize) -> Self {
        let mut required: BTreeMap<usize, Vec<Verdict>> = BTreeMap::new();
        for check in case.checks.iter().chain(&case.notes).filter(|check| check.level == Level::Required) {
            let step = check.step.as_ref().map_or(0, |step| step.number);
            required.entry(step).or_default().push(check.verdict);
        }
        let mut declared: Vec<Declared> = Vec::new();
        for check in case.checks.iter().filter(|check| check.verdict == Verdict::Known) {
            declared.extend(check.declared.clone().filter(|one| !declared.contains(one)));
        }
        Self {
            position,
            required: required.into_iter().map(|(step, verdicts)| (step, Verdict::of_parts(verdicts))).collect(),
            left_out: case.left_out.first().map(|left_out| left_out.reason.clone()),
            declared,
        }
    }

    /// The case as far as profiles look at it.
    pub(super) fn result(&self, case: &ReportCase) -> CaseResult {
        let required = self.required.iter().map(|(number, verdict)| {
            let check = CheckResult { verdict: *verdict, ..CheckResult::pass(CheckKind::Status, Level::Required) };
            match number {
                0 => check,
                number => check.at(StepName { number: *number, name: String::new() }),
            }
        });
        let declared = self.declared.iter().map(|declared| CheckResult {
            verdict: Verdict::Known,
            declared: Some(declared.clone()),
            ..CheckResult::pass(CheckKind::Status, Level::Compatible)
        });
        let left_out = self.left_out.iter().map(|reason| LeftOutStep {
            step: StepName { number: 0, name: String::new() },
            features: Vec::new(),
            reason: reason.clone(),
        });
        CaseResult {
            skipped: case.skipped.clone(),
            not_scored: case.not_scored.clone(),
            left_out: left_out.collect(),
            ..CaseResult::of_checks(&case.suite, &case.case, required.chain(declared).collect())
        }
    }
}
