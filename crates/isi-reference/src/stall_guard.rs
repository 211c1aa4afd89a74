//! Ends connections whose clients do not read what they are sent, so that answers do not stay in memory.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A stream whose writes fail once the other side has taken nothing for some time.
#[derive(Debug)]
pub(crate) struct StallGuard<T> {
    stream: T,
    limit: Duration,
    /// Ends when a write has waited too long; `None` while none waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<T> StallGuard<T> {
    /// Lets a write to `stream` wait for `limit` at most.
    pub(crate) fn new(stream: T, limit: Duration) -> Self {
        Self { stream, limit, waiting: None }
    }

    /// The result of a poll of a write, or an error once writes have waited for too long.
    fn watched<R>(&mut self, polled: Poll<io::Result<R>>, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let limit = self.limit;
        ready!(self.waiting.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(context));
        let why = format!("the client has read nothing for {limit:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for StallGuard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for StallGuard<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.watched(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.watched(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watched(polled, context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_write_that_nobody_reads_fails_in_time() {
        let (near, _far) = duplex(4);
        let mut guard = StallGuard::new(near, LIMIT);
        let begun = tokio::time::Instant::now();
        let error = guard.write_all(b"too long").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_gets_everything() {
        let (near, mut far) = duplex(1);
        let mut guard = StallGuard::new(near, LIMIT);
        let reader = tokio::spawn(async move {
            let mut read = Vec::new();
            for _ in 0..8 {
                sleep(LIMIT / 4).await;
                read.push(far.read_u8().await.unwrap());
            }
            read
        });
        guard.write_all(b"too long").await.unwrap();
        assert_eq!(reader.await.unwrap(), b"too long");
    }
}
