//! The outcome of one case.

use std::time::Duration;

use serde::Serialize;

use super::{CheckResult, Declared, Exchange, Level, Verdict};

/// What came out of one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseResult {
    /// The suite that the case is in.
    pub suite: String,
    /// The case's name in its suite.
    pub case: String,
    /// What the case is about, in one line.
    pub about: String,
    /// Where the case is written: `suites/single-image.yaml:12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The requirements that it comes from.
    pub requirements: Vec<String>,
    /// What came out: that of its checks by [`Verdict::of_parts`], unless a deviation was declared.
    pub verdict: Verdict,
    /// Why it was not run, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// Why it does not decide over the run, if it does not: it was added after the requirement set was frozen, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_scored: Option<String>,
    /// The declaration that turned a failure into `known`, or that is `stale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// Every judgement that was made, in order of steps.
    pub checks: Vec<CheckResult>,
    /// What was sent and received, in order of steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// How long the case took.
    #[serde(rename = "seconds", serialize_with = "super::run::seconds")]
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
            exchanges: Vec::new(),
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

    /// What the case says about `level` alone: the verdict of its checks of that level. `None` when it has none.
    #[must_use]
    pub fn verdict_at(&self, level: Level) -> Option<Verdict> {
        let mut parts = self.checks.iter().filter(|check| check.level == level).map(|check| check.verdict).peekable();
        parts.peek()?;
        // A stale declaration of the whole case is no matter of one check.
        Some(if self.verdict == Verdict::Stale { Verdict::Stale } else { Verdict::of_parts(parts) })
    }

    /// Whether the case decides over the run and did not come out as expected.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        self.verdict.is_failure() && self.not_scored.is_none()
    }
}
