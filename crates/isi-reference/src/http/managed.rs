//! `metadata.managedFields`: whose the fields of an object are.

use serde_json::{Map, Value, json};

use crate::{
    json::Node,
    model::{IMAGE_API, time::Time},
};

/// The entry for an object of the image API that `manager` has just written.
pub(crate) fn entry(node: &Node, manager: &str) -> Option<Value> {
    entry_of(node, IMAGE_API, manager)
}

/// The entry for an object of `api_version` that `manager` has just written.
pub(crate) fn entry_of(node: &Node, api_version: &str, manager: &str) -> Option<Value> {
    let mut fields = Map::new();
    for (part, keep) in [("metadata", &["annotations", "labels", "finalizers", "ownerReferences"][..]), ("spec", &[])] {
        let Some(Node::Object(entries)) = node.get(part) else { continue };
        let entries = entries.iter().filter(|(key, _)| keep.is_empty() || keep.contains(&key.as_str()));
        let owned: Map<String, Value> =
            entries.filter_map(|(key, value)| Some((format!("f:{key}"), of(value)?))).collect();
        if !owned.is_empty() {
            fields.insert(format!("f:{part}"), Value::Object(owned));
        }
    }
    (!fields.is_empty()).then(|| {
        json!({
            "manager": manager,
            "operation": "Update",
            "apiVersion": api_version,
            "time": Time::now().to_string(),
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        })
    })
}

/// Objects are owned field by field, everything else as a whole.
fn of(node: &Node) -> Option<Value> {
    match node {
        Node::Null => None,
        Node::Object(entries) => {
            let mut fields: Map<String, Value> =
                entries.iter().filter_map(|(key, value)| Some((format!("f:{key}"), of(value)?))).collect();
            fields.insert(".".to_owned(), json!({}));
            Some(Value::Object(fields))
        }
        _ => Some(json!({})),
    }
}
