//! A connection that discards bytes written before the first request.
//!
//! hyper answers a connection that is no HTTP with a bare status. A registry says an error of the specification; so what
//! hyper writes before the first request goes nowhere, and the registry answers itself.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::security::Wire;

/// Whether a connection has had a request.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestSeen(Arc<AtomicBool>);

impl RequestSeen {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that takes what is written before the first request, and does not send it.
#[derive(Debug)]
pub(super) struct DiscardsEarlyBytes<W> {
    stream: W,
    begun: RequestSeen,
}

impl<W> DiscardsEarlyBytes<W> {
    pub(super) const fn new(stream: W, begun: RequestSeen) -> Self {
        Self { stream, begun }
    }

    pub(super) fn into_inner(self) -> W {
        self.stream
    }
}

impl<W: Wire> AsyncRead for DiscardsEarlyBytes<W> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<W: Wire> AsyncWrite for DiscardsEarlyBytes<W> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.begun.get() {
            Pin::new(&mut this.stream).poll_write(context, bytes)
        } else {
            Poll::Ready(Ok(bytes.len()))
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.begun.get() {
            Pin::new(&mut this.stream).poll_write_vectored(context, pieces)
        } else {
            Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()))
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // A connection with more to write closes the stream itself.
        if this.begun.get() { Pin::new(&mut this.stream).poll_shutdown(context) } else { Poll::Ready(Ok(())) }
    }
}
