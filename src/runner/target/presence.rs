//! A server that is gone: nothing listens any more where requests were answered.
//!
//! What is asked of it from then on says nothing about any case. A supervisor may start it again, so that a refused
//! connection alone is no end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use http::Method;

use super::{
    client::{Answered, Target},
    no_answer::NoAnswer,
    request::Prepared,
};
use crate::suite::{Request, User};

/// How long to wait before a server that is gone is asked again.
const PAUSE: Duration = Duration::from_millis(250);
/// What is asked to see whether something listens: any answer will do.
const ASKED: &str = "/version";

/// Whether the last connection to a target was refused.
#[derive(Debug, Default)]
pub struct Presence(AtomicBool);

impl Presence {
    /// Whether nothing listened when the last request was sent.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, answered: &Result<Answered, NoAnswer>) {
        self.0.store(matches!(answered, Err(NoAnswer::Refused)), Ordering::Relaxed);
    }
}

impl Target {
    /// Whether the server is there: at once if the last connection was not refused, else as soon as it takes one again. It
    /// is gone if it takes none for as long as a response may take.
    pub async fn is_there(&self) -> bool {
        let begun = Instant::now();
        while self.presence.is_gone() {
            let Ok(request) = Prepared::new(&Request::new(Method::GET, ASKED), "") else { return true };
            if !matches!(self.ask(&request, User::User).await, Err(NoAnswer::Refused)) {
                return true;
            }
            if begun.elapsed() >= self.patience {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
        true
    }
}
