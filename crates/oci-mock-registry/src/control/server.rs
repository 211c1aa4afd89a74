//! The listener of the control interface.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use test_listener::{Listener, Stopping};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    call::{Call, Reply},
    error::{ControlError, ErrorBody},
    guard::Guard,
    members::{Members, NameTaken},
    operation::{Operation, Outcome, Run, Takes},
    routes::OPERATIONS,
};
use crate::{
    fixture::{ImageCatalogue, builtin},
    registry::{Registry, RegistryState, Writer, query_pairs},
};

/// The control interface on a TCP port. It stops when it is dropped, and its registries with it.
#[derive(Debug)]
pub struct Control {
    address: SocketAddr,
    members: Arc<Members>,
    listener: Listener,
}

/// Why the control interface does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlStartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// Others than this machine could ask.
    #[error("{0} is not a loopback address, so that a token is needed")]
    NoToken(SocketAddr),
    /// The token would be guessed, or cannot be sent.
    #[error("invalid token: expected at least {SHORTEST_TOKEN} characters of ASCII without spaces")]
    Token,
}

/// How long a token has to be.
const SHORTEST_TOKEN: usize = 8;

/// A control interface to be started.
#[derive(Debug)]
#[must_use = "nothing listens until it is started"]
pub struct ControlBuilder {
    address: SocketAddr,
    token: Option<String>,
    members: Members,
}

impl Control {
    /// Starts on a free loopback port, without a token and without registries.
    pub fn builder() -> ControlBuilder {
        ControlBuilder {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: None,
            members: Members::new(builtin().clone()),
        }
    }

    /// The address on which it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a registry that runs. It has a snapshot `start` of what it is now.
    ///
    /// # Errors
    /// When there is a registry of this name.
    pub fn add(&self, name: &str, registry: Registry) -> Result<Arc<RegistryState>, NameTaken> {
        let state = registry.state().clone();
        self.members.add(name, registry)?;
        Ok(state)
    }

    /// The registries and their names.
    #[must_use]
    pub fn registries(&self) -> Vec<(String, Arc<RegistryState>)> {
        let named = |name: String| self.members.get(&name).map(|member| (name, member.state.clone()));
        self.members.names().into_iter().filter_map(named).collect()
    }

    /// Stops listening, then stops all registries, as [`Registry::shutdown`] does. Returns whether all requests under way to
    /// them were answered within `grace`.
    pub async fn shutdown(self, grace: Duration) -> bool {
        let mut stops = JoinSet::new();
        for member in self.members.names().iter().filter_map(|name| self.members.remove(name)) {
            stops.spawn(async move { member.stop(grace).await });
        }
        let (_, stopped) = tokio::join!(self.listener.shutdown(grace), stops.join_all());
        stopped.into_iter().all(|finished| finished)
    }
}

impl ControlBuilder {
    /// Listens on this address.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Asks every request for this token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Gives registries that are made through it these recipes instead of the built-in ones.
    pub fn catalogue(mut self, catalogue: ImageCatalogue) -> Self {
        self.members.catalogue = catalogue;
        self
    }

    /// Gives registries that are made through it certificates of this authority instead of that of the process.
    #[cfg(feature = "tls")]
    pub fn authority(mut self, authority: crate::registry::Authority) -> Self {
        self.members.authority = Some(authority);
        self
    }

    /// Starts on the Tokio runtime of the caller.
    ///
    /// # Errors
    /// When the address cannot be listened on, or is no loopback address and there is no token.
    pub async fn start(self) -> Result<Control, ControlStartError> {
        let Self { address, token, members } = self;
        if token.is_none() && !address.ip().is_loopback() {
            return Err(ControlStartError::NoToken(address));
        }
        let is_token =
            |token: &String| token.len() >= SHORTEST_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic());
        if !token.as_ref().is_none_or(is_token) {
            return Err(ControlStartError::Token);
        }
        let listen = |source| ControlStartError::Listen { address, source };
        let socket = TcpListener::bind(address).await.map_err(listen)?;
        let address = socket.local_addr().map_err(listen)?;
        let (members, guard) = (Arc::new(members), Arc::new(Guard::new(token.as_deref())));
        let served = members.clone();
        let listener =
            Listener::start(socket, move |stream, stopping| serve(stream, served.clone(), guard.clone(), stopping));
        Ok(Control { address, members, listener })
    }
}

/// Serves the requests of a connection; when the interface stops, the one that is under way is answered.
async fn serve(stream: TcpStream, members: Arc<Members>, guard: Arc<Guard>, mut stopping: Stopping) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (members, guard) = (members.clone(), guard.clone());
        async move { Ok::<_, Infallible>(respond(answer(members, &guard, request).await)) }
    });
    let builder = http1::Builder::new().timer(TokioTimer::new()).clone();
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopping.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a control connection ended early");
    }
}

async fn answer(members: Arc<Members>, guard: &Guard, request: Request<Incoming>) -> Outcome {
    let (head, body) = request.into_parts();
    guard.check(&head.headers)?;
    let (operation, path) = route(&head.method, head.uri.path())?;
    let mut query: Vec<(String, String)> = Vec::new();
    for (name, value) in query_pairs(head.uri.query().unwrap_or_default()) {
        if query.iter().any(|(known, _)| *known == name) {
            return Err(ControlError::parameter(&name, format!("parameter `{name}` is given twice")));
        }
        query.push((name, value));
    }
    if let Some((name, _)) = query.iter().find(|(name, _)| !operation.query.iter().any(|known| known.name == name)) {
        let allowed = operation.query.iter().map(|known| known.name.to_owned());
        return Err(ControlError::parameter(name, format!("unknown parameter `{name}`")).allowed(allowed));
    }
    let mut call = Call { members, path, query, headers: head.headers, body: Writer::default() };
    // What the path names is looked for before the body is received.
    if operation.path_parameters().any(|name| name == "registry") {
        call.member()?;
    }
    if !matches!(operation.takes, Takes::Nothing) {
        call.body = receive(body).await?;
    }
    match operation.run {
        Run::Now(run) => run(&mut call),
        Run::Later(run) => run(call).await,
    }
}

async fn receive(mut body: Incoming) -> Result<Writer, ControlError> {
    let mut writer = Writer::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ControlError::body(format!("incomplete body: {error}")))?;
        if let Some(piece) = frame.data_ref() {
            let failure = |error: io::Error| ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
            writer.write(piece).map_err(failure)?;
        }
    }
    Ok(writer)
}

/// An operation, and what the parts of the path in braces stand for.
type Routed = (&'static Operation, Vec<(&'static str, String)>);

/// The operation that a request asks for.
fn route(method: &Method, path: &str) -> Result<Routed, ControlError> {
    let at_path: Vec<_> = OPERATIONS.iter().filter_map(|it| Some((it, it.matches(path)?))).collect();
    if at_path.is_empty() {
        let hint = "`/openapi.json` has all paths; a `/` in a name is written `%2F`".to_owned();
        return Err(ControlError::new(StatusCode::NOT_FOUND, format!("no operation has the path `{path}`")).hint(hint));
    }
    let allowed: Vec<String> = at_path.iter().map(|(it, _)| it.method.to_string()).collect();
    // HEAD is GET, of whose answer the connection sends the head only.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    at_path.into_iter().find(|(it, _)| it.method == method).ok_or_else(|| {
        let message = format!("`{path}` does not take {method}");
        ControlError::new(StatusCode::METHOD_NOT_ALLOWED, message).allowed(allowed)
    })
}

fn respond(outcome: Outcome) -> Response<Full<Bytes>> {
    let (status, body, allow) = match outcome {
        Ok(Reply { status, body }) => (status, body, None),
        Err(ControlError { status, detail }) => {
            let allow = (status == StatusCode::METHOD_NOT_ALLOWED).then(|| detail.allowed_text());
            let body = serde_json::to_vec(&ErrorBody { error: detail }).unwrap_or_default();
            (status, Some(body.into()), allow)
        }
    };
    let mut response = Response::new(Full::new(body.clone().unwrap_or_default()));
    *response.status_mut() = status;
    if body.is_some() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(allow) = allow.and_then(|allow| HeaderValue::try_from(allow).ok()) {
        response.headers_mut().insert(ALLOW, allow);
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
