//! Accepting connections, and ending them.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{
    connection, raw,
    security::{Security, TLS_HANDSHAKE},
};
use crate::registry::state::RegistryState;

/// How long a client may take for a TLS handshake, as long as for the head of a request.
#[cfg(feature = "tls")]
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(30);

/// A task that accepts connections until it is told to stop. Dropping it ends every connection at once.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(listener: TcpListener, state: Arc<RegistryState>, security: Security) -> Self {
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(accept(listener, state, security, stopping));
        Self { stop, task }
    }

    /// Accepts no more connections and lets the requests under way finish, for `grace` at most. Returns whether all have.
    pub(crate) async fn shutdown(mut self, grace: Duration) -> bool {
        // Sending fails if the task has ended, and then there is nothing to wait for.
        let _ = self.stop.send(true);
        tokio::time::timeout(grace, &mut self.task).await.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts until told to stop. The connections are this task's own, so they end with it.
async fn accept(
    listener: TcpListener,
    state: Arc<RegistryState>,
    security: Security,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, state.clone(), security.clone(), stopping.clone()));
                }
                Err(error) => pause_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Waits until the server is told to stop; one that is gone counts as stopped.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn serve(stream: TcpStream, state: Arc<RegistryState>, security: Security, mut stopping: watch::Receiver<bool>) {
    // Answers are written whole, so waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let first = tokio::select! {
        first = first_byte(&stream) => first,
        () = stopped(&mut stopping) => return,
    };
    match (security, first) {
        (_, None) => {}
        (Security::Plain, Some(TLS_HANDSHAKE)) => raw::refuse_tls(stream).await,
        (Security::Plain, Some(_)) => connection::serve(stream, state, stopping).await,
        (Security::TooOld, Some(TLS_HANDSHAKE)) => raw::answer_with_old_tls(stream).await,
        #[cfg(feature = "tls")]
        (Security::Tls(acceptor), Some(TLS_HANDSHAKE)) => {
            let accepted = tokio::select! {
                accepted = tokio::time::timeout(HANDSHAKE_PATIENCE, acceptor.accept(stream)) => accepted,
                () = stopped(&mut stopping) => return,
            };
            match accepted {
                Ok(Ok(stream)) => connection::serve(stream, state, stopping).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake came to nothing"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        }
        (_, Some(_)) => raw::refuse_plain_http(stream).await,
    }
}

/// The first byte that a client sends, left where it is; none if it sends nothing.
async fn first_byte(stream: &TcpStream) -> Option<u8> {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1)).then_some(first[0])
}

/// A connection that ended before it was accepted is nothing; having too many open files is, and passes.
async fn pause_after(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "cannot accept a connection");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
