//! Lists in strategic merge patches: which items are merged, and the order that comes out.
//!
//! The rules are those of `strategicpatch` in k8s.io/apimachinery, odd ones included: an item that only the patch has comes
//! before those that only the object has.

use serde_json::Value;

use super::{
    Go,
    strategic::{self, DIRECTIVE},
};
use crate::{
    error::{ApiError, Result},
    json::Shape,
};

/// How the items of a merged list are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum ItemIdentity {
    /// By a field of each.
    Key(&'static str),
    /// By the whole value.
    Value,
}

impl ItemIdentity {
    /// What tells an item apart.
    fn of(self, item: &Value) -> Option<&Value> {
        match self {
            Self::Key(key) => item.get(key),
            Self::Value => Some(item),
        }
    }

    fn require(self, item: &Value) -> Result<&Value> {
        let Self::Key(key) = self else { return Ok(item) };
        let missing = || ApiError::failed(format!("map: {} does not contain declared merge key: {key}", Go(item)));
        self.of(item).ok_or_else(missing)
    }

    pub(super) fn position(self, list: &[Value], item: &Value) -> Option<usize> {
        let wanted = self.of(item);
        list.iter().position(|known| self.of(known) == wanted)
    }

    fn holds(self, list: &[Value], item: &Value) -> bool {
        self.position(list, item).is_some()
    }
}

/// Merges `changes` into the items of `original`, of which each has this shape.
///
/// # Errors
/// 500 for items of several types, without their key, or with an unknown directive.
pub(super) fn merge(
    original: &[Value],
    changes: &[Value],
    identity: ItemIdentity,
    shape: &'static Shape,
    drops_directives: bool,
) -> Result<Vec<Value>> {
    if original.is_empty() && changes.is_empty() {
        return Ok(Vec::new());
    }
    check_types(original, changes)?;
    let (kept, changes) = apply_directives(original, changes, identity)?;
    let mut merged = kept.clone();
    for change in &changes {
        identity.require(change)?;
        match identity.position(&merged, change) {
            Some(at) if matches!(identity, ItemIdentity::Key(_)) => {
                strategic::apply(&mut merged[at], change, shape, drops_directives)?;
            }
            Some(_) => {}
            None => merged.push(change.clone()),
        }
    }
    arrange(merged, &changes, &kept, identity)
}

/// Removes `removed` from `original`.
///
/// # Errors
/// 500 for items of several types.
pub(super) fn without(original: &[Value], removed: &[Value]) -> Result<Vec<Value>> {
    if !(original.is_empty() && removed.is_empty()) {
        check_types(original, removed)?;
    }
    Ok(original.iter().filter(|item| !removed.contains(item)).cloned().collect())
}

/// Brings the items of a list into the order of a `$setElementOrder` directive. `changes` are the items of the same list in
/// the patch, and already in `merged`.
///
/// # Errors
/// 500 where the items of the patch have another order.
pub(super) fn set_order(
    merged: Vec<Value>,
    order: &[Value],
    (original, changes): (&[Value], &[Value]),
    identity: ItemIdentity,
) -> Result<Vec<Value>> {
    check_types(original, changes)?;
    arrange(merged, order, original, identity)
}

/// Refuses a patch whose items are not in the order that it asks for.
///
/// # Errors
/// 500
pub(super) fn check_order(changes: &[Value], order: &[Value], identity: ItemIdentity) -> Result<()> {
    if order.is_empty() || changes.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for change in changes.iter().filter(|change| change.get(DIRECTIVE).is_none()) {
        let wanted = identity.require(change)?;
        let mut is_found = false;
        for item in rest.by_ref() {
            if identity.require(item)? == wanted {
                is_found = true;
                break;
            }
        }
        if !is_found {
            let list = |items: &[Value]| Go(&Value::Array(items.to_vec())).to_string();
            return Err(ApiError::failed(format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                list(changes),
                list(order)
            )));
        }
    }
    Ok(())
}

/// The items that stay, and the changes that are left, once the directives among the changes are followed.
fn apply_directives(original: &[Value], changes: &[Value], identity: ItemIdentity) -> Result<(Vec<Value>, Vec<Value>)> {
    let mut kept = original.to_vec();
    let mut left = Vec::new();
    let mut replaces = false;
    for change in changes {
        match change.get(DIRECTIVE) {
            None => left.push(change.clone()),
            Some(directive) if directive == "delete" => {
                let gone = identity.require(change)?;
                kept.retain(|item| identity.of(item) != Some(gone));
            }
            Some(directive) if directive == "replace" => replaces = true,
            Some(directive) if directive == "merge" => {
                return Err(ApiError::failed("merging lists cannot yet be specified in the patch"));
            }
            Some(directive) => {
                let (directive, map) = (Go(directive), Go(change));
                return Err(ApiError::failed(format!("unknown patch type: {directive} in map: {map}")));
            }
        }
    }
    Ok(if replaces { (left, Vec::new()) } else { (kept, left) })
}

/// Items that `order` names in that order, the others as in `original`, and both together so that the order of `original`
/// decides where it has both.
fn arrange(merged: Vec<Value>, order: &[Value], original: &[Value], identity: ItemIdentity) -> Result<Vec<Value>> {
    for item in &merged {
        identity.require(item)?;
    }
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| identity.holds(order, item));
    sort(&mut named, order, identity);
    sort(&mut others, original, identity);
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut arranged = Vec::new();
    while let (Some(one), Some(other)) = (named.peek(), others.peek()) {
        let positions = (identity.position(original, other), identity.position(original, one));
        let is_other_first = matches!(positions, (Some(other), Some(one)) if other < one);
        arranged.extend(if is_other_first { others.next() } else { named.next() });
    }
    arranged.extend(named);
    arranged.extend(others);
    Ok(arranged)
}

/// Sorts by the order of another list. Items that it does not have are moved to the front, as Go's sort does with them.
fn sort(items: &mut [Value], order: &[Value], identity: ItemIdentity) {
    let is_less = |one: &Value, other: &Value| {
        let positions = (identity.position(order, one), identity.position(order, other));
        !matches!(positions, (Some(one), Some(other)) if one >= other)
    };
    for index in 1..items.len() {
        let mut at = index;
        while at > 0 && is_less(&items[at], &items[at - 1]) {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Refuses lists whose items have several types, or are lists.
fn check_types(original: &[Value], changes: &[Value]) -> Result<()> {
    let mut types = original.iter().chain(changes).map(go_type);
    let Some(first) = types.next() else {
        return Err(ApiError::failed("no elements in any of the given slices"));
    };
    if first == "[]interface {}" {
        return Err(ApiError::rejected());
    }
    if types.all(|other| other == first) {
        return Ok(());
    }
    let both = Value::Array(vec![original.into(), changes.into()]);
    Err(ApiError::failed(format!("list element types are not identical: {}", Go(&both))))
}

/// The Go type that a JSON value is decoded to.
pub(super) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
