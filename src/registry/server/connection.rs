//! One connection: HTTP by hyper, until a fault takes the connection away from it.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;

use super::{
    body::AnswerBody,
    listener::stopped,
    raw::{self, Ending},
    security::Wire,
};
use crate::registry::{
    answer::{Delivery, Manner},
    core::Core,
};

/// The connection is not hyper's any more.
#[derive(Debug, thiserror::Error)]
#[error("a fault has taken the connection")]
struct Taken;

pub(super) async fn serve<W: Wire>(stream: W, core: Arc<Core>, mut stopping: watch::Receiver<bool>) {
    let taken = Arc::new(Mutex::new(None));
    let service = service_fn(|request| answer(&core, &taken, request));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let served = tokio::select! {
        served = &mut connection => served,
        () = stopped(&mut stopping) => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let ending = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (served, ending) {
        (Err(_), Some(ending)) => raw::end(connection.into_parts().io.into_inner(), ending).await,
        (Err(error), None) => tracing::debug!(%error, "a connection ended early"),
        (Ok(()), _) => {}
    }
}

async fn answer(
    core: &Core,
    taken: &Mutex<Option<Ending>>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Taken> {
    let (request, mut body) = request.into_parts();
    let mut exchange = core.begin(&request);
    while let Some(frame) = body.frame().await {
        // A client that stops in the middle gets no answer; the connection is gone.
        let frame = frame.map_err(|_| Taken)?;
        if frame.data_ref().is_some_and(|piece| !exchange.receive(piece)) {
            break;
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
    let mut response = Response::new(AnswerBody::new(answer.body).map_err(|_| Taken)?);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}
