//! What scenarios are drawn from beside the fields of the schema, the plainest value first: a scenario is shrunk towards it.

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Value, json};

use super::weights;
use crate::fixture::{self, Quirk};

/// Images that take long to build, or to serve.
const LARGE: [&str; 3] = ["s2-hugemanifest", "s2-over-1-mib", "s2-over-4-mib"];

/// The names of all images, a plain one first.
pub(super) fn images() -> Vec<String> {
    let mut names: Vec<String> = fixture::builtin().names().map(str::to_owned).collect();
    names.sort_by_key(|name| name != "s2-basic");
    names
}

/// Whether the image of this name takes long to build.
pub(super) fn is_large(image: &str) -> bool {
    LARGE.contains(&image)
}

/// The names of all quirks.
pub(super) fn quirks() -> Vec<&'static str> {
    Quirk::ALL.iter().map(|quirk| quirk.name()).collect()
}

/// Names of tags to write.
pub(super) const TAGS: &[&str] = &["v1", "v2", "latest", "stable", "V1.2_3"];

/// Import modes, right ones first.
pub(super) const IMPORT_MODES: &[&str] = &["PreserveOriginal", "Legacy", "", "legacy", "Other"];

/// What `referencePolicy.type` can be.
pub(super) const REFERENCE_POLICIES: &[&str] = &["Local", "Source", "", "source", "Other"];

/// Query parameters of a request that writes, right and wrong.
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
    ("fieldManager", "ü"),
    ("unknown", "1"),
];

/// Query parameters of a request that reads one object.
pub(super) const READ_QUERIES: &[(&str, &str)] =
    &[("pretty", "true"), ("resourceVersion", "0"), ("resourceVersion", "x"), ("unknown", "1")];

/// What becomes of fields that no schema has.
pub(super) const VALIDATIONS: &[(&str, &str)] =
    &[("fieldValidation", "Strict"), ("fieldValidation", "Warn"), ("fieldValidation", "Ignore")];

/// Queries of a list that holds the scenario's own stream, and of some that hold none.
pub(super) fn list_queries() -> Vec<Value> {
    const OWN: &str = "metadata.name={{stream}}";
    let fields = |selector: &str| json!({ "fieldSelector": selector });
    let labels = |selector: &str| json!({ "labelSelector": selector });
    // What selects streams of other scenarios, too, selects the scenario's own one besides.
    let own_with = |name: &str, value: &str| json!({ "fieldSelector": OWN, name: value });
    vec![
        fields(OWN),
        fields("metadata.name={{stream}},metadata.namespace={{namespace}}"),
        fields("metadata.name={{stream}}-other"),
        fields("metadata.name={{stream}},metadata.name!={{stream}}"),
        fields("metadata.unknown=a"),
        fields("=x"),
        labels("of-scenario={{stream}}"),
        labels("of-scenario in ({{stream}},other)"),
        labels("of-scenario={{stream}},a=b"),
        labels("of-scenario={{stream}},!a"),
        labels("of-scenario={{stream}},a!=b"),
        labels("of-scenario={{stream}},a notin (b)"),
        labels(","),
        labels("a in (b"),
        own_with("labelSelector", "of-scenario"),
        own_with("labelSelector", "!of-scenario"),
        own_with("labelSelector", "of-scenario!=x"),
        own_with("labelSelector", "of-scenario notin ({{stream}})"),
        own_with("limit", "0"),
        own_with("limit", "500"),
        own_with("limit", "-1"),
        own_with("limit", "x"),
        own_with("resourceVersion", "0"),
        own_with("resourceVersion", "x"),
        own_with("resourceVersionMatch", "Exact"),
        own_with("continue", "x"),
        own_with("timeoutSeconds", "x"),
    ]
}

/// Header fields of a request that writes.
pub(super) const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/yaml"),
    ("accept", "text/html"),
    ("accept", "*/*"),
    ("accept", "application/*"),
    ("accept", "application/json;q=0.1,application/yaml;q=0.9"),
    ("accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    ("content-type", "application/json; charset=utf-8"),
    ("content-type", "text/plain"),
    ("content-type", "application/xml"),
    ("content-type", ""),
];

/// Header fields of a request that reads.
pub(super) const READ_HEADERS: &[(&str, &str)] = &[
    ("accept", "application/yaml"),
    ("accept", "text/html"),
    ("accept", "application/json;q=0.1,application/yaml;q=0.9"),
    ("accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    ("accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
];

/// Users who ask, beside the one of the run.
pub(super) const USERS: &[&str] = &["unknown", "anonymous"];

/// Bodies that are no import, or not written as clients write it.
pub(super) const TEXTS: &[&str] = &[
    "",
    "{}",
    "[]",
    "null",
    "{",
    "1",
    "\"a\"",
    "a: b",
    "{\"kind\":\"ImageStreamImport\"}",
    "{\"kind\":\"ImageStreamImport\",\"apiVersion\":\"image.openshift.io/v1\"}",
    "{\"kind\":\"ImageStreamImport\",\"apiVersion\":\"image.openshift.io/v1\",\"metadata\":{\"name\":\"{{stream}}\"},\"spec\":{\"import\":true,\"import\":false}}",
    "{\"kind\":\"ImageStreamImport\",\"apiVersion\":\"image.openshift.io/v1\",\"metadata\":{\"name\":\"{{stream}}\"},\"spec\":{\"Import\":true}} ",
    "kind: ImageStreamImport\napiVersion: image.openshift.io/v1\nmetadata: { name: \"{{stream}}\" }\nspec: { import: true, images: [{ from: { kind: DockerImage, name: \"{{registry}}/lib/app:v1\" }, importPolicy: { insecure: true } }] }\n",
    "{\"kind\":\"ImageStreamImport\",\"apiVersion\":\"image.openshift.io/v1\",\"metadata\":{\"name\":\"{{stream}}\"},\"spec\":{}}{}",
];

/// Places of fields that no schema has, in an object of this kind.
pub(super) fn unknown_fields(kind: &str) -> Vec<&'static str> {
    let of_kind: &[&str] = match kind {
        "ImageStreamImport" => &["/spec/images/0/unknown", "/spec/images/0/importPolicy/unknown"],
        "ImageStreamTag" => &["/tag/unknown"],
        _ => &["/spec/tags/0/unknown", "/status/unknown"],
    };
    [&["/unknown", "/metadata/unknown", "/spec/unknown"], of_kind].concat()
}

/// Tags of the spec of a stream.
pub(super) fn spec_tags() -> Vec<Value> {
    let docker =
        |name: &str| json!({ "name": name, "from": { "kind": "DockerImage", "name": "{{registry}}/lib/app:v1" } });
    let from = |kind: &str, name: &str| json!({ "name": "x", "from": { "kind": kind, "name": name } });
    vec![
        docker("v1"),
        docker("stable"),
        with_fields(docker("v1"), &json!({ "annotations": { "c": "d" } })),
        json!({ "name": "v1", "annotations": { "a": "b" } }),
        with_fields(docker("v1"), &json!({ "importPolicy": { "scheduled": true, "insecure": true } })),
        with_fields(docker("v2"), &json!({ "referencePolicy": { "type": "Local" }, "annotations": { "a": "b" } })),
        with_fields(docker("a"), &json!({ "reference": true })),
        json!({ "name": "latest", "from": { "kind": "ImageStreamTag", "name": "v1" } }),
        from("ImageStreamTag", "{{stream}}:v1"),
        from("ImageStreamTag", "missing:v1"),
        from("ImageStreamTag", "missing"),
        from("ImageStreamImage", "{{stream}}@{{digest IMAGE-OF-V1}}"),
        from("ImageStreamImage", "missing@sha256:12"),
        from("ImageStreamTag", "{{stream}}:missing"),
        from("ImageStreamTag", "{{stream}}@sha256:12"),
        from("ImageStreamImage", "{{stream}}:v1"),
        with_fields(from("ImageStreamTag", "v1"), &json!({ "importPolicy": { "scheduled": true } })),
        with_fields(from("ImageStreamTag", "v1"), &json!({ "reference": true })),
        json!({ "name": "x", "from": { "kind": "ImageStreamTag", "namespace": "{{namespace}}", "name": "{{stream}}:v1" } }),
        json!({ "name": "x", "from": { "kind": "DockerImage", "name": "{{registry}}/lib/app@{{digest IMAGE-OF-V1}}" }, "importPolicy": { "scheduled": true } }),
        from("", ""),
        from("Other", "y"),
        docker(""),
        docker("a/b"),
    ]
}

/// What a client writes into the status of a stream.
pub(super) fn statuses() -> Vec<Value> {
    let item = json!({
        "created": "2024-01-02T03:04:05Z", "generation": 1,
        "dockerImageReference": "{{registry}}/lib/app@{{digest IMAGE-OF-V1}}", "image": "{{digest IMAGE-OF-V1}}",
    });
    let condition = json!({ "type": "ImportSuccess", "status": "False", "generation": 1 });
    vec![
        json!({ "dockerImageRepository": "", "tags": [{ "tag": "v1", "items": [item] }] }),
        json!({ "dockerImageRepository": "", "tags": [{ "tag": "v1", "items": [item, item] }] }),
        json!({ "tags": [{ "tag": "v1", "items": [without(&item, "generation")] }] }),
        json!({ "tags": [{ "tag": "v1", "items": [without(&item, "dockerImageReference")] }] }),
        json!({ "tags": [{ "tag": "added", "items": [without(&item, "generation")] }] }),
        json!({ "tags": [{ "tag": "v1", "items": [{ "created": null, "dockerImageReference": "a/b", "image": "", "generation": 0 }] }] }),
        json!({ "dockerImageRepository": "", "tags": [{ "tag": "v1", "items": null, "conditions": [condition] }] }),
        json!({ "dockerImageRepository": "", "tags": [{ "tag": "", "items": [item] }] }),
        json!({ "dockerImageRepository": "other.example.test/a/b" }),
        json!({}),
    ]
}

fn without(value: &Value, field: &str) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.remove(field);
    }
    value
}

/// The annotation of a stream whose registries need no certificate.
pub(super) fn insecure_repository() -> Value {
    json!({ "openshift.io/image.insecureRepository": "true" })
}

/// Options of a deletion. None leaves the object to a garbage collector.
pub(super) fn delete_options() -> Vec<Value> {
    vec![
        json!({ "dryRun": ["All"] }),
        json!({ "dryRun": ["x"] }),
        json!({ "preconditions": { "uid": "x" } }),
        json!({ "preconditions": { "resourceVersion": "1" } }),
        json!({ "propagationPolicy": "Background" }),
        json!({ "propagationPolicy": "Other" }),
        json!({ "gracePeriodSeconds": 0 }),
        json!({ "kind": "DeleteOptions", "apiVersion": "v1" }),
        json!({ "kind": "Other", "apiVersion": "v1" }),
        json!([]),
    ]
}

/// A pull secret: mostly one that is right, in one of its forms.
pub(super) fn secret() -> BoxedStrategy<Value> {
    let (right, wrong) = secrets();
    let plain = right[0].clone();
    let [of_plain, of_right, of_wrong] = weights::SECRETS;
    let choices =
        vec![(of_plain, Just(plain).boxed()), (of_right, select(right).boxed()), (of_wrong, select(wrong).boxed())];
    Union::new_weighted(choices).boxed()
}

/// Pull secrets that are right, the plain one first, and wrong ones.
fn secrets() -> (Vec<Value>, Vec<Value>) {
    let user = || json!({ "username": "robot", "password": "secret" });
    let with = |key: &str, value: Value| {
        let mut secret = user();
        secret[key] = value;
        secret
    };
    let right = vec![
        user(),
        with("written", json!("auth")),
        with("written", json!("username-and-password")),
        with("type", json!("kubernetes.io/dockercfg")),
        with("registry", json!("https://{{registry}}")),
        with("registry", json!("https://{{registry}}/v1/")),
        with("registry", json!("{{registry}}/lib")),
        with("registry", json!("{{registry}}/lib/app")),
    ];
    let wrong = vec![
        with("type", json!("Opaque")),
        with("annotations", json!({ "openshift.io/image.excludeSecret": "true" })),
        with("password", json!("wrong")),
        with("registry", json!("{{registry}}/other")),
        with("registry", json!("{{registry host}}")),
        json!({ "registries": { "{{registry}}": user(), "other.example.test": user() } }),
        json!({ "text": "{}", "type": "kubernetes.io/dockerconfigjson" }),
    ];
    (right, wrong)
}

/// How a registry lists tags.
pub(super) fn tag_listings() -> Vec<Value> {
    vec![
        json!({ "pageSize": 1 }),
        json!({ "order": ["v2", "v1", "latest"] }),
        json!({ "order": ["v1", "missing"] }),
        json!({ "order": ["v1", "x+y"] }),
        json!({ "order": [] }),
        json!({ "asNull": true }),
    ]
}

/// More tags than servers import of one repository, of several forms since they are sorted by their versions.
pub(super) fn many_tags() -> impl Iterator<Item = String> {
    const ALL: usize = 55;
    (0..ALL).map(|number| match number % 6 {
        0 => format!("1.{number}"),
        1 => format!("v2.0.{number}"),
        2 => format!("3.{number}.0-rc"),
        3 => format!("4.{number}-rc"),
        4 => format!("{number}"),
        _ => format!("t{number}"),
    })
}

/// Signatures of the image of this name, the right one first: what each has beside the plain fields, or without them.
pub(super) fn signatures() -> Vec<Value> {
    let condition = |kind: &str| json!({ "type": kind, "status": "True" });
    vec![
        json!({}),
        json!({ "metadata": { "name": "{{digest s2-basic}}@second" } }),
        json!({ "metadata": { "name": "{{digest s2-basic}}" } }),
        json!({ "metadata": { "name": "{{digest s2-basic}}@" } }),
        json!({ "metadata": { "name": "{{digest s2-basic}}@a@b" } }),
        json!({ "metadata": { "name": "{{digest s2-basic}}@first", "labels": { "a": "b" } } }),
        json!({ "metadata": { "name": "{{digest s2-basic}}@first", "annotations": { "a": "b" } } }),
        json!({ "type": "" }),
        json!({ "type": "other" }),
        json!({ "content": "" }),
        json!({ "content": "!" }),
        json!({ "conditions": [condition("Trusted")] }),
        json!({ "conditions": [condition("ForImage")] }),
        json!({ "conditions": [condition("Trusted"), condition("ForImage")] }),
        json!({ "imageIdentity": "a" }),
        json!({ "signedClaims": { "a": "b" } }),
        json!({ "created": "2024-01-02T03:04:05Z" }),
        json!({ "issuedBy": { "organization": "a" } }),
        json!({ "issuedTo": { "publicKeyID": "a" } }),
    ]
}

/// Transport security that no implementation has been told to trust.
pub(super) const TLS: &[&str] = &["self-signed", "plain-http", "too-old"];

/// Faults of the registry. None depends on the order of requests to several images, which Go leaves open.
pub(super) fn faults() -> Vec<Value> {
    let manifest = |more: Value| with("GET manifests/*", &more);
    let blob = |more: Value| with("GET blobs/*", &more);
    let tags = |more: Value| with("GET tags/list", &more);
    let ping = |more: Value| with("GET /v2/", &more);
    vec![
        manifest(json!({ "status": 404, "errors": ["MANIFEST_UNKNOWN"] })),
        manifest(json!({ "status": 401, "errors": ["UNAUTHORIZED"] })),
        manifest(json!({ "status": 403, "errors": ["DENIED"] })),
        manifest(json!({ "status": 429, "errors": ["TOOMANYREQUESTS"] })),
        manifest(json!({ "status": 400, "errors": ["UNSUPPORTED"] })),
        manifest(json!({ "status": 418, "body": "teapot" })),
        manifest(json!({ "status": 500, "errors": ["UNKNOWN"] })),
        manifest(json!({ "status": 503, "body": "<html/>", "headers": { "Content-Type": "text/html" } })),
        manifest(json!({ "status": 204, "body": "" })),
        manifest(json!({ "body": "" })),
        manifest(json!({ "body": "{}" })),
        manifest(json!({ "body": "[" })),
        manifest(json!({ "truncate": 10 })),
        manifest(json!({ "corrupt": 3 })),
        manifest(json!({ "image": "s2-second" })),
        manifest(json!({ "headers": { "Content-Type": "application/json" } })),
        manifest(json!({ "headers": { "Content-Type": "garbage;;" } })),
        manifest(json!({ "headers": { "Content-Type": null } })),
        manifest(json!({ "headers": { "Docker-Content-Digest": null } })),
        manifest(json!({ "headers": { "Docker-Content-Digest": "sha256:12" } })),
        manifest(json!({ "headers": { "Content-Encoding": "gzip" } })),
        manifest(json!({ "connection": "close" })),
        blob(json!({ "status": 404, "errors": ["BLOB_UNKNOWN"] })),
        blob(json!({ "status": 500, "errors": ["UNKNOWN"] })),
        blob(json!({ "status": 304, "body": "" })),
        blob(json!({ "body": "{}" })),
        blob(json!({ "body": "" })),
        blob(json!({ "truncate": 10 })),
        blob(json!({ "corrupt": 3 })),
        blob(json!({ "redirect": "http://{{registry}}/v2/lib/missing/blobs/x" })),
        blob(json!({ "connection": "close" })),
        with("HEAD blobs/*", &json!({ "status": 404 })),
        with("HEAD blobs/*", &json!({ "status": 405 })),
        tags(json!({ "status": 404, "errors": ["NAME_UNKNOWN"] })),
        tags(json!({ "status": 401, "errors": ["UNAUTHORIZED"] })),
        tags(json!({ "status": 503, "errors": ["UNAVAILABLE"] })),
        tags(json!({ "body": "{\"tags\":null}" })),
        tags(json!({ "body": "{\"tags\":[null,\"v1\"]}" })),
        tags(json!({ "body": "{\"name\":1}" })),
        tags(json!({ "body": "[" })),
        tags(json!({ "headers": { "Link": "</v2/lib/app/tags/list?last=v1>; rel=\"next\"" }, "first": 1 })),
        ping(json!({ "status": 404, "errors": ["UNKNOWN"] })),
        ping(json!({ "status": 500, "body": "" })),
        ping(json!({ "status": 403, "errors": ["DENIED"] })),
        ping(json!({ "status": 401, "errors": ["UNAUTHORIZED"], "headers": { "WWW-Authenticate": "Other" } })),
        ping(
            json!({ "status": 401, "headers": { "WWW-Authenticate": "Bearer realm=\"http://{{registry}}/missing\"" } }),
        ),
        ping(json!({ "redirect": "http://{{registry}}/elsewhere" })),
        ping(json!({ "headers": { "Docker-Distribution-Api-Version": null } })),
        ping(json!({ "headers": { "X-Registry-Supports-Signatures": "1" } })),
    ]
}

fn with(when: &str, more: &Value) -> Value {
    with_fields(json!({ "when": when }), more)
}

fn with_fields(mut object: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
    object
}
