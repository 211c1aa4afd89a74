//! Objects by their shape: which fields they set, how two differ, and how one is merged into another.
//!
//! The rules are those of Kubernetes' structured merge and diff: maps and structs are owned field by field, lists by a key or
//! by value where the shape says so, everything else as a whole.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Go, field_set::FieldSet};
use crate::json::Shape;

/// How a value is owned.
enum Ownership {
    /// As a whole.
    Leaf,
    /// Field by field.
    Fields,
    /// Item by item, by the value of this key.
    Items(&'static Shape, &'static str),
    /// Item by item, by value.
    Values,
}

fn form(shape: &'static Shape, value: Option<&Value>) -> Ownership {
    match (shape, value) {
        (Shape::Struct(target), _) if target.is_atomic() => Ownership::Leaf,
        (Shape::Struct(_) | Shape::Map(..), _) | (Shape::Any, Some(Value::Object(_))) => Ownership::Fields,
        (Shape::Keyed(item, _, key), _) => Ownership::Items(item, key),
        (Shape::Set(..), _) => Ownership::Values,
        _ => Ownership::Leaf,
    }
}

/// The shape of a field, and whether the type declares it.
fn field(shape: &'static Shape, key: &str) -> (&'static Shape, bool) {
    match shape {
        Shape::Struct(_) => shape.field(key).map_or((&Shape::Any, false), |field| (field, true)),
        Shape::Map(item, _) => (item, false),
        _ => (&Shape::Any, false),
    }
}

fn element(key: &str) -> String {
    format!("f:{key}")
}

/// The element of a path that an item of a list is named by.
fn item_element(item: &Value, key: &str) -> String {
    let value = item.get(key).cloned().unwrap_or_else(|| "".into());
    let mut named = Map::new();
    named.insert(key.to_owned(), value);
    format!("k:{}", Value::Object(named))
}

fn value_element(item: &Value) -> String {
    format!("v:{item}")
}

fn entries(value: Option<&Value>) -> Cow<'_, Map<String, Value>> {
    value.and_then(Value::as_object).map_or_else(|| Cow::Owned(Map::new()), Cow::Borrowed)
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The fields that `value` sets.
pub(super) fn fields_of(value: &Value, shape: &'static Shape) -> FieldSet {
    let mut set = FieldSet::default();
    collect(value, shape, &mut Vec::new(), &mut set);
    set
}

fn collect(value: &Value, shape: &'static Shape, path: &mut Vec<String>, set: &mut FieldSet) {
    match form(shape, Some(value)) {
        Ownership::Leaf => set.insert(path),
        Ownership::Fields => {
            for (key, value) in entries(Some(value)).iter() {
                let (shape, declared) = field(shape, key);
                path.push(element(key));
                collect(value, shape, path, set);
                if !declared || value.is_null() || value.as_object().is_some_and(Map::is_empty) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Ownership::Items(shape, key) => {
            for item in items(Some(value)) {
                path.push(item_element(item, key));
                collect(item, shape, path, set);
                set.insert(path);
                path.pop();
            }
        }
        Ownership::Values => {
            for item in items(Some(value)) {
                path.push(value_element(item));
                set.insert(path);
                path.pop();
            }
        }
    }
}

/// How one object differs from another.
#[derive(Debug, Default)]
pub(super) struct FieldChanges {
    pub(super) removed: FieldSet,
    /// Changed, and new.
    pub(super) set: FieldSet,
}

/// How `new` differs from `old`.
pub(super) fn compare(old: &Value, new: &Value, shape: &'static Shape) -> FieldChanges {
    let mut found = FieldChanges::default();
    walk(Some(old), Some(new), shape, &mut Vec::new(), &mut found);
    found
}

fn walk(
    old: Option<&Value>,
    new: Option<&Value>,
    shape: &'static Shape,
    path: &mut Vec<String>,
    found: &mut FieldChanges,
) {
    let is_empty = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    let form = match form(shape, new.filter(|value| !value.is_null()).or(old)) {
        _ if is_empty(old) && is_empty(new) => Ownership::Leaf,
        form => form,
    };
    let is_leaf = matches!(form, Ownership::Leaf);
    match (old, new) {
        (None, Some(_)) => found.set.insert(path),
        (Some(_), None) => found.removed.insert(path),
        (old, new) if is_leaf && old != new => found.set.insert(path),
        _ => {}
    }
    match form {
        Ownership::Leaf => {}
        Ownership::Fields => {
            let (old, new) = (entries(old), entries(new));
            let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                path.push(element(key));
                walk(old.get(key), new.get(key), field(shape, key).0, path, found);
                path.pop();
            }
        }
        Ownership::Items(shape, key) => {
            let named = |list: Option<&Value>, name: &str| {
                items(list).iter().find(|item| item_element(item, key) == name).cloned()
            };
            let names: std::collections::BTreeSet<String> =
                items(old).iter().chain(items(new)).map(|item| item_element(item, key)).collect();
            for name in names {
                let (old, new) = (named(old, &name), named(new, &name));
                path.push(name);
                walk(old.as_ref(), new.as_ref(), shape, path, found);
                path.pop();
            }
        }
        Ownership::Values => {
            let (old, new) = (items(old), items(new));
            for (list, other, set) in [(new, old, &mut found.set), (old, new, &mut found.removed)] {
                for item in list.iter().filter(|item| !other.contains(item)) {
                    path.push(value_element(item));
                    set.insert(path);
                    path.pop();
                }
            }
        }
    }
}

/// Merges a configuration into an object.
pub(super) fn merge(object: &mut Value, configuration: &Value, shape: &'static Shape) {
    match (form(shape, Some(configuration)), configuration) {
        (Ownership::Fields, Value::Object(changes)) => {
            if !object.is_object() {
                *object = Value::Object(Map::new());
            }
            let Some(fields) = object.as_object_mut() else { return };
            for (key, change) in changes {
                match fields.get_mut(key) {
                    Some(known) => merge(known, change, field(shape, key).0),
                    None => drop(fields.insert(key.clone(), change.clone())),
                }
            }
        }
        (Ownership::Items(shape, key), Value::Array(changes)) => {
            let mut merged = items(Some(object)).to_vec();
            for change in changes {
                let name = item_element(change, key);
                match merged.iter_mut().find(|item| item_element(item, key) == name) {
                    Some(item) => merge(item, change, shape),
                    None => merged.push(change.clone()),
                }
            }
            *object = Value::Array(merged);
        }
        (Ownership::Values, Value::Array(changes)) => {
            let mut merged = items(Some(object)).to_vec();
            merged.extend(changes.iter().filter(|change| !items(Some(object)).contains(change)).cloned());
            *object = Value::Array(merged);
        }
        // Nothing to add: what is there stays.
        (Ownership::Fields | Ownership::Items(..) | Ownership::Values, Value::Null) => {}
        _ => *object = configuration.clone(),
    }
}

/// Removes the fields of a set, each with everything below it.
pub(super) fn remove(object: &mut Value, set: &FieldSet, shape: &'static Shape) {
    match form(shape, Some(object)) {
        Ownership::Leaf => {}
        Ownership::Fields => {
            let Some(fields) = object.as_object_mut() else { return };
            fields.retain(|key, _| !set.has(&element(key)));
            for (key, value) in fields.iter_mut() {
                if let Some(below) = set.below(&element(key)) {
                    remove(value, below, field(shape, key).0);
                }
            }
        }
        Ownership::Items(shape, key) => {
            let Some(items) = object.as_array_mut() else { return };
            items.retain(|item| !set.has(&item_element(item, key)));
            for item in items {
                if let Some(below) = set.below(&item_element(item, key)) {
                    remove(item, below, shape);
                }
            }
        }
        Ownership::Values => {
            let Some(items) = object.as_array_mut() else { return };
            items.retain(|item| !set.has(&value_element(item)));
        }
    }
}

/// What about a configuration is not as its type has it.
pub(super) fn violations(value: &Value, shape: &'static Shape) -> Vec<String> {
    let mut found = Vec::new();
    check(value, shape, "", &mut found);
    found
}

fn check(value: &Value, shape: &'static Shape, path: &str, found: &mut Vec<String>) {
    let expected =
        |found: &mut Vec<String>, what: &str| found.push(format!("{path}: expected {what}, got &{{{}}}", Go(value)));
    match (shape, value) {
        (_, Value::Null)
        | (Shape::Any | Shape::OwnedFields | Shape::DockerImage, _)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Int(_), Value::Number(_))
        | (Shape::Text(_) | Shape::Time | Shape::Bytes, Value::String(_)) => {}
        (Shape::Bool, _) => expected(found, "boolean"),
        (Shape::Int(_), _) => expected(found, "numeric (int or float)"),
        (Shape::Text(_) | Shape::Time | Shape::Bytes, _) => {
            let shown = format!("&value.valueUnstructured{{Value:{}}}", Go(value));
            found.push(format!("{path}: expected string, got {shown}"));
        }
        (Shape::List(item, _), Value::Array(items)) | (Shape::Set(item, _), Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                check(value, item, &format!("{path}[{index}]"), found);
            }
            if let (Shape::Set(..), Some(twice)) = (shape, twice(items, |item| item.to_string())) {
                found.push(format!("{path}: duplicate entries for key [={twice}]"));
            }
        }
        (Shape::Keyed(item, _, key), Value::Array(items)) => {
            let named = |item: &Value| item.get(*key).map_or_else(|| "\"\"".to_owned(), Value::to_string);
            if let Some(twice) = twice(items, named) {
                found.push(format!("{path}: duplicate entries for key [{key}={twice}]"));
            }
            for value in items {
                check(value, item, &format!("{path}[{key}={}]", named(value)), found);
            }
        }
        (Shape::List(..) | Shape::Set(..) | Shape::Keyed(..), _) => expected(found, "list"),
        (Shape::Map(item, _), Value::Object(fields)) => {
            fields.iter().for_each(|(key, value)| check(value, item, &format!("{path}.{key}"), found));
        }
        (Shape::Struct(_), Value::Object(fields)) => {
            for (key, value) in fields {
                match shape.field(key) {
                    Some(field) => check(value, field, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key}: field not declared in schema")),
                }
            }
        }
        (Shape::Map(..) | Shape::Struct(_), _) => expected(found, "map"),
    }
}

/// The first name that two items have.
fn twice(items: &[Value], name: impl Fn(&Value) -> String) -> Option<String> {
    let names: Vec<String> = items.iter().map(name).collect();
    names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)).map(|(_, name)| name.clone())
}
