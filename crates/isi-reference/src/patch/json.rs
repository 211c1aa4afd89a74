//! JSON patches (RFC 6902), with the limits of Kubernetes' API server.

use json_patch::PatchOperation;
use serde_json::Value;

use super::{DECODING, wrong};
use crate::{
    error::{ApiError, Result},
    json::Node,
};

/// How many operations a patch may have.
const MAX_OPERATIONS: usize = 10_000;
/// How many bytes the `copy` operations of a patch may add.
const MAX_COPIED: usize = 3 * 1024 * 1024;
/// The fields of an operation.
const FIELDS: [&str; 4] = ["op", "path", "from", "value"];

/// Applies the patch that is written in `node`, and returns what is odd about it.
pub(super) fn apply(node: &Node, object: &mut Value) -> Result<Vec<String>> {
    let operations = match node {
        Node::Null => &[][..],
        Node::Array(operations) => operations,
        other => return Err(wrong(DECODING, other.kind(), "[]handlers.jsonPatchOp")),
    };
    let mut surplus = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        check(operation, index, &mut surplus)?;
    }
    let count = operations.len();
    if count > MAX_OPERATIONS {
        let why = format!("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}");
        return Err(ApiError::too_large_for(&why));
    }
    let mut copied = 0;
    for operation in operations {
        let operation = read(operation, object).ok_or_else(ApiError::rejected)?;
        if let PatchOperation::Copy(copy) = &operation {
            copied += copy.from.resolve(&*object).map_or(0, |value| value.to_string().len());
            if copied > MAX_COPIED {
                let why = format!(
                    "Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit \
                     {MAX_COPIED}"
                );
                return Err(ApiError::too_large_for(&why));
            }
        }
        json_patch::patch(object, std::slice::from_ref(&operation)).map_err(|_| ApiError::rejected())?;
    }
    Ok(surplus)
}

fn check(operation: &Node, index: usize, surplus: &mut Vec<String>) -> Result<()> {
    let entries = match operation {
        Node::Object(entries) => entries,
        Node::Null => return Ok(()),
        other => return Err(wrong(DECODING, other.kind(), "handlers.jsonPatchOp")),
    };
    for (position, (key, value)) in entries.iter().enumerate() {
        if !FIELDS.contains(&key.as_str()) {
            surplus.push(format!("json patch unknown field \"[{index}].{key}\""));
        } else if entries[..position].iter().any(|(known, _)| known == key) {
            surplus.push(format!("json patch duplicate field \"[{index}].{key}\""));
        }
        if matches!(key.as_str(), "op" | "path" | "from") && !matches!(value, Node::Text(_) | Node::Null) {
            let found = value.kind();
            let why = format!("json: cannot unmarshal {found} into Go struct field jsonPatchOp.{key} of type string");
            return Err(ApiError::bad_request(format!("{DECODING}{why}")));
        }
    }
    Ok(())
}

/// The operation, if it is one. A missing value is `null`, and the whole document is not replaced.
fn read(operation: &Node, object: &Value) -> Option<PatchOperation> {
    let mut operation = operation.to_value();
    let fields = operation.as_object_mut()?;
    for name in ["path", "from"] {
        if let Some(path) = fields.get(name).and_then(Value::as_str) {
            let path = from_the_end(path, object);
            fields.insert(name.to_owned(), path.into());
        }
    }
    let name = fields.get("op")?.as_str()?.to_owned();
    if fields.get("path")?.as_str()?.is_empty() && name != "test" {
        return None;
    }
    if matches!(name.as_str(), "add" | "replace" | "test") {
        fields.entry("value").or_insert(Value::Null);
    }
    serde_json::from_value(operation).ok()
}

/// The path with indexes that count from the end of a list (`-1` is the last item) written as others.
fn from_the_end(path: &str, object: &Value) -> String {
    let mut found = Some(object);
    let steps = path.split('/').enumerate().map(|(at, step)| {
        let mut step = step.to_owned();
        if let (Some(Value::Array(items)), Some(Ok(back))) = (found, step.strip_prefix('-').map(str::parse::<usize>)) {
            step = items.len().checked_sub(back).map_or(step, |index| index.to_string());
        }
        if at > 0 {
            let key = step.replace("~1", "/").replace("~0", "~");
            found = match found {
                Some(Value::Array(items)) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                Some(value) => value.get(&key),
                None => None,
            };
        }
        step
    });
    steps.collect::<Vec<_>>().join("/")
}
