//! The server: connections, with and without TLS.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{Options, api::Api, tls};

/// How long a connection that is in the middle of an answer gets when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Why the reference could not be started.
#[derive(Debug, thiserror::Error)]
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
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Running {
    /// The base URL, as in `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops taking connections, and waits for the answers that are on their way.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.serving).await {
            tracing::debug!(%error, "the server did not end by itself");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Starts a reference of its own, with nothing in it, and returns once it takes connections.
///
/// # Errors
///
/// When the address is taken, or an option names a file or certificate that cannot be used.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let address = options.listen;
    let acceptor = options.tls.as_ref().map(tls::acceptor).transpose().map_err(StartError::Option)?;
    let api = Arc::new(Api::new(options).map_err(StartError::Option)?);
    let listen_error = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let bound = listener.local_addr().map_err(listen_error)?;
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(serve(listener, acceptor, api, stopped));
    Ok(Running { url: format!("{scheme}://{bound}"), stop, serving })
}

async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    api: Arc<Api>,
    mut stopped: watch::Receiver<bool>,
) {
    let open = Arc::new(GracefulShutdown::new());
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, acceptor.clone(), Arc::clone(&api), Arc::clone(&open)));
                }
                Err(error) => tracing::debug!(%error, "a connection was lost before it began"),
            },
        }
    }
    drop(listener);
    if let Ok(open) = Arc::try_unwrap(open)
        && tokio::time::timeout(SHUTDOWN_GRACE, open.shutdown()).await.is_err()
    {
        tracing::debug!("some answers took too long to wait for");
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, api: Arc<Api>, open: Arc<GracefulShutdown>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "answers may be delayed");
    }
    match acceptor {
        None => exchange(stream, api, open).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => exchange(stream, api, open).await,
            Err(error) => tracing::debug!(%error, "no TLS with this client"),
        },
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    api: Arc<Api>,
    open: Arc<GracefulShutdown>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let api = Arc::clone(&api);
        async move {
            let (parts, body) = request.into_parts();
            Ok::<_, Infallible>(api.answer(parts, body).await)
        }
    });
    let builder = Builder::new(TokioExecutor::new());
    let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    drop(open);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}
