//! Undoing a change of an object on which others may have worked meanwhile.

use serde_json::{Map, Value};

/// `current` without what turned `before` into `after`. What other clients changed after that stays.
pub(super) fn undo(before: &Value, after: &Value, current: &Value) -> Value {
    let mut undone = current.clone();
    let parts = [before, after, current].map(content);
    let [before, after, current] = parts.each_ref();
    let content = undo_map(before, after, current);
    if let Some(object) = undone.as_object_mut() {
        object.retain(|key, _| is_system_field(key));
        let decided = content.get(METADATA).cloned().unwrap_or_default();
        object.extend(content.into_iter().filter(|(key, _)| key != METADATA));
        if let Some(metadata) = object.get_mut(METADATA).and_then(Value::as_object_mut) {
            for key in OWN_METADATA {
                match decided.get(key) {
                    Some(value) => metadata.insert(key.to_owned(), value.clone()),
                    None => metadata.remove(key),
                };
            }
        }
    }
    undone
}

/// Whether two states of an object are the same but for what the server keeps in it.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    content(one) == content(other)
}

const METADATA: &str = "metadata";
/// The parts of `metadata` that clients decide.
const OWN_METADATA: [&str; 2] = ["annotations", "labels"];

fn is_system_field(key: &str) -> bool {
    matches!(key, "apiVersion" | "kind" | METADATA | "status")
}

/// What clients decide of an object: everything but its type, its status, and the metadata that the server keeps. Empty
/// labels and annotations count as absent.
fn content(object: &Value) -> Map<String, Value> {
    let mut content = object.as_object().cloned().unwrap_or_default();
    content.retain(|key, _| !is_system_field(key));
    let kept = OWN_METADATA.into_iter().filter_map(|key| {
        let value = object[METADATA].get(key)?;
        let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
        (!is_empty).then(|| (key.to_owned(), value.clone()))
    });
    let metadata: Map<String, Value> = kept.collect();
    if !metadata.is_empty() {
        content.insert(METADATA.to_owned(), metadata.into());
    }
    content
}

fn undo_map(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    current: &Map<String, Value>,
) -> Map<String, Value> {
    let mut undone = current.clone();
    for key in before.keys().chain(after.keys()) {
        let [before, after, current] = [before, after, current].map(|map| map.get(key));
        if before == after {
            continue;
        }
        let value = if current == after { before.cloned() } else { undo_part(before, after, current) };
        match value {
            Some(value) => undone.insert(key.clone(), value),
            None => undone.remove(key),
        };
    }
    undone
}

/// A part that another client has changed: objects are undone key by key, other values stay as they are now.
fn undo_part(before: Option<&Value>, after: Option<&Value>, current: Option<&Value>) -> Option<Value> {
    let current = current?;
    let none = Map::new();
    let map = |value: Option<&'_ Value>| match value {
        Some(Value::Object(map)) => Some(map.clone()),
        None => Some(none.clone()),
        Some(_) => None,
    };
    let (Some(old), Some(new), Value::Object(now)) = (map(before), map(after), current) else {
        return Some(current.clone());
    };
    let undone = undo_map(&old, &new, now);
    (before.is_some() || !undone.is_empty()).then(|| undone.into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::nothing_else_happened(
        json!({ "spec": { "a": 1 } }), json!({ "spec": { "b": [2] } }), json!({ "spec": { "b": [2] } }),
        json!({ "spec": { "a": 1 } }),
    )]
    #[case::not_changed_yet(
        json!({ "spec": { "a": 1 } }), json!({ "spec": { "b": 2 } }), json!({ "spec": { "a": 1 } }),
        json!({ "spec": { "a": 1 } }),
    )]
    #[case::a_field_was_added_by_somebody_else(
        json!({ "spec": {} }), json!({ "spec": { "b": 2 } }), json!({ "spec": { "b": 2, "c": 3 } }),
        json!({ "spec": { "c": 3 } }),
    )]
    #[case::the_same_field_was_changed_by_somebody_else(
        json!({ "spec": { "a": 1 } }), json!({ "spec": { "a": 2 } }), json!({ "spec": { "a": 3 } }),
        json!({ "spec": { "a": 3 } }),
    )]
    #[case::a_field_inside_was_added_by_the_server(
        json!({ "spec": {} }), json!({ "spec": { "b": { "x": 1 } } }), json!({ "spec": { "b": { "x": 1, "d": 0 } } }),
        json!({ "spec": { "b": { "d": 0 } } }),
    )]
    #[case::there_was_no_spec(
        json!({}), json!({ "spec": { "b": 2 } }), json!({ "spec": { "b": 2 } }),
        json!({}),
    )]
    #[case::labels_and_annotations(
        json!({ "metadata": { "labels": { "a": "1" } } }),
        json!({ "metadata": { "labels": { "a": "1", "run": "2" } } }),
        json!({ "metadata": { "labels": { "a": "1", "run": "2" }, "annotations": { "by": "operator" } } }),
        json!({ "metadata": { "labels": { "a": "1" }, "annotations": { "by": "operator" } } }),
    )]
    fn only_the_change_itself_is_undone(
        #[case] before: Value,
        #[case] after: Value,
        #[case] current: Value,
        #[case] expected: Value,
    ) {
        assert_eq!(undo(&before, &after, &current), expected);
    }

    #[test]
    fn what_the_server_keeps_is_that_of_now() {
        let before =
            json!({ "metadata": { "name": "cluster", "resourceVersion": "1" }, "spec": {}, "status": { "x": 1 } });
        let after = json!({ "metadata": { "name": "cluster" }, "spec": { "a": 1 } });
        let current = json!({
            "metadata": { "name": "cluster", "resourceVersion": "7" }, "spec": { "a": 1 }, "status": { "x": 2 },
        });
        let undone = undo(&before, &after, &current);
        let expected = json!({
            "metadata": { "name": "cluster", "resourceVersion": "7" }, "spec": {}, "status": { "x": 2 },
        });
        assert_eq!(undone, expected);
        assert!(same(&undone, &before));
        assert!(!same(&current, &before));
    }
}
