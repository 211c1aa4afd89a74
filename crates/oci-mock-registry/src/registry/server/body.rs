//! Bodies of answers: from memory at once, from a file piece by piece.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::{
    fs::File,
    io::{AsyncRead, ReadBuf},
};

#[cfg(feature = "capture")]
use crate::registry::capture::PassedBody;
use crate::registry::store::Content;

/// How many bytes of a file are read at a time.
const PIECE: usize = 64 * 1024;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum AnswerBody {
    Memory(Option<Bytes>),
    File {
        file: File,
        left: u64,
        piece: BytesMut,
    },
    #[cfg(feature = "capture")]
    Passed(PassedBody),
    /// One whose length is not said, so that it is sent in chunks.
    OfUnknownLength(Box<Self>),
}

impl AnswerBody {
    pub(super) fn new(content: Content) -> io::Result<Self> {
        Ok(match content {
            Content::Memory(bytes) => Self::Memory(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Content::File { file, range } => Self::File {
                file: File::from_std(file.open_at(range.start)?),
                left: range.end - range.start,
                piece: BytesMut::new(),
            },
        })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Memory(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            #[cfg(feature = "capture")]
            Self::Passed(body) => Pin::new(body).poll_frame(context),
            Self::OfUnknownLength(body) => Pin::new(body.as_mut()).poll_frame(context),
            Self::File { left: 0, .. } => Poll::Ready(None),
            Self::File { file, left, piece } => {
                piece.resize(PIECE.min(usize::try_from(*left).unwrap_or(PIECE)), 0);
                let mut buffer = ReadBuf::new(piece);
                ready!(Pin::new(file).poll_read(context, &mut buffer))?;
                let count = buffer.filled().len();
                if count == 0 {
                    return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                }
                *left -= count as u64;
                Poll::Ready(Some(Ok(Frame::data(piece.split_to(count).freeze()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            #[cfg(feature = "capture")]
            Self::Passed(body) => body.is_end_stream(),
            Self::OfUnknownLength(body) => body.is_end_stream(),
            body => matches!(body, Self::Memory(None) | Self::File { left: 0, .. }),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            #[cfg(feature = "capture")]
            Self::Passed(body) => return body.size_hint(),
            Self::OfUnknownLength(_) => return SizeHint::default(),
            Self::Memory(bytes) => bytes.as_ref().map_or(0, Bytes::len) as u64,
            Self::File { left, .. } => *left,
        })
    }
}
