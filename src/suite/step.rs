//! Steps: one request or one change each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    brief::Brief,
    expect::Expectation,
    import::ImportStep,
    request::{Body, Request},
};
use crate::{fixture::Fault, variable::Bindings};

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
    /// Who asks; the user of the run if absent.
    #[serde(rename = "as")]
    pub user: User,
    /// What is expected of the answer.
    pub expect: Expectation,
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
    /// Nobody: no credentials are sent.
    Anonymous,
    /// Somebody with credentials that no server knows.
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

/// A pull secret.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretStep {
    /// The registry the credentials are for, as the key of the docker config; the case's own if absent.
    #[serde(default)]
    pub registry: Option<String>,
    /// The user's name.
    #[serde(default)]
    pub username: String,
    /// The password.
    #[serde(default)]
    pub password: String,
    /// `kubernetes.io/dockerconfigjson` (the default), `kubernetes.io/dockercfg`, or any other type.
    #[serde(default = "docker_config_json", rename = "type")]
    pub kind: String,
    /// Annotations of the secret.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The docker config as text, instead of one made of the above.
    #[serde(default)]
    pub text: Option<String>,
}

impl SecretStep {
    fn of_registry(mut self, registry: &str) -> Self {
        self.registry.get_or_insert_with(|| registry.to_owned());
        self
    }
}

fn docker_config_json() -> String {
    "kubernetes.io/dockerconfigjson".to_owned()
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
}

impl StepFile {
    /// The step, if exactly one action is written; else the names of those that are. Short forms take the names that they
    /// leave out from `bindings`.
    pub fn into_step(self, bindings: &Bindings) -> Result<Step, Vec<&'static str>> {
        let request = |step: Option<Brief<RequestStep>>, method: http::Method| {
            step.map(|Brief(step)| Action::Request(step.request(method)))
        };
        let actions = [
            ("import", self.import.map(|Brief(step)| Action::Request(step.request(bindings)))),
            ("create", self.create.map(|step| Action::Request(step.request(&bindings.stream)))),
            ("get", request(self.get, http::Method::GET)),
            ("delete", request(self.delete, http::Method::DELETE)),
            ("post", request(self.post, http::Method::POST)),
            ("put", request(self.put, http::Method::PUT)),
            ("patch", request(self.patch, http::Method::PATCH)),
            ("registry", self.registry.map(Action::Registry)),
            ("secret", self.secret.map(|step| Action::Secret(step.of_registry(&bindings.registry)))),
            ("cluster", self.cluster.map(Action::Cluster)),
        ];
        let mut written: Vec<(&'static str, Action)> =
            actions.into_iter().filter_map(|(name, action)| Some((name, action?))).collect();
        match (written.pop(), written.as_slice()) {
            (Some((_, action)), []) => Ok(Step { action, user: self.user, expect: self.expect }),
            (last, _) => Err(written.iter().map(|(name, _)| *name).chain(last.map(|(name, _)| name)).collect()),
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
