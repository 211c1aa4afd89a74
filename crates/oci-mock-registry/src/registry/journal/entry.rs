//! What the journal says of one request.

use std::{collections::BTreeSet, time::SystemTime};

use http::{Method, StatusCode};
use serde::{Serialize, Serializer};

use crate::registry::route::EndpointKind;

/// One request and what became of it. Credentials are not part of it, and texts longer than
/// [`JOURNAL_TEXT_LIMIT`](super::JOURNAL_TEXT_LIMIT) are cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JournalEntry"))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// The request's number since the registry was started, from 0.
    pub number: u64,
    /// When it was answered.
    #[serde(serialize_with = "rfc3339")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub time: SystemTime,
    /// The method.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The repository, where the path is one of an endpoint of a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The endpoint; absent where the registry has none at this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointKind>,
    /// The query. Values of parameters that hold credentials are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// It came over HTTP/2.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub http2: bool,
    /// The status of the answer; absent where the client got no complete answer.
    #[serde(serialize_with = "status_number")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u16>"))]
    pub status: Option<StatusCode>,
    /// The media types that the client accepts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub accept: BTreeSet<String>,
    /// `User-Agent`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The scheme of `Authorization` in lower case: `basic` or `bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// `Content-Type` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Docker-Content-Digest` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_digest: Option<String>,
    /// `Location` of the answer, without a query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `WWW-Authenticate` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// How many bytes the body of the answer has; with `HEAD` they are not sent.
    pub length: u64,
    /// The fault that fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// No endpoint of the registry has this path and method, and no fault answered instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub unexpected: bool,
}

impl Entry {
    /// The repository, and the path below it, such as `manifests/v1`; absent at paths outside of `/v2/<name>/`.
    #[must_use]
    pub fn in_repository(&self) -> Option<(&str, &str)> {
        let repository = self.repository.as_deref()?;
        let below = self.path.strip_prefix("/v2/")?.strip_prefix(repository)?.strip_prefix('/')?;
        Some((repository, below))
    }
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let timestamp = jiff::Timestamp::try_from(*time).map_err(serde::ser::Error::custom)?;
    serializer.collect_str(&timestamp)
}

fn as_text<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn status_number<S: Serializer>(status: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(|status| status.as_u16()).serialize(serializer)
}
