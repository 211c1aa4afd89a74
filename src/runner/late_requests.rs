//! Requests whose case has gone on without an answer.
//!
//! A server may carry out a request after its client has gone, and make something when everything was cleaned up. So a
//! request that changes something is never cut off: it goes on until it is answered, and what it made is looked for then.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::target::{Answered, NoAnswer, Prepared, Target};
use crate::suite::User;

/// Requests whose case has gone on without an answer.
#[derive(Debug, Default)]
pub(super) struct LateRequests(Mutex<Vec<LateRequest>>);

#[derive(Debug)]
struct LateRequest {
    /// Method and path.
    described: String,
    task: JoinHandle<Result<Answered, NoAnswer>>,
}

impl LateRequests {
    /// Sends a request that is not cut off when the caller stops waiting for its answer.
    ///
    /// # Errors
    /// When there is no answer, or no end of it.
    pub(super) async fn send(&self, target: &Target, request: &Prepared, user: User) -> Result<Answered, NoAnswer> {
        let described = format!("{} {}", request.method, request.uri);
        let (target, request) = (target.clone(), request.clone());
        let task = tokio::spawn(async move { target.send(&request, user).await });
        let mut waiting = Waiting { late: self, request: Some(LateRequest { described, task }) };
        let ended = match &mut waiting.request {
            Some(request) => (&mut request.task).await,
            None => return Err(NoAnswer::Request("nothing was sent".to_owned())),
        };
        waiting.request = None;
        match ended {
            Ok(answered) => answered,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(NoAnswer::Request(error.to_string())),
            },
        }
    }

    /// Waits until all of them are answered, but no longer than `patience`; those that are not are given up and returned.
    pub(super) async fn settle(&self, patience: Duration) -> Vec<String> {
        let late = std::mem::take(&mut *self.lock());
        let deadline = tokio::time::Instant::now() + patience;
        let settled = late.into_iter().map(|LateRequest { described, mut task }| async move {
            match tokio::time::timeout_at(deadline, &mut task).await {
                Ok(_) => None,
                Err(_) => {
                    task.abort();
                    Some(described)
                }
            }
        });
        join_all(settled).await.into_iter().flatten().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LateRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a request among the late ones when its sender stops waiting.
struct Waiting<'a> {
    late: &'a LateRequests,
    request: Option<LateRequest>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.late.lock().push(request);
        }
    }
}
