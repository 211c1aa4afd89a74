//! `Status`: what the API answers instead of an object, and what an import reports for each image.

use serde::Serialize;

use super::is_default;

/// A Kubernetes `Status`, without `kind` and `apiVersion`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Metadata of its own, which is empty but for a list that cannot be continued.
    pub(crate) metadata: StatusMeta,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) status: Outcome,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) message: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reason: &'static str,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) details: Option<Box<Details>>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) code: u16,
}

/// The metadata of a status.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct StatusMeta {
    /// How a list can be continued nevertheless.
    #[serde(rename = "continue", skip_serializing_if = "String::is_empty")]
    pub(crate) next: String,
}

impl Status {
    /// Success, with nothing to say about it.
    pub(crate) fn success() -> Self {
        Self { status: Outcome::Success, ..Self::default() }
    }

    /// Whether this is a success.
    pub(crate) fn is_success(&self) -> bool {
        self.status == Outcome::Success
    }
}

/// The outcome that a `Status` reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) enum Outcome {
    /// None was set.
    #[default]
    #[serde(rename = "")]
    Unset,
    Success,
    Failure,
}

/// What a `Status` is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) group: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) uid: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) causes: Vec<Cause>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) retry_after_seconds: Option<u64>,
}

/// One of the causes of a failure.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Cause {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reason: &'static str,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) message: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) field: String,
}
