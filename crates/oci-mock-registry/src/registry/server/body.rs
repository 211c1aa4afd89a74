//! Bodies of answers: from memory at once, from a file piece by piece.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
#[cfg(feature = "http2")]
use http_body_util::combinators::UnsyncBoxBody;

use super::file_body::FileBody;
#[cfg(feature = "capture")]
use crate::registry::capture::PassedBody;
use crate::registry::store::Content;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum AnswerBody {
    Memory(Option<Bytes>),
    File(Box<FileBody>),
    #[cfg(feature = "capture")]
    Passed(Box<PassedBody>),
    /// One that is cut on its way, for the protocol that it is sent by.
    #[cfg(feature = "http2")]
    Cut(UnsyncBoxBody<Bytes, io::Error>),
    /// One whose length is not said, so that it is sent in chunks.
    OfUnknownLength(Box<Self>),
}

impl AnswerBody {
    /// No body at all.
    #[cfg(feature = "http2")]
    pub(super) const EMPTY: Self = Self::Memory(None);

    pub(super) fn new(content: Content) -> io::Result<Self> {
        Ok(match content {
            Content::Memory(bytes) => Self::Memory(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Content::File { file, range } => Self::File(Box::new(FileBody::new(&file, range)?)),
        })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Memory(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::File(file) => file.poll_piece(context).map(|piece| piece.map(|piece| piece.map(Frame::data))),
            #[cfg(feature = "capture")]
            Self::Passed(body) => Pin::new(body).poll_frame(context),
            #[cfg(feature = "http2")]
            Self::Cut(body) => Pin::new(body).poll_frame(context),
            Self::OfUnknownLength(body) => Pin::new(body.as_mut()).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Memory(bytes) => bytes.is_none(),
            Self::File(file) => file.left() == 0,
            #[cfg(feature = "capture")]
            Self::Passed(body) => body.is_end_stream(),
            #[cfg(feature = "http2")]
            Self::Cut(body) => body.is_end_stream(),
            Self::OfUnknownLength(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            #[cfg(feature = "capture")]
            Self::Passed(body) => return body.size_hint(),
            #[cfg(feature = "http2")]
            Self::Cut(body) => return body.size_hint(),
            Self::OfUnknownLength(_) => return SizeHint::default(),
            Self::Memory(bytes) => bytes.as_ref().map_or(0, Bytes::len) as u64,
            Self::File(file) => file.left(),
        })
    }
}
