//! The outcome of one case.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckResult, Declared, Exchange, Level, StepName, Verdict};

/// A step that was left out, because the target lacks what it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutStep {
    /// The step.
    pub step: StepName,
    /// The absent features.
    pub features: Vec<String>,
    /// Why it was left out, in words.
    pub reason: String,
}

/// What came out of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// The suite that the case is in.
    pub suite: String,
    /// The case's name in its suite.
    pub case: String,
    /// What the case is about, in one line.
    pub about: String,
    /// Where the case is written: `suites/single-image.yaml:12`.
    pub location: Option<String>,
    /// The requirements that it comes from.
    pub requirements: Vec<String>,
    /// What came out: that of its checks by [`Verdict::of_parts`], unless a deviation was declared.
    pub verdict: Verdict,
    /// Why it was not run, if it was not.
    pub skipped: Option<String>,
    /// Why it does not decide over the run, if it does not: it was added after the requirement set was frozen, say.
    pub not_scored: Option<String>,
    /// The declaration that turned a failure into `known`, or that is `stale`.
    pub declared: Option<Declared>,
    /// Every judgement that counts at the level of the run, in order of steps.
    pub checks: Vec<CheckResult>,
    /// Judgements of a lower level than the run is held to: they decide nothing.
    pub notes: Vec<CheckResult>,
    /// Steps that were left out because the target lacks what they need.
    pub left_out: Vec<LeftOutStep>,
    /// Names of values of this run that stand in differences: a digest and the image that it is the digest of, say.
    pub values: BTreeMap<String, String>,
    /// What was sent and received, in order of steps.
    pub exchanges: Vec<Exchange>,
    /// What came out each time, if the case was repeated and did not always come out the same.
    pub repetitions: Vec<Verdict>,
    /// How often it was run: again where configuration of the cluster may not have taken effect yet.
    pub attempts: u32,
    /// How long the case took, all attempts together.
    pub duration: Duration,
}

impl CaseResult {
    /// A case with these checks, its verdict derived from them.
    #[must_use]
    pub fn of_checks(suite: impl Into<String>, case: impl Into<String>, checks: Vec<CheckResult>) -> Self {
        Self {
            suite: suite.into(),
            case: case.into(),
            about: String::new(),
            location: None,
            requirements: Vec::new(),
            verdict: Verdict::of_parts(checks.iter().map(|check| check.verdict)),
            skipped: None,
            not_scored: None,
            declared: None,
            checks,
            notes: Vec::new(),
            left_out: Vec::new(),
            values: BTreeMap::new(),
            exchanges: Vec::new(),
            repetitions: Vec::new(),
            attempts: 1,
            duration: Duration::ZERO,
        }
    }

    /// A case that was not run.
    #[must_use]
    pub fn skip(suite: impl Into<String>, case: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skip, skipped: Some(reason.into()), ..Self::of_checks(suite, case, Vec::new()) }
    }

    /// The name that stands for the case everywhere: `suite::case`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}::{}", self.suite, self.case)
    }

    /// Holds the case to `level`: checks of a lower level become notes, and the verdict is that of the others. A case that
    /// has no other checks is skipped.
    pub fn hold_to(&mut self, level: Level) {
        if self.verdict == Verdict::Skip {
            return;
        }
        let (checks, notes): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.checks).into_iter().partition(|check| check.level >= level);
        self.checks = checks;
        self.notes.extend(notes);
        if self.notes.is_empty() || self.verdict == Verdict::Stale && self.declared.is_some() {
            return;
        }
        self.verdict = Verdict::of_parts(self.checks.iter().map(|check| check.verdict));
        if self.checks.is_empty() {
            self.verdict = Verdict::Skip;
            self.skipped = Some(format!("none of its checks is `{level}`"));
        }
    }

    /// Whether the case decides over the run and did not come out as expected.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        self.verdict.is_failure() && self.not_scored.is_none()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::verdict::CheckKind;

    fn check(level: Level, verdict: Verdict) -> CheckResult {
        CheckResult { verdict, ..CheckResult::pass(CheckKind::Golden, level) }
    }

    #[rstest]
    #[case::all_count(Level::Compatible, Verdict::Fail, 2, 0)]
    #[case::the_failing_one_is_a_note(Level::Required, Verdict::Pass, 1, 1)]
    fn checks_below_the_level_are_notes(
        #[case] level: Level,
        #[case] verdict: Verdict,
        #[case] checks: usize,
        #[case] notes: usize,
    ) {
        let both = vec![check(Level::Required, Verdict::Pass), check(Level::Compatible, Verdict::Fail)];
        let mut case = CaseResult::of_checks("suite", "case", both);
        case.hold_to(level);
        assert_eq!((case.verdict, case.checks.len(), case.notes.len()), (verdict, checks, notes));
    }

    #[test]
    fn a_case_without_checks_of_the_level_is_skipped() {
        let mut case = CaseResult::of_checks("suite", "case", vec![check(Level::Compatible, Verdict::Fail)]);
        case.hold_to(Level::Required);
        assert_eq!((case.verdict, case.skipped.as_deref()), (Verdict::Skip, Some("none of its checks is `required`")));
    }
}
