//! The definitions of objects.

use serde_json::{Map, Value, json};

use super::{annotations, published::Published};
use crate::{
    kinds::table::KINDS,
    protobuf::{
        KINDS_OF,
        descriptor::{Field, FieldType, Label, Message},
    },
};

/// The package of metadata.
pub(super) const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
/// Every definition, by name: the published ones, and what the tables say of everything else.
pub(super) fn definitions(published: &Published) -> Map<String, Value> {
    let mut found = published.definitions.clone();
    add(&mut found, format!("{META}.Time"), json!({ "type": "string", "format": "date-time" }));
    add(&mut found, format!("{META}.Patch"), json!({ "type": "object" }));
    add(&mut found, QUANTITY.to_owned(), json!({ "type": "string" }));
    let has_image_tags = published.paths.keys().any(|path| path.ends_with("/imagetags"));
    for (api_version, message) in
        KINDS_OF.iter().flat_map(|(version, kinds)| kinds.iter().map(move |kind| (version, kind)))
    {
        if message.name.starts_with("ImageTag") && !has_image_tags {
            continue;
        }
        let mut definition = of_message(&mut found, message);
        definition["x-kubernetes-group-version-kind"] = json!([kind_of(api_version, message.name)]);
        for name in ["apiVersion", "kind"] {
            definition["properties"][name] = json!({ "type": "string" });
        }
        add(&mut found, name_of(message), definition);
    }
    for kind in KINDS.iter().filter(|kind| kind.is_custom()) {
        for name in [kind.kind.to_owned(), format!("{}List", kind.kind)] {
            // Without properties, so that clients take any field: the schemas of custom resources are not at hand.
            let definition = json!({
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "x-kubernetes-group-version-kind": [kind_of(&kind.api_version(), &name)],
            });
            let reversed: Vec<&str> = kind.group.rsplit('.').collect();
            add(&mut found, format!("{}.{}.{name}", reversed.join("."), kind.version), definition);
        }
    }
    annotations::annotate(&mut found);
    found
}

/// What is defined already stays as it is.
fn add(found: &mut Map<String, Value>, name: String, definition: Value) {
    found.entry(name).or_insert(definition);
}

fn kind_of(api_version: &str, kind: &str) -> Value {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    json!({ "group": group, "version": version, "kind": kind })
}

fn name_of(message: &Message) -> String {
    format!("{}.{}", message.package, message.name)
}

/// The definition of a message; what it refers to is added to `found`.
fn of_message(found: &mut Map<String, Value>, message: &'static Message) -> Value {
    let mut properties = Map::new();
    for field in message.fields {
        match (field.label, field.kind) {
            (Label::Inline, FieldType::Message(inner)) => {
                if let Value::Object(inner) = &of_message(found, inner)["properties"] {
                    properties.extend(inner.clone());
                }
            }
            (Label::Repeated, _) => {
                let items = of_field(found, field);
                properties.insert(field.name.to_owned(), json!({ "type": "array", "items": items }));
            }
            (Label::Map, _) => {
                let values = of_field(found, field);
                properties.insert(field.name.to_owned(), json!({ "type": "object", "additionalProperties": values }));
            }
            (Label::Always | Label::Optional | Label::Inline, _) => {
                properties.insert(field.name.to_owned(), of_field(found, field));
            }
        }
    }
    json!({ "type": "object", "properties": properties })
}

fn of_field(found: &mut Map<String, Value>, field: &Field) -> Value {
    match field.kind {
        FieldType::Flag => json!({ "type": "boolean" }),
        FieldType::Int => json!({ "type": "integer", "format": "int64" }),
        FieldType::Text => json!({ "type": "string" }),
        FieldType::Bytes => json!({ "type": "string", "format": "byte" }),
        FieldType::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        FieldType::Json => json!({ "type": "object" }),
        FieldType::Time => reference(&format!("{META}.Time")),
        FieldType::Quantity => reference(QUANTITY),
        FieldType::Message(message) => {
            let name = name_of(message);
            if !found.contains_key(&name) {
                // Messages do not refer to themselves, so this ends.
                let definition = of_message(found, message);
                add(found, name.clone(), definition);
            }
            reference(&name)
        }
    }
}

/// A reference to a definition.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}
