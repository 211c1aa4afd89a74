//! Which exchange of a captured folder answers a request: for equal requests the captured answers come in their order, and the
//! last one repeats.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, request::Parts};

use super::{
    captured_answer::Replayed,
    key,
    likeness::Likeness,
    log::{self, CapturedExchange, CapturedRequest},
    placeholder::Values,
};
use crate::registry::{folder::FolderError, origin::Origin, store::Store};

/// The exchanges of a captured folder, and how often each kind of request was made.
#[derive(Debug)]
pub(crate) struct Replay {
    exchanges: Vec<CapturedExchange>,
    /// The exchanges of a request, as indexes into `exchanges`: a map for each likeness.
    by_key: [HashMap<String, Vec<usize>>; Likeness::ALL.len()],
    asked: Mutex<Asked>,
    longest_delay: Duration,
}

/// How often requests were made, by the likeness and the key by which they were found.
type Asked = HashMap<(Likeness, String), usize>;

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

    /// How often each request was made until now, for [`rewind`](Self::rewind).
    pub(crate) fn position(&self) -> Position {
        Position(self.asked().clone())
    }

    /// Continues from an earlier position.
    pub(crate) fn rewind(&self, position: &Position) {
        *self.asked() = position.0.clone();
    }

    /// Answers a request to a registry with this content and these names.
    pub(crate) fn answer(&self, store: &Store, origin: &Origin, request: &Parts) -> Replayed {
        let values = Values::of(origin, request);
        let captured = key::of(request, values.host());
        match self.find(&captured) {
            Some(exchange) => exchange.deliver(store, &values, self.longest_delay, request.method == Method::HEAD),
            None => self.unknown(&captured),
        }
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

    /// The captured 401 of `/v2/`. It answers a request without credentials that was captured only with credentials.
    fn challenge(&self) -> Option<&CapturedExchange> {
        let asks = |exchange: &&CapturedExchange| {
            exchange.request.path.trim_end_matches('/') == "/v2"
                && exchange.request.authorization.is_none()
                && exchange.response.as_ref().is_some_and(|response| response.status == 401)
        };
        self.exchanges.iter().find(asks)
    }

    fn unknown(&self, request: &CapturedRequest) -> Replayed {
        let CapturedRequest { method, path, query, .. } = request;
        let query = query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        let others = if self.exchanges.iter().any(|exchange| exchange.request.path == *path) {
            "; other requests of this path were"
        } else {
            ", nor any other request of this path"
        };
        Replayed::missing(&format!("{method} {path}{query} was not captured{others}"))
    }
}

/// How often each request was made at some time.
#[derive(Debug, Clone)]
pub(crate) struct Position(Asked);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::{Request, StatusCode, header::CONTENT_LENGTH};
    use rstest::rstest;

    use super::*;
    use crate::registry::{
        Registry, RegistryState,
        answer::{Delivery, End, Manner},
    };

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

    fn load(log: &str) -> Result<(), FolderError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(log::LOG), log).unwrap();
        Registry::builder().build().unwrap().load(folder.path())
    }

    #[rstest]
    #[case("{\"format\":2}\n", "the log is of format 2, expected 1")]
    #[case("{\"format\":1}\n{\"number\":0}\n", ":2: missing field `request`")]
    fn an_invalid_line_of_a_log_is_an_error_that_names_it(#[case] text: &str, #[case] message: &str) {
        let error = load(text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn a_log_without_a_line_has_no_exchanges() {
        load("").unwrap();
    }
}
