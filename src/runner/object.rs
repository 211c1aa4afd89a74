//! Objects of the target that the run itself reads and writes, outside of what cases judge.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::target::{Answered, NoAnswer, Prepared, Target};
use crate::suite::{Body, Request, User};

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The target did not answer.
    #[error("{request}: {problem}")]
    NoAnswer {
        /// Method and path.
        request: String,
        /// What happened.
        problem: NoAnswer,
    },
    /// The target answered with an error.
    #[error("{request} answers {status}{message}")]
    Refused {
        /// Method and path.
        request: String,
        /// The HTTP status code.
        status: u16,
        /// What the answer says, after a colon; empty if it says nothing.
        message: String,
    },
    /// The answer is not an object.
    #[error("{request}: the answer is not JSON: {problem}")]
    Unreadable {
        /// Method and path.
        request: String,
        /// Where the JSON ends.
        problem: serde_json::Error,
    },
}

impl ObjectError {
    /// The HTTP status code, if there was an answer.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::NoAnswer { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// Whether the same request can succeed a moment later.
    pub(super) const fn is_passing(&self) -> bool {
        match self {
            Self::NoAnswer { problem, .. } => matches!(problem, NoAnswer::Reset | NoAnswer::Closed(_)),
            Self::Refused { status, .. } => matches!(status, 500 | 502..=504),
            Self::Unreadable { .. } => false,
        }
    }
}

/// How often a deletion is sent to a server that fails to carry it out.
pub(super) const DELETIONS: u32 = 3;
/// How long to wait before a deletion is sent again. Nothing tells when the server has recovered.
const PAUSE: Duration = Duration::from_millis(100);

/// The objects of a target, as one of its users.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objects<'a> {
    target: &'a Target,
    user: User,
}

impl<'a> Objects<'a> {
    /// As a cluster administrator, or as the user of the run if there is no administrator.
    #[must_use]
    pub(super) const fn of_admin(target: &'a Target) -> Self {
        Self { target, user: User::Admin }
    }

    /// As the user of the run.
    #[must_use]
    pub(super) const fn of_user(target: &'a Target) -> Self {
        Self { target, user: User::User }
    }

    /// The object at `path`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn get(self, path: &str) -> Result<Option<Value>, ObjectError> {
        absent_is_none(self.send(&Request::new(Method::GET, path)).await)
    }

    /// The objects of a collection.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) async fn list(self, collection: &str) -> Result<Vec<Value>, ObjectError> {
        let mut list = self.send(&Request::new(Method::GET, collection)).await?;
        Ok(match list["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        })
    }

    /// Creates an object in a collection.
    ///
    /// # Errors
    /// When it cannot be created, status 409 if it exists.
    pub(super) async fn create(self, collection: &str, object: Value) -> Result<Value, ObjectError> {
        self.send(&Request { body: Body::Json(object), ..Request::new(Method::POST, collection) }).await
    }

    /// Replaces the object at `path`, whose `resourceVersion` is the one that was read.
    ///
    /// # Errors
    /// When it cannot be replaced, status 409 if it has changed.
    pub(super) async fn replace(self, path: &str, object: Value) -> Result<Value, ObjectError> {
        self.send(&Request { body: Body::Json(object), ..Request::new(Method::PUT, path) }).await
    }

    /// Deletes the object at `path` if it is still the one in `expected`; says whether there was one.
    ///
    /// # Errors
    /// When it cannot be deleted, status 409 if it is another one.
    pub(super) async fn delete_expected(self, path: &str, expected: &Value) -> Result<bool, ObjectError> {
        let uid = &expected["metadata"]["uid"];
        let options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": { "uid": uid } });
        let body = if uid.is_string() { Body::Json(options) } else { Body::Empty };
        let deleted = self.send(&Request { body, ..Request::new(Method::DELETE, path) }).await;
        absent_is_none(deleted).map(|deleted| deleted.is_some())
    }

    /// Deletes the object at `path`; says whether there was one. A deletion is sent so many times if the server fails or the
    /// connection is cut.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub(super) async fn delete(self, path: &str, tries: u32) -> Result<bool, ObjectError> {
        let request = Request::new(Method::DELETE, path);
        let mut sent = 1;
        loop {
            match absent_is_none(self.send(&request).await) {
                Err(error) if error.is_passing() && sent < tries => sent += 1,
                deleted => return deleted.map(|deleted| deleted.is_some()),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn send(self, request: &Request) -> Result<Value, ObjectError> {
        let described = || request.describe();
        let no_answer = |problem| ObjectError::NoAnswer { request: described(), problem };
        let prepared = Prepared::new(request, "").map_err(no_answer)?;
        let answered = self.target.ask(&prepared, self.user).await.map_err(no_answer)?;
        if answered.status >= 300 {
            let (status, message) = (answered.status, message(&answered));
            return Err(ObjectError::Refused { request: described(), status, message });
        }
        match serde_json::from_slice(&answered.body) {
            Ok(object) => Ok(object),
            // It was done, whatever the answer says of it.
            Err(_) if request.method != Method::GET => Ok(Value::Null),
            Err(problem) => Err(ObjectError::Unreadable { request: described(), problem }),
        }
    }
}

fn absent_is_none(answer: Result<Value, ObjectError>) -> Result<Option<Value>, ObjectError> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(ObjectError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a `Status` says, after a colon.
fn message(answered: &Answered) -> String {
    serde_json::from_slice::<Value>(&answered.body)
        .ok()
        .and_then(|body| body["message"].as_str().map(|message| format!(": {message}")))
        .unwrap_or_default()
}

/// What is to be said of an object at `path` that was found after its deletion had succeeded; nothing if it is on its way out.
pub(super) fn outlived_deletion(path: &str, object: &Value) -> Option<String> {
    let is_kept = object["metadata"]["deletionTimestamp"].is_null();
    is_kept.then(|| format!("{path} is still there, although its deletion succeeded"))
}

/// The name of an object; empty if it has none.
pub(super) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}
