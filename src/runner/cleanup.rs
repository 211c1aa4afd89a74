//! Removing what cases made.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Method;

use super::{
    late_requests::LateRequests,
    names::RunId,
    object::{DELETIONS, ObjectError, Objects},
    target::Target,
};
use crate::suite::{Body, Request, User};

/// How long the end of a run waits for requests that their cases have given up.
const LATE_PATIENCE: Duration = Duration::from_secs(5);
/// After so many deletions in a row without an answer, no more are sent.
const UNANSWERED: u32 = 3;

/// What the cases of a run have made and not removed yet.
#[derive(Debug, Default)]
pub struct Cleanup {
    ledgers: Mutex<Vec<Arc<Ledger>>>,
    pub(super) late: LateRequests,
}

impl Cleanup {
    /// A ledger for a case that begins.
    pub(super) fn begin(&self, run: &RunId) -> Arc<Ledger> {
        let ledger = Arc::new(Ledger::new(run.clone()));
        lock(&self.ledgers).push(ledger.clone());
        ledger
    }

    /// Forgets a case that came to its end and left nothing.
    pub(super) fn forget(&self, ledger: &Arc<Ledger>) {
        lock(&self.ledgers).retain(|known| !Arc::ptr_eq(known, ledger));
    }

    /// Looks again for what cases made that were cut short: their requests may have been carried out after the clean-up.
    /// Says what is left behind.
    pub(super) async fn finish(&self, target: &Target, namespace: &str) -> Vec<String> {
        let unanswered = self.late.settle(LATE_PATIENCE.min(target.patience)).await;
        let mut left: Vec<String> = unanswered
            .into_iter()
            .map(|request| format!("{request} is not answered yet, and what it makes from now on stays"))
            .collect();
        let ledgers = std::mem::take(&mut *lock(&self.ledgers));
        let mut deleter = Deleter::new(target, namespace);
        for ledger in ledgers {
            left.extend(ledger.delete(&mut deleter).await);
        }
        left
    }

    /// The paths of what was made and is not removed yet.
    #[must_use]
    pub fn made(&self) -> Vec<String> {
        lock(&self.ledgers).iter().flat_map(|ledger| ledger.paths()).collect()
    }
}

/// What a case may have made, written down before each request is sent, so that nothing is forgotten when an answer
/// never comes.
#[derive(Debug)]
pub(super) struct Ledger {
    run: RunId,
    /// Paths below the namespace, in the order made, and who can delete what is there.
    made: Mutex<Vec<(String, User)>>,
}

impl Ledger {
    const fn new(run: RunId) -> Self {
        Self { run, made: Mutex::new(Vec::new()) }
    }

    /// Notes what the request may make: only names of this run, so that nothing of anybody else's is ever deleted.
    pub(super) fn note(&self, request: &Request) {
        if request.method != Method::POST {
            return;
        }
        let Body::Json(body) = &request.body else { return };
        let Some(name) = body["metadata"]["name"].as_str().filter(|name| self.run.owns(name)) else { return };
        let path = request.path.split('?').next().unwrap_or_default();
        let collection = match path.rsplit_once('/') {
            Some((parent, _)) => format!("{parent}/"),
            None => String::new(),
        };
        match path.rsplit('/').next() {
            Some("imagestreamimports" | "imagestreams") => {
                self.push(format!("{collection}imagestreams/{name}"), User::User);
            }
            Some("secrets") => self.push(format!("{path}/{name}"), User::User),
            _ => {}
        }
    }

    /// Notes an image object, which an administrator can delete.
    pub(super) fn note_image(&self, digest: &str) {
        self.push(format!("/apis/image.openshift.io/v1/images/{digest}"), User::Admin);
    }

    fn push(&self, path: String, user: User) {
        let mut made = lock(&self.made);
        if !made.iter().any(|(known, _)| *known == path) {
            made.push((path, user));
        }
    }

    fn paths(&self) -> Vec<String> {
        lock(&self.made).iter().map(|(path, _)| path.clone()).collect()
    }

    /// Deletes everything noted, last made first, and says what could not be deleted. What is not there any more is fine.
    /// The notes stay, so that this can be done again.
    pub(super) async fn clean_up(&self, target: &Target, namespace: &str) -> Vec<String> {
        self.delete(&mut Deleter::new(target, namespace)).await
    }

    async fn delete(&self, deleter: &mut Deleter<'_>) -> Vec<String> {
        let made = lock(&self.made).clone();
        let mut left = BTreeSet::new();
        for (path, user) in made.into_iter().rev() {
            if let Err(why) = deleter.delete(&path, user).await {
                left.insert(format!("{path}: {why}"));
            }
        }
        left.into_iter().collect()
    }
}

/// Deletes one object after the other, with less patience where the server has failed to delete the ones before.
#[derive(Debug)]
struct Deleter<'a> {
    target: &'a Target,
    namespace: &'a str,
    /// Whether the server failed to carry the last deletion out, although it was sent several times.
    is_failing: bool,
    /// How many deletions in a row had no answer.
    unanswered: u32,
}

impl<'a> Deleter<'a> {
    const fn new(target: &'a Target, namespace: &'a str) -> Self {
        Self { target, namespace, is_failing: false, unanswered: 0 }
    }

    /// Deletes what is at a path below the namespace. The error says why it may still be there.
    async fn delete(&mut self, path: &str, user: User) -> Result<(), String> {
        if self.unanswered >= UNANSWERED {
            return Err(format!("not deleted, as the server did not answer {UNANSWERED} deletions in a row"));
        }
        let absolute = Request::new(Method::DELETE, path).uri(self.namespace);
        let objects = if user == User::Admin { Objects::of_admin(self.target) } else { Objects::of_user(self.target) };
        let tries = if self.is_failing { 1 } else { DELETIONS };
        let deleted = objects.delete(&absolute, tries).await;
        self.is_failing = deleted.as_ref().is_err_and(ObjectError::is_passing);
        self.unanswered = if matches!(deleted, Err(ObjectError::NoAnswer { .. })) { self.unanswered + 1 } else { 0 };
        match deleted {
            Ok(_) => Ok(()),
            // Images that no user may delete are pruned by the cluster.
            Err(ObjectError::Refused { status: 403, .. }) if user == User::Admin => Ok(()),
            // Where there is no such endpoint nothing was made.
            Err(ObjectError::Refused { status: 405 | 501, .. }) => Ok(()),
            Err(ObjectError::Refused { status, .. }) => Err(format!("its deletion was answered with status {status}")),
            Err(ObjectError::NoAnswer { problem, .. }) => Err(problem.to_string()),
            Err(ObjectError::Unreadable { problem, .. }) => Err(problem.to_string()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    /// What is left behind of five cases that made a stream each, and how many deletions are sent.
    async fn finished(answers: &[ResponseTemplate]) -> (Vec<String>, usize) {
        let server = MockServer::start().await;
        for (answer, priority) in answers.iter().zip(1..) {
            let times = if usize::from(priority) < answers.len() { 1 } else { u64::MAX };
            Mock::given(any())
                .respond_with(answer.clone())
                .up_to_n_times(times)
                .with_priority(priority)
                .mount(&server)
                .await;
        }
        let (cleanup, run) = (Cleanup::default(), RunId::random());
        for number in 0..5 {
            let object = json!({ "metadata": { "name": format!("{number}-{run}") } });
            let request = Request { body: Body::Json(object), ..Request::new(Method::POST, "imagestreams") };
            cleanup.begin(&run).note(&request);
        }
        let target = Target::anonymous(server.uri(), Duration::from_millis(100));
        let left = cleanup.finish(&target, "demo").await;
        (left, server.received_requests().await.unwrap().len())
    }

    #[tokio::test]
    async fn a_server_that_fails_to_delete_is_asked_again_once_for_each_object() {
        let (left, sent) = finished(&[ResponseTemplate::new(500)]).await;
        assert_eq!(sent, 3 + 4);
        assert!(left.iter().all(|left| left.ends_with(": its deletion was answered with status 500")), "{left:?}");
        assert_eq!(left.len(), 5);
    }

    #[tokio::test]
    async fn a_deletion_that_fails_for_a_moment_leaves_nothing_behind() {
        let (left, sent) = finished(&[ResponseTemplate::new(503), ResponseTemplate::new(200)]).await;
        assert_eq!((left, sent), (Vec::new(), 5 + 1));
    }

    #[tokio::test]
    async fn a_server_that_answers_no_deletion_is_left_alone() {
        let (left, sent) = finished(&[ResponseTemplate::new(200).set_delay(Duration::from_secs(60))]).await;
        assert_eq!(sent, 3);
        let given_up =
            |left: &&String| left.ends_with(": not deleted, as the server did not answer 3 deletions in a row");
        assert_eq!((left.len(), left.iter().filter(given_up).count()), (5, 2));
    }
}
