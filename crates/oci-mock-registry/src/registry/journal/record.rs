//! Requests as the journal keeps them. A record is made for every request, and one is freed that has long left the processor's
//! caches: so there is one allocation for all texts, and headers are looked through once.

use std::{collections::BTreeSet, ops::Range, sync::Arc, time::SystemTime};

use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header, request::Parts};

use super::{Entry, JOURNAL_TEXT_LIMIT};
use crate::registry::{
    answer::{Answer, Delivery},
    fault::Armed,
    header::CONTENT_DIGEST,
    route::{EndpointKind, Route},
};

/// Where a text lies among the texts of a record. There are five, each of at most [`JOURNAL_TEXT_LIMIT`] bytes.
type Span = Range<u16>;

/// Texts that are put behind one another, as they arrived: whether they are UTF-8 is looked at when the journal is read.
#[derive(Debug)]
struct TextsWriter(Vec<u8>);

impl TextsWriter {
    /// Makes room for texts of these lengths.
    fn with_room_for(lengths: [usize; 5]) -> Self {
        Self(Vec::with_capacity(lengths.iter().map(|length| (*length).min(JOURNAL_TEXT_LIMIT)).sum()))
    }

    fn add(&mut self, text: &[u8]) -> Span {
        self.add_with(|texts| texts.extend_from_slice(text))
    }

    /// Adds what `write` writes, up to the limit.
    fn add_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.0.len();
        write(&mut self.0);
        self.0.truncate(start + JOURNAL_TEXT_LIMIT);
        span(start, self.0.len())
    }
}

fn span(start: usize, end: usize) -> Span {
    let at = |position: usize| u16::try_from(position).expect("the texts have at most 10 KiB");
    at(start)..at(end)
}

/// The headers of a request that the journal keeps.
#[derive(Debug, Default)]
struct KeptHeaders<'a> {
    user_agent: Option<&'a [u8]>,
    scheme: Option<&'a [u8]>,
    /// The length of all `Accept` headers, joined.
    accept_length: usize,
}

impl<'a> KeptHeaders<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let mut kept = Self::default();
        for (name, value) in headers {
            if name == header::ACCEPT {
                kept.accept_length += value.len() + 1;
            } else if name == header::USER_AGENT {
                kept.user_agent.get_or_insert(value.as_bytes());
            } else if name == header::AUTHORIZATION {
                kept.scheme = kept.scheme.or_else(|| scheme(value.as_bytes()));
            }
        }
        kept
    }
}

/// The headers of an answer that the journal keeps.
#[derive(Debug, Default)]
struct AnsweredHeaders {
    content_type: Option<HeaderValue>,
    content_digest: Option<HeaderValue>,
    location: Option<HeaderValue>,
    challenge: Option<HeaderValue>,
}

impl AnsweredHeaders {
    fn of(headers: &HeaderMap) -> Self {
        let mut kept = Self::default();
        for (name, value) in headers {
            let place = if name == header::CONTENT_TYPE {
                &mut kept.content_type
            } else if name == CONTENT_DIGEST {
                &mut kept.content_digest
            } else if name == header::LOCATION {
                &mut kept.location
            } else if name == header::WWW_AUTHENTICATE {
                &mut kept.challenge
            } else {
                continue;
            };
            place.get_or_insert_with(|| value.clone());
        }
        kept
    }
}

/// One request and what became of it.
#[derive(Debug)]
pub(crate) struct Record {
    time: SystemTime,
    method: Method,
    path: Span,
    repository: Option<Span>,
    endpoint: Option<EndpointKind>,
    query: Option<Span>,
    /// All `Accept` headers, joined by commas.
    accept: Span,
    user_agent: Option<Span>,
    scheme: Option<Span>,
    http2: bool,
    status: Option<StatusCode>,
    answered: AnsweredHeaders,
    length: u64,
    fault: Option<Arc<Armed>>,
    pub(super) unexpected: bool,
    /// All texts, one behind the other.
    texts: Vec<u8>,
}

impl Record {
    pub(crate) fn new(
        request: &Parts,
        route: &Route<'_>,
        delivery: &Delivery,
        fault: Option<Arc<Armed>>,
        unexpected: bool,
    ) -> Self {
        let Answer { headers, body, status } = &delivery.answer;
        let (path, query) = (request.uri.path(), request.uri.query());
        let kept = KeptHeaders::of(&request.headers);
        let mut texts = TextsWriter::with_room_for([
            path.len(),
            query.map_or(0, str::len),
            kept.accept_length,
            kept.user_agent.map_or(0, <[u8]>::len),
            kept.scheme.map_or(0, <[u8]>::len),
        ]);
        let path = cut(path);
        Self {
            time: SystemTime::now(),
            method: request.method.clone(),
            path: texts.add(path.as_bytes()),
            repository: route.repository().and_then(|name| span_of_name(path, name)),
            endpoint: route.kind(),
            query: query.map(|query| texts.add_with(|texts| add_without_credentials(texts, cut(query)))),
            accept: texts.add_with(|texts| {
                if kept.accept_length > 0 {
                    add_joined(texts, &request.headers);
                }
            }),
            user_agent: kept.user_agent.map(|text| texts.add(text)),
            scheme: kept.scheme.map(|text| texts.add(text)),
            http2: request.version == Version::HTTP_2,
            status: delivery.is_complete().then_some(*status),
            answered: AnsweredHeaders::of(headers),
            length: body.len(),
            fault,
            unexpected,
            texts: texts.0,
        }
    }

    fn text(&self, span: &Span) -> String {
        String::from_utf8_lossy(&self.texts[usize::from(span.start)..usize::from(span.end)]).into_owned()
    }

    /// The same with the length of a body that was passed on.
    #[cfg(feature = "capture")]
    pub(crate) fn with_length(self, length: u64) -> Self {
        Self { length, ..self }
    }

    /// The record as a value for readers of the journal.
    pub(super) fn entry(&self, number: u64) -> Entry {
        let owned = |span: &Option<Span>| span.as_ref().map(|span| self.text(span));
        let value = |value: &Option<HeaderValue>| value.as_ref()?.to_str().ok().map(str::to_owned);
        let without_query = |location: String| location.split('?').next().map(str::to_owned);
        let accept = self.text(&self.accept);
        let accept = accept.split(',').map(str::trim);
        Entry {
            number,
            time: self.time,
            method: self.method.clone(),
            path: self.text(&self.path),
            repository: owned(&self.repository),
            endpoint: self.endpoint,
            query: owned(&self.query),
            http2: self.http2,
            status: self.status,
            accept: accept.filter(|accepted| !accepted.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>(),
            user_agent: owned(&self.user_agent),
            authorization: owned(&self.scheme).map(|scheme| scheme.to_ascii_lowercase()),
            content_type: value(&self.answered.content_type),
            content_digest: value(&self.answered.content_digest),
            location: value(&self.answered.location).and_then(without_query),
            challenge: value(&self.answered.challenge),
            length: self.length,
            fault: self.fault.as_ref().map(|armed| armed.fault.name().to_owned()),
            unexpected: self.unexpected,
        }
    }
}

/// Where the name of a repository stands in a path: behind the prefix of an endpoint. None if it was cut.
fn span_of_name(path: &str, name: &str) -> Option<Span> {
    let prefixes = ["/v2/", "/extensions/v2/"];
    let start = prefixes.into_iter().find(|prefix| path.starts_with(prefix))?.len();
    path.get(start..start + name.len()).map(|_| span(start, start + name.len()))
}

/// The scheme of an `Authorization` header. Without a scheme the whole text may be a secret.
fn scheme(value: &[u8]) -> Option<&[u8]> {
    value.iter().position(|byte| *byte == b' ').map(|end| &value[..end])
}

/// Adds all `Accept` headers, with commas between them.
fn add_joined(texts: &mut Vec<u8>, headers: &HeaderMap) {
    let accepted = headers.iter().filter(|(name, _)| *name == header::ACCEPT);
    for (position, (_, value)) in accepted.enumerate() {
        if position > 0 {
            texts.push(b',');
        }
        texts.extend_from_slice(&value.as_bytes()[..value.len().min(JOURNAL_TEXT_LIMIT)]);
    }
}

/// The beginning of a text that is too long to be kept.
fn cut(text: &str) -> &str {
    if text.len() <= JOURNAL_TEXT_LIMIT {
        return text;
    }
    let end = (0..=JOURNAL_TEXT_LIMIT).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Adds a query in which parameters that hold credentials have no value.
fn add_without_credentials(texts: &mut Vec<u8>, query: &str) {
    const SECRET: [&str; 5] = ["password", "token", "secret", "signature", "credential"];
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRET.iter().any(|secret| name.ends_with(secret)) && name != "offline_token"
    };
    for (position, pair) in query.split('&').enumerate() {
        if position > 0 {
            texts.push(b'&');
        }
        let kept = match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => &pair[..=name.len()],
            _ => pair,
        };
        texts.extend_from_slice(kept.as_bytes());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::Request;
    use rstest::rstest;

    use super::*;
    use crate::fixture::policy::TokenPath;

    fn entry(request: http::request::Builder) -> Entry {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let route = Route::of(parts.uri.path(), TokenPath::At("/token"));
        Record::new(&parts, &route, &Answer::with_body(StatusCode::OK, "{}").into(), None, false).entry(7)
    }

    #[test]
    fn an_entry_says_what_was_asked_and_no_credentials() {
        let request = Request::get("/v2/?n=1&password=hunter2&X-Amz-Signature=hunter2&offline_token=true")
            .header("accept", "b, a")
            .header("accept", "c")
            .header("authorization", "Basic cm9ib3Q6c2VjcmV0");
        let entry = entry(request);
        assert_eq!(entry.accept, ["a", "b", "c"].map(str::to_owned).into());
        assert_eq!(entry.query.as_deref(), Some("n=1&password=&X-Amz-Signature=&offline_token=true"));
        let json = serde_json::to_string(&entry).unwrap();
        assert!(json.contains(r#""authorization":"basic""#) && !json.contains("cm9ib3Q6"), "{json}");
        assert!(json.contains(r#""length":2"#) && json.contains(r#""number":7"#), "{json}");
    }

    #[test]
    fn an_entry_says_which_endpoint_of_which_repository_was_asked() {
        let of = |path: &str| {
            let entry = entry(Request::get(path));
            (entry.repository, entry.endpoint)
        };
        assert_eq!(of("/v2/lib/app/manifests/v1"), (Some("lib/app".to_owned()), Some(EndpointKind::Manifest)));
        assert_eq!(of("/v2/manifests/tags/list"), (Some("manifests".to_owned()), Some(EndpointKind::Tags)));
        assert_eq!(of("/token"), (None, Some(EndpointKind::Token)));
        assert_eq!(of("/v2/App/tags/list"), (None, None));
        assert_eq!(of("/favicon.ico"), (None, None));
    }

    #[rstest]
    #[case("/v2/", None)]
    #[case("/token", None)]
    #[case("/v2/lib/app/manifests/v1", Some(("lib/app", "manifests/v1")))]
    #[case("/v2/lib/blobs/blobs/sha256:1", Some(("lib/blobs", "blobs/sha256:1")))]
    #[case("/v2/app/tags/list", Some(("app", "tags/list")))]
    fn a_path_is_of_a_repository_or_of_none(#[case] path: &str, #[case] expected: Option<(&str, &str)>) {
        assert_eq!(entry(Request::get(path)).in_repository(), expected);
    }

    #[test]
    fn an_authorization_without_a_scheme_is_not_kept() {
        assert_eq!(entry(Request::get("/v2/").header("authorization", "hunter2")).authorization, None);
    }

    #[test]
    fn long_texts_are_cut() {
        let request = Request::get(format!("/v2/{}", "é".repeat(10_000))).header("user-agent", "x".repeat(10_000));
        let entry = entry(request.header("accept", "y".repeat(10_000)));
        let lengths = [entry.path.len(), entry.user_agent.unwrap().len(), entry.accept.first().unwrap().len()];
        assert_eq!(lengths, [JOURNAL_TEXT_LIMIT; 3]);
    }
}
