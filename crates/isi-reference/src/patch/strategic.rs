//! Strategic merge patches: merge patches that merge lists by the key of their items, and directives.

use serde_json::{Map, Value};

use super::{
    Go,
    strategic_list::{self, ItemIdentity, go_type},
};
use crate::{
    error::{ApiError, Result},
    json::{Node, Shape, read_time},
};

pub(super) const DIRECTIVE: &str = "$patch";
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
        (Shape::Any | Shape::OwnedFields | Shape::DockerImage, _) | (_, Value::Null) => Ok(()),
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
        (Shape::Int(go), Value::Number(number)) if number.as_f64().is_some_and(|number| number.fract() != 0.0) => {
            Err(format!("cannot convert float64 to {go}"))
        }
        (Shape::Time, value) => read_time(&Node::from(value)).map(drop),
        (Shape::Bool, Value::Bool(_))
        | (Shape::Int(_), Value::Number(_))
        | (Shape::Text(_) | Shape::Bytes, Value::String(_)) => Ok(()),
        (Shape::Bool, _) => Err("unrecognized type: bool".to_owned()),
        (Shape::Int(_), _) => Err("unrecognized type: int64".to_owned()),
        (Shape::Text(go), Value::Number(number)) if number.is_i64() => Err(format!("cannot convert int64 to {go}")),
        (Shape::Text(_) | Shape::Bytes, _) => Err("unrecognized type: string".to_owned()),
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
    if let Some(retained) = changes.get(RETAIN) {
        retain_keys(fields, changes, retained)?;
    }
    for (key, removed) in changes {
        let Some(list) = key.strip_prefix(DELETE_FROM) else { continue };
        match (fields.get_mut(list), removed) {
            (_, Value::Null) => drop(fields.remove(list)),
            (Some(Value::Array(items)), Value::Array(removed)) => *items = strategic_list::without(items, removed)?,
            _ => {}
        }
    }
    for (key, change) in changes {
        let is_ordered = changes.contains_key(&format!("{ORDER}{key}"));
        if is_ordered || key == DIRECTIVE || key == RETAIN || key.starts_with(DELETE_FROM) {
            continue;
        }
        if let Some(list) = key.strip_prefix(ORDER) {
            order_list(fields, list, (changes.get(list), change), shape, drops_directives)?;
            continue;
        }
        if change.is_null() {
            fields.remove(key);
            continue;
        }
        let Some(slot) = fields.get_mut(key).filter(|slot| is_same_type(slot, change)) else {
            match taken_up(change, drops_directives) {
                Some(new) => drop(fields.insert(key.clone(), new)),
                None => drop(fields.remove(key)),
            }
            continue;
        };
        let known = shape.field(key).unwrap_or(&Shape::Any);
        match (slot, change, merged_items(known)) {
            (Value::Array(items), Value::Array(changes), Some((identity, item))) => {
                *items = strategic_list::merge(items, changes, identity, item, drops_directives)?;
            }
            (slot, ..) => apply(slot, change, known, drops_directives)?,
        }
    }
    Ok(())
}

/// Removes what is not among the keys to be retained, which every key of the patch has to be.
fn retain_keys(fields: &mut Map<String, Value>, changes: &Map<String, Value>, retained: &Value) -> Result<()> {
    let refuse = || ApiError::bad_request("invalid patch format of retainKeys");
    let retained = retained.as_array().ok_or_else(refuse)?;
    let is_retained = |key: &str| retained.iter().any(|known| known == key);
    let is_directive = |key: &str| key == RETAIN || key.starts_with(DELETE_FROM) || key.starts_with(ORDER);
    if changes.iter().any(|(key, change)| !change.is_null() && !is_directive(key) && !is_retained(key)) {
        return Err(refuse());
    }
    fields.retain(|key, _| is_retained(key));
    Ok(())
}

/// Merges a list that the patch has, if it does, and brings it into the order of a directive.
fn order_list(
    fields: &mut Map<String, Value>,
    list: &str,
    (change, order): (Option<&Value>, &Value),
    shape: &'static Shape,
    drops_directives: bool,
) -> Result<()> {
    let items_of = |value: &Value| match value {
        Value::Array(items) => Ok(items.clone()),
        other => Err(ApiError::failed(format!("expected a []interface {{}}, but received a {}", go_type(other)))),
    };
    let order = items_of(order)?;
    let original = fields.get(list).map(items_of).transpose()?;
    let changes = change.map(items_of).transpose()?;
    let known = shape.field(list);
    if let (Shape::Struct(of), None) = (shape, known) {
        let why = format!("unable to find api field in struct {} for the json field {list:?}", of.name);
        return Err(ApiError::failed(why));
    }
    let merges = known.and_then(merged_items);
    let (identity, item) = merges.unwrap_or((ItemIdentity::Value, &Shape::Any));
    let (before, brought) = (original.as_deref().unwrap_or_default(), changes.as_deref().unwrap_or_default());
    strategic_list::check_order(brought, &order, identity)?;
    let merged = match (&original, change) {
        (None, None) => return Ok(()),
        (Some(original), None) => original.clone(),
        (None, Some(change)) => {
            let new = taken_up(change, drops_directives);
            new.as_ref().map(items_of).transpose()?.unwrap_or_default()
        }
        (Some(original), Some(_)) if merges.is_some() => {
            strategic_list::merge(original, brought, identity, item, drops_directives)?
        }
        (Some(_), Some(_)) => brought.to_vec(),
    };
    let arranged = strategic_list::set_order(merged, &order, (before, brought), identity)?;
    fields.insert(list.to_owned(), Value::Array(arranged));
    Ok(())
}

/// How the items of a list are told apart, and their shape, if a patch merges the list.
fn merged_items(shape: &'static Shape) -> Option<(ItemIdentity, &'static Shape)> {
    match shape {
        Shape::Keyed(item, _, key) => Some((ItemIdentity::Key(key), item)),
        Shape::Set(item, _) => Some((ItemIdentity::Value, item)),
        _ => None,
    }
}

fn is_same_type(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// A patch as servers print it once they have applied it to `before`: what is new to the object is taken out of the patch, so
/// that it is [`taken_up`].
pub(super) fn spent(patch: &Value, before: &Value, shape: &'static Shape, drops_directives: bool) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let fields = changes.iter().filter_map(|(key, change)| {
        let known = shape.field(key).unwrap_or(&Shape::Any);
        let before = before.get(key).filter(|before| is_same_type(before, change));
        let spent = match (change, before, merged_items(known)) {
            (Value::Array(changes), Some(Value::Array(items)), Some((identity, item))) => {
                let spent = |change| match identity.position(items, change) {
                    Some(position) => spent(change, &items[position], item, drops_directives),
                    None => change.clone(),
                };
                changes.iter().map(spent).collect()
            }
            (_, Some(before), _) => spent(change, before, known, drops_directives),
            (_, None, _) => taken_up(change, drops_directives)?,
        };
        Some((key.clone(), spent))
    });
    Value::Object(fields.collect())
}

/// A value that is new to the object: without nulls and, if they are dropped, without the maps that hold a directive. `None`
/// if it is one.
fn taken_up(value: &Value, drops_directives: bool) -> Option<Value> {
    match value {
        Value::Object(fields) if drops_directives && fields.contains_key(DIRECTIVE) => None,
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields = fields.filter_map(|(key, value)| Some((key.clone(), taken_up(value, drops_directives)?)));
            Some(Value::Object(fields.collect()))
        }
        Value::Array(items) => Some(items.iter().filter_map(|item| taken_up(item, drops_directives)).collect()),
        other => Some(other.clone()),
    }
}
