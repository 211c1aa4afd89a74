//! Error responses of registries, and what they say.

use http::{HeaderMap, StatusCode};

use super::{
    FetchError, RegistryErrorCode,
    challenge::{self, Scheme},
    http_client::{BodyError, RegistryResponse},
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
    /// Reads a response with a status that is not a success, and with a body.
    pub(crate) fn of(response: &RegistryResponse) -> Self {
        let body = response.body.as_ref().map(AsRef::as_ref).map_err(Clone::clone);
        Self::read(response.status, &response.headers, body)
    }

    /// Reads a response with a status that is not a success. The body counts only where the client may be at fault, and a
    /// body that ends too early hides neither another status nor the error that a challenge names.
    fn read(status: StatusCode, headers: &HeaderMap, body: Result<&[u8], BodyError>) -> Self {
        if !status.is_client_error() {
            return Self { error: FetchError::UnexpectedStatus(status), retry: Retry::Never };
        }
        let response = match body {
            Ok(body) => Self::read_body(status, body),
            Err(error) => Self { error: error.into(), retry: Retry::Never },
        };
        if let Some(first) = bearer_error(headers) {
            let rest = match response.error {
                FetchError::Reported(rest) => rest.into_vec(),
                other => vec![RegistryError::new(RegistryErrorCode::Unknown, other.to_string())],
            };
            let errors: Vec<_> = std::iter::once(first).chain(rest).collect();
            return Self { error: FetchError::Reported(errors.into()), retry: Retry::Never };
        }
        let is_unreadable = matches!(response.error, FetchError::UnreadableError { .. });
        if status == StatusCode::UNAUTHORIZED && is_unreadable {
            let error = RegistryError::new(RegistryErrorCode::Unauthorized, "authentication required");
            return Self { error: error.into(), retry: response.retry };
        }
        response
    }

    fn read_body(status: StatusCode, body: &[u8]) -> Self {
        let retry = if status == StatusCode::TOO_MANY_REQUESTS { Retry::Later } else { Retry::Never };
        let unreadable =
            |reason| Self { error: FetchError::UnreadableError { status, reason, body: body.to_vec() }, retry };
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

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header::WWW_AUTHENTICATE};
    use rstest::rstest;

    use super::*;

    const EXPIRED: &str = r#"Bearer realm="http://a/token",error="invalid_token""#;

    #[rstest]
    #[case::named_by_the_challenge(401, Some(EXPIRED), "errors:\nunauthorized: authentication required\n")]
    #[case::not_named(401, None, "unexpected EOF")]
    #[case::fault_of_the_client(404, None, "unexpected EOF")]
    #[case::fault_of_the_server(503, None, "received unexpected HTTP status: 503 Service Unavailable")]
    fn what_a_cut_body_leaves_of_an_error(
        #[case] status: u16,
        #[case] challenge: Option<&'static str>,
        #[case] expected: &str,
    ) {
        let headers = challenge.map(|text| (WWW_AUTHENTICATE, HeaderValue::from_static(text))).into_iter().collect();
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let read = ErrorResponse::read(status, &headers, Err(BodyError::UnexpectedEof));
        let text = read.error.to_string();
        assert!(text.starts_with(expected), "{text}");
    }
}
