//! Answers of a captured folder: the first request gets the first answer that was captured for such a request, the second
//! the second; the last one repeats.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    request::Parts,
};

use super::{
    key,
    log::{self, CapturedBody, CapturedEnd, CapturedExchange, CapturedRequest, CapturedResponse},
    placeholder::{LENGTH, Values},
};
use crate::registry::{
    answer::{Answer, Delivery, End, Manner},
    error::error,
    folder::FolderError,
    state::RegistryState,
    store::Content,
};

/// The exchanges of a captured folder, and how often each kind of request was made.
#[derive(Debug)]
pub(crate) struct Replay {
    exchanges: Vec<CapturedExchange>,
    /// The exchanges of a request, by their places in the log: for each way to identify a request a map.
    by_key: [HashMap<String, Vec<usize>>; Likeness::ALL.len()],
    asked: Mutex<Asked>,
    longest_delay: Duration,
}

/// How often requests were made, by the likeness and the key by which they were found.
pub(super) type Asked = HashMap<(Likeness, String), usize>;

/// How much of a request has to be as it was captured, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Likeness {
    Whole,
    /// Whatever media types it accepts, and whatever the client has already.
    AnyAccept,
    /// And with the parameters of its query in any order.
    AnyOrder,
    /// And whatever range it asks for: a registry may answer with the whole.
    AnyRange,
    /// And with whatever credentials.
    AnyCredentials,
}

/// What a captured folder says to a request.
#[derive(Debug)]
pub(crate) enum Replayed {
    /// What was captured.
    Captured(Delivery),
    /// An error: there is no such request, or its body was left out.
    Missing(Answer),
}

impl Likeness {
    const ALL: [Self; 5] = [Self::Whole, Self::AnyAccept, Self::AnyOrder, Self::AnyRange, Self::AnyCredentials];

    fn key(self, method: &str, request: &CapturedRequest) -> String {
        let CapturedRequest { path, query, accept, authorization, range, if_none_match, .. } = request;
        let mut key = format!("{method} {path}");
        let mut add = |text: Option<&str>| {
            key.push('\n');
            key.push_str(text.unwrap_or_default());
        };
        match self {
            Self::Whole | Self::AnyAccept => add(query.as_deref()),
            Self::AnyOrder | Self::AnyRange | Self::AnyCredentials => {
                add(query.as_deref().map(key::sorted).as_deref());
            }
        }
        if self != Self::AnyCredentials {
            add(authorization.as_deref());
        }
        if matches!(self, Self::Whole | Self::AnyAccept | Self::AnyOrder) {
            add(range.as_deref());
        }
        if self == Self::Whole {
            add(if_none_match.as_deref());
            accept.iter().for_each(|accepted| add(Some(accepted)));
        }
        key
    }
}

impl Replay {
    /// Reads the log of a captured folder. No delay is longer than `longest_delay`.
    pub(crate) fn of_folder(folder: &Path, longest_delay: Duration) -> Result<Self, FolderError> {
        Ok(Self::new(log::read(folder)?, longest_delay))
    }

    fn new(exchanges: Vec<CapturedExchange>, longest_delay: Duration) -> Self {
        let by_key = Likeness::ALL.map(|likeness| {
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, CapturedExchange { request, .. }) in exchanges.iter().enumerate() {
                places.entry(likeness.key(&request.method, request)).or_default().push(place);
            }
            places
        });
        Self { exchanges, by_key, asked: Mutex::default(), longest_delay }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often requests were made, to [go back](Self::rewind) to.
    pub(crate) fn position(&self) -> Position {
        Position(self.asked().clone())
    }

    /// Goes back to a position.
    pub(crate) fn rewind(&self, position: &Position) {
        *self.asked() = position.0.clone();
    }

    /// Answers a request.
    pub(crate) fn answer(&self, state: &RegistryState, request: &Parts) -> Replayed {
        let values = Values::of(state, request);
        let captured = key::of(request, values.host());
        let Some(exchange) = self.find(&captured) else {
            return Replayed::Missing(self.unknown(&captured));
        };
        self.deliver(exchange, state, &values, request.method == Method::HEAD)
    }

    fn find(&self, request: &CapturedRequest) -> Option<&CapturedExchange> {
        let of_head = (request.method == "HEAD").then_some("GET");
        [Some(request.method.as_str()), of_head].into_iter().flatten().find_map(|method| {
            Likeness::ALL.into_iter().zip(&self.by_key).find_map(|(likeness, places)| {
                let key = likeness.key(method, request);
                let places = places.get(&key)?;
                if likeness == Likeness::AnyCredentials
                    && request.authorization.is_none()
                    && let Some(challenge) = self.challenge()
                {
                    return Some(challenge);
                }
                let mut asked = self.asked();
                let asked = asked.entry((likeness, key)).or_default();
                let place = places[(*asked).min(places.len() - 1)];
                *asked += 1;
                self.exchanges.get(place)
            })
        })
    }

    /// How the registry asked for credentials at its front door: what a request gets that came only with credentials when it
    /// was captured.
    fn challenge(&self) -> Option<&CapturedExchange> {
        let asks = |exchange: &&CapturedExchange| {
            exchange.request.path.trim_end_matches('/') == "/v2"
                && exchange.request.authorization.is_none()
                && exchange.response.as_ref().is_some_and(|response| response.status == 401)
        };
        self.exchanges.iter().find(asks)
    }

    fn unknown(&self, request: &CapturedRequest) -> Answer {
        let query = request.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        let paths = self.exchanges.iter().filter(|exchange| exchange.request.path == request.path);
        let message = match paths.count() {
            0 => format!(
                "{} {}{query} was not captured, nor any other request of this path",
                request.method, request.path
            ),
            _ => {
                format!("{} {}{query} was not captured; other requests of this path were", request.method, request.path)
            }
        };
        error(StatusCode::NOT_FOUND, "NOT_CAPTURED", &message)
    }

    fn deliver(
        &self,
        CapturedExchange { request, delay, response, end, .. }: &CapturedExchange,
        state: &RegistryState,
        values: &Values,
        is_head: bool,
    ) -> Replayed {
        let delay = delay.0.min(self.longest_delay);
        let connection_end = match end {
            CapturedEnd::Complete | CapturedEnd::Closed => End::Close,
            CapturedEnd::Reset => End::Reset,
            CapturedEnd::Stalled => End::Stall,
        };
        let Some(CapturedResponse { status, headers, body }) = response else {
            let answer = Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
            return Replayed::Captured(Delivery { answer, delay, manner: Manner::Nothing(connection_end) });
        };
        let mut content = match body {
            CapturedBody::Empty => Content::Memory(Bytes::new()),
            CapturedBody::Text(text) => Bytes::from(values.fill(text).into_owned()).into(),
            CapturedBody::Base64(text) => Bytes::from(STANDARD.decode(text).unwrap_or_default()).into(),
            CapturedBody::Content { repository, digest } => match content(state, repository, &digest.to_string()) {
                Some(content) => content,
                None if is_head => Content::Memory(Bytes::new()),
                None => return Replayed::Missing(left_out(request, "is not in the folder any more", None)),
            },
            CapturedBody::Omitted(_) if is_head || *end != CapturedEnd::Complete => Content::Memory(Bytes::new()),
            CapturedBody::Omitted(bytes) => {
                return Replayed::Missing(left_out(request, "was left out of the capture", Some(*bytes)));
            }
        };
        let mut answer = Answer::with_body(StatusCode::from_u16(*status).unwrap_or_default(), content.clone());
        answer.headers.clear();
        for (name, value) in headers {
            let value = values.fill(value).replace(LENGTH, &content.len().to_string());
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
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
}

/// How often requests were made at some time.
#[derive(Debug, Clone)]
pub(crate) struct Position(Asked);

fn content(state: &RegistryState, repository: &str, digest: &str) -> Option<Content> {
    let store = state.store();
    let repository = store.repository(repository)?;
    let manifest = || repository.manifest(digest).map(|manifest| manifest.bytes.clone().into());
    repository.blob(digest).cloned().or_else(manifest)
}

fn left_out(request: &CapturedRequest, why: &str, bytes: Option<u64>) -> Answer {
    let size = bytes.map(|bytes| format!(" ({bytes} bytes)")).unwrap_or_default();
    let message =
        format!("what {} {} answered{size} {why}; `--capture-blobs all` keeps it", request.method, request.path);
    error(StatusCode::NOT_FOUND, "NOT_CAPTURED", &message)
}

/// A body in one chunk (RFC 9112, section 7.1) that is longer than what comes.
fn unfinished_chunk(content: &Content) -> Content {
    let Ok(bytes) = content.bytes() else { return content.clone() };
    let mut chunk = format!("{:x}\r\n", bytes.len() + 1).into_bytes();
    chunk.extend_from_slice(&bytes);
    Bytes::from(chunk).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::Request;
    use rstest::rstest;

    use super::*;
    use crate::registry::Registry;

    const LOG: &str = r#"{"format":1}
{"number":0,"request":{"method":"GET","path":"/v2/"},"delay":"0s","response":{"status":401,"headers":[["www-authenticate","Bearer realm=\"{{elsewhere}}/elsewhere/1/token\",service=\"{{host}}\""]]}}
{"number":3,"request":{"method":"GET","path":"/v2/a/manifests/v1","accept":["a","b"],"authorization":"bearer"},"delay":"0s","response":{"status":404,"headers":[],"body":{"text":"gone"}}}
{"number":1,"request":{"method":"GET","path":"/v2/a/manifests/v1","accept":["a","b"],"authorization":"bearer"},"delay":"0s","response":{"status":429,"headers":[["content-length","4"],["retry-after","1"]],"body":{"text":"slow"}}}
{"number":2,"request":{"method":"GET","path":"/v2/a/manifests/v1","accept":["a","b"],"authorization":"bearer"},"delay":"2h","response":{"status":200,"headers":[["content-length","{{length}}"]],"body":{"text":"{{url}}"}}}
{"number":4,"request":{"method":"GET","path":"/v2/a/tags/list","query":"n=1&last=b"},"delay":"0s","response":{"status":200,"headers":[],"body":{"text":"page"}}}
{"number":5,"request":{"method":"GET","path":"/v2/a/blobs/sha256:1","authorization":"bearer"},"delay":"0s","response":{"status":200,"headers":[["content-length","7"]],"body":{"omitted":7}}}
{"number":6,"request":{"method":"GET","path":"/v2/a/blobs/sha256:2"},"delay":"0s","end":"reset"}
{"number":7,"request":{"method":"GET","path":"/v2/a/blobs/sha256:3"},"delay":"0s","response":{"status":200,"headers":[],"body":{"text":"half"}},"end":"closed"}
{"number":8,"request":{"method":"GET","path":"/v2/a/tags/list"},"delay":"0s","resp"#;

    fn registry() -> (RegistryState, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(log::LOG), LOG).unwrap();
        let state = Registry::builder().build().unwrap();
        state.load(folder.path()).unwrap();
        (state, folder)
    }

    fn ask(state: &RegistryState, method: &str, target: &str, authorization: &str, accept: &str) -> Delivery {
        let mut request = Request::builder().method(method).uri(target).header("host", "localhost:5000");
        if !authorization.is_empty() {
            request = request.header("authorization", format!("{authorization} abc"));
        }
        if !accept.is_empty() {
            request = request.header("accept", accept);
        }
        state.respond(&request.body(()).unwrap().into_parts().0, &[])
    }

    fn body(delivery: &Delivery) -> String {
        String::from_utf8(delivery.answer.body.bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn the_answers_of_a_request_come_in_the_order_in_which_it_was_made_and_the_last_one_repeats() {
        let (state, _folder) = registry();
        let answers: Vec<_> =
            (0..5).map(|_| ask(&state, "GET", "/v2/a/manifests/v1", "Bearer", "b, a").answer.status.as_u16()).collect();
        assert_eq!(answers, [429, 200, 404, 404, 404]);
        assert_eq!(state.findings(), []);
    }

    #[test]
    fn a_reset_goes_back_to_the_first_answer() {
        let (state, _folder) = registry();
        let start = state.snapshot();
        let first = || ask(&state, "GET", "/v2/a/manifests/v1", "Bearer", "a,b").answer.status.as_u16();
        assert_eq!([first(), first()], [429, 200]);
        state.reset(&start);
        assert_eq!(first(), 429);
    }

    #[test]
    fn placeholders_are_of_the_registry_that_replays_and_delays_have_a_bound() {
        let (state, _folder) = registry();
        ask(&state, "GET", "/v2/a/manifests/v1", "Bearer", "a,b");
        let second = ask(&state, "GET", "/v2/a/manifests/v1", "Bearer", "a,b");
        assert_eq!(body(&second), "http://localhost:5000");
        assert_eq!(second.answer.headers[CONTENT_LENGTH], "21");
        assert_eq!(second.delay, crate::registry::LONGEST_REPLAYED_DELAY);
        let challenge = ask(&state, "GET", "/v2/", "", "");
        let expected = r#"Bearer realm="http://127.0.0.1:5000/elsewhere/1/token",service="localhost:5000""#;
        assert_eq!(challenge.answer.headers["www-authenticate"], expected);
    }

    #[rstest]
    #[case::accept("GET", "/v2/a/manifests/v1", "Bearer", "c", 429)]
    #[case::order("GET", "/v2/a/tags/list?last=b&n=1", "", "", 200)]
    #[case::encoding("GET", "/v2/a/tags/list?last=%62&n=1", "", "", 200)]
    #[case::head("HEAD", "/v2/a/manifests/v1", "Bearer", "a, b", 429)]
    #[case::head_of_what_was_left_out("HEAD", "/v2/a/blobs/sha256:1", "Bearer", "", 200)]
    #[case::other_scheme("GET", "/v2/a/manifests/v1", "Basic", "", 429)]
    #[case::challenge("GET", "/v2/a/manifests/v1", "", "", 401)]
    fn a_request_that_is_alike_gets_the_answer(
        #[case] method: &str,
        #[case] target: &str,
        #[case] authorization: &str,
        #[case] accept: &str,
        #[case] expected: u16,
    ) {
        let (state, _folder) = registry();
        let delivery = ask(&state, method, target, authorization, accept);
        assert_eq!(delivery.answer.status.as_u16(), expected);
        assert!(method == "GET" || delivery.answer.body.is_empty());
        assert_eq!(state.findings(), []);
    }

    #[rstest]
    #[case::method("PUT", "/v2/a/manifests/v1", "was not captured; other requests of this path were")]
    #[case::query("GET", "/v2/a/tags/list?n=2", "was not captured; other requests of this path were")]
    #[case::path("GET", "/v2/a/manifests/v2", "nor any other request of this path")]
    #[case::left_out("GET", "/v2/a/blobs/sha256:1", "answered (7 bytes) was left out of the capture")]
    fn what_was_not_captured_is_an_error_and_a_finding(
        #[case] method: &str,
        #[case] target: &str,
        #[case] message: &str,
    ) {
        let (state, _folder) = registry();
        let delivery = ask(&state, method, target, "Bearer", "");
        assert_eq!(delivery.answer.status, StatusCode::NOT_FOUND);
        let body = body(&delivery);
        assert!(body.contains("NOT_CAPTURED") && body.contains(message), "{body}");
        let findings: Vec<_> = state.findings().iter().map(ToString::to_string).collect();
        let path = target.split('?').next().unwrap();
        assert_eq!(findings, [format!("not captured: request 0: {method} {path}")]);
    }

    #[test]
    fn connections_end_as_they_did() {
        let (state, _folder) = registry();
        let reset = ask(&state, "GET", "/v2/a/blobs/sha256:2", "", "");
        assert_eq!(reset.manner, Manner::Nothing(End::Reset));
        let cut = ask(&state, "GET", "/v2/a/blobs/sha256:3", "", "");
        assert!(matches!(cut.manner, Manner::Cut { end: End::Close, .. }), "{:?}", cut.manner);
        assert_eq!(body(&cut), "5\r\nhalf");
    }

    #[test]
    fn faults_come_first() {
        let (state, _folder) = registry();
        state.arm(crate::fixture::Fault::when("GET manifests/*").first(1).status(503)).unwrap();
        let statuses: Vec<_> =
            (0..2).map(|_| ask(&state, "GET", "/v2/a/manifests/v1", "Bearer", "a,b").answer.status.as_u16()).collect();
        assert_eq!(statuses, [503, 200], "the request counts all the same");
    }

    #[rstest]
    #[case("", ":1: EOF while parsing")]
    #[case("{\"format\":2}\n", "the log is of format 2, expected 1")]
    #[case("{\"format\":1}\n{\"number\":0}\n", ":2: missing field `request`")]
    fn a_log_that_is_none_is_told_with_its_line(#[case] text: &str, #[case] message: &str) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(log::LOG), text).unwrap();
        let loaded = Registry::builder().build().unwrap().load(folder.path());
        match loaded {
            Err(error) => assert!(error.to_string().contains(message), "{error}"),
            Ok(()) => assert!(text.is_empty(), "it was read"),
        }
    }
}
