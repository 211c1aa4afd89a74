//! A stream of bytes that is taken back from hyper when a connection is to end in a way that HTTP/2 does not have.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::registry::server::security::Wire;

/// A stream, and whether all that was written is with the operating system.
#[derive(Debug)]
pub(super) struct SharedWire<W>(Arc<Shared<W>>);

#[derive(Debug)]
struct Shared<W> {
    /// Only one task uses it at a time, so that the lock is always free.
    stream: Mutex<W>,
    flushed: AtomicBool,
}

impl<W> Clone for SharedWire<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W> SharedWire<W> {
    pub(super) fn new(stream: W) -> Self {
        Self(Arc::new(Shared { stream: Mutex::new(stream), flushed: AtomicBool::new(true) }))
    }

    /// Whether all that was written is with the operating system.
    pub(super) fn is_flushed(&self) -> bool {
        self.0.flushed.load(Ordering::Acquire)
    }

    /// The stream, once hyper has let go of it.
    pub(super) fn into_inner(self) -> Option<W> {
        let shared = Arc::into_inner(self.0)?;
        Some(shared.stream.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn stream(&self) -> MutexGuard<'_, W> {
        self.0.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_written(&self) {
        self.0.flushed.store(false, Ordering::Release);
    }
}

impl<W: Wire> AsyncRead for SharedWire<W> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_read(context, buffer)
    }
}

impl<W: Wire> AsyncWrite for SharedWire<W> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.has_written();
        Pin::new(&mut *self.stream()).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.has_written();
        Pin::new(&mut *self.stream()).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut *self.stream()).poll_flush(context))?;
        self.0.flushed.store(true, Ordering::Release);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_shutdown(context)
    }
}
