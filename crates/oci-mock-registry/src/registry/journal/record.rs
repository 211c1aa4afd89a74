//! Requests as the journal keeps them: one allocation for all texts, because a record is made for every request, and one is
//! freed that has long left the processor's caches.

use std::{collections::BTreeSet, ops::Range, sync::Arc, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts};

use super::{Entry, JOURNAL_TEXT_LIMIT};
use crate::registry::{
    answer::{Answer, Delivery},
    api::CONTENT_DIGEST,
    fault::Armed,
    route::{EndpointKind, Route},
};

/// Where a text lies among the texts of a record. There are five, each of at most [`JOURNAL_TEXT_LIMIT`] bytes.
type Span = Range<u16>;

/// Texts that are put behind one another.
#[derive(Debug)]
struct TextsWriter(String);

impl TextsWriter {
    /// Makes room for texts of these lengths.
    fn with_room_for(lengths: [usize; 5]) -> Self {
        Self(String::with_capacity(lengths.iter().map(|length| (*length).min(JOURNAL_TEXT_LIMIT)).sum()))
    }

    /// Where a text stands already.
    fn find(&self, text: &str) -> Option<Span> {
        let start = self.0.find(text)?;
        Some(span(start, start + text.len()))
    }

    fn add(&mut self, text: &str) -> Span {
        self.add_with(|texts| texts.push_str(text))
    }

    /// Adds what `write` writes, up to the limit.
    fn add_with(&mut self, write: impl FnOnce(&mut String)) -> Span {
        let start = self.0.len();
        write(&mut self.0);
        let length = cut(&self.0[start..]).len();
        self.0.truncate(start + length);
        span(start, start + length)
    }
}

fn span(start: usize, end: usize) -> Span {
    let at = |position: usize| u16::try_from(position).expect("the texts have at most 10 KiB");
    at(start)..at(end)
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
    content_type: Option<HeaderValue>,
    content_digest: Option<HeaderValue>,
    location: Option<HeaderValue>,
    challenge: Option<HeaderValue>,
    length: u64,
    fault: Option<Arc<Armed>>,
    pub(super) unexpected: bool,
    /// All texts, one behind the other.
    texts: String,
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
        let answered = |name: HeaderName| headers.get(name).cloned();
        let (path, query) = (request.uri.path(), request.uri.query());
        let user_agent = text(&request.headers, header::USER_AGENT);
        let scheme = text(&request.headers, header::AUTHORIZATION).and_then(scheme);
        let mut texts = TextsWriter::with_room_for([
            path.len(),
            query.map_or(0, str::len),
            accepted(&request.headers).map(|value| value.len() + 1).sum(),
            user_agent.map_or(0, str::len),
            scheme.map_or(0, str::len),
        ]);
        Self {
            time: SystemTime::now(),
            method: request.method.clone(),
            path: texts.add(path),
            // The name of a repository stands in the path as it is.
            repository: route.repository().and_then(|name| texts.find(name)),
            endpoint: route.kind(),
            query: query.map(|query| texts.add_with(|texts| add_without_credentials(texts, cut(query)))),
            accept: texts.add_with(|texts| add_joined(texts, accepted(&request.headers))),
            user_agent: user_agent.map(|text| texts.add(text)),
            scheme: scheme.map(|text| texts.add(text)),
            http2: request.version == Version::HTTP_2,
            status: delivery.is_complete().then_some(*status),
            content_type: answered(header::CONTENT_TYPE),
            content_digest: answered(CONTENT_DIGEST),
            location: answered(header::LOCATION),
            challenge: answered(header::WWW_AUTHENTICATE),
            length: body.len(),
            fault,
            unexpected,
            texts: texts.0,
        }
    }

    fn text(&self, span: &Span) -> &str {
        &self.texts[usize::from(span.start)..usize::from(span.end)]
    }

    /// The same with the length of a body that was passed on.
    #[cfg(feature = "capture")]
    pub(crate) fn with_length(self, length: u64) -> Self {
        Self { length, ..self }
    }

    /// The record as a value for readers of the journal.
    pub(super) fn entry(&self, number: u64) -> Entry {
        let owned = |span: &Option<Span>| Some(self.text(span.as_ref()?).to_owned());
        let value = |value: &Option<HeaderValue>| value.as_ref()?.to_str().ok().map(str::to_owned);
        let without_query = |location: String| location.split('?').next().map(str::to_owned);
        let accept = self.text(&self.accept).split(',').map(str::trim);
        Entry {
            number,
            time: self.time,
            method: self.method.clone(),
            path: self.text(&self.path).to_owned(),
            repository: owned(&self.repository),
            endpoint: self.endpoint,
            query: owned(&self.query),
            http2: self.http2,
            status: self.status,
            accept: accept.filter(|accepted| !accepted.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>(),
            user_agent: owned(&self.user_agent),
            authorization: owned(&self.scheme).map(|scheme| scheme.to_ascii_lowercase()),
            content_type: value(&self.content_type),
            content_digest: value(&self.content_digest),
            location: value(&self.location).and_then(without_query),
            challenge: value(&self.challenge),
            length: self.length,
            fault: self.fault.as_ref().map(|armed| armed.fault.name().to_owned()),
            unexpected: self.unexpected,
        }
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The scheme of an `Authorization` header. Without a scheme the whole text may be a secret.
fn scheme(value: &str) -> Option<&str> {
    Some(value.split_once(' ')?.0)
}

/// The values of all `Accept` headers.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok())
}

fn add_joined<'a>(texts: &mut String, values: impl Iterator<Item = &'a str>) {
    for (position, value) in values.enumerate() {
        if position > 0 {
            texts.push(',');
        }
        texts.push_str(cut(value));
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
fn add_without_credentials(texts: &mut String, query: &str) {
    const SECRET: [&str; 5] = ["password", "token", "secret", "signature", "credential"];
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRET.iter().any(|secret| name.ends_with(secret)) && name != "offline_token"
    };
    for (position, pair) in query.split('&').enumerate() {
        if position > 0 {
            texts.push('&');
        }
        texts.push_str(match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => &pair[..=name.len()],
            _ => pair,
        });
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
