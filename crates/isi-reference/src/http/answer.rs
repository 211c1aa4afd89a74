//! An answer, put together.

use std::{convert::Infallible, fmt};

use bytes::Bytes;
use http::{
    HeaderValue, Response,
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WARNING, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use serde::Serialize;

use super::{
    form::{Form, Format},
    yaml,
};
use crate::{error::ApiError, json::html_escape, model::status::Status, protobuf};

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    content_type: &'static str,
    body: Body,
    warnings: Vec<String>,
    /// How many seconds a client should wait before it asks again.
    retry_after: Option<u64>,
}

#[derive(Debug)]
enum Body {
    Whole(Vec<u8>),
    /// One that goes on.
    Watch(WatchBody),
}

/// A body that goes on.
pub(crate) struct WatchBody(pub(crate) UnsyncBoxBody<Bytes, Infallible>);

impl fmt::Debug for WatchBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WatchBody")
    }
}

/// The body of an answer, as HTTP sends it.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// A `Status` with its kind.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TypedStatus<'a> {
    kind: &'static str,
    api_version: &'static str,
    #[serde(flatten)]
    status: &'a Status,
}

impl<'a> TypedStatus<'a> {
    /// The status as an object.
    pub(crate) fn of(status: &'a Status) -> Self {
        Self { kind: "Status", api_version: "v1", status }
    }
}

impl Answer {
    /// An object.
    pub(crate) fn object(status: u16, object: &impl Serialize, form: Form) -> Self {
        let json = |text| ("application/json", render(text).into_bytes());
        let (content_type, body) = match form.format {
            Format::Json => json(serde_json::to_string(object)),
            // Only what is not indented ends with a newline.
            Format::PrettyJson => {
                let text = render(serde_json::to_string_pretty(object));
                ("application/json", text.trim_end().as_bytes().to_vec())
            }
            Format::Yaml => ("application/yaml", yaml::render(object).into_bytes()),
            Format::Protobuf => match protobuf::encode(&serde_json::to_value(object).unwrap_or_default()) {
                Some(body) => (protobuf::MEDIA_TYPE, body),
                // What has no message is not negotiated as one; its own JSON is better than nothing.
                None => json(serde_json::to_string(object)),
            },
        };
        Self { status, content_type, body: Body::Whole(body), warnings: Vec::new(), retry_after: None }
    }

    /// The events of a watch.
    pub(crate) fn stream(content_type: &'static str, body: WatchBody) -> Self {
        Self { status: 200, content_type, body: Body::Watch(body), warnings: Vec::new(), retry_after: None }
    }

    /// A `Status` instead of an object.
    pub(crate) fn status(code: u16, status: &Status, form: Form) -> Self {
        Self::object(code, &TypedStatus::of(status), form)
    }

    /// A failure.
    pub(crate) fn error(error: &ApiError, form: Form) -> Self {
        if error.is_text() {
            return Self { status: error.code(), ..Self::text(&error.status().message) };
        }
        let details = error.status().details.as_ref();
        let retry_after = details.and_then(|details| details.retry_after_seconds);
        Self { retry_after, ..Self::status(error.code(), error.status(), form) }
    }

    /// Text for a program that only looks at the status.
    pub(crate) fn text(text: &str) -> Self {
        Self::document("text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    /// A document that is no object.
    pub(crate) fn document(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, content_type, body: Body::Whole(body), warnings: Vec::new(), retry_after: None }
    }

    /// The same answer as another content type.
    pub(crate) fn with_content_type(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }

    /// The same answer with warnings.
    pub(crate) fn with_warnings(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// The answer as HTTP has it.
    pub(crate) fn into_response(self) -> Response<AnswerBody> {
        let mut response = Response::new(match self.body {
            Body::Whole(body) => Full::new(Bytes::from(body)).boxed_unsync(),
            Body::Watch(WatchBody(body)) => body,
        });
        *response.status_mut() =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        let is_crash = self.status == 500 && self.content_type.starts_with("text/plain");
        if self.status == 403 || is_crash {
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == 413 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        for warning in self.warnings {
            let text = format!("299 - \"{}\"", warning.replace('\\', "\\\\").replace('"', "\\\""));
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.append(WARNING, value);
            }
        }
        response
    }
}

/// The text, with the characters escaped that Go escapes.
pub(crate) fn render(text: serde_json::Result<String>) -> String {
    let mut text = html_escape(text.unwrap_or_default());
    text.push('\n');
    text
}
