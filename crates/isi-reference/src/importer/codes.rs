//! Error bodies of registries: `{"errors": [{"code": …, "message": …}]}`.

use http::{HeaderMap, StatusCode};

use super::{challenge, failure::FetchError};
use crate::{
    json::{self, Node},
    quote::quote,
};

/// One error that a registry reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    code: &'static str,
    /// The message, unless it says no more than the code.
    message: Option<String>,
}

/// The codes of the distribution specification and of Docker's registry, with their stock messages.
const KNOWN: &[(&str, &str)] = &[
    ("UNKNOWN", "unknown error"),
    ("UNSUPPORTED", "The operation is unsupported."),
    ("UNAUTHORIZED", "authentication required"),
    ("DENIED", "requested access to the resource is denied"),
    ("UNAVAILABLE", "service unavailable"),
    ("TOOMANYREQUESTS", "too many requests"),
    ("DIGEST_INVALID", "provided digest did not match uploaded content"),
    ("SIZE_INVALID", "provided length did not match content length"),
    ("RANGE_INVALID", "invalid content range"),
    ("NAME_INVALID", "invalid repository name"),
    ("TAG_INVALID", "manifest tag did not match URI"),
    ("NAME_UNKNOWN", "repository name not known to registry"),
    ("MANIFEST_UNKNOWN", "manifest unknown"),
    ("MANIFEST_INVALID", "manifest invalid"),
    ("MANIFEST_UNVERIFIED", "manifest failed signature verification"),
    ("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"),
    ("BLOB_UNKNOWN", "blob unknown to registry"),
    ("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
    ("BLOB_UPLOAD_INVALID", "blob upload invalid"),
    ("PAGINATION_NUMBER_INVALID", "invalid number of results requested"),
];

impl Code {
    fn new(code: &str, message: &str, has_detail: bool) -> Self {
        let (code, stock) = KNOWN.iter().find(|(known, _)| *known == code).copied().unwrap_or(KNOWN[0]);
        let says_nothing = !has_detail && (message.is_empty() || message == stock);
        Self { code, message: (!says_nothing).then(|| message.to_owned()) }
    }

    /// Whether this is `code`.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.code.to_lowercase().replace('_', " "))?;
        self.message.as_ref().map_or(Ok(()), |message| write!(formatter, ": {message}"))
    }
}

/// An error answer of a registry, and whether asking again later may help.
#[derive(Debug)]
pub(crate) struct Rejection {
    /// What it says.
    pub(crate) error: FetchError,
    /// Whether the registry only asks for patience: 429 without a list of errors.
    pub(crate) try_later: bool,
}

impl Rejection {
    /// Reads an answer with a status that is no success.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        if !status.is_client_error() {
            let text = format!("received unexpected HTTP status: {}", status_line(status));
            return Self { error: FetchError::Text(text), try_later: false };
        }
        let mut rejection = Self::read_body(status, body);
        if let Some(code) = bearer_error(headers) {
            let mut codes = vec![code];
            match rejection.error {
                FetchError::Codes(more) => codes.extend(more),
                FetchError::Text(text) => codes.push(Code { code: "UNKNOWN", message: Some(text) }),
            }
            return Self { error: FetchError::Codes(codes), try_later: false };
        }
        if status == StatusCode::UNAUTHORIZED && matches!(rejection.error, FetchError::Text(_)) {
            rejection.error = FetchError::Codes(vec![Code::new("UNAUTHORIZED", "authentication required", true)]);
        }
        rejection
    }

    fn read_body(status: StatusCode, body: &[u8]) -> Self {
        let unreadable = |why: &str| Self {
            error: FetchError::Text(format!(
                "error parsing HTTP {} response body: {why}: {}",
                status.as_u16(),
                quote(&String::from_utf8_lossy(body))
            )),
            try_later: status == StatusCode::TOO_MANY_REQUESTS,
        };
        let node = match json::parse(body) {
            Ok(node) => node,
            Err(error) => return unreadable(&error.to_string()),
        };
        if let Some(details) = node.get_in_any_case("details").and_then(Node::as_text).filter(|text| !text.is_empty()) {
            let code = match status.as_u16() {
                401 => "UNAUTHORIZED",
                403 => "DENIED",
                429 => "TOOMANYREQUESTS",
                _ => "UNKNOWN",
            };
            let error = FetchError::Codes(vec![Code::new(code, details, true)]);
            return Self { error, try_later: status == StatusCode::TOO_MANY_REQUESTS };
        }
        let codes: Vec<Code> = match node.get_in_any_case("errors") {
            Some(Node::Array(errors)) => errors.iter().map(read_code).collect(),
            _ => Vec::new(),
        };
        if codes.is_empty() {
            return unreadable("no error details found in HTTP response body");
        }
        Self { error: FetchError::Codes(codes), try_later: false }
    }
}

fn read_code(node: &Node) -> Code {
    let text = |key| node.get_in_any_case(key).and_then(Node::as_text).unwrap_or_default();
    let has_detail = node.get_in_any_case("detail").is_some_and(|detail| *detail != Node::Null);
    Code::new(text("code"), text("message"), has_detail)
}

/// The error that a Bearer challenge names (RFC 6750, section 3.1).
fn bearer_error(headers: &HeaderMap) -> Option<Code> {
    challenge::read(headers).iter().filter(|challenge| challenge.scheme == "bearer").find_map(|challenge| {
        let code = match challenge.parameter("error")? {
            "invalid_token" => "UNAUTHORIZED",
            "insufficient_scope" => "DENIED",
            _ => return None,
        };
        let description = challenge.parameter("error_description").filter(|text| !text.is_empty());
        let stock = KNOWN.iter().find(|(known, _)| *known == code).map_or("", |(_, stock)| stock);
        Some(Code::new(code, description.unwrap_or(stock), true))
    })
}

/// Code and reason, as in `404 Not Found`.
pub(crate) fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}
