//! Errors of the control interface: what was wrong, where, and what is allowed.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use spanned_yaml::{Diagnostic, nearest};

use crate::fixture::ContradictoryQuirks;

/// The body of an answer that is no success.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorBody {
    pub(super) error: Box<ErrorDetail>,
}

/// What went wrong.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorDetail {
    /// What was wrong, in one sentence.
    message: String,
    /// Where: the name of the parameter, or `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#in: Option<String>,
    /// The line of the body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column of that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// What is allowed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl ErrorDetail {
    /// What is allowed, as an `Allow` header writes it.
    pub(super) fn allowed_text(&self) -> String {
        self.allowed.join(", ")
    }
}

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct ControlError {
    pub(super) status: StatusCode,
    pub(super) detail: Box<ErrorDetail>,
}

impl ControlError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, detail: Box::new(ErrorDetail { message: message.into(), ..ErrorDetail::default() }) }
    }

    /// 400 for a parameter of the path or the query.
    pub(super) fn parameter(name: &str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, message);
        error.detail.r#in = Some(name.to_owned());
        error
    }

    /// 400 for a body.
    pub(super) fn body(message: impl Into<String>) -> Self {
        Self::parameter("body", message)
    }

    /// 400 for a body that is no JSON.
    pub(super) fn syntax(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let reason = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
        let mut told = Self::body(format!("invalid JSON: {reason}"));
        told.detail.line = Some(line.max(1));
        told.detail.column = Some(column.max(1));
        told
    }

    /// 404 for something that a path names.
    pub(super) fn unknown(kind: &str, name: &str, known: impl IntoIterator<Item = String>) -> Self {
        let known: Vec<String> = known.into_iter().take(MOST_ALLOWED).collect();
        let near = nearest(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        Self::new(StatusCode::NOT_FOUND, format!("unknown {kind} `{name}`")).allowed(known).hint(near)
    }

    pub(super) fn allowed(mut self, allowed: impl IntoIterator<Item = String>) -> Self {
        self.detail.allowed = allowed.into_iter().collect();
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.detail.hint = hint.into();
        self
    }
}

/// How many names an error lists at most.
const MOST_ALLOWED: usize = 200;

/// Quirks that no registry can have at the same time.
impl From<ContradictoryQuirks> for ControlError {
    fn from(error: ContradictoryQuirks) -> Self {
        Self::body(error.to_string())
    }
}

/// A body that does not have the form that it should have.
impl From<Diagnostic> for ControlError {
    fn from(diagnostic: Diagnostic) -> Self {
        let (line, column) = diagnostic.source.position(diagnostic.span.start);
        let mut error = Self::body(diagnostic.message);
        error.detail.line = Some(line);
        error.detail.column = Some(column);
        error.detail.allowed = diagnostic.label.into_iter().collect();
        error.detail.hint = diagnostic.hint;
        error
    }
}
