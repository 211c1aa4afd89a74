#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::{
    future::{Future, pending},
    io,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// How long to wait before accepting again when nothing says that it would work sooner.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// A task that accepts connections until it is told to stop. Dropping it ends every connection at once.
#[derive(Debug)]
pub struct Listener {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Says when a connection should finish what it does and end.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Waits until the listener is told to stop; one that is gone counts as stopped.
    pub async fn stopped(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether the listener was told to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

impl Listener {
    /// Accepts connections on the Tokio runtime of the caller, and lets `serve` serve each in a task of its own.
    pub fn start<S, F>(socket: TcpListener, serve: S) -> Self
    where
        S: Fn(TcpStream, Stopping) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(accept(socket, serve, Stopping(stopping)));
        Self { stop, task }
    }

    /// Accepts no more connections and waits until all have ended, for `grace` at most. Returns whether all have.
    pub async fn shutdown(mut self, grace: Duration) -> bool {
        self.stop.send_replace(true);
        tokio::time::timeout(grace, &mut self.task).await.is_ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts until told to stop. The connections are this task's own, so they end with it.
async fn accept<S, F>(socket: TcpListener, serve: S, mut stopping: Stopping)
where
    S: Fn(TcpStream, Stopping) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let mut shortage = Shortage::None;
    loop {
        tokio::select! {
            () = stopping.stopped() => break,
            accepted = socket.accept(), if shortage != Shortage::Waiting => match accepted {
                Ok((stream, _)) => {
                    shortage = Shortage::None;
                    connections.spawn(serve(stream, stopping.clone()));
                }
                // A connection that ended before it was accepted is nothing.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    if shortage == Shortage::None {
                        tracing::warn!(%error, "cannot accept connections for the time being");
                    }
                    shortage = Shortage::Waiting;
                }
            },
            // A connection that ends gives its descriptor back.
            Some(_) = connections.join_next() => shortage = shortage.retried(),
            () = delay(shortage) => shortage = shortage.retried(),
        }
    }
    drop(socket);
    while connections.join_next().await.is_some() {}
}

/// Whether connections can be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortage {
    None,
    /// Accepting has failed, and would fail again at once.
    Waiting,
    /// Accepting has failed, and is tried again.
    Retrying,
}

impl Shortage {
    const fn retried(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Waiting | Self::Retrying => Self::Retrying,
        }
    }
}

async fn delay(shortage: Shortage) {
    match shortage {
        Shortage::Waiting => tokio::time::sleep(ACCEPT_DELAY).await,
        Shortage::None | Shortage::Retrying => pending().await,
    }
}

/// Whether an operation failed because the process, or the machine, has too many files open: `EMFILE` and `ENFILE`, which have
/// the same numbers on all Unix systems that Rust knows, and `WSAEMFILE`.
#[must_use]
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    let numbers: &[i32] = if cfg!(windows) { &[10024] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn echo_until_stopped(mut stream: TcpStream, mut stopping: Stopping) {
        stream.write_all(b"1").await.unwrap();
        stopping.stopped().await;
        let _ = stream.write_all(b"2").await;
    }

    async fn listener() -> (Listener, std::net::SocketAddr) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        (Listener::start(socket, echo_until_stopped), address)
    }

    #[tokio::test]
    async fn shutting_down_waits_for_open_connections_and_takes_no_new_one() {
        let (listener, address) = listener().await;
        let mut client = TcpStream::connect(address).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'1');
        assert!(listener.shutdown(Duration::from_secs(5)).await);
        assert_eq!(client.read_u8().await.unwrap(), b'2');
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_connection_that_does_not_end_is_cut_off() {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener = Listener::start(socket, |mut stream, _| async move {
            stream.write_u8(b'1').await.unwrap();
            pending::<()>().await;
        });
        let mut client = TcpStream::connect(address).await.unwrap();
        // It was accepted.
        assert_eq!(client.read_u8().await.unwrap(), b'1');
        assert!(!listener.shutdown(Duration::from_millis(50)).await);
        assert_eq!(client.read(&mut [0]).await.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn dropping_it_ends_connections() {
        let (listener, address) = listener().await;
        let mut client = TcpStream::connect(address).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'1');
        drop(listener);
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
        assert_eq!(rest, b"");
    }
}
