//! Errors of single fields, as Kubernetes words them.

use super::{model::status::Cause, quote::quote};

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The path of the field, as in `spec.images[0].from.name`.
    field: String,
    problem: Problem,
    detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Required,
    /// The value as text; `None` prints `null`.
    Invalid(Option<String>),
    /// The value as it is printed, without quotes.
    InvalidLiteral(String),
    Unsupported(String),
    /// The value as it is printed.
    NotFound(String),
    Forbidden,
    TooLong,
    Internal,
}

impl FieldError {
    fn new(field: impl Into<String>, problem: Problem, detail: impl Into<String>) -> Self {
        Self { field: field.into(), problem, detail: detail.into() }
    }

    /// The same error of a field within `path`.
    pub(crate) fn below(mut self, path: &str) -> Self {
        self.field = format!("{path}.{}", self.field);
        self
    }

    /// The field has to be there.
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, Problem::Required, detail)
    }

    /// The field must not have this value.
    pub(crate) fn invalid(field: impl Into<String>, value: &str, detail: impl Into<String>) -> Self {
        Self::new(field, Problem::Invalid(Some(value.to_owned())), detail)
    }

    /// The field must not be missing altogether.
    pub(crate) fn invalid_null(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, Problem::Invalid(None), detail)
    }

    /// The field must not have this value, which is no text.
    pub(crate) fn invalid_literal(field: impl Into<String>, value: &impl ToString, detail: &str) -> Self {
        Self::new(field, Problem::InvalidLiteral(value.to_string()), detail)
    }

    /// The field must have one of the `supported` values; `value` is printed as it is.
    pub(crate) fn unsupported(field: impl Into<String>, value: &str, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        Self::new(field, Problem::Unsupported(value.to_owned()), format!("supported values: {}", list.join(", ")))
    }

    /// The field names something that is not there.
    pub(crate) fn not_found(field: impl Into<String>, value: &str) -> Self {
        Self::new(field, Problem::NotFound(value.to_owned()), "")
    }

    /// The field must not be set so.
    pub(crate) fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(field, Problem::Forbidden, detail)
    }

    /// The field must have at most `limit` bytes.
    ///
    /// `words`: see `Behaviour::too_long`.
    pub(crate) fn too_long(field: impl Into<String>, limit: usize, words: &str) -> Self {
        let detail = words.replace("{}", &limit.to_string());
        Self::new(field, Problem::TooLong, detail)
    }

    /// The field could not be judged, or a limit was hit.
    pub(crate) fn internal(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(field, Problem::Internal, detail)
    }

    /// The whole message. `plain_null`: see `Behaviour::plain_null_in_field_errors`.
    pub(crate) fn text(&self, plain_null: bool) -> String {
        format!("{}: {}", self.field, self.body(plain_null))
    }

    /// The message without the field, as a cause.
    pub(crate) fn cause(&self, plain_null: bool) -> Cause {
        let reason = match self.problem {
            Problem::Required => "FieldValueRequired",
            Problem::Invalid(_) | Problem::InvalidLiteral(_) => "FieldValueInvalid",
            Problem::Unsupported(_) => "FieldValueNotSupported",
            Problem::NotFound(_) => "FieldValueNotFound",
            Problem::Forbidden => "FieldValueForbidden",
            Problem::TooLong => "FieldValueTooLong",
            Problem::Internal => "InternalError",
        };
        Cause { reason, message: self.body(plain_null), field: self.field.clone() }
    }

    fn body(&self, plain_null: bool) -> String {
        let problem = match &self.problem {
            Problem::Required => "Required value".to_owned(),
            Problem::Invalid(Some(value)) => format!("Invalid value: {}", quote(value)),
            Problem::Invalid(None) if plain_null => "Invalid value: null".to_owned(),
            Problem::Invalid(None) => "Invalid value: \"null\"".to_owned(),
            Problem::InvalidLiteral(value) => format!("Invalid value: {value}"),
            Problem::Unsupported(value) => format!("Unsupported value: {value}"),
            Problem::NotFound(value) => format!("Not found: {}", quote(value)),
            Problem::Forbidden => "Forbidden".to_owned(),
            Problem::TooLong => "Too long".to_owned(),
            Problem::Internal => "Internal error".to_owned(),
        };
        if self.detail.is_empty() { problem } else { format!("{problem}: {}", self.detail) }
    }
}
