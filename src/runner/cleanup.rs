//! Taking back what a case made.

use std::{collections::BTreeSet, sync::Mutex};

use http::Method;

use super::{
    names::RunId,
    target::{Prepared, Target},
};
use crate::suite::{Body, Request, User};

/// What a case may have made, written down before each request is sent, so that nothing is forgotten when an answer
/// never comes.
#[derive(Debug)]
pub(super) struct Ledger {
    run: RunId,
    /// Paths below the namespace, in the order made; `true` where only an administrator can delete.
    made: Mutex<Vec<(String, User)>>,
}

impl Ledger {
    /// An empty ledger of a run.
    #[must_use]
    pub(super) const fn new(run: RunId) -> Self {
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
        match path.rsplit('/').next() {
            Some("imagestreamimports" | "imagestreams") => self.push(format!("imagestreams/{name}"), User::User),
            Some("secrets") => self.push(format!("{path}/{name}"), User::User),
            _ => {}
        }
    }

    /// Notes an image object, which an administrator can delete.
    pub(super) fn note_image(&self, digest: &str) {
        self.push(format!("/apis/image.openshift.io/v1/images/{digest}"), User::Admin);
    }

    fn push(&self, path: String, user: User) {
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !made.iter().any(|(known, _)| *known == path) {
            made.push((path, user));
        }
    }

    /// Deletes everything noted, last made first, and says what could not be deleted. What is not there any more is fine.
    pub(super) async fn clean_up(&self, target: &Target, namespace: &str) -> Vec<String> {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let mut left = BTreeSet::new();
        for (path, user) in made.into_iter().rev() {
            let problem = match Prepared::new(&Request::new(Method::DELETE, &*path), namespace) {
                Err(error) => Some(error.to_string()),
                Ok(request) => match target.ask(&request, user).await {
                    Ok(answered) if answered.status < 300 || answered.status == 404 => None,
                    // Images that nobody may delete by hand are pruned by the cluster.
                    Ok(answered) if user == User::Admin && answered.status == 403 => None,
                    Ok(answered) => Some(format!("status {}", answered.status)),
                    Err(error) => Some(error.to_string()),
                },
            };
            if let Some(problem) = problem {
                left.insert(format!("{path}: {problem}"));
            }
        }
        left.into_iter().collect()
    }
}
