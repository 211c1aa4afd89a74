//! A request, taken apart.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, header::USER_AGENT, request::Parts};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;

use crate::{
    error::{ApiError, Result},
    replica::Replica,
    user::User,
};

/// The longest body that is read, in bytes.
const BODY_LIMIT: usize = 3 * 1024 * 1024;
/// How much of a body beyond the limit is read and dropped, so that the client gets to read the answer.
const DRAIN_LIMIT: usize = 1 << 30;

/// The longest body that servers without a limit of their own take here, in bytes.
const UNLIMITED_BODY: usize = 64 << 20;
/// How long the next piece of a body may take.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// A request of the API.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The components of the path, decoded.
    pub(crate) path: Vec<String>,
    query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    body: Result<Bytes>,
    pub(crate) user: User,
    /// The process that answers.
    pub(crate) replica: Replica,
    /// What the client is warned of, whatever comes of the request.
    warnings: Mutex<Vec<String>>,
}

impl Request {
    /// Reads a request to its end. With `has_limit`, a body of more than 3 MiB is refused.
    pub(crate) async fn read(
        parts: Parts,
        body: hyper::body::Incoming,
        user: User,
        has_limit: bool,
        replica: Replica,
    ) -> Self {
        let body = read_body(body, if has_limit { BODY_LIMIT } else { UNLIMITED_BODY }).await;
        Self { body, ..Self::without_body(parts, user, replica) }
    }

    /// A request without its body, for an answer that does not depend on it.
    pub(crate) fn without_body(parts: Parts, user: User, replica: Replica) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = components(&decode(parts.uri.path()));
        let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let query = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))))
            .collect();
        Self {
            method: parts.method,
            path,
            query,
            headers: parts.headers,
            body: Ok(Bytes::new()),
            user,
            replica,
            warnings: Mutex::default(),
        }
    }

    /// Adds warnings to the response.
    pub(crate) fn warn(&self, warnings: impl IntoIterator<Item = String>) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(warnings);
    }

    /// Takes the warnings of the response.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The value of a query parameter; the first one when there are several.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a query parameter.
    pub(crate) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The program that sent this; empty when it does not say.
    pub(crate) fn user_agent(&self) -> &str {
        self.header(USER_AGENT).unwrap_or_default()
    }

    /// The body, unless it is too long or broke off.
    pub(crate) fn body(&self) -> Result<&Bytes> {
        self.body.as_ref().map_err(Clone::clone)
    }
}

/// The components of a decoded path. One slash at its end names nothing; two in a row name something without a name.
fn components(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    match path.strip_suffix('/').unwrap_or(path) {
        "" => Vec::new(),
        path => path.split('/').map(str::to_owned).collect(),
    }
}

async fn read_body(mut body: hyper::body::Incoming, limit: usize) -> Result<Bytes> {
    let mut read = BytesMut::new();
    let mut length = 0;
    loop {
        let frame = match tokio::time::timeout(IDLE_LIMIT, body.frame()).await {
            Err(_) => return Err(ApiError::unreadable("i/o timeout")),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(ApiError::unreadable(cause(&error))),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= limit {
            read.extend_from_slice(&data);
        } else if length > DRAIN_LIMIT {
            break;
        }
    }
    if length > limit { Err(ApiError::too_large(limit)) } else { Ok(read.freeze()) }
}

/// Why a body broke off, in the words of Go's HTTP server.
fn cause(error: &hyper::Error) -> &'static str {
    let mut source = std::error::Error::source(error);
    while let Some(current) = source {
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::InvalidInput
        {
            return "invalid byte in chunk length";
        }
        source = current.source();
    }
    "unexpected EOF"
}
