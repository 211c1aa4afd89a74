//! The namespace that a run works in.

use http::Method;
use serde_json::{Value, json};

use super::{
    names::RunId,
    target::{Answered, NoAnswer, Prepared, Target},
};
use crate::suite::{Body, Request, User};

const NAMESPACES: &str = "/api/v1/namespaces";

/// The namespace that a run works in, and whether the run made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    made: bool,
}

/// Why there is no namespace to work in.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// The target does not answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The target refuses to make one.
    #[error("no namespace can be made: POST {NAMESPACES} answers {status}{message}")]
    Refused {
        /// The HTTP status code.
        status: u16,
        /// What the answer says, after a colon.
        message: String,
    },
}

impl Namespace {
    /// A namespace that is there already.
    #[must_use]
    pub const fn existing(name: String) -> Self {
        Self { name, made: false }
    }

    /// Makes a namespace for this run alone. A server that does not serve namespaces itself (openshift-apiserver without
    /// the rest of a cluster before it) is taken to know every one.
    ///
    /// # Errors
    /// When the target serves namespaces and refuses to make one.
    pub async fn make(target: &Target, run: &RunId) -> Result<Self, NamespaceError> {
        let name = format!("isi-conformance-{}", run.as_str());
        let body = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        let request = Request { body: Body::Json(body), ..Request::new(Method::POST, NAMESPACES) };
        let answered = send(target, &request).await?;
        match answered.status {
            200..=299 => Ok(Self { name, made: true }),
            404 | 405 => Ok(Self::existing(name)),
            status => Err(NamespaceError::Refused { status, message: message(&answered) }),
        }
    }

    /// Deletes the namespace if this run made it; says what is left behind otherwise.
    pub async fn clean_up(&self, target: &Target) -> Option<String> {
        if !self.made {
            return None;
        }
        let path = format!("{NAMESPACES}/{}", self.name);
        match send(target, &Request::new(Method::DELETE, &*path)).await {
            Ok(answered) if answered.status < 300 || answered.status == 404 => None,
            Ok(answered) => Some(format!("{path}: status {}", answered.status)),
            Err(error) => Some(format!("{path}: {error}")),
        }
    }
}

async fn send(target: &Target, request: &Request) -> Result<Answered, NoAnswer> {
    let user = if target.admin.is_some() { User::Admin } else { User::User };
    target.ask(&Prepared::new(request, "")?, user).await
}

fn message(answered: &Answered) -> String {
    serde_json::from_slice::<Value>(&answered.body)
        .ok()
        .and_then(|body| body["message"].as_str().map(|message| format!(": {message}")))
        .unwrap_or_default()
}
