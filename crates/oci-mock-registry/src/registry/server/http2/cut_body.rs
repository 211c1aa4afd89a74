//! The body of an answer that does not arrive whole, or not as fast as it could.

use std::{
    fmt,
    future::{Future, pending},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::{mpsc, oneshot};

use super::command::Command;
use crate::registry::{
    answer::End,
    server::{body::AnswerBody, pace::piece_per_pause},
};

/// A body that is handed out piece by piece, and ends as it should.
pub(super) struct CutBody {
    body: AnswerBody,
    /// What has been read and not handed out.
    rest: Bytes,
    bytes_per_second: Option<u64>,
    /// How it ends if it is not the whole body.
    short: Option<End>,
    commands: mpsc::UnboundedSender<Command>,
    /// What comes before the next piece, or before the end.
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    over: bool,
}

impl fmt::Debug for CutBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CutBody").field("body", &self.body).field("short", &self.short).finish_non_exhaustive()
    }
}

impl CutBody {
    pub(super) fn new(
        body: AnswerBody,
        bytes_per_second: Option<u64>,
        short: Option<End>,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Self {
        Self { body, rest: Bytes::new(), bytes_per_second, short, commands, pause: None, over: false }
    }

    /// How many bytes are handed out next, and what comes behind them.
    fn next_length(&mut self) -> usize {
        let Some(rate) = self.bytes_per_second else {
            // hyper asks for more when the client can take in some of the last piece. The last byte goes alone, so that it
            // is only asked for when all before it can be sent.
            return if self.rest.len() > 1 { self.rest.len() - 1 } else { 1 };
        };
        let (length, pause) = piece_per_pause(rate, self.rest.len());
        self.pause = Some(Box::pin(tokio::time::sleep(pause)));
        length
    }

    /// Waits until the client has been sent everything: resetting the stream takes away what was not.
    fn wait_until_sent(&mut self) {
        let (flushed, told) = oneshot::channel();
        // A connection that has ended sends nothing.
        let _ = self.commands.send(Command::Flush(flushed));
        self.pause = Some(Box::pin(async move {
            let _ = told.await;
        }));
    }
}

impl Body for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(context));
                this.pause = None;
            }
            if !this.rest.is_empty() {
                let length = this.next_length();
                return Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(length)))));
            }
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => match this.short {
                    None => return Poll::Ready(None),
                    Some(_) if !this.over => {
                        this.over = true;
                        this.wait_until_sent();
                    }
                    Some(End::Stall) => this.pause = Some(Box::pin(pending())),
                    Some(End::Close | End::Reset) => {
                        return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                    }
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.short.is_none() && self.rest.is_empty() && self.body.is_end_stream()
    }
}
