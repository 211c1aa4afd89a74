//! One connection: HTTP by hyper, until a fault takes the connection away from it.

use std::sync::{Arc, Mutex, PoisonError};

use http::{
    Request, Response, StatusCode, Version,
    header::{CONTENT_LENGTH, EXPECT, HOST},
    request::Parts,
};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use test_listener::Stopping;

use super::{
    body::AnswerBody,
    early_bytes::{Begun, DiscardsEarlyBytes},
    raw::{self, Ending},
    security::Wire,
};
#[cfg(feature = "capture")]
use crate::registry::capture::Passed;
use crate::registry::{
    answer::{Answer, Delivery, Manner},
    error::{ErrorCode, error},
    state::RegistryState,
};

/// The connection is not hyper's any more.
#[derive(Debug, thiserror::Error)]
#[error("a fault has taken the connection")]
struct Taken;

/// How large the head of a request may be, in bytes; a little more passes where it arrives at once.
pub const HEAD_LIMIT: usize = 128 * 1024;

/// How much of a body that is not wanted is read all the same, in bytes: many clients read no answer while they are still
/// sending, and see the connection break instead.
const UNWANTED_LIMIT: usize = 1 << 30;

pub(super) async fn serve<W: Wire>(stream: W, state: Arc<RegistryState>, mut stopping: Stopping) {
    let taken = Arc::new(Mutex::new(None));
    let begun = Begun::default();
    let service = service_fn(|request| {
        begun.set();
        answer(&state, &taken, request)
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
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
                let stream = connection.into_parts().io.into_inner().into_inner();
                raw::end(stream, Ending { answer: malformed(&error), manner: Manner::WHOLE_THEN_CLOSED }).await;
            }
        }
        (Err(error), None) => tracing::debug!(%error, "a connection ended early"),
        (Ok(()), _) => {}
    }
}

/// The answer to what is no HTTP request.
fn malformed(reason: &hyper::Error) -> Answer {
    if reason.is_parse_too_large() {
        let message = format!("the head of the request has more than {HEAD_LIMIT} bytes, or too many headers");
        return error(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, ErrorCode::SizeInvalid.name(), &message);
    }
    let message = format!("this is no HTTP/1.1 request: {reason}");
    error(StatusCode::BAD_REQUEST, ErrorCode::Unsupported.name(), &message)
}

/// The answer to a head that HTTP does not allow: one without a host, or with several (RFC 9112, section 3.2), or with an
/// expectation that is unknown (RFC 9110, section 10.1.1).
fn wrong_head(request: &Parts) -> Option<Answer> {
    let hosts = request.headers.get_all(HOST).iter().count();
    let refuse = |status, message: &str| Some(error(status, ErrorCode::Unsupported.name(), message));
    if hosts > 1 || (hosts == 0 && request.version == Version::HTTP_11) {
        return refuse(StatusCode::BAD_REQUEST, "a request of HTTP/1.1 has exactly one Host");
    }
    let expected = request.headers.get(EXPECT)?;
    if expected.as_bytes().eq_ignore_ascii_case(b"100-continue") {
        return None;
    }
    refuse(StatusCode::EXPECTATION_FAILED, "the only expectation that is known is 100-continue")
}

async fn answer(
    state: &Arc<RegistryState>,
    taken: &Mutex<Option<Ending>>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Taken> {
    let (request, mut body) = request.into_parts();
    if let Some(answer) = wrong_head(&request) {
        state.note_malformed();
        *taken.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Ending { answer, manner: Manner::WHOLE_THEN_CLOSED });
        return Err(Taken);
    }
    #[cfg(feature = "capture")]
    if let Some(proxy) = &state.proxy {
        let manner = match proxy.pass(state, request, body).await {
            Passed::Answered(response) => return Ok(response.map(AnswerBody::Passed)),
            Passed::Refused(answer) => return response(answer),
            Passed::Ended(manner) => manner,
        };
        let answer = Answer::empty(StatusCode::BAD_GATEWAY);
        *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Ending { answer, manner });
        return Err(Taken);
    }
    let mut exchange = state.begin(&request);
    let mut wanted = exchange.wants_body();
    // A client that waits for `100 Continue` before a body that is not wanted learns that from the response.
    if wanted || !request.headers.contains_key(EXPECT) {
        let mut unwanted = 0;
        while let Some(frame) = body.frame().await {
            // A client that stops in the middle gets no answer; the connection is gone.
            let frame = frame.map_err(|_| Taken)?;
            let Some(piece) = frame.data_ref() else { continue };
            if wanted {
                wanted = exchange.receive(piece);
            } else {
                unwanted += piece.len();
                if unwanted > UNWANTED_LIMIT {
                    break;
                }
            }
        }
    }
    let Delivery { answer, delay, manner } = exchange.finish();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if manner != Manner::Whole {
        *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Ending { answer, manner });
        return Err(Taken);
    }
    response(answer)
}

fn response(answer: Answer) -> Result<Response<AnswerBody>, Taken> {
    let mut body = AnswerBody::new(answer.body).map_err(|_| Taken)?;
    if !answer.headers.contains_key(CONTENT_LENGTH) && !body.is_end_stream() {
        body = AnswerBody::OfUnknownLength(Box::new(body));
    }
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}
