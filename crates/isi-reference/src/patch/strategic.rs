//! Strategic merge patches: merge patches that merge lists by the key of their items, and directives.

use serde_json::{Map, Value};

use super::Go;
use crate::{
    error::{ApiError, Result},
    json::Shape,
};

const DIRECTIVE: &str = "$patch";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";
const RETAIN: &str = "$retainKeys";

/// Whether the patch has the types of the object.
pub(super) fn check(patch: &Value, shape: &'static Shape) -> std::result::Result<(), String> {
    let kind = |value: &Value| match value {
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
        Value::Null | Value::String(_) => "string",
    };
    match (shape, patch) {
        (Shape::Any | Shape::DockerImage, _) | (_, Value::Null) => Ok(()),
        // In the order of the Go type: the first mistake is told.
        (Shape::Struct(of), Value::Object(fields)) => of
            .fields
            .iter()
            .filter_map(|(name, shape)| Some((fields.get(*name)?, shape)))
            .try_for_each(|(value, shape)| check(value, shape)),
        (Shape::Map(item, _), Value::Object(fields)) => fields.values().try_for_each(|value| check(value, item)),
        (Shape::List(item, _) | Shape::Keyed(item, ..) | Shape::Set(item, _), Value::Array(items)) => {
            items.iter().try_for_each(|value| check(value, item))
        }
        (Shape::Bool, Value::Bool(_))
        | (Shape::Int(_), Value::Number(_))
        | (Shape::Text(_) | Shape::Time | Shape::Bytes, Value::String(_)) => Ok(()),
        (Shape::Bool, _) => Err("unrecognized type: bool".to_owned()),
        (Shape::Int(_), _) => Err("unrecognized type: int64".to_owned()),
        (Shape::Text(go), Value::Number(number)) if number.is_i64() => Err(format!("cannot convert int64 to {go}")),
        (Shape::Text(_) | Shape::Time | Shape::Bytes, _) => Err("unrecognized type: string".to_owned()),
        (Shape::Struct(_), other) => Err(format!("cannot restore struct from: {}", kind(other))),
        (Shape::Map(..), other) => Err(format!("cannot restore map from {}", kind(other))),
        (Shape::List(..) | Shape::Keyed(..) | Shape::Set(..), other) => {
            Err(format!("cannot restore slice from {}", kind(other)))
        }
    }
}

/// Applies `patch` to `target`. `drops_directives`: whether what is new is taken up without the directives in it.
pub(super) fn apply(target: &mut Value, patch: &Value, shape: &'static Shape, drops_directives: bool) -> Result<()> {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return Ok(());
    };
    match changes.get(DIRECTIVE).map(Go).map(|directive| directive.to_string()).as_deref() {
        None => {}
        Some("delete") => {
            *target = Value::Object(Map::new());
            return Ok(());
        }
        Some("replace") => {
            let kept = changes.iter().filter(|(key, _)| *key != DIRECTIVE);
            *target = Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect());
            return Ok(());
        }
        Some(other) => {
            return Err(ApiError::failed(format!("unknown patch type: {other} in map: {}", Go(patch))));
        }
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return Ok(()) };
    if changes.contains_key(RETAIN) {
        return Err(ApiError::bad_request("invalid patch format of retainKeys"));
    }
    for (key, removed) in changes {
        let Some(list) = key.strip_prefix(DELETE_FROM) else { continue };
        if let (Some(Value::Array(items)), Value::Array(removed)) = (fields.get_mut(list), removed) {
            items.retain(|item| !removed.contains(item));
        }
    }
    for (key, change) in changes {
        if key == DIRECTIVE || key.starts_with(DELETE_FROM) || key.starts_with(ORDER) {
            continue;
        }
        if change.is_null() {
            fields.remove(key);
            continue;
        }
        let Some(slot) = fields.get_mut(key).filter(|slot| is_same_type(slot, change)) else {
            match if drops_directives { without_directives(change) } else { Some(change.clone()) } {
                Some(new) => drop(fields.insert(key.clone(), new)),
                None => drop(fields.remove(key)),
            }
            continue;
        };
        let known = shape.field(key).unwrap_or(&Shape::Any);
        match (known, change) {
            (Shape::Keyed(item, _, by), Value::Array(changes)) => {
                merge_list(slot, changes, item, by, drops_directives)?;
            }
            (Shape::Set(..), Value::Array(changes)) => {
                let items = list_of(slot);
                let new: Vec<Value> = changes.iter().filter(|change| !items.contains(change)).cloned().collect();
                items.extend(new);
            }
            _ => apply(slot, change, known, drops_directives)?,
        }
    }
    Ok(())
}

fn is_same_type(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// A value that is new to the object: without nulls, and without the maps that hold a directive. `None` if it is one.
fn without_directives(value: &Value) -> Option<Value> {
    match value {
        Value::Object(fields) if fields.contains_key(DIRECTIVE) => None,
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields = fields.filter_map(|(key, value)| Some((key.clone(), without_directives(value)?)));
            Some(Value::Object(fields.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.iter().filter_map(without_directives).collect())),
        other => Some(other.clone()),
    }
}

fn list_of(slot: &mut Value) -> &mut Vec<Value> {
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    match slot {
        Value::Array(items) => items,
        _ => unreachable!("it was made a list above"),
    }
}

fn merge_list(
    slot: &mut Value,
    changes: &[Value],
    shape: &'static Shape,
    by: &str,
    drops_directives: bool,
) -> Result<()> {
    let items = list_of(slot);
    let replaces = |change: &&Value| change[DIRECTIVE] == "replace" && change.get(by).is_none();
    if changes.iter().any(|change| replaces(&change)) {
        *items = changes.iter().filter(|change| !replaces(change)).cloned().collect();
        return Ok(());
    }
    for change in changes {
        let Some(key) = change.get(by) else {
            let map = Go(change);
            return Err(ApiError::failed(format!("map: {map} does not contain declared merge key: {by}")));
        };
        if change[DIRECTIVE] == "delete" {
            items.retain(|item| item.get(by) != Some(key));
            continue;
        }
        match items.iter_mut().find(|item| item.get(by) == Some(key)) {
            Some(item) => apply(item, change, shape, drops_directives)?,
            // A new item is taken up as it is, with any directives in it.
            None => items.push(change.clone()),
        }
    }
    Ok(())
}
