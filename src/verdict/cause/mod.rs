//! Causes of failures: what differs, without what is particular to one case.
//!
//! A server that lacks one endpoint fails hundreds of cases. Grouped by cause they are one line:
//! `GET imagestreams/[stream]` answered 404 instead of 200: 146 cases.
//!
//! ```text
//! CheckResult, Difference → Finding (one case) → CauseGroup (the run), the largest first
//! ```

//!
//! - [`Cause`] is what is compared, with [what is particular to a case](request) taken out;
//! - [`findings`] are the causes of one case, [`groups`] those of a run.

mod finding;
mod group;
mod particulars;
#[cfg(test)]
mod sample;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::particulars::{place, plain_request};
pub use self::{
    finding::{Finding, findings},
    group::{CauseGroup, groups},
    particulars::request,
};
use super::{CheckKind, CheckResult, Difference, Side, StatusMismatch};
use crate::json_path::JsonPath;

/// What differs: failures with equal causes belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What was looked at. That something is missing from a response, or should not be there, is filed under `golden` whatever
    /// check tells it.
    pub check: CheckKind,
    /// The request, its names and digests replaced: `GET imagestreamtags/[stream]:[tag]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The path in the response, `[*]` for every index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How it differs.
    pub kind: CauseKind,
}

/// How something differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// Another status code.
    Status(StatusMismatch),
    /// Nothing is there.
    Missing,
    /// Something is there that should not be.
    Extra,
    /// A value of another type.
    Type {
        /// The type of the expected value.
        expected: JsonType,
        /// The type of the value that is there.
        actual: JsonType,
    },
    /// Another value of the same type.
    Value,
    /// The same values in another order.
    Order,
    /// What this sentence says.
    Message(String),
    /// A declared deviation that no longer fails, with its reason.
    Stale(String),
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonType {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Cause {
    fn of(check: &CheckResult, path: Option<&JsonPath>, kind: CauseKind) -> Self {
        let is_presence = path.is_some() && matches!(kind, CauseKind::Missing | CauseKind::Extra);
        Self {
            check: if is_presence && check.kind.is_about_body() { CheckKind::Golden } else { check.kind },
            request: check.step.as_ref().map(|step| request(&step.name)),
            path: path.map(|path| place(check.kind, path)),
            kind,
        }
    }

    /// The same of the request without query parameters, and sent by itself; nothing if it is that one.
    #[must_use]
    pub fn of_plain_request(&self) -> Option<Self> {
        let request = self.request.as_deref()?;
        let plain = plain_request(request);
        (plain != request).then(|| Self { request: Some(plain.to_owned()), ..self.clone() })
    }
}

impl CauseKind {
    fn of_check(check: CheckKind, difference: &Difference) -> Self {
        if check == CheckKind::UnknownField { Self::Extra } else { Self::of(difference) }
    }

    fn of(difference: &Difference) -> Self {
        match (&difference.expected, &difference.actual) {
            (_, Side::Absent) => Self::Missing,
            (Side::Absent, _) => Self::Extra,
            (Side::Value(expected), Side::Value(actual)) => match (JsonType::of(expected), JsonType::of(actual)) {
                (expected, actual) if expected != actual => Self::Type { expected, actual },
                _ => Self::Value,
            },
            _ => Self::Value,
        }
    }
}

impl JsonType {
    const fn of(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// The type with its article.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(request) = &self.request {
            write!(formatter, "`{request}`")?;
            formatter.write_str(if matches!(self.kind, CauseKind::Status(_)) { " " } else { ": " })?;
        }
        match (&self.path, self.check) {
            (Some(_), CheckKind::Traffic) => formatter.write_str("a request to the registry ")?,
            (Some(path), CheckKind::Golden) => write!(formatter, "`{path}` ")?,
            (Some(path), check) => write!(formatter, "{check}: `{path}` ")?,
            (None, _) => {}
        }
        match &self.kind {
            CauseKind::Status(status) => {
                write!(formatter, "answered {} instead of {}", status.actual, status.expected)
            }
            CauseKind::Missing => formatter.write_str("is missing"),
            CauseKind::Extra => formatter.write_str("should not be there"),
            CauseKind::Type { expected, actual } => {
                write!(formatter, "is {} instead of {}", actual.in_words(), expected.in_words())
            }
            CauseKind::Value => formatter.write_str("differs"),
            CauseKind::Order => formatter.write_str("is in another order"),
            CauseKind::Message(message) => write!(formatter, "{message}"),
            CauseKind::Stale(reason) if reason.is_empty() => formatter.write_str("declared as a deviation, but passes"),
            CauseKind::Stale(reason) => write!(formatter, "declared as a deviation ({reason}), but passes"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::sample::{difference, golden, step, told};
    use crate::verdict::CaseResult;

    #[rstest]
    #[case(json!(1), json!("absent"), "`$.a[*].b` is missing")]
    #[case(json!("absent"), json!(1), "`$.a[*].b` should not be there")]
    #[case(json!([]), json!("x"), "`$.a[*].b` is a string instead of an array")]
    #[case(json!(1), json!(2), "`$.a[*].b` differs")]
    fn a_difference_has_a_kind_and_a_path_without_indexes(
        #[case] expected: Value,
        #[case] actual: Value,
        #[case] said: &str,
    ) {
        let check = golden(step(1, "GET x"), vec![difference("$.a[3].b", expected, actual)]);
        assert_eq!(told(vec![CaseResult::of_checks("s", "c", vec![check])]), [format!("1 `GET x`: {said}")]);
    }
}
