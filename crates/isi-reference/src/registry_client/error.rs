//! Why a registry did not give what it was asked for.

use http::StatusCode;
use reqwest::Url;

use super::{
    http_client::BodyError,
    manifest::ManifestError,
    reported_error::{RegistryError, RegistryErrorCode, RegistryErrors, UnreadableReason, status_line},
    transport_error::{GoVerb, TransportError},
};
use crate::{
    json::{SyntaxError, TypeError},
    quote::quote_bytes,
};

/// Why a registry did not give what it was asked for. `Display` is the sentence of Go's client.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum FetchError {
    /// The registry said why.
    #[error(transparent)]
    Reported(RegistryErrors),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    TagList(#[from] TagListError),
    #[error(transparent)]
    V1(#[from] V1Error),
    /// The status of the ping is said since 4.6.
    #[error("endpoint {base:?} does not support v2 API{}", got.map(|got| format!(" (got {})", status_line(got))).unwrap_or_default())]
    NotV2 { base: String, got: Option<StatusCode> },
    #[error("received unexpected HTTP status: {}", status_line(*.0))]
    UnexpectedStatus(StatusCode),
    #[error("error parsing HTTP {} response body: {reason}: {}", status.as_u16(), quote_bytes(body))]
    UnreadableError { status: StatusCode, reason: UnreadableReason, body: Vec<u8> },
    /// The registry wants user and password, and there are none.
    #[error("no basic auth credentials")]
    NoCredentials,
    #[error("no realm specified for token auth challenge")]
    NoRealm,
    #[error("unable to decode token response: {0}")]
    TokenResponse(SyntaxError),
    #[error("authorization server did not include a token in the response")]
    NoToken,
    /// A request was not sent, because it could not be authorized.
    #[error("{verb} \"{url}\": {source}")]
    Authorization { verb: GoVerb, url: String, source: Box<Self> },
    #[error("manifest not modified")]
    NotModified,
    #[error("invalid digest format")]
    DigestFormat,
    #[error("invalid tag format")]
    TagFormat,
    #[error("unknown blob")]
    UnknownBlob,
    #[error("missing content-length header for request: {path}")]
    NoContentLength { path: String },
    #[error("{0}")]
    Link(<Url as std::str::FromStr>::Err),
    /// A manifest list has no entries; old servers name it.
    #[error("no manifests in manifest list{}", list.as_ref().map(|list| format!(" {list}")).unwrap_or_default())]
    EmptyList { list: Option<String> },
}

impl FetchError {
    /// Whether the registry gave this code, among others maybe.
    pub(crate) fn has_code(&self, code: RegistryErrorCode) -> bool {
        matches!(self, Self::Reported(errors) if errors.iter().any(|error| error.code == code))
    }

    /// Whether the registry wants credentials and there are none. A registry that reports one error can say so in these words.
    pub(crate) fn lacks_credentials(&self) -> bool {
        match self {
            Self::NoCredentials => true,
            Self::Authorization { source, .. } => source.lacks_credentials(),
            Self::Reported(errors) => errors.only().is_some_and(|error| error.says("no basic auth credentials")),
            _ => false,
        }
    }

    /// Whether the registry refuses user and password in the words of Docker Hub, which go by the end of its only error.
    pub(crate) fn refuses_password(&self) -> bool {
        match self {
            Self::Authorization { source, .. } => source.refuses_password(),
            Self::Reported(errors) => errors.only().is_some_and(|error| error.says("incorrect username or password")),
            _ => false,
        }
    }
}

impl From<RegistryError> for FetchError {
    fn from(error: RegistryError) -> Self {
        Self::Reported(RegistryErrors::from(vec![error]))
    }
}

/// Why the tags of a repository cannot be listed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum TagListError {
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The list goes round in circles, or is longer than is read; a registry can send pages without end.
    #[error("the registry's list of tags does not end: {page} was reached after {tags} tags")]
    Endless { page: String, tags: usize },
}

/// Why a registry of version 1 has no tags or images.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum V1Error {
    #[error("error getting X-Docker-Token from {path}: {source}")]
    DockerToken { path: String, source: TransportError },
    #[error("the repository {path:?} was not found")]
    NotFound { path: String },
    #[error("error retrieving repository: server returned {}", .0.as_u16())]
    Status(StatusCode),
    #[error("no valid endpoints for repository {path:?}")]
    NoEndpoints { path: String },
}
