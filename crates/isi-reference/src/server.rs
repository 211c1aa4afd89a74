//! The server: connections, with and without TLS.

use std::{convert::Infallible, net::SocketAddr, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use test_listener::{Listener, Stopping};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{
    Options,
    api::Api,
    builder::ReferenceBuilder,
    import_controller,
    journal::{JournalWaitError, RecordedRequest},
    kinds::table::KINDS,
    kubeconfig::Kubeconfig,
    options::{ImportController, ServerCertificate},
    router,
    stall_guard::StallGuard,
    tls,
};

/// How large the head of a request may be, in bytes: as on a server, by Go's default.
const HEAD_LIMIT: u32 = 1 << 20;
/// How long a client may take for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request, and how long an idle HTTP/2 connection stays unprobed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may read nothing of what it is sent.
const STALL_LIMIT: Duration = Duration::from_secs(60);

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
    /// The kubeconfig cannot be written.
    #[error("cannot write the kubeconfig {}: {source}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// An option names something that cannot be used.
    #[error("{0}")]
    Option(String),
}

/// A reference that is running. It stops when this is dropped.
#[derive(Debug)]
pub struct Reference {
    url: String,
    kubeconfig: Kubeconfig,
    api: Arc<Api>,
    /// Ends watches and the import controller.
    stop: CancellationToken,
    /// Taken when the server is shut down.
    listener: Option<Listener>,
}

impl Reference {
    /// A reference to be set up.
    pub fn builder() -> ReferenceBuilder {
        ReferenceBuilder::default()
    }

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

    /// The bearer token of a user whom the kubeconfig has.
    #[must_use]
    pub fn token(&self, user: &str) -> Option<&str> {
        self.kubeconfig.users.iter().find(|(name, _)| name == user).map(|(_, token)| token.as_str())
    }

    /// The requests that were answered and match, the oldest first; the last [`JOURNAL_LIMIT`](crate::JOURNAL_LIMIT) are kept.
    #[must_use]
    pub fn requests(&self, matches: impl Fn(&RecordedRequest) -> bool) -> Vec<RecordedRequest> {
        self.api.journal.matching(&matches)
    }

    /// Forgets the requests that were answered. Their numbers go on.
    pub fn clear_requests(&self) {
        self.api.journal.clear();
    }

    /// Waits until `count` requests match, those that were answered already included, and returns all that match.
    ///
    /// # Errors
    /// When they have not come within `timeout`.
    pub async fn wait_for(
        &self,
        count: usize,
        timeout: Duration,
        matches: impl Fn(&RecordedRequest) -> bool,
    ) -> Result<Vec<RecordedRequest>, JournalWaitError> {
        self.api.journal.wait(count, timeout, matches).await
    }

    /// Stops accepting connections, ends watches, and waits for the requests under way, their bodies included, for `grace` at
    /// most. Returns whether all have ended; those that have not are cut off.
    pub async fn shutdown(mut self, grace: Duration) -> bool {
        self.stop.cancel();
        match self.listener.take() {
            Some(listener) => listener.shutdown(grace).await,
            None => true,
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts a reference of its own, with nothing in it, and returns once it takes connections.
///
/// # Errors
///
/// When the address is taken, or an option names a file or certificate that cannot be used.
pub async fn start(mut options: Options) -> Result<Reference, StartError> {
    let address = options.listen;
    let listen_error = |source| StartError::Listen { address, source };
    let (tls, host, controller) = (options.tls.take(), options.host.take(), options.import_controller);
    let stop = CancellationToken::new();
    let api = Arc::new(Api::new(options, KINDS, stop.clone()).map_err(StartError::Option)?);
    let socket = TcpListener::bind(address).await.map_err(listen_error)?;
    let bound = socket.local_addr().map_err(listen_error)?;
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
    let served = Arc::clone(&api);
    let listener = Listener::start(socket, move |stream, stopping| {
        connection(stream, acceptor.clone(), Arc::clone(&served), stopping)
    });
    Ok(Reference { url, kubeconfig, api, stop, listener: Some(listener) })
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

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, api: Arc<Api>, mut stopping: Stopping) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "responses may be delayed");
    }
    let stream = StallGuard::new(stream, STALL_LIMIT);
    let Some(acceptor) = acceptor else { return exchange(stream, api, stopping).await };
    let accepted = tokio::select! {
        accepted = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)) => accepted,
        () = stopping.stopped() => return,
    };
    match accepted {
        Ok(Ok(stream)) => exchange(stream, api, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Serves the requests of a connection; when the server stops, the one that is under way is answered.
async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, api: Arc<Api>, mut stopping: Stopping) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let api = Arc::clone(&api);
        async move {
            let (parts, body) = request.into_parts();
            Ok::<_, Infallible>(router::answer(&api, parts, body).await)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // Names of headers as Go writes them, which scripts compare with `grep`.
    builder.http1().title_case_headers(true);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_LIMIT as usize);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT).max_header_list_size(HEAD_LIMIT);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
