//! Retries reads that a watch cache may answer with an older state.
//!
//! openshift-apiserver reads `imagestreamimages` and `imagestreams/layers` from a watch cache, and each replica has one of its
//! own. Directly after an import it can answer 404, 500 with the reason `ServerTimeout`, or 200 with `imageMissing: true`,
//! where it answers as expected a moment later.
//!
//! A read that never settles is a failure, and looks the same until its time is up. All reads of a run share a budget of 20 s
//! for those: when it is spent, a read is retried only for as long as some read of the run has taken to settle, twice over.
//! So a target that answers all such reads wrongly delays the run by seconds, and one whose caches lag is waited for
//! whatever else fails. A read that settles costs nothing of the budget.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::Method;

use super::target::{Answered, NoAnswer, Prepared, Target};
use crate::suite::User;

/// How long such a read may be behind; clients of a cluster wait longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the reads of a run that never settle may be retried together.
const PATIENCE_OF_RUN: Duration = Duration::from_secs(20);
/// The same for reads of the probes.
const PATIENCE_OF_PROBES: Duration = Duration::from_secs(3);
/// How long to wait before asking again. Nothing tells when the cache has caught up.
const PAUSE: Duration = Duration::from_millis(100);

/// What is known of the watch caches of a target, shared by all reads of a run.
#[derive(Debug)]
pub struct CacheLag {
    budget: Duration,
    state: Mutex<CacheLagState>,
}

#[derive(Debug, Default)]
struct CacheLagState {
    /// How long reads were retried that did not settle.
    spent_in_vain: Duration,
    /// The longest time that a read took to settle.
    longest: Duration,
}

impl Default for CacheLag {
    fn default() -> Self {
        Self { budget: PATIENCE_OF_RUN, state: Mutex::default() }
    }
}

impl CacheLag {
    /// Reads are answered from the store, as the embedded reference answers them: none is retried.
    #[must_use]
    pub fn none() -> Self {
        Self { budget: Duration::ZERO, state: Mutex::default() }
    }

    /// For the probes of a run: features that are absent never settle, and all of them together may not hold up the run.
    pub(super) fn of_probes() -> Self {
        Self { budget: PATIENCE_OF_PROBES, state: Mutex::default() }
    }

    /// Sends a request. A read from a watch cache is sent again until the answer is `settled`, for 5 s at most, and for less
    /// once the budget of the run is spent.
    ///
    /// # Errors
    /// When there is no answer, or no end of it.
    pub(super) async fn send(
        &self,
        target: &Target,
        request: &Prepared,
        user: User,
        settled: impl Fn(&Answered) -> bool,
    ) -> Result<Answered, NoAnswer> {
        let begun = Instant::now();
        let mut retries = 0;
        loop {
            let answered = target.send(request, user).await?;
            if !may_be_behind(request) {
                return Ok(answered);
            }
            // The first answer counts as no waiting, however slow the server is.
            let waited = if retries == 0 { Duration::ZERO } else { begun.elapsed() };
            let ends = self.with(|state| {
                if settled(&answered) {
                    state.longest = state.longest.max(waited);
                    return true;
                }
                let ends = waited >= state.patience(self.budget, waited);
                if ends {
                    state.spent_in_vain += waited;
                }
                ends
            });
            if ends {
                return Ok(answered);
            }
            retries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut CacheLagState) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CacheLagState {
    /// How long a read is retried that has not settled after `waited`.
    fn patience(&self, budget: Duration, waited: Duration) -> Duration {
        if self.spent_in_vain + waited < budget { PATIENCE } else { PATIENCE.min(self.longest * 2) }
    }
}

fn may_be_behind(request: &Prepared) -> bool {
    let path = request.uri.split('?').next().unwrap_or_default();
    request.method == Method::GET && (path.contains("/imagestreamimages/") || path.ends_with("/layers"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;
    use crate::suite::Request;

    fn target(server: &MockServer) -> Target {
        Target::anonymous(server.uri(), PATIENCE)
    }

    async fn read(lag: &CacheLag, target: &Target, path: &str, expected: u16) -> u16 {
        let request = Prepared::new(&Request::new(Method::GET, path), "demo").unwrap();
        lag.send(target, &request, User::User, |answered| answered.status == expected).await.unwrap().status
    }

    async fn statuses(path: &str, expected: u16) -> (u16, usize) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).up_to_n_times(2).mount(&server).await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let status = read(&CacheLag::default(), &target(&server), path, expected).await;
        (status, server.received_requests().await.unwrap().len())
    }

    #[rstest]
    #[case::of_a_cache("imagestreamimages/a@sha256:1", 200, (200, 3))]
    #[case::layers("imagestreams/a/layers", 200, (200, 3))]
    #[case::of_the_store("imagestreams/a", 200, (404, 1))]
    #[case::not_to_be_there("imagestreamimages/a@sha256:1", 404, (404, 1))]
    #[tokio::test]
    async fn only_what_may_be_behind_is_asked_again(
        #[case] path: &str,
        #[case] expected: u16,
        #[case] outcome: (u16, usize),
    ) {
        assert_eq!(statuses(path, expected).await, outcome);
    }

    #[tokio::test]
    async fn reads_that_never_settle_share_a_budget() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).mount(&server).await;
        let target = target(&server);
        let lag = CacheLag { budget: Duration::from_millis(250), state: Mutex::default() };
        read(&lag, &target, "imagestreams/a/layers", 200).await;
        let first = server.received_requests().await.unwrap().len();
        assert!(first > 1, "{first} requests");
        for _ in 0..10 {
            assert_eq!(read(&lag, &target, "imagestreams/a/layers", 200).await, 404);
        }
        assert_eq!(server.received_requests().await.unwrap().len(), first + 10);
    }

    #[tokio::test]
    async fn a_read_that_settles_costs_nothing_and_is_waited_for_when_the_budget_is_spent() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).up_to_n_times(2).mount(&server).await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let target = target(&server);
        let lag = CacheLag { budget: PATIENCE_OF_RUN, state: Mutex::default() };
        assert_eq!(read(&lag, &target, "imagestreams/a/layers", 200).await, 200);
        assert_eq!(lag.with(|state| state.spent_in_vain), Duration::ZERO);

        lag.with(|state| state.spent_in_vain = PATIENCE_OF_RUN);
        server.reset().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).up_to_n_times(2).mount(&server).await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        assert_eq!(read(&lag, &target, "imagestreams/a/layers", 200).await, 200);
    }
}
