//! What a client sees of an answer, so far as it tells one behaviour of a registry from another.

use std::{collections::BTreeMap, io, time::Duration};

use http::{Method, StatusCode, request::Parts};
use serde_json::Value;

use super::{
    super::{
        log::{CapturedEnd, CapturedExchange},
        placeholder::Values,
    },
    auth::{parameter, scheme},
};
use crate::registry::{
    answer::{Delivery, End, Manner},
    store::{Content, Store},
};
use oci_types::{Algorithm, Digest};

/// The headers that are compared.
const COMPARED: [&str; 7] =
    ["content-range", "content-type", "docker-content-digest", "link", "location", "retry-after", "www-authenticate"];

/// What arrives sooner is as slow as the network, not as the registry.
const SLOW: Duration = Duration::from_millis(500);

/// An answer as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) delay: Duration,
    /// Absent if nothing arrives.
    pub(super) status: Option<StatusCode>,
    pub(super) headers: BTreeMap<&'static str, SeenHeader>,
    pub(super) body: SeenBody,
    /// How the connection ends, where not all of the answer arrives.
    pub(super) end: Option<End>,
}

/// A header. Two are equal if they mean the same, whatever the registry is called.
#[derive(Debug, Clone)]
pub(super) struct SeenHeader {
    pub(super) value: String,
    meaning: String,
}

impl PartialEq for SeenHeader {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for SeenHeader {}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SeenBody {
    Empty,
    /// The codes and messages of OCI errors.
    Errors(Vec<(String, String)>),
    Json(Value),
    /// Anything else: how long it is, and its digest.
    Bytes(u64, Digest),
}

impl Seen {
    /// What was captured; none if the body was left out.
    pub(super) fn of_exchange(exchange: &CapturedExchange, store: &Store, values: &Values) -> io::Result<Option<Self>> {
        let end = match exchange.end {
            CapturedEnd::Complete => None,
            CapturedEnd::Closed => Some(End::Close),
            CapturedEnd::Reset => Some(End::Reset),
            CapturedEnd::Stalled => Some(End::Stall),
        };
        let delay = slow(exchange.delay.0);
        let Some(response) = &exchange.response else {
            return Ok(Some(Self { delay, status: None, headers: BTreeMap::new(), body: SeenBody::Empty, end }));
        };
        let Some(content) = exchange.content(response, store, values, exchange.request.method == "HEAD") else {
            return Ok(None);
        };
        let status = StatusCode::from_u16(response.status).unwrap_or_default();
        let headers =
            response.headers.iter().map(|(name, value)| (name.as_str(), values.fill(value.as_str()).into_owned()));
        let headers = compared(headers, status, values);
        let body = SeenBody::of(&content, status.is_success() && names_content(&exchange.request.path))?;
        Ok(Some(Self { delay, status: Some(status), headers, body, end }.without_type_of_nothing()))
    }

    /// What a registry answers to a request.
    pub(super) fn of_delivery(delivery: &Delivery, request: &Parts, values: &Values) -> io::Result<Self> {
        let answer = &delivery.answer;
        let delay = slow(delivery.delay);
        let (arriving, end) = match delivery.manner {
            Manner::Whole => (u64::MAX, None),
            Manner::Cut { length, end, .. } if length < answer.body.len() => (length, Some(end)),
            Manner::Cut { length, .. } => (length, None),
            Manner::Nothing(end) => {
                let body = SeenBody::Empty;
                return Ok(Self { delay, status: None, headers: BTreeMap::new(), body, end: Some(end) });
            }
            Manner::Garbage => (0, Some(End::Close)),
        };
        let headers =
            answer.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?.to_owned())));
        let headers = compared(headers, answer.status, values);
        let arriving = if request.method == Method::HEAD { 0 } else { arriving.min(answer.body.len()) };
        let is_content = answer.status.is_success() && names_content(request.uri.path());
        let body = SeenBody::of(&answer.body.slice(0..arriving), is_content)?;
        Ok(Self { delay, status: Some(answer.status), headers, body, end }.without_type_of_nothing())
    }

    /// The same without the type of a body that is empty or says only what the status and the codes of errors say.
    fn without_type_of_nothing(mut self) -> Self {
        let is_success = self.status.is_some_and(|status| status.is_success());
        if !is_success && matches!(self.body, SeenBody::Empty | SeenBody::Errors(_)) {
            self.headers.remove("content-type");
        }
        self
    }

    /// What of `actual` is not as it is here; none if they are the same to a client.
    pub(super) fn difference(&self, actual: &Self) -> Option<String> {
        let shown = |status: Option<StatusCode>| status.map_or("no answer".to_owned(), |status| status.to_string());
        if self.status != actual.status {
            return Some(format!("{} was captured, the fixture has {}", shown(self.status), shown(actual.status)));
        }
        let names = self.headers.keys().chain(actual.headers.keys());
        if let Some(name) = names.into_iter().find(|name| self.headers.get(*name) != actual.headers.get(*name)) {
            let shown =
                |seen: &Self| seen.headers.get(name).map_or("none".to_owned(), |header| format!("`{}`", header.value));
            return Some(format!("header `{name}`: {} was captured, the fixture has {}", shown(self), shown(actual)));
        }
        if self.end != actual.end {
            return Some("the connection ends in another way".to_owned());
        }
        if self.body != actual.body {
            return Some("the body is another one".to_owned());
        }
        (self.delay != actual.delay).then(|| format!("the delay of {:?} is {:?}", self.delay, actual.delay))
    }
}

/// Whether a manifest or a blob is at this path.
fn names_content(path: &str) -> bool {
    path.contains("/manifests/") || path.contains("/blobs/")
}

fn slow(delay: Duration) -> Duration {
    if delay < SLOW { Duration::ZERO } else { delay }
}

fn compared<'a>(
    headers: impl Iterator<Item = (&'a str, String)>,
    status: StatusCode,
    values: &Values,
) -> BTreeMap<&'static str, SeenHeader> {
    let mut seen = BTreeMap::new();
    for (name, value) in headers {
        let Some(name) = COMPARED.into_iter().find(|compared| name.eq_ignore_ascii_case(compared)) else { continue };
        let meaning = match name {
            // The address of an upload is the registry's own business.
            "location" if !status.is_redirection() => continue,
            "location" => values.side_of(&value).to_owned(),
            "www-authenticate" => {
                let told = ["scope", "error"].map(|name| parameter(&value, name).unwrap_or_default());
                format!("{} {told:?}", scheme(&value).to_ascii_lowercase())
            }
            _ => value.clone(),
        };
        seen.insert(name, SeenHeader { value, meaning });
    }
    seen
}

impl SeenBody {
    /// A manifest or a blob is compared byte by byte.
    fn of(content: &Content, is_content: bool) -> io::Result<Self> {
        if content.is_empty() {
            return Ok(Self::Empty);
        }
        if let (Content::Memory(bytes), false) = (content, is_content)
            && let Ok(value) = serde_json::from_slice::<Value>(bytes)
        {
            return Ok(errors(&value).map_or(Self::Json(value), Self::Errors));
        }
        let mut hasher = Algorithm::Sha256.hasher();
        content.read(|piece| hasher.update(piece))?;
        Ok(Self::Bytes(content.len(), hasher.finish()))
    }
}

fn errors(body: &Value) -> Option<Vec<(String, String)>> {
    let text = |error: &Value, name: &str| Some(error.get(name)?.as_str()?.to_owned());
    body.get("errors")?.as_array()?.iter().map(|error| Some((text(error, "code")?, text(error, "message")?))).collect()
}
