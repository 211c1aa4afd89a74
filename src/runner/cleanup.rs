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
    object::{ObjectError, Objects},
    target::Target,
};
use crate::suite::{Body, Request, User};

/// How long the end of a run waits for requests that their cases have given up.
const LATE_PATIENCE: Duration = Duration::from_secs(5);

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
        for ledger in ledgers {
            left.extend(ledger.clean_up(target, namespace).await);
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
        let made = lock(&self.made).clone();
        let mut left = BTreeSet::new();
        for (path, user) in made.into_iter().rev() {
            let absolute = Request::new(Method::DELETE, &*path).uri(namespace);
            let objects = if user == User::Admin { Objects::of_admin(target) } else { Objects::of_user(target) };
            match objects.delete(&absolute).await {
                Ok(_) => {}
                // Images that no user may delete are pruned by the cluster.
                Err(ObjectError::Refused { status: 403, .. }) if user == User::Admin => {}
                // Where there is no such endpoint nothing was made.
                Err(ObjectError::Refused { status: 405 | 501, .. }) => {}
                Err(ObjectError::Refused { status, .. }) => {
                    left.insert(format!("{path}: status {status}"));
                }
                Err(ObjectError::NoAnswer { problem, .. }) => {
                    left.insert(format!("{path}: {problem}"));
                }
                Err(ObjectError::Unreadable { problem, .. }) => {
                    left.insert(format!("{path}: {problem}"));
                }
            }
        }
        left.into_iter().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
