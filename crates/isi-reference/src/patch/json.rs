//! JSON patches (RFC 6902), with the limits of Kubernetes' API server.

use serde_json::{Value, json};

use super::{DECODING, wrong};
use crate::{
    behaviour::Behaviour,
    error::{ApiError, Result},
    json::Node,
};

/// How many operations a patch may have.
const MAX_OPERATIONS: usize = 10_000;
/// How many bytes the `copy` operations of a patch may add.
const MAX_COPIED: usize = 3 * 1024 * 1024;
/// The fields of an operation.
const FIELDS: [&str; 4] = ["op", "path", "from", "value"];

/// Applies the patch that is written in `node`, and returns what is odd about it. `is_read`: whether the server reads the fields of
/// its operations before it applies them.
pub(super) fn apply(node: &Node, object: &mut Value, is_read: bool, behaviour: &Behaviour) -> Result<Vec<String>> {
    let operations = match node {
        Node::Null => &[][..],
        Node::Array(operations) => operations,
        other if is_read => return Err(wrong(DECODING, other.kind(), "[]handlers.jsonPatchOp")),
        other => return Err(wrong("", other.kind(), "jsonpatch.Patch")),
    };
    let mut surplus = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        match operation {
            Node::Object(entries) if is_read => check(entries, index, &mut surplus)?,
            Node::Object(_) | Node::Null => {}
            other if is_read => return Err(wrong(DECODING, other.kind(), "handlers.jsonPatchOp")),
            other => return Err(wrong("", other.kind(), behaviour.patch_operation)),
        }
    }
    let count = operations.len();
    if count > MAX_OPERATIONS {
        let why = format!("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}");
        return Err(ApiError::too_large_for(&why));
    }
    let mut copied = 0;
    for operation in operations {
        run(&operation.to_value(), object, &mut copied, behaviour.refuses_patches_early)?;
    }
    Ok(surplus)
}

/// An object for every object and list that the operations of a patch reach into, and `true` for what they bring.
pub(super) fn reached(node: &Node) -> Value {
    let mut reached = json!({});
    let operations = if let Node::Array(operations) = node { operations.as_slice() } else { &[] };
    let pointers = operations.iter().flat_map(|operation| {
        let brings = operation.get("value").is_some() && operation.get("op").and_then(Node::as_text) != Some("test");
        ["path", "from"].map(|field| Some((operation.get(field)?.as_text()?, brings && field == "path")))
    });
    for (pointer, is_brought) in pointers.flatten() {
        let Some((parent, last)) = pointer.rsplit_once('/') else { continue };
        let mut place = &mut reached;
        for name in parent.split('/').skip(1) {
            place = &mut place[name];
            if !place.is_object() {
                *place = json!({});
            }
        }
        if is_brought {
            place[last] = true.into();
        }
    }
    reached
}

fn check(entries: &[(String, Node)], index: usize, surplus: &mut Vec<String>) -> Result<()> {
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

/// Runs one operation as servers do: with a missing value for `null`, a missing field for one that is `null`, and the number
/// `-1` for the last item of a list. `has_whole`: whether the whole document can be replaced and tested.
fn run(operation: &Value, object: &mut Value, copied: &mut usize, has_whole: bool) -> Result<()> {
    let text = |name: &str| operation[name].as_str().ok_or_else(ApiError::rejected);
    let value = || operation["value"].clone();
    let path = text("path")?;
    match text("op")? {
        "add" => add(object, path, value()),
        "remove" => take(object, path).map(drop),
        // The whole document is replaced by an object or a list, and by nothing else.
        "replace" if has_whole && path.is_empty() => {
            if matches!(value(), Value::Object(_) | Value::Array(_)) {
                *object = value();
            }
            Ok(())
        }
        "replace" => replace(object, path, value()),
        "test" if has_whole && path.is_empty() => (*object == value()).then_some(()).ok_or_else(ApiError::rejected),
        "test" => (get(object, path)? == value()).then_some(()).ok_or_else(ApiError::rejected),
        "move" => {
            let from = text("from")?;
            let value = get(object, from)?;
            take(object, from)?;
            add(object, path, value)
        }
        "copy" => {
            let value = get(object, text("from")?)?;
            *copied += value.to_string().len();
            if *copied > MAX_COPIED {
                let why = format!(
                    "Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit \
                     {MAX_COPIED}"
                );
                return Err(ApiError::too_large_for(&why));
            }
            add(object, path, value)
        }
        _ => Err(ApiError::rejected()),
    }
}

/// What holds the value that `path` names, and the name of the value in it. What comes before the first slash is not looked at.
fn container<'a>(object: &'a mut Value, path: &str) -> Result<(&'a mut Value, String)> {
    let mut steps = path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).peekable();
    let mut found = object;
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            return if found.is_object() || found.is_array() { Ok((found, step)) } else { Err(ApiError::rejected()) };
        }
        let next = match found {
            Value::Array(items) => index(&step, items.len()).and_then(|index| items.get_mut(index)),
            value => value.get_mut(&step),
        };
        found = next.ok_or_else(ApiError::rejected)?;
    }
    Err(ApiError::rejected())
}

/// An index of a list of this length, which may count from the end.
fn index(step: &str, length: usize) -> Option<usize> {
    let index: i64 = step.parse().ok()?;
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

/// The value at `path`; a field that is missing is `null`.
fn get(object: &mut Value, path: &str) -> Result<Value> {
    let (container, name) = container(object, path)?;
    match container {
        Value::Array(items) => {
            let found = index(&name, items.len()).and_then(|index| items.get(index));
            found.cloned().ok_or_else(ApiError::rejected)
        }
        fields => Ok(fields.get(&name).cloned().unwrap_or_default()),
    }
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<()> {
    let (container, name) = container(object, path)?;
    match container {
        Value::Array(items) if name == "-" => items.push(value),
        Value::Array(items) => {
            // From the end, it counts the place that is new.
            let at = index(&name, items.len() + 1).filter(|index| *index <= items.len());
            items.insert(at.ok_or_else(ApiError::rejected)?, value);
        }
        fields => fields[&name] = value,
    }
    Ok(())
}

fn replace(object: &mut Value, path: &str, value: Value) -> Result<()> {
    let (container, name) = container(object, path)?;
    match container {
        Value::Array(items) => {
            let found = index(&name, items.len()).and_then(|index| items.get_mut(index));
            *found.ok_or_else(ApiError::rejected)? = value;
        }
        fields => fields[&name] = value,
    }
    Ok(())
}

/// Removes a value that is there, and returns it.
fn take(object: &mut Value, path: &str) -> Result<Value> {
    let (container, name) = container(object, path)?;
    let removed = match container {
        Value::Array(items) => {
            index(&name, items.len()).filter(|index| *index < items.len()).map(|index| items.remove(index))
        }
        fields => fields.as_object_mut().and_then(|fields| fields.remove(&name)),
    };
    removed.ok_or_else(ApiError::rejected)
}
