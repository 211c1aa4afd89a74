//! Steps: one request or one change each.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    brief::Brief,
    expect::Expectation,
    import::ImportStep,
    request::{Body, Request},
    secret::SecretStep,
    value::ValuePath,
};
use crate::{
    fixture::{Fault, Time},
    variable::Bindings,
    version::ApiVersion,
};

/// A step as it is written: one action, who does it, and what is expected of the answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepFile {
    /// Posts an `ImageStreamImport`: `FROM -> TO`, or a mapping.
    pub import: Option<Brief<ImportStep>>,
    /// Creates the case's own image stream.
    pub create: Option<CreateStep>,
    /// Reads: a path below the namespace of the image API, or an absolute one.
    pub get: Option<Brief<RequestStep>>,
    /// Deletes: a path as above.
    pub delete: Option<Brief<RequestStep>>,
    /// Posts any body to any path.
    pub post: Option<Brief<RequestStep>>,
    /// Puts any body to any path.
    pub put: Option<Brief<RequestStep>>,
    /// Patches any path with any body.
    pub patch: Option<Brief<RequestStep>>,
    /// Changes the mock registry.
    pub registry: Option<RegistryChange>,
    /// Places a pull secret in the namespace.
    pub secret: Option<SecretStep>,
    /// Puts cluster configuration in place: objects by their API path.
    pub cluster: Option<BTreeMap<String, Value>>,
    /// Sends two or more requests at the same time, each with its own `expect`. Answers are judged in the order in which the
    /// requests are written. What they ask of the registry is not told apart: `expect.requests` of this step counts it.
    pub together: Option<Vec<Self>>,
    /// Waits so long, at most 10 seconds: times of the API are exact to the second, so that only a pause makes two of them
    /// differ for certain. Nothing else needs a fixed time.
    pub wait: Option<Time>,
    /// Who asks; the user of the run if absent.
    #[serde(rename = "as")]
    pub user: User,
    /// What is expected of the answer.
    pub expect: Expectation,
    /// Values of the answer that later requests name as `{{kept NAME}}`, by name: `version: metadata.resourceVersion`.
    pub keep: BTreeMap<String, ValuePath>,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum User {
    /// The user of the run, who may work in its namespace.
    #[default]
    User,
    /// A cluster administrator.
    Admin,
    /// Anonymous: no credentials are sent.
    Anonymous,
    /// A user with credentials that no server knows.
    Unknown,
    /// A user who may create imports, and neither images nor image stream mappings.
    Restricted,
}

/// A request to any path.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RequestStep {
    /// A path below the namespace of the image API, or an absolute one. A query may stand in it.
    pub path: String,
    /// Query parameters.
    pub query: BTreeMap<String, String>,
    /// Header fields that replace the usual ones.
    pub headers: BTreeMap<String, String>,
    /// A JSON body.
    pub body: Option<Value>,
    /// A body as text, for what is no JSON.
    pub text: Option<String>,
}

impl std::str::FromStr for RequestStep {
    type Err = std::convert::Infallible;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        Ok(Self { path: path.to_owned(), ..Self::default() })
    }
}

/// An image stream to create, named `{{stream}}`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreateStep {
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// `spec.tags`.
    pub tags: Vec<Value>,
    /// The rest of `spec`.
    pub spec: Map<String, Value>,
}

/// A change of the mock registry between two steps.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RegistryChange {
    /// Points tags at images: `lib/app:v1: s2-second`.
    pub tag: BTreeMap<String, String>,
    /// Takes tags away: `lib/app:v1`.
    pub untag: Vec<String>,
    /// Arms faults, beside those that are armed already.
    pub faults: Vec<Fault>,
}

/// A step, ready to be carried out once variables have values.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Who does it.
    pub user: User,
    /// What is expected of the answer, if there is one.
    pub expect: Expectation,
    /// Values of the answer that later requests name.
    pub keep: BTreeMap<String, ValuePath>,
}

impl Step {
    /// Whether the request of this step is expected to be accepted.
    #[must_use]
    pub fn succeeds(&self, version: ApiVersion) -> bool {
        let expected = self.expect.status.as_ref().and_then(|status| status.at(version));
        expected.is_none_or(|status| status < 400)
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sends a request to the implementation and judges the answer.
    Request(Request),
    /// Changes the mock registry.
    Registry(RegistryChange),
    /// Places a pull secret.
    Secret(SecretStep),
    /// Puts cluster configuration in place.
    Cluster(BTreeMap<String, Value>),
    /// Sends these requests at the same time.
    Together(Vec<Step>),
    /// Waits.
    Wait(Duration),
}

impl Step {
    /// Whether the step writes what an import controller imports by itself.
    #[must_use]
    pub fn writes_spec_tags(&self) -> bool {
        self.requests().any(|(request, _)| request.writes_spec_tags())
    }

    /// The requests of this step whose answers are judged, in the order of a golden, each with what is expected of it.
    pub fn requests(&self) -> impl Iterator<Item = (&Request, &Expectation)> {
        let members = match &self.action {
            Action::Together(members) => members.as_slice(),
            _ => std::slice::from_ref(self),
        };
        members.iter().filter_map(|step| match &step.action {
            Action::Request(request) => Some((request, &step.expect)),
            _ => None,
        })
    }
}

/// Why what is written is no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StepProblem {
    /// These actions are written: none, or several.
    Actions(Vec<&'static str>),
    /// A key of a secret would be ignored.
    Secret {
        /// The key.
        key: &'static str,
        /// Why.
        why: &'static str,
    },
}

impl StepFile {
    /// The names of all actions, in the order of the documentation.
    pub const ACTIONS: [&str; 12] = [
        "import", "create", "get", "delete", "post", "put", "patch", "registry", "secret", "cluster", "together",
        "wait",
    ];

    /// The step. Short forms take the names that they leave out from `bindings`; `members` are the steps below `together`.
    ///
    /// # Errors
    /// Unless exactly one action is written, and makes sense.
    pub(super) fn into_step(self, bindings: &Bindings, members: Vec<Step>) -> Result<Step, StepProblem> {
        let request = |step: Option<Brief<RequestStep>>, method: http::Method| {
            step.map(|Brief(step)| Action::Request(step.request(method)))
        };
        let secret = self.secret.map(|step| step.of_registry(&bindings.registry)).transpose();
        let secret = secret.map_err(|(key, why)| StepProblem::Secret { key, why })?;
        let actions = [
            ("import", self.import.map(|Brief(step)| Action::Request(step.request(bindings)))),
            ("create", self.create.map(|step| Action::Request(step.request(&bindings.stream)))),
            ("get", request(self.get, http::Method::GET)),
            ("delete", request(self.delete, http::Method::DELETE)),
            ("post", request(self.post, http::Method::POST)),
            ("put", request(self.put, http::Method::PUT)),
            ("patch", request(self.patch, http::Method::PATCH)),
            ("registry", self.registry.map(Action::Registry)),
            ("secret", secret.map(Action::Secret)),
            ("cluster", self.cluster.map(Action::Cluster)),
            ("together", self.together.map(|_| Action::Together(members))),
            ("wait", self.wait.map(|Time(length)| Action::Wait(length))),
        ];
        let mut written: Vec<(&'static str, Action)> =
            actions.into_iter().filter_map(|(name, action)| Some((name, action?))).collect();
        match (written.pop(), written.as_slice()) {
            (Some((_, action)), []) => Ok(Step { action, user: self.user, expect: self.expect, keep: self.keep }),
            (last, _) => {
                let names = written.iter().map(|(name, _)| *name).chain(last.map(|(name, _)| name));
                Err(StepProblem::Actions(names.collect()))
            }
        }
    }
}

impl RequestStep {
    fn request(self, method: http::Method) -> Request {
        let body = match (self.body, self.text) {
            (Some(body), _) => Body::Json(body),
            (None, Some(text)) => Body::Text(text),
            (None, None) => Body::Empty,
        };
        Request {
            query: self.query.into_iter().collect(),
            headers: self.headers,
            body,
            ..Request::new(method, self.path)
        }
    }
}

impl CreateStep {
    fn request(self, stream: &str) -> Request {
        let mut metadata = json!({ "name": stream });
        if !self.labels.is_empty() {
            metadata["labels"] = json!(self.labels);
        }
        if !self.annotations.is_empty() {
            metadata["annotations"] = json!(self.annotations);
        }
        let mut spec = self.spec;
        if !self.tags.is_empty() {
            spec.insert("tags".to_owned(), self.tags.into());
        }
        let body =
            json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": metadata, "spec": spec });
        Request { body: Body::Json(body), ..Request::new(http::Method::POST, "imagestreams") }
    }
}
