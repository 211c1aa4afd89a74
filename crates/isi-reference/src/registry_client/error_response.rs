//! Error responses of registries, and what they say.

use http::{HeaderMap, StatusCode};

use super::{
    FetchError, RegistryErrorCode,
    challenge::{self, Scheme},
    reported_error::{RegistryError, UnreadableReason},
};
use crate::json::{self, Node};

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
                FetchError::Reported(rest) => rest.into_vec(),
                other => vec![RegistryError::new(RegistryErrorCode::Unknown, other.to_string())],
            };
            let errors: Vec<_> = std::iter::once(first).chain(rest).collect();
            return Self { error: FetchError::Reported(errors.into()), retry: Retry::Never };
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
                let errors: Vec<_> = errors.iter().map(RegistryError::read).collect();
                Self { error: FetchError::Reported(errors.into()), retry: Retry::Never }
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
