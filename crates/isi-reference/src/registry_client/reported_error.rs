//! The errors that registries report: `{"errors": [{"code": …, "message": …}]}`.

use std::fmt;

use http::StatusCode;

use crate::json::{Node, SyntaxError};

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
    pub(super) fn texts(self) -> (&'static str, &'static str) {
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
    pub(super) fn new(code: RegistryErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }

    pub(super) fn read(node: &Node) -> Self {
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

    /// All of them.
    pub(super) fn into_vec(self) -> Vec<RegistryError> {
        self.0
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

/// Code and reason, as in `404 Not Found`.
pub(crate) fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}
