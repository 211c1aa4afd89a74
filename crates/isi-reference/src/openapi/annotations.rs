//! What documents say of objects beside their fields: prose, how lists are merged, and which fields every object has.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::definitions::META;

/// The package of the image API.
const IMAGE: &str = "com.github.openshift.api.image.v1";
/// The prose of definitions, and of their fields, by name; that of the definition itself has no name.
const PROSE: &str = include_str!("../../schemas/prose.json");

/// How strategic merge patches change a field.
enum Strategy {
    /// Items of a list are merged by a field of theirs; those of a list of texts have none.
    Merge(&'static str),
    /// The field is replaced as a whole.
    Replace,
}

/// How fields are merged that are not replaced or merged by default: package, definition, field. The same in all versions.
const STRATEGIES: [(&str, &str, &str, Strategy); 7] = [
    (IMAGE, "Image", "dockerImageMetadata", Strategy::Replace),
    (IMAGE, "Image", "signatures", Strategy::Merge("name")),
    (IMAGE, "ImageSignature", "conditions", Strategy::Merge("type")),
    (IMAGE, "ImageStreamSpec", "tags", Strategy::Merge("name")),
    (IMAGE, "ImageStreamStatus", "tags", Strategy::Merge("tag")),
    (META, "ObjectMeta", "finalizers", Strategy::Merge("")),
    (META, "ObjectMeta", "ownerReferences", Strategy::Merge("uid")),
];

/// The fields that objects have of which only the messages are known.
const REQUIRED: [(&str, &[&str]); 2] =
    [("ImageStreamMapping", &["image", "tag"]), ("ImageTag", &["spec", "status", "image"])];

/// Adds to definitions what there is to say beside their fields.
pub(super) fn annotate(definitions: &mut Map<String, Value>) {
    for (package, name, field, strategy) in &STRATEGIES {
        let Some(field) = definitions.get_mut(&format!("{package}.{name}")).and_then(|it| property(it, field)) else {
            continue;
        };
        let (strategy, key) = match strategy {
            Strategy::Merge(key) => ("merge", *key),
            Strategy::Replace => ("replace", ""),
        };
        field.insert("x-kubernetes-patch-strategy".to_owned(), strategy.into());
        if !key.is_empty() {
            field.insert("x-kubernetes-patch-merge-key".to_owned(), key.into());
        }
    }
    for (name, fields) in REQUIRED {
        require(definitions.get_mut(&format!("{IMAGE}.{name}")), fields);
    }
    for (_, definition) in definitions.iter_mut().filter(|(name, _)| name.ends_with("List")) {
        require(Some(definition), &["items"]);
    }
    let prose: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(PROSE).expect("prose that is compiled in is read by a test");
    for (name, texts) in prose {
        let Some(definition) = definitions.get_mut(&name) else { continue };
        for (field, text) in texts {
            let described = if field.is_empty() { definition.as_object_mut() } else { property(definition, &field) };
            if let Some(described) = described {
                described.insert("description".to_owned(), text.into());
            }
        }
    }
}

fn property<'a>(definition: &'a mut Value, field: &str) -> Option<&'a mut Map<String, Value>> {
    definition.get_mut("properties")?.get_mut(field)?.as_object_mut()
}

/// Says of a definition with properties which of them every object has, if it says nothing yet.
fn require(definition: Option<&mut Value>, fields: &[&str]) {
    if let Some(definition) = definition.and_then(Value::as_object_mut).filter(|it| it.contains_key("properties")) {
        definition.entry("required").or_insert_with(|| json!(fields));
    }
}
