//! The journal of a server: what it was asked, by whom, and what it answered.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Method;
use tokio::sync::Notify;

/// How many requests a journal keeps; older ones are forgotten.
pub const JOURNAL_LIMIT: usize = 10_000;

/// A request that was answered. A watch is answered when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Its number, from 1, in the order of answers.
    pub number: u64,
    /// The HTTP method.
    pub method: Method,
    /// The path as the client wrote it, without the query.
    pub path: String,
    /// The query as the client wrote it, without the question mark; empty without one.
    pub query: String,
    /// Who asked: the name that the token stands for, or that is impersonated; `None` if the token is unknown.
    pub user: Option<String>,
    /// The status of the response.
    pub status: u16,
}

/// The requests that were waited for did not come in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {count} matching requests came within {timeout:?}", matched.len())]
#[non_exhaustive]
pub struct JournalWaitError {
    /// How many were waited for.
    pub count: usize,
    /// For how long.
    pub timeout: Duration,
    /// Those that came.
    pub matched: Vec<RecordedRequest>,
}

/// The last requests of a server.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    kept: Mutex<Kept>,
    written: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<RecordedRequest>,
    /// How many were recorded so far.
    count: u64,
}

impl Journal {
    /// Records a request, and gives it its number.
    pub(crate) fn record(&self, mut request: RecordedRequest) {
        {
            let mut kept = self.lock();
            kept.count += 1;
            request.number = kept.count;
            if kept.requests.len() == JOURNAL_LIMIT {
                kept.requests.pop_front();
            }
            kept.requests.push_back(request);
        }
        self.written.notify_waiters();
    }

    /// The requests that are kept and match, the oldest first.
    pub(crate) fn matching(&self, matches: &impl Fn(&RecordedRequest) -> bool) -> Vec<RecordedRequest> {
        self.lock().requests.iter().filter(|request| matches(request)).cloned().collect()
    }

    /// Forgets what was asked; numbers go on.
    pub(crate) fn clear(&self) {
        self.lock().requests.clear();
    }

    /// Waits until `count` requests match, those that are there already included, and returns all that match.
    pub(crate) async fn wait(
        &self,
        count: usize,
        timeout: Duration,
        matches: impl Fn(&RecordedRequest) -> bool,
    ) -> Result<Vec<RecordedRequest>, JournalWaitError> {
        let enough = async {
            loop {
                let mut written = pin!(self.written.notified());
                // From here on no request is missed, so that what is there is looked at afterwards.
                written.as_mut().enable();
                let matched = self.matching(&matches);
                if matched.len() >= count {
                    return matched;
                }
                written.await;
            }
        };
        tokio::time::timeout(timeout, enough).await.map_err(|_| JournalWaitError {
            count,
            timeout,
            matched: self.matching(&matches),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(path: &str) -> RecordedRequest {
        let (path, query) = (path.to_owned(), String::new());
        RecordedRequest { number: 0, method: Method::GET, path, query, user: None, status: 200 }
    }

    #[test]
    fn keeps_the_last_requests_only() {
        let journal = Journal::default();
        (0..=JOURNAL_LIMIT).for_each(|_| journal.record(request("/")));
        let kept = journal.matching(&|_| true);
        assert_eq!((kept.len(), kept[0].number), (JOURNAL_LIMIT, 2));
    }

    #[tokio::test]
    async fn waits_for_requests_that_match() {
        let journal = Journal::default();
        journal.record(request("/a"));
        let wait = journal.wait(2, Duration::from_secs(5), |request| request.path == "/a");
        let write = async {
            tokio::task::yield_now().await;
            journal.record(request("/b"));
            journal.record(request("/a"));
        };
        let (matched, ()) = tokio::join!(wait, write);
        assert_eq!(matched.unwrap().iter().map(|request| request.number).collect::<Vec<_>>(), [1, 3]);
    }

    #[tokio::test]
    async fn says_what_came_when_not_enough_did() {
        let journal = Journal::default();
        journal.record(request("/a"));
        let error = journal.wait(2, Duration::from_millis(10), |_| true).await.unwrap_err();
        assert_eq!(error.to_string(), "1 of 2 matching requests came within 10ms");
    }
}
