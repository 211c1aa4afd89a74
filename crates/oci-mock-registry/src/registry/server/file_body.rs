//! The body of an answer that is in a file: read where that takes no waiting, and otherwise by a thread that may wait, never
//! by those that serve connections.

use std::{
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::registry::store::{FileReader, StoredFile};

/// How many bytes of a file are read at a time: few enough to stay in a processor's cache until they are sent.
const PIECE: usize = 256 * 1024;

/// A part of a file, handed out piece by piece.
#[derive(Debug)]
pub(super) struct FileBody {
    reader: FileReader,
    /// What has not been handed out.
    unread: Range<u64>,
    /// A piece that a thread reads: the buffer, and how many bytes of it were read.
    next: Option<JoinHandle<io::Result<(BytesMut, usize)>>>,
    /// The buffer of the piece that was handed out last, to be used again once that is sent.
    sent: Bytes,
}

impl FileBody {
    pub(super) fn new(file: &StoredFile, range: Range<u64>) -> io::Result<Self> {
        Ok(Self { reader: file.reader()?, unread: range, next: None, sent: Bytes::new() })
    }

    /// How many bytes have not been handed out.
    pub(super) const fn left(&self) -> u64 {
        self.unread.end - self.unread.start
    }

    /// A buffer for a piece. One that was used before is not cleared, because it is overwritten.
    fn buffer(&mut self) -> BytesMut {
        let length = PIECE.min(usize::try_from(self.left()).unwrap_or(PIECE));
        match std::mem::take(&mut self.sent).try_into_mut() {
            Ok(mut buffer) if buffer.len() >= length => {
                buffer.truncate(length);
                buffer
            }
            _ => BytesMut::zeroed(length),
        }
    }

    /// The next piece; none at the end.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let next = match &mut self.next {
            Some(next) => next,
            None => {
                let (mut buffer, position) = (self.buffer(), self.unread.start);
                if let Some(read) = self.reader.read_without_waiting(&mut buffer, position) {
                    return Poll::Ready(Some(read.and_then(|count| self.hand_out(buffer, count))));
                }
                let reader = self.reader.clone();
                self.next.insert(spawn_blocking(move || {
                    let count = reader.read_at(&mut buffer, position)?;
                    Ok((buffer, count))
                }))
            }
        };
        let read = ready!(Pin::new(next).poll(context)).map_err(io::Error::other).flatten();
        self.next = None;
        Poll::Ready(Some(read.and_then(|(buffer, count)| self.hand_out(buffer, count))))
    }

    /// The piece of a buffer of which so many bytes were read.
    fn hand_out(&mut self, buffer: BytesMut, count: usize) -> io::Result<Bytes> {
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.unread.start += count as u64;
        self.sent = buffer.freeze();
        Ok(self.sent.slice(..count))
    }
}
