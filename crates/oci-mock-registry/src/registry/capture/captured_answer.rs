//! The answer of a captured exchange, as the registry that replays it gives it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

use super::{
    ELSEWHERE,
    log::{CapturedBody, CapturedEnd, CapturedExchange, CapturedRequest, CapturedResponse},
    placeholder::{LENGTH, Values},
};
use crate::registry::{
    answer::{Answer, Delivery, End, Manner},
    error::error,
    store::{Content, Store},
};

/// The answer of a captured folder to a request.
#[derive(Debug)]
pub(crate) enum Replayed {
    /// What was captured.
    Captured(Delivery),
    /// An error: the request was not captured, or the body of its answer was left out.
    Missing(Answer),
}

impl Replayed {
    /// An error with which the registry says what its captured folder does not hold.
    pub(super) fn missing(message: &str) -> Self {
        Self::Missing(error(StatusCode::NOT_FOUND, "NOT_CAPTURED", message))
    }
}

impl CapturedExchange {
    /// The answer as this registry gives it: with its own host, and no later than after `longest_delay`. A HEAD has no body.
    pub(super) fn deliver(&self, store: &Store, values: &Values, longest_delay: Duration, is_head: bool) -> Replayed {
        let Self { request, delay, response, end, .. } = self;
        let delay = delay.0.min(longest_delay);
        let connection_end = match end {
            CapturedEnd::Complete | CapturedEnd::Closed => End::Close,
            CapturedEnd::Reset => End::Reset,
            CapturedEnd::Stalled => End::Stall,
        };
        let Some(response) = response else {
            let answer = Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
            return Replayed::Captured(Delivery { answer, delay, manner: Manner::Nothing(connection_end) });
        };
        let Some(mut content) = self.content(response, store, values, is_head) else {
            return match response.body {
                CapturedBody::Omitted(bytes) if names_blob(&request.path) => {
                    left_out(request, "was left out of the capture; `--capture-blobs all` keeps it", Some(bytes))
                }
                CapturedBody::Omitted(bytes) => {
                    left_out(request, "was left out of the capture: it is compressed or too large", Some(bytes))
                }
                _ => left_out(request, "is not in the folder any more", None),
            };
        };
        let mut answer = Answer::with_body(StatusCode::from_u16(response.status).unwrap_or_default(), content.clone());
        answer.headers.clear();
        for (name, value) in &response.headers {
            let value = value.with(values.fill(value.as_str()).replace(LENGTH, &content.len().to_string()));
            if let (Ok(name), Some(value)) = (HeaderName::try_from(name), value.value()) {
                answer.headers.append(name, value);
            }
        }
        if is_head {
            content = Content::Memory(Bytes::new());
        }
        let manner = match end {
            CapturedEnd::Complete => Manner::Whole,
            _ => {
                if !answer.headers.contains_key(CONTENT_LENGTH) {
                    // Without a length the end of the connection would be the end of the body.
                    answer.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
                    content = unfinished_chunk(&content);
                }
                Manner::Cut { length: u64::MAX, bytes_per_second: None, end: connection_end }
            }
        };
        answer.body = content;
        Replayed::Captured(Delivery { answer, delay, manner })
    }

    /// The body of the answer, as far as it arrived; none if the folder does not have it.
    pub(super) fn content(
        &self,
        response: &CapturedResponse,
        store: &Store,
        values: &Values,
        is_head: bool,
    ) -> Option<Content> {
        let empty = || Content::Memory(Bytes::new());
        match &response.body {
            CapturedBody::Empty => Some(empty()),
            CapturedBody::Text(text) => Some(Bytes::from(values.fill(text).into_owned()).into()),
            CapturedBody::Base64(text) => Some(Bytes::from(STANDARD.decode(text).unwrap_or_default()).into()),
            CapturedBody::Content { repository, digest } => {
                stored(store, repository, &digest.to_string()).or_else(|| is_head.then(empty))
            }
            CapturedBody::Omitted(_) => (is_head || self.end != CapturedEnd::Complete).then(empty),
        }
    }
}

fn stored(store: &Store, repository: &str, digest: &str) -> Option<Content> {
    let repository = store.repository(repository)?;
    let manifest = || repository.manifest(digest).map(|manifest| manifest.bytes.clone().into());
    repository.blob(digest).cloned().or_else(manifest)
}

fn left_out(request: &CapturedRequest, why: &str, bytes: Option<u64>) -> Replayed {
    let size = bytes.map(|bytes| format!(" ({bytes} bytes)")).unwrap_or_default();
    Replayed::missing(&format!("what {} {} answered{size} {why}", request.method, request.path))
}

/// Whether a path leads to a blob, at the registry or at a host to which it redirects.
fn names_blob(path: &str) -> bool {
    path.contains("/blobs/") || path.starts_with(ELSEWHERE)
}

/// The start of a body in one chunk (RFC 9112, section 7.1) whose size is one more than the bytes that follow.
fn unfinished_chunk(content: &Content) -> Content {
    let Ok(bytes) = content.bytes() else { return content.clone() };
    let mut chunk = format!("{:x}\r\n", bytes.len() + 1).into_bytes();
    chunk.extend_from_slice(&bytes);
    Bytes::from(chunk).into()
}
