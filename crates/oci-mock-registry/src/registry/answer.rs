//! Answers, and the manner in which they are delivered.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};

use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::{header::API_VERSION, store::Content};

/// What the registry says to a request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers; `Content-Length` is among them.
    pub headers: HeaderMap,
    /// The body. A `HEAD` request is answered with headers only.
    pub body: Content,
}

/// How an answer reaches the client.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The answer.
    pub answer: Answer,
    /// How long the registry waits before it says anything.
    pub delay: Duration,
    /// What becomes of the connection.
    pub manner: Manner,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Manner {
    /// The answer arrives, and the connection stays open.
    Whole,
    /// The head of the answer arrives as it is, then some of the body, and that is the end of the connection.
    Cut {
        /// How many bytes of the body arrive at most.
        length: u64,
        /// How many bytes a second; at once if absent.
        bytes_per_second: Option<u64>,
        /// How the connection ends.
        end: End,
    },
    /// Nothing arrives.
    Nothing(End),
    /// Something arrives that is no HTTP, then the connection is closed.
    Garbage,
}

impl Manner {
    /// The answer arrives, then the connection is closed.
    pub(crate) const WHOLE_THEN_CLOSED: Self = Self::Cut { length: u64::MAX, bytes_per_second: None, end: End::Close };
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It is closed in order.
    Close,
    /// It is reset (TCP RST).
    Reset,
    /// It stays open, and nothing more comes.
    Stall,
}

impl Delivery {
    /// Whether all of the answer arrives.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self.manner {
            Manner::Whole => true,
            Manner::Cut { length, .. } => length >= self.answer.body.len(),
            Manner::Nothing(_) | Manner::Garbage => false,
        }
    }
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self::with_body(status, Bytes::new())
    }

    /// An answer with a body.
    #[must_use]
    pub fn with_body(status: StatusCode, body: impl Into<Content>) -> Self {
        let body = body.into();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
        headers.insert(CONTENT_LENGTH, body.len().into());
        Self { status, headers, body }
    }

    /// The answer to a ping: the registry speaks this API.
    pub(crate) fn ping() -> Self {
        let mut answer = Self::with_body(StatusCode::OK, "{}");
        answer.content_type("application/json");
        answer
    }

    /// Sets `Content-Type`.
    pub(crate) fn content_type(&mut self, media_type: &'static str) {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }

    /// Sets a header to a text. What HTTP cannot carry is percent-encoded, as in a URL.
    pub(crate) fn header(&mut self, name: HeaderName, text: &str) {
        let value = HeaderValue::from_str(text).unwrap_or_else(|_| {
            let encoded = utf8_percent_encode(text, CONTROLS).to_string();
            HeaderValue::try_from(encoded).expect("ASCII without control characters is a header's value")
        });
        self.headers.insert(name, value);
    }

    /// Puts another body in place of the present one.
    pub(crate) fn replace_body(&mut self, body: impl Into<Content>) {
        let body = body.into();
        self.headers.insert(CONTENT_LENGTH, body.len().into());
        self.body = body;
    }
}

/// The answer to a request that is not granted, where something else was to come of it.
pub(crate) type Refusal = Box<Answer>;

impl From<Answer> for Delivery {
    fn from(answer: Answer) -> Self {
        Self { answer, delay: Duration::ZERO, manner: Manner::Whole }
    }
}
