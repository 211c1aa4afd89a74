//! JSON merge patches (RFC 7396), as the library of Kubernetes' API server applies them.

use serde_json::{Map, Value};

/// Applies `patch`, of which `null` removes. What the patch brings has no `null` in objects, those inside lists included, which the
/// RFC leaves alone.
pub(super) fn apply(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => apply_fields(target, patch),
        (target, patch) => *target = without_nulls(patch),
    }
}

fn apply_fields(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, change) in patch {
        match (target.get_mut(key), change) {
            (_, Value::Null) => {
                target.remove(key);
            }
            (Some(Value::Object(known)), Value::Object(change)) => apply_fields(known, change),
            // The library looks for `null` only where there was no object before.
            (Some(known @ Value::Object(_)), change) => *known = change.clone(),
            (_, change) => {
                target.insert(key.clone(), without_nulls(change));
            }
        }
    }
}

/// A value without the fields that are `null`. Items that are `null` stay.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, field)| !field.is_null())
            .map(|(key, field)| (key.clone(), without_nulls(field)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// The first five are from the appendix of RFC 7396; the others are what openshift-apiserver 4.22 makes of them.
    #[rstest]
    #[case::replaced(json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" }))]
    #[case::removed(json!({ "a": "b", "b": "c" }), json!({ "a": null }), json!({ "b": "c" }))]
    #[case::list(json!({ "a": ["b"] }), json!({ "a": "c" }), json!({ "a": "c" }))]
    #[case::inside(json!({ "a": { "b": "c" } }), json!({ "a": { "b": "d", "c": null } }), json!({ "a": { "b": "d" } }))]
    #[case::new(json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } }))]
    #[case::in_list(json!({ "a": [] }), json!({ "a": [{ "b": null, "c": 1 }, null] }), json!({ "a": [{ "c": 1 }, null] }))]
    #[case::list_for_object(json!({ "a": {} }), json!({ "a": [{ "b": null }] }), json!({ "a": [{ "b": null }] }))]
    fn a_patch_is_merged(#[case] mut target: Value, #[case] patch: Value, #[case] expected: Value) {
        apply(&mut target, &patch);
        assert_eq!(target, expected);
    }
}
