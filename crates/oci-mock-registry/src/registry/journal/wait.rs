//! Waiting for requests.

use std::{pin::pin, time::Duration};

use super::{Entry, Journal, JournalFilter};
use crate::fixture::Time;

/// The requests that were waited for did not come in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {count} matching requests came within {}", matched.len(), Time(*timeout))]
pub struct WaitError {
    /// How many were waited for.
    pub count: usize,
    /// For how long.
    pub timeout: Duration,
    /// Those that came.
    pub matched: Vec<Entry>,
}

impl Journal {
    /// Waits until `count` entries match, those that are there already included, and returns all that match.
    pub(crate) async fn wait(
        &self,
        filter: &JournalFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Entry>, WaitError> {
        let enough = async {
            loop {
                let mut written = pin!(self.written.notified());
                // From here on no entry is missed, so that what is there is looked at afterwards.
                written.as_mut().enable();
                let matched = self.matching(filter);
                if matched.len() >= count {
                    return matched;
                }
                written.await;
            }
        };
        tokio::time::timeout(timeout, enough).await.map_err(|_| WaitError {
            count,
            timeout,
            matched: self.matching(filter),
        })
    }
}
