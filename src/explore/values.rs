//! What can be written into a field: values that are right, on the edge and wrong, by its name or else by its type.
//!
//! Every name of an object has the run's mark in it, so that whatever a target makes of a wrong one is found and removed. Nothing
//! here keeps an object from being deleted, and no reference leads to another registry than the scenario's own.

use std::fmt;

use serde_json::{Value, json};

use super::fields::FieldValue;
use crate::schema::{BaseType, Format, Type, short_name};

/// A uid that no server made up.
pub(super) const UID: &str = "52a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d";

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// One that the schema and the API take.
    Right,
    /// One of the right type that is unusual, or that the API refuses.
    Edge,
    /// One of another type.
    Wrong,
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Right => "right",
            Self::Edge => "edge",
            Self::Wrong => "wrong",
        })
    }
}

/// Fields without which a request still has a body that servers decode.
const OFTEN_ABSENT: [&str; 7] = [
    "ImageStreamImport.apiVersion",
    "ImageStreamImport.kind",
    "ImageStreamImport.metadata",
    "ObjectMeta.name",
    "ObjectMeta.namespace",
    "ObjectReference.kind",
    "ObjectReference.name",
];

/// The values for the field `name` (`TagImportPolicy.insecure`) of a request with an object of `kind`. `definition` is the name of
/// its type, if that has one.
pub(super) fn of(
    kind: &str,
    name: &str,
    definition: Option<&str>,
    schema: &Type,
    is_required: bool,
) -> Vec<FieldValue> {
    let by_type = of_type(definition, schema);
    let Values { right, mut edge, wrong } = of_name(kind, name)
        .map_or_else(|| of_type(definition, schema), |[right, edge]| Values { right, edge, wrong: by_type.wrong });
    edge.push(Value::Null);
    let classes = [(Class::Right, right), (Class::Edge, edge), (Class::Wrong, wrong)];
    let mut values: Vec<FieldValue> = classes
        .into_iter()
        .flat_map(|(class, values)| values.into_iter().map(move |value| FieldValue { class, value: Some(value) }))
        .collect();
    if is_required || OFTEN_ABSENT.contains(&name) {
        values.push(FieldValue { class: Class::Edge, value: None });
    }
    values
}

struct Values {
    right: Vec<Value>,
    edge: Vec<Value>,
    wrong: Vec<Value>,
}

fn of_type(definition: Option<&str>, schema: &Type) -> Values {
    let (right, edge, wrong) = match (definition.map(short_name), schema.base, schema.format) {
        (Some("Time" | "MicroTime"), ..) | (_, _, Some(Format::DateTime)) => {
            (json!(["2024-01-02T03:04:05Z"]), json!([""]), json!(["yesterday", 5]))
        }
        (Some("FieldsV1" | "RawExtension"), ..) => (json!([{ "a": 1 }]), json!([{}]), json!(["a", []])),
        (_, Some(BaseType::Boolean), _) => (json!([true, false]), json!([]), json!(["true", 1, {}])),
        (_, Some(BaseType::Integer), _) => (json!([1]), json!([0, -1]), json!(["1", 1.5, true])),
        (_, _, Some(Format::Byte)) => (json!(["YQ=="]), json!([""]), json!(["!", 5])),
        (_, Some(BaseType::String), _) => (json!(["a"]), json!(["", "a b", "ü"]), json!([7, true, {}, []])),
        (_, Some(BaseType::Array), _) => (json!([[]]), json!([[null]]), json!([{}, "a", 7, [[]]])),
        (_, Some(BaseType::Object), _) if schema.additional_properties.is_some() => {
            (json!([{ "a": "b" }]), json!([{}]), json!([[], "a", { "a": 1 }, { "a": null }]))
        }
        _ => (json!([]), json!([{}, { "unknown": 1 }]), json!([[], "a", 7])),
    };
    let list = |values: Value| match values {
        Value::Array(values) => values,
        other => vec![other],
    };
    Values { right: list(right), edge: list(edge), wrong: list(wrong) }
}

/// Right values, and values on the edge, of a field that has a meaning of its own.
fn of_name(kind: &str, name: &str) -> Option<[Vec<Value>; 2]> {
    let stored = kind != "ImageStreamImport";
    let owners = || json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u" }]);
    let events = || json!([{ "apiVersion": "v1", "kind": "Event", "name": "x", "uid": "u" }]);
    let [right, edge] = match name {
        "ImageStreamImport.apiVersion"
        | "ImageStream.apiVersion"
        | "ImageStreamTag.apiVersion"
        | "ImageTag.apiVersion" => [
            json!(["image.openshift.io/v1"]),
            json!(["v1", "", "image.openshift.io/v2", "image.openshift.io", "apps/v1"]),
        ],
        "ImageStreamImport.kind" | "ImageStream.kind" | "ImageStreamTag.kind" | "ImageTag.kind" => {
            [json!([kind]), json!(["", "ImageStreamList", "imagestreamimport", "Image", "Status"])]
        }
        "ObjectMeta.name" if matches!(kind, "ImageStreamTag" | "ImageTag") => [
            json!(["{{stream}}:v1", "{{stream}}:stable"]),
            json!(["", "{{stream}}", "{{stream}}:", "{{stream}}:a b", "{{stream}}:v1:v2", "{{stream}}-other:v1"]),
        ],
        "ObjectMeta.name" => [
            json!(["{{stream}}", "{{stream}}-other"]),
            json!(["", "{{stream}}_B", "{{stream}}/x", "-{{stream}}", "{{stream}}:v1", long("{{stream}}")]),
        ],
        "ObjectMeta.generateName" => [json!(["{{stream}}-"]), json!(["", "{{stream}}_"])],
        "ObjectMeta.namespace" => [json!(["{{namespace}}"]), json!(["", "{{namespace}}-other", "{{namespace}}_B"])],
        "ObjectMeta.labels" => [
            json!([{ "a": "b" }, { "a.b/c": "d" }]),
            json!([{}, { "a b": "c" }, { "a": "b c" }, { "a/b/c": "d" }, { "": "a" }, { "a": long("b") }]),
        ],
        "ObjectMeta.annotations" | "TagReference.annotations" => [
            json!([{ "a": "b" }, { "openshift.io/image.insecureRepository": "true" }, { "a": "ü b" }]),
            json!([{}, { "a b": "c" }, { "a/b/c": "d" }, { "": "a" }]),
        ],
        // An object that is stored must be one that can be deleted at once, and that no garbage collector deletes.
        "ObjectMeta.finalizers" if stored => [json!([[]]), json!([["bad"], [""]])],
        "ObjectMeta.finalizers" => [json!([[], ["a.b/c"]]), json!([["bad"], [""]])],
        "ObjectMeta.ownerReferences" if stored => [json!([[]]), json!([[{}], events()])],
        "ObjectMeta.ownerReferences" => [json!([[], owners()]), json!([[{}], events()])],
        "ObjectMeta.uid" | "ObjectReference.uid" | "OwnerReference.uid" => [json!([UID]), json!(["", "x"])],
        "ObjectMeta.resourceVersion" | "ObjectReference.resourceVersion" => [json!(["1"]), json!(["", "0", "x", "-1"])],
        "ObjectReference.kind" => {
            [json!(["DockerImage"]), json!(["", "ImageStreamTag", "ImageStreamImage", "dockerimage", "Other"])]
        }
        "ObjectReference.name" if stored => [
            json!(["{{registry}}/lib/app:v1", "{{registry}}/lib/app"]),
            json!(["", " ", "{{registry}}/lib/App", "{{stream}}:v1", "{{stream}}@sha256:12"]),
        ],
        // Without a registry it is an image of the default one.
        "ObjectReference.name" => [
            json!(["{{registry}}/lib/app:v1", "{{registry}}/lib/app"]),
            json!(["", " ", "{{registry}}/lib/App", "{{registry}}/lib/app@sha256:12"]),
        ],
        "ObjectReference.namespace" => [json!(["{{namespace}}"]), json!(["", "{{namespace}}-other", "A b"])],
        "LocalObjectReference.name" | "TagReference.name" => [json!(["v1", "stable", "V1.2_3"]), json!(odd_tags())],
        "TagImportPolicy.importMode" => {
            [json!(["Legacy", "PreserveOriginal"]), json!(["", "legacy", "Other", "Preserve Original"])]
        }
        "TagReferencePolicy.type" => [json!(["Source", "Local"]), json!(["", "source", "Other"])],
        "ImageStreamSpec.dockerImageRepository" => {
            [json!(["{{registry}}/lib/app"]), json!(["", "a b", "{{registry}}/lib/app:v1", "{{registry}}/lib/App"])]
        }
        "ImageStreamStatus.dockerImageRepository" => [json!(["{{registry}}/lib/app"]), json!([""])],
        _ => return None,
    };
    Some([right, edge].map(|values| values.as_array().cloned().unwrap_or_default()))
}

/// Names of tags that are unusual or wrong.
pub(super) fn odd_tags() -> Vec<String> {
    let mut tags: Vec<String> =
        ["", " ", "a/b", "a b", "-a", ".a", "a:b", "a@b", "_a", "ü"].into_iter().map(str::to_owned).collect();
    tags.push(long("a"));
    tags
}

/// A text that is longer than any name may be.
fn long(text: &str) -> String {
    format!("{text}{}", "a".repeat(260))
}
