//! The server: connections, with and without TLS.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{
    Options,
    api::Api,
    import_controller,
    kubeconfig::Kubeconfig,
    options::{ImportController, ServerCertificate},
    tls,
};

/// How long the requests under way may take when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// How long a client may take for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request, and how long an idle HTTP/2 connection stays unprobed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait before accepting again when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Why the reference could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// An option names something that cannot be used.
    #[error("{0}")]
    Option(String),
}

/// A reference that is running. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    url: String,
    kubeconfig: Kubeconfig,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Running {
    /// The base URL, as in `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What clients need to reach the server, and a context for each user.
    #[must_use]
    pub const fn kubeconfig(&self) -> &Kubeconfig {
        &self.kubeconfig
    }

    /// Stops accepting connections, and waits up to five seconds for the requests under way, their bodies included.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.serving).await {
            tracing::debug!(%error, "the server did not end by itself");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts a reference of its own, with nothing in it, and returns once it takes connections.
///
/// # Errors
///
/// When the address is taken, or an option names a file or certificate that cannot be used.
pub async fn start(mut options: Options) -> Result<Running, StartError> {
    let address = options.listen;
    let listen_error = |source| StartError::Listen { address, source };
    let (tls, host, controller) = (options.tls.take(), options.host.take(), options.import_controller);
    let stop = CancellationToken::new();
    let api = Arc::new(Api::new(options, stop.clone()).map_err(StartError::Option)?);
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let bound = listener.local_addr().map_err(listen_error)?;
    let certificate = tls.as_ref().map(|certificate| tls::acceptor(certificate, bound, host.as_deref()));
    let acceptor = certificate.transpose().map_err(StartError::Option)?;
    let url = base_url(acceptor.is_some(), host.as_deref(), bound);
    let authority = match &tls {
        Some(ServerCertificate::SignedBy(authority)) => Some(authority.pem().to_owned()),
        Some(ServerCertificate::Given(_)) | None => None,
    };
    let kubeconfig = Kubeconfig { server: url.clone(), authority, users: api.tokens() };
    if let ImportController::Present { interval } = controller {
        tokio::spawn(import_controller::run(Arc::clone(&api), interval, stop.clone()));
    }
    let serving = tokio::spawn(serve(listener, acceptor, api, stop.clone()));
    Ok(Running { url, kubeconfig, stop, serving })
}

/// The URL by which clients reach the server.
fn base_url(is_secure: bool, host: Option<&str>, bound: SocketAddr) -> String {
    let scheme = if is_secure { "https" } else { "http" };
    match host {
        Some(host) if host.contains(':') => format!("{scheme}://[{host}]:{}", bound.port()),
        Some(host) => format!("{scheme}://{host}:{}", bound.port()),
        None => format!("{scheme}://{bound}"),
    }
}

/// Accepts connections until told to stop. They are tasks of this one, so that none outlives it.
async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, api: Arc<Api>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, acceptor.clone(), Arc::clone(&api), stop.clone()));
                }
                Err(error) => pause_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_GRACE, all).await.is_err() {
        tracing::debug!(left = connections.len(), "some responses took too long to wait for");
    }
}

/// Waits a moment when accepting fails for want of file descriptors or memory, which passes: the next attempt would fail at
/// once. A connection that ended before it was accepted needs no pause.
async fn pause_after(error: &std::io::Error) {
    if error.kind() != std::io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "cannot accept a connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, api: Arc<Api>, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "responses may be delayed");
    }
    let Some(acceptor) = acceptor else { return exchange(stream, api, stop).await };
    let accepted = tokio::select! {
        accepted = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)) => accepted,
        () = stop.cancelled() => return,
    };
    match accepted {
        Ok(Ok(stream)) => exchange(stream, api, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Serves the requests of a connection; when the server stops, the one that is under way is answered.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    api: Arc<Api>,
    stop: CancellationToken,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let api = Arc::clone(&api);
        async move {
            let (parts, body) = request.into_parts();
            Ok::<_, Infallible>(api.answer(parts, body).await)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
