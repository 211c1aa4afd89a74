//! The body of an answer that is in a file: read ahead by a thread that may wait, never by those that serve connections.

use std::{
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::registry::store::{FileReader, StoredFile};

/// How many bytes of a file are read at a time.
const PIECE: usize = 512 * 1024;

/// A part of a file, handed out piece by piece. The next piece is read while the client takes in the one before.
#[derive(Debug)]
pub(super) struct FileBody {
    reader: FileReader,
    /// What has not been asked of the file.
    unread: Range<u64>,
    /// What has not been handed out.
    left: u64,
    next: Option<JoinHandle<io::Result<BytesMut>>>,
    /// Buffers that were handed out, to be used again once they are released.
    spare: BytesMut,
}

impl FileBody {
    pub(super) fn new(file: &StoredFile, range: Range<u64>) -> io::Result<Self> {
        let left = range.end - range.start;
        Ok(Self { reader: file.reader()?, unread: range, left, next: None, spare: BytesMut::new() })
    }

    /// How many bytes have not been handed out.
    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    /// Begins to read the next piece.
    fn read_ahead(&mut self) {
        let length = PIECE.min(usize::try_from(self.unread.end - self.unread.start).unwrap_or(PIECE));
        if length == 0 {
            return;
        }
        let (reader, position) = (self.reader.clone(), self.unread.start);
        let mut buffer = std::mem::take(&mut self.spare);
        self.unread.start += length as u64;
        self.next = Some(spawn_blocking(move || {
            buffer.resize(length, 0);
            let mut filled = 0;
            while filled < length {
                match reader.read_at(&mut buffer[filled..], position + filled as u64)? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => filled += count,
                }
            }
            Ok(buffer)
        }));
    }

    /// The next piece; none at the end.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.next.is_none() {
            self.read_ahead();
        }
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let read = ready!(Pin::new(next).poll(context)).map_err(io::Error::other).flatten();
        self.next = None;
        let mut buffer = match read {
            Ok(buffer) => buffer,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        let piece = buffer.split().freeze();
        self.spare = buffer;
        self.left -= piece.len() as u64;
        self.read_ahead();
        Poll::Ready(Some(Ok(piece)))
    }
}
