//! Probes: real requests that find out which features a target has, before the first case.
//!
//! One image is imported into a stream of the run, and read back in every way that the API has. What the probes made is
//! deleted again. An endpoint counts as absent where it answers 404, 405 or 501 for an object that must exist, or 200 with
//! something else; any other answer leaves the judgement to the cases.

mod endpoints;
mod forms;
mod surroundings;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};

use super::{
    cleanup::Ledger,
    session::Session,
    target::{Answered, NoAnswer, Prepared},
};
use crate::suite::{Feature, Request, User};

/// The absent features, each with what was found.
pub(super) type Findings = BTreeMap<Feature, String>;

/// How long all probes may take. What is not found out by then is left to the cases.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds out which of the features in `wanted` are absent.
pub(super) async fn findings(session: &Session, wanted: &BTreeSet<Feature>) -> Findings {
    let ledger = session.cleanup.begin(&session.run);
    let mut probe = FeatureProbe { session, wanted, ledger: &ledger, found: Findings::new() };
    let patience = session.target.patience.min(PATIENCE);
    // The features that are not found out in time count as present, so that the cases judge them.
    let is_whole = tokio::time::timeout(patience, probe.surroundings()).await.is_ok()
        && tokio::time::timeout(patience, probe.api()).await.is_ok();
    let found = probe.found;
    if ledger.clean_up(&session.target, &session.namespace).await.is_empty() && is_whole {
        session.cleanup.forget(&ledger);
    }
    found
}

struct FeatureProbe<'a> {
    session: &'a Session,
    wanted: &'a BTreeSet<Feature>,
    ledger: &'a Ledger,
    found: Findings,
}

/// What an endpoint was found to answer.
enum Seen {
    /// It serves what it should.
    Served(Value),
    /// It does not exist, or serves something else: in words.
    Absent(String),
    /// The answer says nothing about whether the endpoint exists: it is forbidden, fails, or does not come.
    Unclear,
}

impl FeatureProbe<'_> {
    fn absent(&mut self, feature: Feature, reason: impl Into<String>) {
        if self.wanted.contains(&feature) {
            self.found.insert(feature, reason.into());
        }
    }

    fn note(&mut self, feature: Feature, seen: Seen) -> Option<Value> {
        match seen {
            Seen::Served(body) => Some(body),
            Seen::Absent(reason) => {
                self.absent(feature, reason);
                None
            }
            Seen::Unclear => None,
        }
    }

    fn wants(&self, features: &[Feature]) -> bool {
        features.iter().any(|feature| self.wanted.contains(feature))
    }

    async fn send(&self, request: &Request, user: User) -> Result<Answered, NoAnswer> {
        self.send_until(request, user, |_| false).await
    }

    /// Sends `request` and reads the response until `is_enough` holds for its body. What changes something is read to the end.
    async fn send_until(
        &self,
        request: &Request,
        user: User,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Answered, NoAnswer> {
        self.ledger.note(request);
        let prepared = Prepared::new(request, &self.session.namespace)?;
        let Session { target, cleanup, .. } = self.session;
        let sent = async {
            if prepared.method.is_safe() {
                target.send_until(&prepared, user, is_enough).await
            } else {
                cleanup.late.send(target, &prepared, user).await
            }
        };
        tokio::time::timeout(target.patience, sent).await.unwrap_or(Err(NoAnswer::Timeout(target.patience)))
    }

    /// Sends `request` and judges the answer: `holds` says whether a body is what the endpoint must answer.
    async fn see(&self, request: &Request, user: User, holds: impl Fn(&Value) -> bool) -> Seen {
        let described = self.described(request);
        match self.send(request, user).await {
            Ok(answered) => seen(&described, &answered, holds),
            Err(_) => Seen::Unclear,
        }
    }

    /// The request with `[stream]` in place of the probe's own name.
    fn described(&self, request: &Request) -> String {
        let path = request.describe();
        let path = path.split('?').next().unwrap_or_default();
        path.replace(&self.stream("created"), "[stream]")
            .replace(&self.stream("probe"), "[stream]")
            .replace(&format!("/namespaces/{}", self.session.namespace), "/namespaces/[namespace]")
    }

    fn stream(&self, purpose: &str) -> String {
        format!("{purpose}-{}", self.session.run.as_str())
    }

    /// An import of one image into the stream of the probes, or of none.
    fn import(&self, image: Option<(&str, bool)>) -> Value {
        let images: Vec<Value> = image
            .iter()
            .map(|(reference, _)| {
                json!({
                    "from": { "kind": "DockerImage", "name": reference },
                    "to": { "name": "v1" },
                    "importPolicy": { "insecure": true },
                })
            })
            .collect();
        json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStreamImport",
            "metadata": { "name": self.stream("probe"), "namespace": self.session.namespace },
            "spec": { "import": image.is_some_and(|(_, store)| store), "images": images },
        })
    }
}

fn import_request() -> Request {
    Request::new(Method::POST, "imagestreamimports")
}

fn body_of(answered: &Answered) -> Value {
    serde_json::from_slice(&answered.body).unwrap_or_default()
}

/// Whether a status says that the endpoint does not exist. `found` says that the object it is asked for must exist.
const fn is_no_endpoint(status: u16, found: bool) -> bool {
    matches!(status, 405 | 501) || found && status == 404 || !found && matches!(status, 400 | 404 | 422)
}

fn seen(described: &str, answered: &Answered, holds: impl Fn(&Value) -> bool) -> Seen {
    match answered.status {
        200..=299 => {
            let body = body_of(answered);
            if holds(&body) {
                Seen::Served(body)
            } else {
                Seen::Absent(format!("{described} answers {} without the object", answered.status))
            }
        }
        status if is_no_endpoint(status, true) => Seen::Absent(format!("{described} answers {status}")),
        _ => Seen::Unclear,
    }
}
