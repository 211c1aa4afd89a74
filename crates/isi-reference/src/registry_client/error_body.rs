//! Error bodies of registries: `{"errors": [{"code": …, "message": …}]}`.

use std::fmt;

use http::{HeaderMap, StatusCode};

use super::{
    FetchError,
    challenge::{self, Scheme},
};
use crate::json::{self, Node, SyntaxError};

/// A code of the distribution specification or of Docker's registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegistryErrorCode {
    Unknown,
    Unsupported,
    Unauthorized,
    Denied,
    Unavailable,
    TooManyRequests,
    DigestInvalid,
    SizeInvalid,
    RangeInvalid,
    NameInvalid,
    TagInvalid,
    NameUnknown,
    ManifestUnknown,
    ManifestInvalid,
    ManifestUnverified,
    ManifestBlobUnknown,
    BlobUnknown,
    BlobUploadUnknown,
    BlobUploadInvalid,
    PaginationNumberInvalid,
}

impl RegistryErrorCode {
    /// Every code, its name, and the message that goes with it unless there is another one.
    const ALL: [(Self, &'static str, &'static str); 20] = [
        (Self::Unknown, "UNKNOWN", "unknown error"),
        (Self::Unsupported, "UNSUPPORTED", "The operation is unsupported."),
        (Self::Unauthorized, "UNAUTHORIZED", "authentication required"),
        (Self::Denied, "DENIED", "requested access to the resource is denied"),
        (Self::Unavailable, "UNAVAILABLE", "service unavailable"),
        (Self::TooManyRequests, "TOOMANYREQUESTS", "too many requests"),
        (Self::DigestInvalid, "DIGEST_INVALID", "provided digest did not match uploaded content"),
        (Self::SizeInvalid, "SIZE_INVALID", "provided length did not match content length"),
        (Self::RangeInvalid, "RANGE_INVALID", "invalid content range"),
        (Self::NameInvalid, "NAME_INVALID", "invalid repository name"),
        (Self::TagInvalid, "TAG_INVALID", "manifest tag did not match URI"),
        (Self::NameUnknown, "NAME_UNKNOWN", "repository name not known to registry"),
        (Self::ManifestUnknown, "MANIFEST_UNKNOWN", "manifest unknown"),
        (Self::ManifestInvalid, "MANIFEST_INVALID", "manifest invalid"),
        (Self::ManifestUnverified, "MANIFEST_UNVERIFIED", "manifest failed signature verification"),
        (Self::ManifestBlobUnknown, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"),
        (Self::BlobUnknown, "BLOB_UNKNOWN", "blob unknown to registry"),
        (Self::BlobUploadUnknown, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
        (Self::BlobUploadInvalid, "BLOB_UPLOAD_INVALID", "blob upload invalid"),
        (Self::PaginationNumberInvalid, "PAGINATION_NUMBER_INVALID", "invalid number of results requested"),
    ];

    /// The code of this name; one that is not known is `UNKNOWN`.
    fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|(_, known, _)| *known == name).map_or(Self::Unknown, |(code, ..)| code)
    }

    /// Name and message.
    fn texts(self) -> (&'static str, &'static str) {
        Self::ALL
            .into_iter()
            .find(|(code, ..)| *code == self)
            .map_or(("UNKNOWN", "unknown error"), |(_, name, message)| (name, message))
    }
}

impl fmt::Display for RegistryErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.texts().0.to_lowercase().replace('_', " "))
    }
}

/// One error that a registry reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryError {
    pub(crate) code: RegistryErrorCode,
    /// The message, unless it says no more than the code.
    message: Option<String>,
}

impl RegistryError {
    /// An error with a message of its own.
    fn new(code: RegistryErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }

    fn read(node: &Node) -> Self {
        let text = |key| node.get_in_any_case(key).and_then(Node::as_text).unwrap_or_default();
        let code = RegistryErrorCode::of(text("code"));
        let message = text("message");
        let has_detail = node.get_in_any_case("detail").is_some_and(|detail| *detail != Node::Null);
        let is_stock = !has_detail && (message.is_empty() || message == code.texts().1);
        Self { code, message: (!is_stock).then(|| message.to_owned()) }
    }

    /// Whether the message ends with `phrase`, as the server compares it.
    pub(super) fn says(&self, phrase: &str) -> bool {
        self.message.as_ref().is_some_and(|message| message.ends_with(phrase))
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(formatter)?;
        self.message.as_ref().map_or(Ok(()), |message| write!(formatter, ": {message}"))
    }
}

/// All errors that a registry reports at once; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) struct RegistryErrors(Vec<RegistryError>);

impl RegistryErrors {
    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &RegistryError> {
        self.0.iter()
    }

    /// The only one, if there is one.
    pub(super) fn only(&self) -> Option<&RegistryError> {
        if let [only] = self.0.as_slice() { Some(only) } else { None }
    }
}

impl From<Vec<RegistryError>> for RegistryErrors {
    fn from(errors: Vec<RegistryError>) -> Self {
        Self(errors)
    }
}

impl fmt::Display for RegistryErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => formatter.write_str("<nil>"),
            [one] => one.fmt(formatter),
            several => {
                formatter.write_str("errors:\n")?;
                several.iter().try_for_each(|error| writeln!(formatter, "{error}"))
            }
        }
    }
}

/// Why the body of an error response says nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum UnreadableReason {
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    #[error("no error details found in HTTP response body")]
    NoDetails,
}

/// Whether a request may be repeated after a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// The registry answered 429 without a list of errors.
    Later,
}

/// An error response of a registry.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) error: FetchError,
    pub(crate) retry: Retry,
}

impl ErrorResponse {
    /// Reads a response with a status that is not a success.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        if !status.is_client_error() {
            return Self { error: FetchError::UnexpectedStatus(status), retry: Retry::Never };
        }
        let response = Self::read_body(status, body);
        if let Some(first) = bearer_error(headers) {
            let rest = match response.error {
                FetchError::Reported(RegistryErrors(rest)) => rest,
                other => vec![RegistryError::new(RegistryErrorCode::Unknown, other.to_string())],
            };
            let errors = std::iter::once(first).chain(rest).collect();
            return Self { error: FetchError::Reported(RegistryErrors(errors)), retry: Retry::Never };
        }
        let is_reported = matches!(response.error, FetchError::Reported(_));
        if status == StatusCode::UNAUTHORIZED && !is_reported {
            let error = RegistryError::new(RegistryErrorCode::Unauthorized, "authentication required");
            return Self { error: error.into(), retry: response.retry };
        }
        response
    }

    fn read_body(status: StatusCode, body: &[u8]) -> Self {
        let retry = if status == StatusCode::TOO_MANY_REQUESTS { Retry::Later } else { Retry::Never };
        let unreadable = |reason| {
            let body = String::from_utf8_lossy(body).into_owned();
            Self { error: FetchError::UnreadableError { status, reason, body }, retry }
        };
        let node = match json::parse(body) {
            Ok(node) => node,
            Err(error) => return unreadable(error.into()),
        };
        if let Some(details) = node.get_in_any_case("details").and_then(Node::as_text).filter(|text| !text.is_empty()) {
            let code = match status.as_u16() {
                401 => RegistryErrorCode::Unauthorized,
                403 => RegistryErrorCode::Denied,
                429 => RegistryErrorCode::TooManyRequests,
                _ => RegistryErrorCode::Unknown,
            };
            return Self { error: RegistryError::new(code, details).into(), retry };
        }
        match node.get_in_any_case("errors") {
            Some(Node::Array(errors)) if !errors.is_empty() => {
                let errors = errors.iter().map(RegistryError::read).collect();
                Self { error: FetchError::Reported(RegistryErrors(errors)), retry: Retry::Never }
            }
            _ => unreadable(UnreadableReason::NoDetails),
        }
    }
}

/// The error that a Bearer challenge names (RFC 6750, section 3.1).
fn bearer_error(headers: &HeaderMap) -> Option<RegistryError> {
    challenge::read(headers).iter().filter(|challenge| challenge.scheme == Scheme::Bearer).find_map(|challenge| {
        let code = match challenge.parameter("error")? {
            "invalid_token" => RegistryErrorCode::Unauthorized,
            "insufficient_scope" => RegistryErrorCode::Denied,
            _ => return None,
        };
        let description = challenge.parameter("error_description").filter(|text| !text.is_empty());
        Some(RegistryError::new(code, description.unwrap_or(code.texts().1)))
    })
}

/// Code and reason, as in `404 Not Found`.
pub(crate) fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}
