//! One request to its answer, whatever version of HTTP it came by.

use std::{error::Error, io, sync::Arc};

use http::{
    Request, Response, StatusCode, Version,
    header::{CONTENT_LENGTH, EXPECT, HOST, HeaderValue, TRANSFER_ENCODING},
    request::Parts,
};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{body::AnswerBody, ending::Ending};
#[cfg(feature = "capture")]
use crate::registry::capture::Passed;
use crate::registry::{
    answer::{Answer, Delivery, Manner},
    error::{ErrorCode, error},
    state::RegistryState,
};

/// How much of a body that is not wanted is read all the same, in bytes: many clients read no answer while they are still
/// sending, and see the connection break instead.
const UNWANTED_LIMIT: usize = 1 << 30;

/// What a request leads to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer that arrives whole.
    Response(Response<AnswerBody>),
    /// An answer that does not, or after which the connection is closed.
    Ending(Ending),
    /// None, because the client has gone.
    Gone,
}

/// Receives a request and answers it.
pub(super) async fn outcome(state: &Arc<RegistryState>, request: Request<Incoming>) -> Outcome {
    let (request, mut body) = request.into_parts();
    if let Some(answer) = wrong_head(&request) {
        state.note_malformed();
        return Outcome::Ending(Ending { answer, manner: Manner::WHOLE_THEN_CLOSED });
    }
    #[cfg(feature = "capture")]
    if let Some(proxy) = &state.proxy {
        return match proxy.pass(state, request, body).await {
            Passed::Answered(response) => Outcome::Response(response.map(|body| AnswerBody::Passed(Box::new(body)))),
            Passed::Refused(answer) => response(answer),
            Passed::Ended(manner) => Outcome::Ending(Ending { answer: Answer::empty(StatusCode::BAD_GATEWAY), manner }),
        };
    }
    let mut exchange = state.begin(&request);
    let mut wanted = exchange.wants_body();
    // A client that waits for `100 Continue` before a body that is not wanted learns that from the response.
    if wanted || !request.headers.contains_key(EXPECT) {
        let mut unwanted = 0;
        while let Some(frame) = body.frame().await {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) if is_malformed(&error) => {
                    state.note_malformed();
                    return Outcome::Ending(Ending {
                        answer: malformed_body(&error),
                        manner: Manner::WHOLE_THEN_CLOSED,
                    });
                }
                // A client that stops in the middle gets no answer; the connection is gone.
                Err(_) => return Outcome::Gone,
            };
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
    if manner == Manner::Whole { response(answer) } else { Outcome::Ending(Ending { answer, manner }) }
}

/// Whether a body is malformed in the coding that its head announces: a chunk without a length, for example.
fn is_malformed(failure: &hyper::Error) -> bool {
    let io = failure.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|io| matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
}

fn malformed_body(failure: &hyper::Error) -> Answer {
    let reason = failure.source().map_or_else(|| failure.to_string(), ToString::to_string);
    let message = format!("the body is not in the coding that the head announces: {reason}");
    error(StatusCode::BAD_REQUEST, ErrorCode::Unsupported.name(), &message)
}

/// The answer to a head that HTTP does not allow: without a host, with several or with an invalid one (RFC 9112, section 3.2), with
/// an unknown transfer coding (section 6.1), or with an unknown expectation (RFC 9110, section 10.1.1).
fn wrong_head(request: &Parts) -> Option<Answer> {
    let (mut hosts, mut is_host_valid, mut is_coding_known, mut is_expectation_known) = (0, true, true, true);
    for (name, value) in &request.headers {
        if name == HOST {
            hosts += 1;
            is_host_valid &= is_host(value);
        } else if name == TRANSFER_ENCODING {
            is_coding_known &= value.as_bytes().eq_ignore_ascii_case(b"chunked");
        } else if name == EXPECT {
            is_expectation_known &= value.as_bytes().eq_ignore_ascii_case(b"100-continue");
        }
    }
    let refuse = |status, message: &str| Some(error(status, ErrorCode::Unsupported.name(), message));
    if hosts > 1 || (hosts == 0 && request.version == Version::HTTP_11) {
        return refuse(StatusCode::BAD_REQUEST, "a request of HTTP/1.1 has exactly one Host");
    }
    if !is_host_valid {
        return refuse(StatusCode::BAD_REQUEST, "the Host is no name or address, with or without a port");
    }
    if !is_coding_known {
        return refuse(StatusCode::NOT_IMPLEMENTED, "the only coding for transfer that is known is chunked");
    }
    if is_expectation_known {
        return None;
    }
    refuse(StatusCode::EXPECTATION_FAILED, "the only expectation that is known is 100-continue")
}

/// Whether all characters can stand in the host and port of a URL (RFC 3986, section 3.2.2). It may be empty.
fn is_host(value: &HeaderValue) -> bool {
    value.as_bytes().iter().all(|byte| {
        matches!(
            byte,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'[' | b']'
                | b'!' | b'$' | b'&'..=b',' | b';' | b'='
        )
    })
}

fn response(answer: Answer) -> Outcome {
    let Ok(mut body) = AnswerBody::new(answer.body) else { return Outcome::Gone };
    if !answer.headers.contains_key(CONTENT_LENGTH) && !body.is_end_stream() {
        body = AnswerBody::OfUnknownLength(Box::new(body));
    }
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Outcome::Response(response)
}
