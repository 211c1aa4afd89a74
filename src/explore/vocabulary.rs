//! What scenarios are drawn from, the plainest value first: a scenario is shrunk towards it.

use serde_json::{Value, json};

use crate::fixture::{self, Quirk};

/// How often each kind of step is drawn, in proportion to the others.
pub(super) const STEP_WEIGHTS: StepWeights = StepWeights {
    import_plain: 5,
    import_images: 10,
    import_repository: 3,
    read: 6,
    create: 2,
    patch: 2,
    delete: 1,
    registry: 4,
    raw: 2,
};

/// How often each kind of step is drawn.
pub(super) struct StepWeights {
    pub(super) import_plain: u32,
    pub(super) import_images: u32,
    pub(super) import_repository: u32,
    pub(super) read: u32,
    pub(super) create: u32,
    pub(super) patch: u32,
    pub(super) delete: u32,
    pub(super) registry: u32,
    pub(super) raw: u32,
}

/// How likely a registry asks for credentials.
pub(super) const AUTH: f64 = 0.15;
/// How likely a registry has quirks.
pub(super) const QUIRKS: f64 = 0.15;
/// How likely a registry has a fault.
pub(super) const FAULTS: f64 = 0.2;
/// How likely an optional field is written.
pub(super) const FIELD: f64 = 0.25;
/// How likely metadata or `spec` have a value that is unusual or wrong.
pub(super) const ODD: f64 = 0.15;

/// The names of all images, a plain one first.
pub(super) fn images() -> Vec<String> {
    let mut names: Vec<String> = fixture::builtin().names().map(str::to_owned).collect();
    names.sort_by_key(|name| name != "s2-basic");
    names
}

/// The names of all quirks.
pub(super) fn quirks() -> Vec<&'static str> {
    Quirk::ALL.iter().map(|quirk| quirk.name()).collect()
}

/// References to images, right and wrong.
pub(super) const REFERENCES: &[&str] = &[
    "lib/app:v1",
    "lib/app:v2",
    "lib/app",
    "lib/app:latest",
    "lib/other:v1",
    "lib/app@{{digest s2-basic}}",
    "lib/app:v1@{{digest s2-basic}}",
    "lib/app:missing",
    "lib/missing:v1",
    "app:v1",
    "lib/App:v1",
    "lib//app:v1",
    "lib/app:",
    "lib/app:v 1",
    "lib/app@sha256:12",
    "lib/app:-v1",
    "{{registry}}/lib/app:v1",
    "http://{{registry}}/lib/app:v1",
    "a/b/c/d:v1",
];

/// References to repositories, right and wrong.
pub(super) const REPOSITORIES: &[&str] =
    &["lib/app", "lib/other", "lib/missing", "lib/app:v1", "lib/app:latest", "lib/App", "lib/app@{{digest s2-basic}}"];

/// Names of tags to write, right and wrong.
pub(super) const TAGS: &[&str] = &["v1", "v2", "latest", "stable", "V1.2_3", "", "a/b", "a b", "-a", "a:b"];

/// What `spec.importPolicy.importMode` can be.
pub(super) const IMPORT_MODES: &[&str] = &["Legacy", "PreserveOriginal", "", "legacy", "Other"];

/// What `referencePolicy.type` can be.
pub(super) const REFERENCE_POLICIES: &[&str] = &["Source", "Local", "", "source", "Other"];

/// Paths to read.
pub(super) const PATHS: &[&str] = &[
    "imagestreams/{{stream}}",
    "imagestreamtags/{{stream}}:v1",
    "imagestreamtags/{{stream}}:latest",
    "imagestreamimages/{{stream}}@{{digest s2-basic}}",
    "imagestreams/{{stream}}/layers",
    "imagestreamtags/{{stream}}",
    "imagestreamimages/{{stream}}",
    "imagestreamimages/{{stream}}@sha256:12",
    "imagestreams/{{stream}}-other",
    "imagestreams?fieldSelector=metadata.name%3D{{stream}}",
    "imagestreams?labelSelector=,",
    "imagestreams/{{stream}}?resourceVersion=x",
];

/// Query parameters of an import, right and wrong.
pub(super) const QUERIES: &[(&str, &str)] = &[
    ("pretty", "true"),
    ("dryRun", "All"),
    ("dryRun", ""),
    ("dryRun", "None"),
    ("fieldValidation", "Strict"),
    ("fieldValidation", "Warn"),
    ("fieldValidation", "Ignore"),
    ("fieldValidation", "Other"),
    ("fieldManager", "tester"),
    ("unknown", "1"),
];

/// What is merged over the `metadata` of an import.
pub(super) fn metadata() -> Vec<Value> {
    vec![
        json!({ "labels": { "a": "b" } }),
        json!({ "annotations": { "a": "b" } }),
        json!({ "labels": { "a b": "c" } }),
        json!({ "annotations": { "openshift.io/image.insecureRepository": "true" } }),
        json!({ "generateName": "x-" }),
        json!({ "name": null }),
        json!({ "name": "" }),
        json!({ "name": "A_b" }),
        json!({ "namespace": "other" }),
        json!({ "namespace": null }),
        json!({ "labels": null }),
        json!({ "labels": 1 }),
        json!({ "unknown": true }),
    ]
}

/// What is merged over the `spec` of an import.
pub(super) fn specs() -> Vec<Value> {
    vec![
        json!({ "import": false }),
        json!({ "import": null }),
        json!({ "import": "true" }),
        json!({ "images": [] }),
        json!({ "images": null }),
        json!({ "images": {} }),
        json!({ "images": [{}] }),
        json!({ "images": [{ "from": { "kind": "ImageStreamTag", "name": "a:b" } }] }),
        json!({ "images": [{ "from": { "kind": "DockerImage", "name": "" } }] }),
        json!({ "images": [{ "from": { "kind": "DockerImage", "name": 7 } }] }),
        json!({ "repository": {} }),
        json!({ "repository": { "from": { "kind": "DockerImage" } } }),
        json!({ "unknown": 1 }),
    ]
}

/// What is merged over the whole import.
pub(super) fn objects() -> Vec<Value> {
    vec![
        json!({ "status": {} }),
        json!({ "apiVersion": null }),
        json!({ "apiVersion": "v1" }),
        json!({ "kind": null }),
        json!({ "kind": "ImageStream" }),
        json!({ "metadata": null }),
        json!({ "spec": null }),
        json!({ "spec": [] }),
        json!({ "unknown": {} }),
    ]
}

/// Bodies that are no JSON object.
pub(super) const TEXTS: &[&str] =
    &["", "{}", "[]", "null", "{", "1", "\"a\"", "a: b", "{\"kind\":\"ImageStreamImport\"}"];

/// Tags of the spec of a stream to create.
pub(super) fn spec_tags() -> Vec<Value> {
    let docker =
        |name: &str| json!({ "name": name, "from": { "kind": "DockerImage", "name": "{{registry}}/lib/app:v1" } });
    vec![
        docker("v1"),
        docker("stable"),
        json!({ "name": "v1", "annotations": { "a": "b" } }),
        json!({ "name": "latest", "from": { "kind": "ImageStreamTag", "name": "v1" } }),
        json!({ "name": "x", "from": { "kind": "ImageStreamTag", "name": "missing:v1" } }),
        json!({ "name": "x", "from": { "kind": "Other", "name": "y" } }),
        docker(""),
        docker("a/b"),
    ]
}

/// Patches of the stream, each with its content type.
pub(super) fn patches() -> Vec<(&'static str, Value)> {
    const MERGE: &str = "application/merge-patch+json";
    const STRATEGIC: &str = "application/strategic-merge-patch+json";
    const JSON_PATCH: &str = "application/json-patch+json";
    vec![
        (MERGE, json!({ "metadata": { "labels": { "a": "b" } } })),
        (MERGE, json!({ "metadata": { "annotations": { "a": "b" } } })),
        (MERGE, json!({ "spec": { "tags": null } })),
        (MERGE, json!({ "spec": { "lookupPolicy": { "local": true } } })),
        (MERGE, json!({ "spec": { "unknown": 1 } })),
        (MERGE, json!({ "metadata": { "uid": "x" } })),
        (MERGE, json!({ "kind": "Other" })),
        (STRATEGIC, json!({ "metadata": { "labels": { "c": "d" } } })),
        (STRATEGIC, json!({ "spec": { "tags": [{ "name": "v1", "annotations": { "k": "v" } }] } })),
        (JSON_PATCH, json!([{ "op": "add", "path": "/metadata/labels", "value": { "a": "b" } }])),
        (JSON_PATCH, json!([{ "op": "remove", "path": "/spec/missing" }])),
        ("application/json", json!({ "metadata": { "labels": { "a": "b" } } })),
    ]
}

/// What is deleted.
pub(super) const DELETED: &[&str] = &[
    "imagestreams/{{stream}}",
    "imagestreamtags/{{stream}}:v1",
    "imagestreams/{{stream}}?dryRun=All",
    "imagestreams/{{stream}}-other",
];

/// Faults of the registry. None depends on the order of requests to several images, which Go leaves open.
pub(super) fn faults() -> Vec<Value> {
    vec![
        json!({ "when": "GET manifests/*", "status": 404, "errors": ["MANIFEST_UNKNOWN"] }),
        json!({ "when": "GET manifests/*", "status": 401, "errors": ["UNAUTHORIZED"] }),
        json!({ "when": "GET manifests/*", "status": 403, "errors": ["DENIED"] }),
        json!({ "when": "GET manifests/*", "status": 429, "errors": ["TOOMANYREQUESTS"] }),
        json!({ "when": "GET manifests/*", "status": 500, "errors": ["UNKNOWN"] }),
        json!({ "when": "GET manifests/*", "status": 503, "body": "<html/>", "headers": { "Content-Type": "text/html" } }),
        json!({ "when": "GET manifests/*", "body": "" }),
        json!({ "when": "GET manifests/*", "body": "{}" }),
        json!({ "when": "GET manifests/*", "truncate": 10 }),
        json!({ "when": "GET manifests/*", "headers": { "Content-Type": "application/json" } }),
        json!({ "when": "GET manifests/*", "headers": { "Docker-Content-Digest": null } }),
        json!({ "when": "GET manifests/*", "connection": "close" }),
        json!({ "when": "GET blobs/*", "status": 404, "errors": ["BLOB_UNKNOWN"] }),
        json!({ "when": "GET blobs/*", "status": 500, "errors": ["UNKNOWN"] }),
        json!({ "when": "GET blobs/*", "body": "{}" }),
        json!({ "when": "GET blobs/*", "truncate": 10 }),
        json!({ "when": "HEAD blobs/*", "status": 404 }),
        json!({ "when": "GET tags/list", "status": 404, "errors": ["NAME_UNKNOWN"] }),
        json!({ "when": "GET tags/list", "status": 503, "errors": ["UNAVAILABLE"] }),
        json!({ "when": "GET tags/list", "body": "{\"tags\":null}" }),
        json!({ "when": "GET /v2/", "status": 404, "errors": ["UNKNOWN"] }),
        json!({ "when": "GET /v2/", "status": 500, "body": "" }),
        json!({ "when": "GET /v2/", "status": 401, "errors": ["UNAUTHORIZED"], "headers": { "WWW-Authenticate": "Other" } }),
    ]
}
