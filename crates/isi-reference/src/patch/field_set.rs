//! Sets of fields, as `fieldsV1` writes them: `f:` names a field, `k:` an item of a list by its key, `v:` a value of a set.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A set of paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet(BTreeMap<String, Entry>);

/// What a set says about a path and the paths below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    /// Whether the path itself is in the set.
    member: bool,
    below: FieldSet,
}

impl FieldSet {
    /// The set that `fieldsV1` describes.
    pub(super) fn from_json(value: &Value) -> Self {
        let entries = value.as_object().into_iter().flatten().filter(|(element, _)| *element != ".");
        let entry = |value: &Value| {
            let below = Self::from_json(value);
            Entry { member: below.is_empty() || value.get(".").is_some(), below }
        };
        Self(entries.map(|(element, value)| (element.clone(), entry(value))).collect())
    }

    /// The set as `fieldsV1` has it.
    pub(super) fn to_json(&self) -> Value {
        let write = |entry: &Entry| {
            let mut value = entry.below.to_json();
            if entry.member && !entry.below.is_empty() {
                value["."] = json!({});
            }
            value
        };
        Value::Object(self.0.iter().map(|(element, entry)| (element.clone(), write(entry))).collect::<Map<_, _>>())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a path.
    pub(super) fn insert(&mut self, path: &[String]) {
        let Some((first, rest)) = path.split_first() else { return };
        let entry = self.0.entry(first.clone()).or_default();
        if rest.is_empty() {
            entry.member = true;
        } else {
            entry.below.insert(rest);
        }
    }

    /// Whether the set has the path of one element.
    pub(super) fn has(&self, element: &str) -> bool {
        self.0.get(element).is_some_and(|entry| entry.member)
    }

    /// What the set says about the paths below an element.
    pub(super) fn below(&self, element: &str) -> Option<&Self> {
        self.0.get(element).map(|entry| &entry.below)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (element, entry) in &other.0 {
            let known = union.0.entry(element.clone()).or_default();
            *known = Entry { member: known.member || entry.member, below: known.below.union(&entry.below) };
        }
        union
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |this, other| this && !other)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |this, other| this && other)
    }

    fn combine(&self, other: &Self, member: fn(bool, bool) -> bool) -> Self {
        let none = Entry::default();
        let entries = self.0.iter().map(|(element, entry)| {
            let other = other.0.get(element).unwrap_or(&none);
            let below = entry.below.combine(&other.below, member);
            (element.clone(), Entry { member: member(entry.member, other.member), below })
        });
        Self(entries.filter(|(_, entry)| entry.member || !entry.below.is_empty()).collect())
    }

    /// The set with every path that leads to one of its paths.
    pub(super) fn with_parents(&self) -> Self {
        let entry = |entry: &Entry| Entry { member: true, below: entry.below.with_parents() };
        Self(self.0.iter().map(|(element, known)| (element.clone(), entry(known))).collect())
    }

    /// The paths as messages write them: those of a level before those below it.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect("", &mut paths);
        paths
    }

    fn collect(&self, prefix: &str, paths: &mut Vec<String>) {
        for (element, _) in self.0.iter().filter(|(_, entry)| entry.member) {
            paths.push(format!("{prefix}{}", shown(element)));
        }
        for (element, entry) in &self.0 {
            entry.below.collect(&format!("{prefix}{}", shown(element)), paths);
        }
    }
}

/// An element of a path as messages write it.
fn shown(element: &str) -> String {
    match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some(("k", key)) => {
            let key: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
            let parts: Vec<String> = key.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", parts.join(","))
        }
        _ => element.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_written_as_fields_v1() {
        let text = json!({ "f:spec": { "f:tags": { ".": {}, "k:{\"name\":\"x\"}": { ".": {}, "f:from": {} } } } });
        let set = FieldSet::from_json(&text);
        assert_eq!(set.to_json(), text);
        assert_eq!(set.paths(), [".spec.tags", ".spec.tags[name=\"x\"]", ".spec.tags[name=\"x\"].from"]);
    }

    #[test]
    fn a_difference_keeps_what_is_below_a_removed_path() {
        let set = FieldSet::from_json(&json!({ "f:a": { ".": {}, "f:b": {} } }));
        let without = set.difference(&FieldSet::from_json(&json!({ "f:a": {} })));
        assert_eq!(without.to_json(), json!({ "f:a": { "f:b": {} } }));
        assert!(set.difference(&set).is_empty());
    }
}
