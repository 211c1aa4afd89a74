//! Passing requests to an upstream registry, and capturing what it answers.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LOCATION, CONTENT_TYPE, DATE, EXPECT,
        HOST, LINK, LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
        WWW_AUTHENTICATE,
    },
    request::Parts,
};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use super::{
    header_text::HeaderText,
    key,
    log::{CapturedEnd, CapturedExchange, CapturedRequest},
    options::{Capture, CaptureError, CaptureSummary},
    passing::{PassedBody, Passing, PendingExchange},
    placeholder::Values,
    recorder::{Purpose, Recorder},
    rewrite::{Base, Hosts, Target},
    upstream::{Upstream, UpstreamBody, UpstreamError, UpstreamFailure},
};
use crate::{
    fixture::{Time, policy::TokenPath},
    registry::{
        answer::{Answer, Delivery, End, Manner},
        error::error,
        journal::Record,
        route::{Endpoint, Route},
        state::RegistryState,
    },
};

/// How long an upstream may take until its answer begins.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take where a body is sent first.
const PATIENCE_WITH_BODY: Duration = Duration::from_secs(3_600);
/// Larger forms are passed on without being looked at.
const LARGEST_FORM: u64 = 64 * 1024;
/// How many pieces of a body wait for the client.
const PIECES: usize = 8;

/// Headers that belong to a connection (RFC 9110, section 7.6.1), and are not passed on.
const OF_CONNECTION: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
/// Headers that name URLs.
pub(super) const WITH_URLS: [HeaderName; 4] = [CONTENT_LOCATION, LINK, LOCATION, WWW_AUTHENTICATE];
/// Headers that tell something of the client or for it alone.
const PRIVATE: [HeaderName; 2] =
    [HeaderName::from_static("docker-ratelimit-source"), HeaderName::from_static("authentication-info")];

/// Passes requests to an upstream registry.
#[derive(Debug)]
pub(crate) struct Proxy {
    client: Arc<dyn Upstream>,
    pub(super) hosts: Hosts,
    pub(super) recorder: Recorder,
    pub(super) blobs: u64,
    next: AtomicU64,
    /// What is at the paths to which requests for content were redirected.
    redirected: Mutex<HashMap<String, Purpose>>,
    /// Answers on their way.
    tasks: Mutex<JoinSet<()>>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Passed {
    /// The answer of the upstream registry.
    Answered(Response<PassedBody>),
    /// An answer of the capturing registry.
    Refused(Answer),
    /// The connection ends as the one to the upstream registry did.
    Ended(Manner),
}

impl Proxy {
    pub(crate) fn start(capture: Capture) -> Result<Self, CaptureError> {
        let Capture { folder, upstream, client, blobs } = capture;
        Ok(Self {
            client,
            hosts: Hosts::new(upstream),
            recorder: Recorder::start(&folder)?,
            blobs: blobs.limit(),
            next: AtomicU64::new(0),
            redirected: Mutex::default(),
            tasks: Mutex::default(),
        })
    }

    /// Passes a request on, and returns as soon as the head of the answer is there.
    pub(crate) async fn pass(self: &Arc<Self>, state: &Arc<RegistryState>, request: Parts, body: Incoming) -> Passed {
        let values = Values::of(&state.origin, &request);
        let Some((target, base, path)) = self.hosts.target(request.uri.path()) else {
            let message = format!("the upstream registry has named no host for {}", request.uri.path());
            let answer = error(StatusCode::NOT_FOUND, "NOT_CAPTURED", &message);
            journal(state, &request, &answer.clone().into(), answer.body.len(), true);
            return Passed::Refused(answer);
        };
        self.recorder.secrets().learn_request(&request);
        let captured = key::of(&request, values.host());
        let captured = CapturedRequest { path: self.recorder.secrets().redacted(&captured.path), ..captured };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let has_body = !body.is_end_stream();
        let sent = match self.outgoing(&request, body, target, &base, path, &values).await {
            Ok(outgoing) => {
                let started = Instant::now();
                let patience = if has_body { PATIENCE_WITH_BODY } else { PATIENCE };
                let sent = timeout(patience, self.client.send(outgoing)).await;
                (sent, started.elapsed())
            }
            Err(error) => (Ok(Err(error)), Duration::ZERO),
        };
        let (sent, delay) = sent;
        let begun = PendingExchange { number, captured, delay: Time(Duration::from_millis(delay.as_millis() as u64)) };
        match sent {
            Ok(Ok(response)) => self.answer(state, request, target, &values, begun, response),
            Ok(Err(error)) if error.failure() == UpstreamFailure::ClientGone => {
                Passed::Ended(Manner::Nothing(End::Close))
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "no answer of the upstream registry");
                let end = match error.failure() {
                    UpstreamFailure::Closed => CapturedEnd::Closed,
                    _ => CapturedEnd::Reset,
                };
                self.unanswered(state, &request, begun, end)
            }
            Err(_) => self.unanswered(state, &request, begun, CapturedEnd::Stalled),
        }
    }

    /// Captures that there is no answer, and lets the client have none.
    fn unanswered(
        self: &Arc<Self>,
        state: &Arc<RegistryState>,
        request: &Parts,
        begun: PendingExchange,
        end: CapturedEnd,
    ) -> Passed {
        let PendingExchange { number, captured, delay } = begun;
        let manner = Manner::Nothing(if end == CapturedEnd::Reset { End::Reset } else { End::Close });
        let delivery = Delivery { manner, ..Answer::empty(StatusCode::BAD_GATEWAY).into() };
        journal(state, request, &delivery, 0, false);
        let proxy = self.clone();
        let exchange = CapturedExchange { number, request: captured, delay, response: None, end };
        self.spawn(async move { proxy.write(exchange).await });
        Passed::Ended(manner)
    }

    /// The request that is sent to the upstream registry, or to another host that it has named.
    async fn outgoing(
        &self,
        request: &Parts,
        body: Incoming,
        target: Target,
        base: &Base,
        path: &str,
        values: &Values,
    ) -> Result<Request<UpstreamBody>, UpstreamError> {
        let own = self.hosts.upstream().authority();
        let query = request.uri.query().map(|query| format!("?{}", with_host(query, values.host(), own)));
        let uri: Uri = format!("{}{path}{}", base.url(), query.unwrap_or_default())
            .parse()
            .map_err(|error: http::uri::InvalidUri| UpstreamError::new(UpstreamFailure::Closed, error.to_string()))?;
        let mut outgoing = Request::new(self.body(request, body).await?);
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = uri;
        let named = connection_headers(&request.headers);
        for (name, value) in &request.headers {
            // What is compressed could not be searched for tokens.
            let dropped = [HOST, EXPECT, ACCEPT_ENCODING].contains(name) || OF_CONNECTION.contains(name);
            if !dropped && !named.iter().any(|other| name.as_str().eq_ignore_ascii_case(other)) {
                outgoing.headers_mut().append(name.clone(), value.clone());
            }
        }
        // Clients leave credentials behind when they are redirected to another host. Where both have one name here, the
        // registry does it for them.
        if target != Target::Upstream && !values.has_other_name() && !self.hosts.gives_tokens(target) {
            outgoing.headers_mut().remove(AUTHORIZATION);
        }
        Ok(outgoing)
    }

    /// The body of a request. Forms are looked at for credentials.
    async fn body(&self, request: &Parts, body: Incoming) -> Result<UpstreamBody, UpstreamError> {
        let gone = |error: hyper::Error| UpstreamError::new(UpstreamFailure::ClientGone, error.to_string());
        let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form = content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
        let is_small = body.size_hint().upper().is_some_and(|length| length <= LARGEST_FORM);
        if body.is_end_stream() {
            return Ok(Empty::new().map_err(|never| match never {}).boxed());
        }
        if !is_form || !is_small {
            return Ok(body.map_err(gone).boxed());
        }
        let form = body.collect().await.map_err(gone)?.to_bytes();
        self.recorder.secrets().learn_form(&String::from_utf8_lossy(&form));
        Ok(Full::new(form).map_err(|never| match never {}).boxed())
    }

    /// Begins to pass an answer on.
    fn answer(
        self: &Arc<Self>,
        state: &Arc<RegistryState>,
        request: Parts,
        target: Target,
        values: &Values,
        begun: PendingExchange,
        response: Response<UpstreamBody>,
    ) -> Passed {
        let (head, body) = response.into_parts();
        let (mut live, mut templates) = (HeaderMap::new(), Vec::new());
        let named = connection_headers(&head.headers);
        for (name, value) in &head.headers {
            if OF_CONNECTION.contains(name) || named.iter().any(|other| name.as_str().eq_ignore_ascii_case(other)) {
                continue;
            }
            let text = HeaderText::of(value);
            let (template, passed) = if WITH_URLS.contains(name) {
                let template = self.hosts.in_header(text.as_str(), target, *name == WWW_AUTHENTICATE);
                let passed = text.with(values.fill(&template).into_owned()).value();
                (text.with(template), passed.unwrap_or_else(|| value.clone()))
            } else {
                (text.with(self.hosts.in_text(text.as_str())), value.clone())
            };
            live.append(name.clone(), passed);
            if *name != DATE && !PRIVATE.contains(name) {
                templates.push((name.clone(), template));
            }
        }
        let purpose = self.purpose(&request, head.status, &head.headers);
        if head.status.is_redirection() {
            self.remember_redirect(&request, live.get(LOCATION));
        }
        let has_body = request.method != Method::HEAD && !body.is_end_stream();
        let (sender, receiver) = mpsc::channel(PIECES);
        let mut answer = Response::new(PassedBody(has_body.then_some(receiver)));
        *answer.status_mut() = head.status;
        *answer.headers_mut() = live.clone();
        let exchange = Passing {
            proxy: self.clone(),
            state: state.clone(),
            request,
            host: values.host().to_owned(),
            begun,
            status: head.status,
            live,
            templates,
            purpose,
        };
        self.spawn(exchange.run(has_body.then_some(body), sender));
        Passed::Answered(answer)
    }

    /// What the body of an answer is.
    fn purpose(&self, request: &Parts, status: StatusCode, headers: &HeaderMap) -> Purpose {
        let is_content =
            request.method == Method::GET && status == StatusCode::OK && !headers.contains_key(CONTENT_ENCODING);
        if is_content { self.asked_for(request.uri.path()).unwrap_or(Purpose::Message) } else { Purpose::Message }
    }

    /// The content that a path names, or leads to after a redirect.
    fn asked_for(&self, path: &str) -> Option<Purpose> {
        match Route::of(path, TokenPath::At("")) {
            Route::Repository(name, Endpoint::Manifest(reference)) => {
                Some(Purpose::Manifest { repository: name.into_owned(), reference: reference.into_owned() })
            }
            Route::Repository(name, Endpoint::Blob(digest)) => {
                Some(Purpose::Blob { repository: name.into_owned(), digest: digest.into_owned() })
            }
            _ => self.redirected.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned(),
        }
    }

    fn remember_redirect(&self, request: &Parts, location: Option<&HeaderValue>) {
        let Some(purpose) = self.asked_for(request.uri.path()) else { return };
        let Some(location) = location.and_then(|value| value.to_str().ok()) else { return };
        let path = location.split(['?', '#']).next().unwrap_or_default();
        let path = match path.split_once("://") {
            Some((_, rest)) => rest.find('/').map(|start| &rest[start..]),
            None => Some(path),
        };
        if let Some(path) = path.filter(|path| path.starts_with('/')) {
            self.redirected.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), purpose);
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended are forgotten.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    async fn write(self: Arc<Self>, exchange: CapturedExchange) {
        let _ = tokio::task::spawn_blocking(move || self.recorder.write(&exchange)).await;
    }

    /// Waits for the answers under way, for `grace` at most, and completes the folder.
    pub(crate) async fn finish(self: &Arc<Self>, grace: Duration) -> CaptureSummary {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(grace, all).await.is_err() {
            let left = tasks.len();
            tasks.shutdown().await;
            self.recorder.problem(format!("{left} answers had not ended, and are not captured"));
        }
        let proxy = self.clone();
        tokio::task::spawn_blocking(move || proxy.recorder.finish()).await.unwrap_or_default()
    }
}
impl RegistryState {
    /// Completes the captured folder of a registry that has been shut down: answers that are still being captured have
    /// `grace` to end. Returns what was captured; nothing if the registry captures nothing.
    pub async fn finish_capture(&self, grace: Duration) -> Option<CaptureSummary> {
        match &self.proxy {
            Some(proxy) => Some(proxy.finish(grace).await),
            None => None,
        }
    }
}
/// A query in which the upstream's host stands for the registry's own, as a token server expects it.
fn with_host(query: &str, own: &str, upstream: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if is_same(value, own) => format!("{name}={upstream}"),
        _ => pair.to_owned(),
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

fn is_same(encoded: &str, text: &str) -> bool {
    percent_encoding::percent_decode_str(encoded).decode_utf8().is_ok_and(|decoded| decoded == text)
}

/// The headers that `Connection` names.
fn connection_headers(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_owned()).collect()
}
/// Writes a request that was passed on into the journal.
pub(super) fn journal(state: &RegistryState, request: &Parts, delivery: &Delivery, length: u64, unexpected: bool) {
    let settings = state.settings();
    let route = settings.route(request.uri.path());
    state.journal.write(Record::new(request, &route, delivery, None, unexpected).with_length(length));
}
