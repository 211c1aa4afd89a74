//! One connection of HTTP/2: the stream of a request takes the place that its connection has in HTTP/1.
//!
//! | what happens to an answer | HTTP/1.1 | HTTP/2 |
//! | --- | --- | --- |
//! | reset, or closed in the middle of a body | the connection is reset, or closed | `RST_STREAM` with `INTERNAL_ERROR`; other streams go on |
//! | closed without a byte | the connection is closed | `GOAWAY`, then the connection is closed with all its streams |
//! | whole, then closed | the connection is closed behind it | `GOAWAY`; the connection is closed once all streams have ended |
//! | stalls | nothing more is said on the connection | nothing more is said on the stream |
//! | no HTTP | a line of text | a line of text where a frame is expected, then the connection is closed |

mod command;
mod cut_body;
mod shared_wire;
mod streams;

use std::{
    convert::Infallible,
    future::{pending, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{HOST, TRANSFER_ENCODING},
    uri::Uri,
};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use test_listener::Stopping;
use tokio::{sync::mpsc, time::timeout};

use self::{command::Command, cut_body::CutBody, shared_wire::SharedWire, streams::Streams};
use super::{
    body::AnswerBody,
    connection::HEAD_LIMIT,
    ending::Ending,
    outcome::{Outcome, outcome},
    raw::{self, LONGEST_STALL, PATIENCE},
    security::Wire,
};
use crate::registry::{
    answer::{Answer, End, Manner},
    error::{ErrorCode, error},
    state::RegistryState,
};

/// After how long a client that says nothing is asked whether it is still there.
const IDLE: Duration = Duration::from_secs(30);

/// The stream ends with `RST_STREAM`: hyper gives it the reason `INTERNAL_ERROR`.
#[derive(Debug, thiserror::Error)]
#[error("a fault has reset the stream")]
struct Reset;

pub(in crate::registry::server) async fn serve<W: Wire>(stream: W, state: Arc<RegistryState>, mut stopping: Stopping) {
    let wire = SharedWire::new(stream);
    let streams = Streams::default();
    let (commands, mut received) = mpsc::unbounded_channel();
    let until = stopping.clone();
    let service = service_fn(move |request| answer(state.clone(), commands.clone(), until.clone(), request));
    let mut connection = http2::Builder::new(streams.clone())
        .timer(TokioTimer::new())
        .keep_alive_interval(IDLE)
        .max_header_list_size(HEAD_LIMIT as u32)
        .serve_connection(TokioIo::new(wire.clone()), service);
    let mut stopped = false;
    let ending = loop {
        tokio::select! {
            // Asked first, because that is where something happens.
            biased;
            served = &mut connection => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            Some(command) = received.recv() => match command {
                Command::Flush(flushed) => {
                    flush(&wire, |context| Pin::new(&mut connection).poll(context).is_ready()).await;
                    // The stream may have been given up meanwhile.
                    let _ = flushed.send(());
                }
                Command::Finish => Pin::new(&mut connection).graceful_shutdown(),
                Command::End(ending) => break ending,
            },
            () = stopping.stopped(), if !stopped => {
                stopped = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if matches!(ending.manner, Manner::Nothing(_)) {
        Pin::new(&mut connection).graceful_shutdown();
        let farewell = flush(&wire, |context| Pin::new(&mut connection).poll(context).is_ready());
        // A client that takes nothing in is left without it.
        let _ = timeout(PATIENCE, farewell).await;
    }
    drop(connection);
    streams.end();
    if let Some(stream) = wire.into_inner() {
        raw::end(stream, ending).await;
    }
}

/// Lets the connection send what it has to send, until the operating system has it or the connection has ended.
async fn flush<W>(wire: &SharedWire<W>, mut poll_ended: impl FnMut(&mut Context<'_>) -> bool) {
    poll_fn(|context| if poll_ended(context) || wire.is_flushed() { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Answers one request.
async fn answer(
    state: Arc<RegistryState>,
    commands: mpsc::UnboundedSender<Command>,
    mut stopping: Stopping,
    mut request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Reset> {
    let is_head = request.method() == Method::HEAD;
    let outcome = match name_host(&request.uri().clone(), request.headers_mut()) {
        Ok(()) => outcome(&state, request).await,
        Err(answer) => {
            state.note_malformed();
            Outcome::Ending(Ending { answer: *answer, manner: Manner::WHOLE_THEN_CLOSED })
        }
    };
    let Ending { answer, manner } = match outcome {
        // hyper takes the body of an answer to HEAD away in HTTP/1 only.
        Outcome::Response(response) if is_head => return Ok(response.map(|_| AnswerBody::EMPTY)),
        Outcome::Response(response) => return Ok(response),
        Outcome::Ending(ending) => ending,
        Outcome::Gone => return Err(Reset),
    };
    match manner {
        Manner::Whole => cut(answer, u64::MAX, None, End::Close, commands),
        Manner::Cut { length, bytes_per_second, end } => cut(answer, length, bytes_per_second, end, commands),
        Manner::Nothing(End::Reset) => Err(Reset),
        Manner::Nothing(End::Stall) => {
            tokio::select! {
                _ = timeout(LONGEST_STALL, pending::<Infallible>()) => {}
                // Nothing more is said on such a stream, so there is nothing to wait for when the server stops.
                () = stopping.stopped() => {}
            }
            Err(Reset)
        }
        Manner::Nothing(End::Close) | Manner::Garbage => {
            // A connection that has ended already needs no ending.
            let _ = commands.send(Command::End(Ending { answer, manner }));
            pending().await
        }
    }
}

/// An answer of which at most `length` bytes of the body arrive.
fn cut(
    answer: Answer,
    length: u64,
    bytes_per_second: Option<u64>,
    end: End,
    commands: mpsc::UnboundedSender<Command>,
) -> Result<Response<AnswerBody>, Reset> {
    let short = (length < answer.body.len()).then_some(end);
    let whole = answer.body.slice(0..length.min(answer.body.len()));
    if short.is_none() {
        // The connection may have ended already.
        let _ = commands.send(Command::Finish);
    }
    let body = AnswerBody::new(whole).map_err(|_| Reset)?;
    let body = CutBody::new(body, bytes_per_second, short, commands);
    let mut response = Response::new(AnswerBody::Cut(body.boxed_unsync()));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    // HTTP/2 has frames in place of codings for transfer (RFC 9113, section 8.2.2).
    response.headers_mut().remove(TRANSFER_ENCODING);
    Ok(response)
}

/// Puts the authority of a request where HTTP/1 has it.
///
/// # Errors
/// When `Host` names another one (RFC 9113, section 8.3.1).
fn name_host(uri: &Uri, headers: &mut HeaderMap) -> Result<(), Box<Answer>> {
    let Some(authority) = uri.authority() else { return Ok(()) };
    match headers.get(HOST) {
        Some(host) if !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => {
            let message = "`Host` and `:authority` of a request are the same";
            Err(Box::new(error(StatusCode::BAD_REQUEST, ErrorCode::Unsupported.name(), message)))
        }
        Some(_) => Ok(()),
        None => {
            // An authority has no characters that a header could not have.
            if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
                headers.insert(HOST, host);
            }
            Ok(())
        }
    }
}
