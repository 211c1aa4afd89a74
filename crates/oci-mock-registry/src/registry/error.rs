//! Errors as the distribution specification writes them.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;

/// A code of the distribution specification (section "Error Codes"), or one that registries use beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The registry does not have the blob.
    BlobUnknown,
    /// The upload went wrong and has to start over.
    BlobUploadInvalid,
    /// There is no such upload.
    BlobUploadUnknown,
    /// The digest is malformed, or not that of the content.
    DigestInvalid,
    /// The manifest names a blob or manifest that the registry does not have.
    ManifestBlobUnknown,
    /// The manifest is no manifest.
    ManifestInvalid,
    /// The repository has no such manifest.
    ManifestUnknown,
    /// The repository name is malformed.
    NameInvalid,
    /// There is no such repository.
    NameUnknown,
    /// The content has another length than was declared.
    SizeInvalid,
    /// Credentials are needed.
    Unauthorized,
    /// The credentials do not suffice.
    Denied,
    /// The registry does not do this.
    Unsupported,
    /// The requested range is not part of the content.
    RangeInvalid,
    /// A signature is malformed (OpenShift's extension).
    SignatureInvalid,
    /// There is another signature of this name (OpenShift's extension).
    SignatureExists,
    /// The registry cannot do its work.
    Unknown,
    /// A parameter of a list is malformed.
    PaginationNumberInvalid,
}

impl ErrorCode {
    /// The code as it is written, the status that goes with it, and the usual message.
    const fn parts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::BlobUnknown => ("BLOB_UNKNOWN", StatusCode::NOT_FOUND, "blob unknown to registry"),
            Self::BlobUploadInvalid => ("BLOB_UPLOAD_INVALID", StatusCode::BAD_REQUEST, "blob upload invalid"),
            Self::BlobUploadUnknown => {
                ("BLOB_UPLOAD_UNKNOWN", StatusCode::NOT_FOUND, "blob upload unknown to registry")
            }
            Self::DigestInvalid => {
                ("DIGEST_INVALID", StatusCode::BAD_REQUEST, "provided digest did not match uploaded content")
            }
            Self::ManifestBlobUnknown => (
                "MANIFEST_BLOB_UNKNOWN",
                StatusCode::NOT_FOUND,
                "manifest references a manifest or blob unknown to registry",
            ),
            Self::ManifestInvalid => ("MANIFEST_INVALID", StatusCode::BAD_REQUEST, "manifest invalid"),
            Self::ManifestUnknown => ("MANIFEST_UNKNOWN", StatusCode::NOT_FOUND, "manifest unknown"),
            Self::NameInvalid => ("NAME_INVALID", StatusCode::BAD_REQUEST, "invalid repository name"),
            Self::NameUnknown => ("NAME_UNKNOWN", StatusCode::NOT_FOUND, "repository name not known to registry"),
            Self::SizeInvalid => {
                ("SIZE_INVALID", StatusCode::PAYLOAD_TOO_LARGE, "provided length did not match content length")
            }
            Self::Unauthorized => ("UNAUTHORIZED", StatusCode::UNAUTHORIZED, "authentication required"),
            Self::Denied => ("DENIED", StatusCode::FORBIDDEN, "requested access to the resource is denied"),
            Self::Unsupported => ("UNSUPPORTED", StatusCode::METHOD_NOT_ALLOWED, "The operation is unsupported."),
            Self::RangeInvalid => ("RANGE_INVALID", StatusCode::RANGE_NOT_SATISFIABLE, "invalid content range"),
            Self::SignatureInvalid => ("SIGNATURE_INVALID", StatusCode::BAD_REQUEST, "invalid image signature"),
            Self::SignatureExists => ("SIGNATURE_EXISTS", StatusCode::CONFLICT, "image signature already exists"),
            Self::Unknown => ("UNKNOWN", StatusCode::INTERNAL_SERVER_ERROR, "unknown error"),
            Self::PaginationNumberInvalid => {
                ("PAGINATION_NUMBER_INVALID", StatusCode::BAD_REQUEST, "invalid number of results requested")
            }
        }
    }

    /// The code as it is written, such as `BLOB_UNKNOWN`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.parts().0
    }

    /// The usual message.
    pub(crate) const fn message(self) -> &'static str {
        self.parts().2
    }

    /// The answer with this error: its usual status and message, and no detail.
    pub(crate) fn answer(self) -> Answer {
        self.answer_with(None)
    }

    /// The answer with this error and a detail.
    pub(crate) fn detailed(self, detail: Value) -> Answer {
        self.answer_with(Some(detail))
    }

    /// The answer with this error in other words than the usual ones.
    pub(crate) fn saying(self, message: &str) -> Answer {
        let (code, status, _) = self.parts();
        error(status, code, message)
    }

    fn answer_with(self, detail: Option<Value>) -> Answer {
        let (code, status, message) = self.parts();
        errors(status, &[OciError { code, message, detail }])
    }
}

/// One error of a body.
#[derive(Debug, Serialize)]
pub(crate) struct OciError<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<Value>,
}

/// An answer with one error of any code.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    errors(status, &[OciError { code, message, detail: None }])
}

/// An answer whose body holds these errors.
pub(crate) fn errors(status: StatusCode, errors: &[OciError<'_>]) -> Answer {
    let mut answer = Answer::with_body(status, json!({ "errors": errors }).to_string());
    answer.content_type("application/json");
    answer
}
