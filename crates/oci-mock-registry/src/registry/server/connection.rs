//! One connection of HTTP/1: by hyper, until a fault takes the connection away from it.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use test_listener::Stopping;

use super::{
    body::AnswerBody,
    early_bytes::{DiscardsEarlyBytes, RequestSeen},
    ending::Ending,
    outcome::{Outcome, outcome},
    raw,
    security::Wire,
};
use crate::registry::{
    answer::{Answer, Manner},
    error::{ErrorCode, error},
    state::RegistryState,
};

/// The connection is not hyper's any more.
#[derive(Debug, thiserror::Error)]
#[error("a fault has taken the connection")]
struct Taken;

/// How large the head of a request may be, in bytes; a little more passes where it arrives at once.
pub const HEAD_LIMIT: usize = 128 * 1024;

pub(super) async fn serve<W: Wire>(stream: W, state: Arc<RegistryState>, mut stopping: Stopping) {
    let taken = Arc::new(Mutex::new(None));
    let begun = RequestSeen::default();
    let service = service_fn(|request| {
        begun.set();
        answer(&state, &taken, request)
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // As registries written in Go send them, which scripts compare with `grep`.
        .title_case_headers(true)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(DiscardsEarlyBytes::new(stream, begun.clone())), service);
    let served = tokio::select! {
        // Asked first, because that is where something happens.
        biased;
        served = &mut connection => served,
        () = stopping.stopped() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let ending = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (served, ending) {
        (Err(_), Some(ending)) => {
            let stream = connection.into_parts().io.into_inner().into_inner();
            if ending.stalls() {
                // Nothing more is said on such a connection, so there is nothing to wait for when the server stops.
                tokio::select! {
                    () = raw::end(stream, ending) => {}
                    () = stopping.stopped() => {}
                }
            } else {
                raw::end(stream, ending).await;
            }
        }
        (Err(error), None) if error.is_parse() => {
            state.note_malformed();
            if !begun.get() {
                let parts = connection.into_parts();
                let answer = malformed(&error, &parts.read_buf);
                let stream = parts.io.into_inner().into_inner();
                raw::end(stream, Ending { answer, manner: Manner::WHOLE_THEN_CLOSED }).await;
            }
        }
        (Err(error), None) => tracing::debug!(%error, "a connection ended early"),
        (Ok(()), _) => {}
    }
}

/// The answer to what is no HTTP request; `unread` is what hyper has read from the connection, but not taken as a head.
fn malformed(reason: &hyper::Error, unread: &[u8]) -> Answer {
    if reason.is_parse_too_large() {
        // hyper says the same of a head and of a body that is too long. It has not taken a head that is too long.
        return if unread.len() >= HEAD_LIMIT || begins_with_request_line(unread) {
            let message = format!("the head of the request has more than {HEAD_LIMIT} bytes, or too many headers");
            error(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, ErrorCode::SizeInvalid.name(), &message)
        } else {
            error(
                StatusCode::PAYLOAD_TOO_LARGE,
                ErrorCode::SizeInvalid.name(),
                "the Content-Length is beyond all bounds",
            )
        };
    }
    let message = format!("this is no HTTP/1.1 request: {reason}");
    error(StatusCode::BAD_REQUEST, ErrorCode::Unsupported.name(), &message)
}

fn begins_with_request_line(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

async fn answer(
    state: &Arc<RegistryState>,
    taken: &Mutex<Option<Ending>>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Taken> {
    match outcome(state, request).await {
        Outcome::Response(response) => Ok(response),
        Outcome::Ending(ending) => {
            *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
            Err(Taken)
        }
        Outcome::Gone => Err(Taken),
    }
}
