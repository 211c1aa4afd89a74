//! The connections of a registry: what a client speaks first decides how it is served.

use std::{sync::Arc, time::Duration};

use test_listener::{Listener, Stopping};
use tokio::net::{TcpListener, TcpStream};

#[cfg(feature = "http2")]
use super::http2;
use super::{
    connection, raw,
    security::{Security, TLS_HANDSHAKE},
};
use crate::registry::state::RegistryState;
#[cfg(feature = "http2")]
use crate::registry::tls::HTTP_2;

/// How long a client may take for a TLS handshake, as long as for the head of a request.
#[cfg(feature = "tls")]
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(30);

/// A registry on a TCP port. Dropping it ends every connection at once.
#[derive(Debug)]
pub(crate) struct Server(Listener);

impl Server {
    pub(crate) fn start(socket: TcpListener, state: Arc<RegistryState>, security: Security) -> Self {
        Self(Listener::start(socket, move |stream, stopping| serve(stream, state.clone(), security.clone(), stopping)))
    }

    /// Accepts no more connections and lets the requests under way finish, for `grace` at most. Returns whether all have.
    pub(crate) async fn shutdown(self, grace: Duration) -> bool {
        self.0.shutdown(grace).await
    }
}

async fn serve(stream: TcpStream, state: Arc<RegistryState>, security: Security, mut stopping: Stopping) {
    // Answers are written whole, so waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let first = tokio::select! {
        first = first_byte(&stream) => first,
        () = stopping.stopped() => return,
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
                () = stopping.stopped() => return,
            };
            match accepted {
                #[cfg(feature = "http2")]
                Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => {
                    http2::serve(stream, state, stopping).await;
                }
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
