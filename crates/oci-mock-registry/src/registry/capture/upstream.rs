//! The client by which a capturing registry asks its upstream. It is the caller's: this crate has none.

use std::{error::Error, fmt, future::Future, io, pin::Pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty, combinators::BoxBody};
use tokio::time::timeout;

/// How long an upstream may take for its first answer.
const PATIENCE_AT_START: Duration = Duration::from_secs(15);

/// The body of a request to an upstream registry, or of its answer.
pub type UpstreamBody = BoxBody<Bytes, UpstreamError>;

/// An HTTP client that asks an upstream registry, and the other hosts that it names. It follows no redirects, keeps no
/// cookies, decompresses nothing and adds no credentials.
pub trait Upstream: fmt::Debug + Send + Sync + 'static {
    /// Sends a request whose URI is absolute. The answer is returned as soon as its head has arrived.
    fn send(
        &self,
        request: Request<UpstreamBody>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<UpstreamBody>, UpstreamError>> + Send + '_>>;
}

/// Why there is no answer, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UpstreamError {
    failure: UpstreamFailure,
    message: String,
}

/// How an exchange with an upstream registry fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpstreamFailure {
    /// The connection could not be opened.
    Unreachable,
    /// The connection was reset.
    Reset,
    /// The connection was closed before the answer was complete.
    Closed,
    /// The client that is passed through has gone.
    ClientGone,
}

impl UpstreamError {
    /// A failure, and what a person is told about it.
    pub fn new(failure: UpstreamFailure, message: impl Into<String>) -> Self {
        Self { failure, message: message.into() }
    }

    /// The failure that an error of an HTTP client comes from: the last of its causes that says so decides. That one is told;
    /// those before say at which step of the client it happened.
    #[must_use]
    pub fn caused_by(error: &(dyn Error + 'static)) -> Self {
        let mut message = String::new();
        let mut failure = UpstreamFailure::Closed;
        let mut next = Some(error);
        while let Some(cause) = next {
            if let Some(known) = cause.downcast_ref::<Self>() {
                return known.clone();
            }
            if let Some(io) = cause.downcast_ref::<io::Error>() {
                failure = match io.kind() {
                    io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => UpstreamFailure::Reset,
                    io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable => UpstreamFailure::Unreachable,
                    _ => failure,
                };
            }
            message = cause.to_string();
            next = cause.source();
        }
        Self { failure, message }
    }

    /// The same, where the connection could not be opened.
    #[must_use]
    pub fn while_connecting(mut self) -> Self {
        self.failure = UpstreamFailure::Unreachable;
        self
    }

    /// How the exchange failed.
    #[must_use]
    pub const fn failure(&self) -> UpstreamFailure {
        self.failure
    }
}

/// The body of an HTTP client's answer as that of an upstream registry.
pub fn upstream_body<B>(body: B) -> UpstreamBody
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Error + 'static,
{
    body.map_err(|error| UpstreamError::caused_by(&error)).boxed()
}

/// The status with which an upstream registry answers `GET /v2/`.
pub(super) async fn reach(client: &dyn Upstream, url: &str) -> Result<StatusCode, UpstreamError> {
    let nothing = Empty::new().map_err(|never| match never {}).boxed();
    let request = Request::get(format!("{url}/v2/")).body(nothing);
    let request = request.map_err(|error| UpstreamError::new(UpstreamFailure::Unreachable, error.to_string()))?;
    match timeout(PATIENCE_AT_START, client.send(request)).await {
        Ok(answered) => answered.map(|response| response.status()),
        Err(_) => {
            let message = format!("there is no answer within {PATIENCE_AT_START:?}");
            Err(UpstreamError::new(UpstreamFailure::Unreachable, message))
        }
    }
}
