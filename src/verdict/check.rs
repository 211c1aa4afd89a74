//! One judgement about a step of a case, and the differences it rests on.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Level, Verdict};
use crate::json_path::JsonPath;

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// The HTTP status code.
    Status,
    /// The answer, against the golden snapshot.
    Golden,
    /// Types and required fields, against the published schema.
    Schema,
    /// Fields that the published schema does not name.
    UnknownField,
    /// What the implementation asked of the registry.
    Traffic,
    /// Whether every armed fault happened.
    FaultAccounting,
    /// A value at a path, named by the case.
    Value,
}

impl CheckKind {
    /// Every kind, in the order in which a step is judged.
    pub const ALL: [Self; 7] = [
        Self::Status,
        Self::Golden,
        Self::Schema,
        Self::UnknownField,
        Self::Traffic,
        Self::FaultAccounting,
        Self::Value,
    ];

    /// Whether it looks at places in the body of a response.
    #[must_use]
    pub const fn is_about_body(self) -> bool {
        matches!(self, Self::Golden | Self::Schema | Self::UnknownField | Self::Value)
    }

    /// The kind as people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Golden => "golden",
            Self::Schema => "schema",
            Self::UnknownField => "unknown-field",
            Self::Traffic => "traffic",
            Self::FaultAccounting => "fault-accounting",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Which step of a case is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepName {
    /// The step's position in its case, counted from one.
    pub number: usize,
    /// What the step does, in a few words: `POST imagestreamimports`.
    pub name: String,
}

impl fmt::Display for StepName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "step {} ({})", self.number, self.name)
    }
}

/// One side of a [`Difference`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// This JSON value.
    Value(Value),
    /// Nothing at all, which is not the same as `null`.
    Absent,
    /// Anything that these words describe: `an integer`, `no field of this name`.
    Described(String),
}

impl Side {
    /// The value, or [`Side::Absent`].
    #[must_use]
    pub fn of(value: Option<&Value>) -> Self {
        value.map_or(Self::Absent, |value| Self::Value(value.clone()))
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(formatter, "{value}"),
            Self::Absent => formatter.write_str("nothing"),
            Self::Described(words) => formatter.write_str(words),
        }
    }
}

/// One place where an answer is not as expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Where, in the answer's body.
    pub path: JsonPath,
    /// What should be there.
    pub expected: Side,
    /// What is there.
    pub actual: Side,
    /// How binding the expectation is.
    pub level: Level,
}

/// A status code that is not the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StatusMismatch {
    /// The status code of a conforming response.
    pub expected: u16,
    /// The status code of this response.
    pub actual: u16,
}

/// A deviation that an implementer declared, and that a failing check or case fell under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    /// Why it fails, in the implementer's words.
    pub reason: String,
    /// Where it is tracked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// One judgement about a step, with the differences it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// What was looked at.
    #[serde(rename = "check")]
    pub kind: CheckKind,
    /// How binding the check is.
    pub level: Level,
    /// What came out.
    pub verdict: Verdict,
    /// The step that was judged, if it was a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepName>,
    /// What is wrong in one sentence, where differences alone do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The two status codes, where a `status` check fails for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusMismatch>,
    /// Where the answer is not as expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// How many more differences there were, which a report has no room for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// Names of the documented deviations of the published schema that the answer shows. They fail nothing, and they are
    /// not passed over in silence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_deviations: Vec<String>,
    /// The declaration that turned a failure into `known`, or that is `stale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
}

impl CheckResult {
    /// A check that passed.
    #[must_use]
    pub const fn pass(kind: CheckKind, level: Level) -> Self {
        Self {
            kind,
            level,
            verdict: Verdict::Pass,
            step: None,
            message: None,
            status: None,
            differences: Vec::new(),
            omitted: 0,
            schema_deviations: Vec::new(),
            declared: None,
        }
    }

    /// A check that failed for a reason that a sentence says.
    #[must_use]
    pub fn fail(kind: CheckKind, level: Level, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, message: Some(message.into()), ..Self::pass(kind, level) }
    }

    /// A `status` check that failed.
    #[must_use]
    pub fn fail_status(level: Level, expected: u16, actual: u16) -> Self {
        let message = format!("expected status {expected}, found {actual}");
        Self { status: Some(StatusMismatch { expected, actual }), ..Self::fail(CheckKind::Status, level, message) }
    }

    /// A check that the harness could not make.
    #[must_use]
    pub fn error(kind: CheckKind, level: Level, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Error, message: Some(message.into()), ..Self::pass(kind, level) }
    }

    /// One check for each level up to `cap`, which fails if there are differences of that level.
    ///
    /// A comparison with a golden judges what is required and what is merely compatible at once; split so, a foreign text
    /// in an error message costs `compatible` and leaves `required` alone.
    #[must_use]
    pub fn by_level(kind: CheckKind, cap: Level, differences: Vec<Difference>) -> Vec<Self> {
        let capped =
            differences.into_iter().map(|difference| Difference { level: difference.level.min(cap), ..difference });
        let (required, compatible) = capped.partition(|difference| difference.level == Level::Required);
        [(Level::Required, required), (Level::Compatible, compatible)]
            .into_iter()
            .filter(|(level, _)| *level <= cap)
            .map(|(level, differences)| Self::of_differences(kind, level, differences))
            .collect()
    }

    /// A check at `level` that fails if there are differences.
    #[must_use]
    pub fn of_differences(kind: CheckKind, level: Level, differences: Vec<Difference>) -> Self {
        let verdict = if differences.is_empty() { Verdict::Pass } else { Verdict::Fail };
        Self { verdict, differences, ..Self::pass(kind, level) }
    }

    /// The same check, about `step`.
    #[must_use]
    pub fn at(self, step: StepName) -> Self {
        Self { step: Some(step), ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(level: Level) -> Difference {
        Difference { path: JsonPath::root(), expected: Side::Absent, actual: Side::Absent, level }
    }

    #[test]
    fn a_foreign_text_costs_compatible_and_leaves_required_alone() {
        let checks = CheckResult::by_level(CheckKind::Golden, Level::Required, vec![difference(Level::Compatible)]);
        let verdicts: Vec<_> = checks.iter().map(|check| (check.level, check.verdict)).collect();
        assert_eq!(verdicts, [(Level::Required, Verdict::Pass), (Level::Compatible, Verdict::Fail)]);
    }

    #[test]
    fn a_capped_comparison_never_costs_required() {
        let checks = CheckResult::by_level(CheckKind::Golden, Level::Compatible, vec![difference(Level::Required)]);
        let verdicts: Vec<_> = checks.iter().map(|check| (check.level, check.verdict)).collect();
        assert_eq!(verdicts, [(Level::Compatible, Verdict::Fail)]);
        assert_eq!(checks[0].differences[0].level, Level::Compatible);
    }
}
