//! Patches of streams, tags and images, right and wrong, the plainest first.

use serde_json::{Value, json};

/// The content types of patches.
pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
pub(super) const APPLY: &str = "application/apply-patch+yaml";

/// Patches of the stream that are no fields of the schema, each with its content type.
pub(super) fn of_stream() -> Vec<(&'static str, Value)> {
    let tag =
        |name: &str| json!({ "name": name, "from": { "kind": "DockerImage", "name": "{{registry}}/lib/app:v2" } });
    let json_patch =
        |op: &str, path: &str, value: Value| (JSON_PATCH, json!([{ "op": op, "path": path, "value": value }]));
    vec![
        (MERGE, json!({ "metadata": { "labels": { "a": "b" } } })),
        (MERGE, json!({ "metadata": { "annotations": { "a": null, "b": "c" } } })),
        (MERGE, json!({ "spec": { "tags": null } })),
        (MERGE, json!({ "spec": { "tags": [tag("v1"), tag("v2")] } })),
        (MERGE, json!({ "spec": { "lookupPolicy": { "local": true } } })),
        (MERGE, json!({ "metadata": { "labels": { "of-scenario": null } } })),
        (MERGE, json!({ "spec": { "tags": [tag("b"), tag("a")] } })),
        (MERGE, json!({ "spec": { "unknown": 1 } })),
        (MERGE, json!({ "unknown": 1, "spec": { "unknown": 1 } })),
        (MERGE, json!({ "metadata": { "uid": "x" } })),
        (MERGE, json!({ "kind": "Other" })),
        (MERGE, json!([])),
        (MERGE, json!(1)),
        (STRATEGIC, json!({ "metadata": { "labels": { "c": "d" } } })),
        (STRATEGIC, json!({ "spec": { "tags": [{ "name": "v1", "annotations": { "k": "v" } }] } })),
        (STRATEGIC, json!({ "spec": { "tags": [tag("added")] } })),
        (STRATEGIC, json!({ "spec": { "tags": [{ "name": "v1", "$patch": "delete" }] } })),
        (STRATEGIC, json!({ "spec": { "tags": [] } })),
        (STRATEGIC, json!({ "spec": { "tags": [{ "name": "v1", "unknown": 1 }] } })),
        (STRATEGIC, json!({ "metadata": { "annotations": { "$patch": "replace", "x": "y" } } })),
        json_patch("add", "/metadata/labels", json!({ "a": "b" })),
        json_patch("add", "/spec/tags/-", tag("added")),
        json_patch("replace", "/spec/lookupPolicy/local", json!(true)),
        json_patch("test", "/metadata/name", json!("other")),
        json_patch("test", "/metadata/name", json!("{{stream}}")),
        json_patch("add", "/spec/unknown", json!(1)),
        json_patch("other", "/spec", json!({})),
        (JSON_PATCH, json!([{ "op": "remove", "path": "/spec/missing" }])),
        (JSON_PATCH, json!([{ "op": "move", "from": "/metadata/labels", "path": "/metadata/annotations" }])),
        (JSON_PATCH, json!({})),
        (JSON_PATCH, json!([])),
        ("application/json", json!({ "metadata": { "labels": { "a": "b" } } })),
        ("text/plain", json!({})),
    ]
}

/// Patches of a tag, whose fields are in `field`.
pub(super) fn of_tag(field: &str) -> Vec<(&'static str, Value)> {
    let annotations = format!("/{field}/annotations");
    vec![
        (MERGE, json!({ field: { "annotations": { "a": "b" } } })),
        (MERGE, json!({ field: { "annotations": null } })),
        (MERGE, json!({ field: { "importPolicy": { "scheduled": true } } })),
        (MERGE, json!({ field: { "referencePolicy": { "type": "Local" } } })),
        (MERGE, json!({ "metadata": { "annotations": { "a": "b" } } })),
        (STRATEGIC, json!({ field: { "annotations": { "$patch": "replace", "c": "d" } } })),
        (STRATEGIC, json!({ field: { "from": null } })),
        (JSON_PATCH, json!([{ "op": "add", "path": annotations, "value": { "a": "b" } }])),
        (JSON_PATCH, json!([{ "op": "test", "path": "/metadata/name", "value": "other" }])),
        (JSON_PATCH, json!([{ "op": "remove", "path": "/missing" }])),
    ]
}

/// Changes of an image object, as merge patches.
pub(super) fn of_image() -> Vec<Value> {
    vec![
        json!({ "metadata": { "annotations": { "a": "b" } } }),
        json!({ "metadata": { "labels": { "a": "b" } } }),
        json!({ "metadata": { "annotations": { "image.openshift.io/manifestBlobStored": "true" } } }),
        json!({ "metadata": { "annotations": { "image.openshift.io/dockerLayersOrder": "descending" } } }),
        json!({ "dockerImageReference": "{{registry}}/lib/other:v1" }),
        json!({ "dockerImageReference": "" }),
        json!({ "dockerImageReference": "a b" }),
        json!({ "dockerImageManifest": "{}" }),
        json!({ "dockerImageManifestMediaType": "a" }),
        json!({ "dockerImageConfig": "{}" }),
        json!({ "dockerImageLayers": [] }),
        json!({ "dockerImageMetadataVersion": "2.0" }),
        json!({ "dockerImageSignatures": ["YQ=="] }),
        json!({ "signatures": [] }),
        json!({ "unknown": 1 }),
    ]
}

/// What a server applies.
pub(super) fn applied() -> Vec<Value> {
    vec![
        json!({ "lookupPolicy": { "local": true } }),
        json!({ "lookupPolicy": { "local": false } }),
        json!({ "tags": [{ "name": "v1", "annotations": { "a": "b" } }] }),
        json!({ "tags": [{ "name": "v1" }, { "name": "v1" }] }),
        json!({ "unknown": 1 }),
    ]
}
