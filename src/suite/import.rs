//! The step that imports: short forms, and the `ImageStreamImport` they stand for.

use std::{collections::BTreeMap, convert::Infallible, str::FromStr};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    brief::{Brief, Toggle},
    request::{Body, Request},
};
use crate::variable::Bindings;

/// An import: `lib/app:v1 -> v1` for one image, or a mapping.
///
/// Unless told otherwise the result is stored (`spec.import`), over a connection that need not be secure
/// (`importPolicy.insecure`), because the registry of most cases speaks plain HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct ImportStep {
    /// The images to import.
    pub images: Vec<Brief<ImageEntry>>,
    /// The repository to import, all tags of it.
    pub repository: Option<Brief<ImageEntry>>,
    /// `spec.import`; true unless given.
    pub store: Option<Toggle>,
    /// What holds for every entry that does not say otherwise.
    pub import_mode: Option<String>,
    /// As above.
    pub insecure: Option<Toggle>,
    /// As above.
    pub scheduled: Option<bool>,
    /// As above: `Source` or `Local`.
    pub reference_policy: Option<String>,
    /// As above.
    pub include_manifest: Option<bool>,
    /// Merged over `metadata`; `null` removes a key.
    pub metadata: Map<String, Value>,
    /// Merged over `spec`; `null` removes a key.
    pub spec: Map<String, Value>,
    /// Merged over the whole object; `null` removes a key.
    pub merge: Map<String, Value>,
    /// Query parameters.
    pub query: BTreeMap<String, String>,
    /// Header fields that replace the usual ones.
    pub headers: BTreeMap<String, String>,
}

/// An image or a repository to import: `FROM`, `FROM -> TO`, or a mapping.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct ImageEntry {
    /// The reference. Without a host it is one of the case's own registry.
    pub from: String,
    /// The tag to write; not sent unless given.
    pub to: Option<String>,
    /// `Legacy` or `PreserveOriginal`; not sent unless given.
    pub import_mode: Option<String>,
    /// Sent as true unless given.
    pub insecure: Option<Toggle>,
    /// Not sent unless given.
    pub scheduled: Option<bool>,
    /// `Source` or `Local`; not sent unless given.
    pub reference_policy: Option<String>,
    /// Not sent unless given.
    pub include_manifest: Option<bool>,
}

impl FromStr for ImageEntry {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (from, to) = match text.split_once("->") {
            Some((from, to)) => (from, Some(to.trim().to_owned())),
            None => (text, None),
        };
        Ok(Self { from: from.trim().to_owned(), to, ..Self::default() })
    }
}

impl FromStr for ImportStep {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self { images: vec![Brief(text.parse()?)], ..Self::default() })
    }
}

impl ImportStep {
    /// The request that this step stands for, in a case with these values.
    #[must_use]
    pub fn request(&self, bindings: &Bindings) -> Request {
        let mut spec = Map::new();
        if let Some(import) = self.store.unwrap_or(Toggle::Sent(true)).value() {
            spec.insert("import".to_owned(), import.into());
        }
        if !self.images.is_empty() {
            spec.insert(
                "images".to_owned(),
                self.images.iter().map(|Brief(entry)| self.entry(entry, bindings)).collect(),
            );
        }
        if let Some(Brief(repository)) = &self.repository {
            spec.insert("repository".to_owned(), self.entry(repository, bindings));
        }
        let mut body = json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStreamImport",
            "metadata": { "name": bindings.stream, "namespace": bindings.namespace },
            "spec": spec,
        });
        merge(&mut body["metadata"], &self.metadata);
        merge(&mut body["spec"], &self.spec);
        merge(&mut body, &self.merge);
        Request {
            query: self.query.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            headers: self.headers.clone(),
            body: Body::Json(body),
            ..Request::new(http::Method::POST, "imagestreamimports")
        }
    }

    fn entry(&self, entry: &ImageEntry, bindings: &Bindings) -> Value {
        let mut policy = Map::new();
        if let Some(insecure) = entry.insecure.or(self.insecure).unwrap_or(Toggle::Sent(true)).value() {
            policy.insert("insecure".to_owned(), insecure.into());
        }
        if let Some(scheduled) = entry.scheduled.or(self.scheduled) {
            policy.insert("scheduled".to_owned(), scheduled.into());
        }
        if let Some(mode) = entry.import_mode.as_ref().or(self.import_mode.as_ref()) {
            policy.insert("importMode".to_owned(), mode.as_str().into());
        }
        let mut object = Map::new();
        object.insert(
            "from".to_owned(),
            json!({ "kind": "DockerImage", "name": with_registry(&entry.from, &bindings.registry) }),
        );
        if let Some(to) = &entry.to {
            object.insert("to".to_owned(), json!({ "name": to }));
        }
        if !policy.is_empty() {
            object.insert("importPolicy".to_owned(), policy.into());
        }
        if let Some(reference) = entry.reference_policy.as_ref().or(self.reference_policy.as_ref()) {
            object.insert("referencePolicy".to_owned(), json!({ "type": reference }));
        }
        if let Some(include) = entry.include_manifest.or(self.include_manifest) {
            object.insert("includeManifest".to_owned(), include.into());
        }
        object.into()
    }
}

/// A reference whose first component is no host is one of the case's own registry.
fn with_registry(from: &str, registry: &str) -> String {
    let names_a_host = from
        .split_once('/')
        .is_some_and(|(first, _)| first.is_empty() || first.contains(['.', ':']) || first == "localhost");
    if names_a_host { from.to_owned() } else { format!("{registry}/{from}") }
}

/// Merges as RFC 7386 (JSON Merge Patch) does: objects key by key, `null` removes, anything else replaces.
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(entries) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => {
                entries.remove(key);
            }
            Value::Object(patch) => merge(entries.entry(key.clone()).or_insert(Value::Null), patch),
            other => {
                entries.insert(key.clone(), other.clone());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn body(step: Value) -> Value {
        let Brief(step) = serde_json::from_value::<Brief<ImportStep>>(step).unwrap();
        let (registry, namespace, stream) = ("r:5000".to_owned(), "demo".to_owned(), "app".to_owned());
        match step.request(&Bindings { registry, namespace, stream, ..Bindings::default() }).body {
            Body::Json(body) => body,
            other => panic!("an import has a JSON body, not {other:?}"),
        }
    }

    #[test]
    fn the_short_form_imports_one_image_into_a_tag() {
        assert_eq!(
            body(json!("lib/app:v1 -> stable")),
            json!({
                "apiVersion": "image.openshift.io/v1",
                "kind": "ImageStreamImport",
                "metadata": { "name": "app", "namespace": "demo" },
                "spec": {
                    "import": true,
                    "images": [{
                        "from": { "kind": "DockerImage", "name": "r:5000/lib/app:v1" },
                        "to": { "name": "stable" },
                        "importPolicy": { "insecure": true },
                    }],
                },
            })
        );
    }

    #[rstest]
    #[case("lib/app:v1->stable")]
    #[case("lib/app:v1 ->  stable")]
    fn the_arrow_needs_no_spaces(#[case] text: &str) {
        let image = &body(json!(text))["spec"]["images"][0];
        assert_eq!((&image["from"]["name"], &image["to"]["name"]), (&json!("r:5000/lib/app:v1"), &json!("stable")));
    }

    #[test]
    fn what_an_entry_says_wins_over_what_the_step_says() {
        let spec = &body(json!({
            "images": ["lib/a:1", { "from": "lib/b:1", "importMode": "Legacy", "insecure": "omit" }],
            "importMode": "PreserveOriginal",
            "store": "omit",
        }))["spec"];
        assert_eq!(spec["images"][0]["importPolicy"], json!({ "insecure": true, "importMode": "PreserveOriginal" }));
        assert_eq!(spec["images"][1]["importPolicy"], json!({ "importMode": "Legacy" }));
        assert_eq!(spec.get("import"), None);
    }

    #[test]
    fn merging_replaces_adds_and_removes() {
        let body = body(json!({
            "repository": "lib/app",
            "metadata": { "name": null, "labels": { "a": "b" } },
            "spec": { "extra": true },
            "merge": { "kind": null, "apiVersion": "v1" },
        }));
        assert_eq!(body["metadata"], json!({ "namespace": "demo", "labels": { "a": "b" } }));
        assert_eq!(body["spec"]["extra"], true);
        assert_eq!((body.get("kind"), &body["apiVersion"]), (None, &json!("v1")));
    }

    #[rstest]
    #[case("lib/app:v1", "r:5000/lib/app:v1")]
    #[case("app:v1", "r:5000/app:v1")]
    #[case("source.example.test/lib/app", "source.example.test/lib/app")]
    #[case("localhost/app", "localhost/app")]
    #[case("r:5000/app", "r:5000/app")]
    fn a_reference_without_a_host_is_of_the_own_registry(#[case] from: &str, #[case] expected: &str) {
        assert_eq!(with_registry(from, "r:5000"), expected);
    }
}
