//! Namespaces: which there are, and which are going away.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{meta::new_uid, time::Time};

/// The namespaces of a server.
#[derive(Debug)]
pub(crate) struct Namespaces {
    known: BTreeMap<String, Namespace>,
    /// Whether a namespace exists that was never created or deleted.
    lenient: bool,
}

#[derive(Debug, Clone)]
struct Namespace {
    phase: Phase,
    uid: String,
    version: u64,
    created: Time,
    finalizers: Vec<Value>,
    metadata: Value,
}

/// How a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It takes objects.
    Active,
    /// It is going away and takes no more.
    Terminating,
    /// There is none.
    Missing,
}

impl Default for Namespaces {
    fn default() -> Self {
        Self { known: BTreeMap::new(), lenient: true }
    }
}

impl Namespaces {
    /// Sets whether a namespace exists that was never created.
    pub(super) fn start(&mut self, lenient: bool) {
        self.lenient = lenient;
    }

    /// How a namespace is.
    pub(crate) fn phase(&self, name: &str) -> Phase {
        match self.known.get(name) {
            Some(namespace) => namespace.phase,
            None if self.lenient => Phase::Active,
            None => Phase::Missing,
        }
    }

    /// Makes a namespace of this version; `None` if there is one already. One that was only assumed can be made.
    pub(super) fn create(&mut self, name: &str, object: &Value, version: u64) -> Option<Value> {
        if self.known.get(name).is_some_and(|namespace| namespace.phase != Phase::Missing) {
            return None;
        }
        let finalizers = object["spec"]["finalizers"].as_array().cloned();
        let namespace = Namespace {
            phase: Phase::Active,
            uid: new_uid(),
            version,
            created: Time::now(),
            finalizers: finalizers.unwrap_or_else(|| vec!["kubernetes".into()]),
            metadata: object["metadata"].clone(),
        };
        self.known.insert(name.to_owned(), namespace);
        self.get(name)
    }

    /// A namespace as an object.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        match self.known.get(name) {
            Some(namespace) if namespace.phase == Phase::Missing => None,
            Some(namespace) => Some(render(name, namespace)),
            None if self.lenient => Some(json!({
                "kind": "Namespace", "apiVersion": "v1",
                "metadata": { "name": name }, "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
            })),
            None => None,
        }
    }

    /// The namespaces that were created.
    pub(crate) fn list(&self) -> Vec<Value> {
        let there = self.known.iter().filter(|(_, namespace)| namespace.phase != Phase::Missing);
        there.map(|(name, namespace)| render(name, namespace)).collect()
    }

    /// Deletes a namespace. One that another finalizer than Kubernetes' own holds keeps terminating; the result says
    /// how it is now.
    pub(super) fn delete(&mut self, name: &str, version: u64) -> Option<Phase> {
        if self.phase(name) == Phase::Missing {
            return None;
        }
        let namespace = self.known.entry(name.to_owned()).or_insert_with(|| Namespace {
            phase: Phase::Active,
            uid: new_uid(),
            version,
            created: Time::now(),
            finalizers: Vec::new(),
            metadata: json!({}),
        });
        namespace.version = version;
        let is_held = namespace.finalizers.iter().any(|finalizer| finalizer != "kubernetes");
        namespace.phase = if is_held { Phase::Terminating } else { Phase::Missing };
        Some(namespace.phase)
    }
}

fn render(name: &str, namespace: &Namespace) -> Value {
    let mut metadata = json!({
        "name": name, "uid": namespace.uid, "resourceVersion": namespace.version.to_string(), "creationTimestamp": namespace.created.to_string(),
        "labels": { "kubernetes.io/metadata.name": name },
    });
    for part in ["labels", "annotations"] {
        for (key, value) in namespace.metadata[part].as_object().into_iter().flatten() {
            metadata[part][key] = value.clone();
        }
    }
    let phase = if namespace.phase == Phase::Terminating { "Terminating" } else { "Active" };
    json!({
        "kind": "Namespace", "apiVersion": "v1", "metadata": metadata,
        "spec": { "finalizers": namespace.finalizers }, "status": { "phase": phase },
    })
}
