//! `metadata.managedFields`: whose the fields of an object are, and server-side apply.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    field_set::FieldSet,
    last_applied,
    typed::{compare, fields_of, merge, remove, violations},
    untyped,
};
use crate::{
    behaviour::Behaviour,
    error::{ApiError, Result},
    json::Shape,
    model::{is_default, status::Cause, time::Time},
};

/// An entry of `metadata.managedFields`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ManagedEntry {
    #[serde(skip_serializing_if = "is_default")]
    manager: String,
    #[serde(skip_serializing_if = "is_default")]
    operation: String,
    #[serde(skip_serializing_if = "is_default")]
    api_version: String,
    #[serde(skip_serializing_if = "is_default")]
    time: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    fields_type: String,
    #[serde(rename = "fieldsV1", skip_serializing_if = "is_default")]
    fields: Option<Value>,
    #[serde(skip_serializing_if = "is_default")]
    subresource: String,
}

const APPLY: &str = "Apply";
const UPDATE: &str = "Update";
/// The manager of what an object had before it was applied for the first time.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// The fields of metadata that belong to the server.
const OF_THE_SERVER: [&str; 9] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// Who writes what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write<'a> {
    pub(crate) manager: &'a str,
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) shape: &'static Shape,
    /// The part of the object that is written; empty for the object itself.
    pub(crate) subresource: &'a str,
}

impl ManagedEntry {
    /// Takes out of metadata the entries that a client sent, those that say who owns which fields. `None` where the client does
    /// away with all: it sends one that says nothing.
    pub(crate) fn take_sent(entries: &mut Vec<Self>) -> Option<Vec<Self>> {
        let mut sent = std::mem::take(entries);
        if matches!(sent.as_slice(), [only] if *only == Self::default()) {
            return None;
        }
        sent.retain(Self::is_whole);
        Some(sent)
    }

    /// Whether it says who owns which fields.
    pub(crate) fn is_whole(&self) -> bool {
        self.fields.is_some() && matches!(self.operation.as_str(), APPLY | UPDATE)
    }

    fn set(&self) -> FieldSet {
        self.fields.as_ref().map(FieldSet::from_json).unwrap_or_default()
    }

    fn with(mut self, set: &FieldSet) -> Self {
        self.fields = Some(set.to_json());
        self
    }

    fn is(&self, operation: &str, write: &Write<'_>) -> bool {
        self.operation == operation
            && self.manager == write.manager
            && self.api_version == write.api_version
            && self.subresource == write.subresource
    }

    fn new(operation: &str, write: &Write<'_>) -> Self {
        Self {
            manager: write.manager.to_owned(),
            operation: operation.to_owned(),
            api_version: write.api_version.to_owned(),
            time: Some(Time::now().to_string()),
            fields_type: "FieldsV1".to_owned(),
            subresource: write.subresource.to_owned(),
            ..Self::default()
        }
    }

    /// The manager as messages about conflicts name it.
    fn shown(&self) -> String {
        let mut shown = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            shown = format!("{shown} with subresource {:?}", self.subresource);
        }
        if self.operation == UPDATE { format!("{shown} using {}", self.api_version) } else { shown }
    }
}

/// The entries once `write` has made `new` of `old` by creating, replacing or patching. An object that is not there yet is
/// as empty as one of its type. Objects without entries get none on an update.
pub(crate) fn track(
    old: &Value,
    new: &Value,
    entries: &[ManagedEntry],
    created: bool,
    write: &Write<'_>,
) -> Vec<ManagedEntry> {
    if entries.is_empty() && !created {
        return Vec::new();
    }
    let comparison = compare(old, new, write.shape);
    let own = strip(&comparison.set);
    let mut left: Vec<ManagedEntry> = entries
        .iter()
        .filter_map(|entry| {
            let mut set = entry.set().difference(&comparison.removed);
            if !entry.is(UPDATE, write) {
                set = set.difference(&comparison.set);
            }
            (!set.is_empty()).then(|| entry.clone().with(&set))
        })
        .collect();
    if !own.is_empty() {
        let before = left.iter().position(|entry| entry.is(UPDATE, write)).map(|at| left.remove(at).set());
        left.push(ManagedEntry::new(UPDATE, write).with(&own.union(&before.unwrap_or_default())));
    }
    sorted(left)
}

/// Applies a configuration to `old`, and returns the object with its entries.
///
/// # Errors
///
/// 409 if it changes what other managers own and is not forced, 500 if it is not of its type.
pub(crate) fn apply(
    old: &Value,
    configuration: &Value,
    entries: &[ManagedEntry],
    force: bool,
    empty: &Value,
    write: &Write<'_>,
    behaviour: &Behaviour,
) -> Result<(Value, Vec<ManagedEntry>)> {
    match violations(configuration, write.shape).as_slice() {
        [] => {}
        [one] => return Err(untyped(configuration, (write.api_version, write.kind), one, behaviour)),
        several => {
            let why = format!("errors:\n  {}", several.join("\n  "));
            return Err(untyped(configuration, (write.api_version, write.kind), &why, behaviour));
        }
    }
    let entries = if entries.is_empty() {
        let before = Write { manager: BEFORE_FIRST_APPLY, ..*write };
        track(empty, old, &[], true, &before)
    } else {
        entries.to_vec()
    };
    let own = fields_of(configuration, write.shape);
    let (last, others): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|entry| entry.is(APPLY, write));
    let last = last.into_iter().next();

    let mut merged = old.clone();
    merge(&mut merged, configuration, write.shape);
    if let Some(last) = &last {
        let owned = others.iter().fold(own.clone(), |owned, entry| owned.union(&entry.set())).with_parents();
        remove(&mut merged, &last.set().with_parents().difference(&owned), write.shape);
    }

    let comparison = compare(old, &merged, write.shape);
    let conflicts: Vec<(&ManagedEntry, FieldSet)> = others
        .iter()
        .map(|entry| (entry, entry.set().intersection(&comparison.set)))
        .filter(|(_, set)| !set.is_empty())
        .collect();
    if !force && !conflicts.is_empty() {
        let all = conflicts.iter().fold(FieldSet::default(), |all, (_, set)| all.union(set));
        let taken_over = last_applied::unchanged(old, write.manager, write.shape);
        if taken_over.is_none_or(|own| !all.difference(&own).is_empty()) {
            return Err(conflict(&conflicts));
        }
    }
    let mut left: Vec<ManagedEntry> = others
        .iter()
        .filter_map(|entry| {
            let set = entry.set().difference(&comparison.set).difference(&comparison.removed);
            (!set.is_empty()).then(|| entry.clone().with(&set))
        })
        .collect();
    let own = strip(&own);
    if !own.is_empty() {
        let mut entry = ManagedEntry::new(APPLY, write).with(&own);
        if merged == *old {
            // The time stays unless something has changed: a manager that is new has none.
            entry.time = last.and_then(|last| last.time);
        }
        left.push(entry);
    }
    last_applied::renew(&mut merged, write.manager, configuration);
    Ok((merged, sorted(left)))
}

/// The fields of a set that belong to clients.
fn strip(set: &FieldSet) -> FieldSet {
    let mut of_the_server: serde_json::Map<String, Value> =
        OF_THE_SERVER.iter().map(|name| (format!("f:{name}"), json!({}))).collect();
    of_the_server.insert(".".to_owned(), json!({}));
    let all = json!({ "f:apiVersion": {}, "f:kind": {}, "f:metadata": of_the_server });
    set.difference(&FieldSet::from_json(&all))
}

fn sorted(mut entries: Vec<ManagedEntry>) -> Vec<ManagedEntry> {
    entries.sort_by(|a, b| {
        let key = |entry: &ManagedEntry| {
            (
                entry.operation.clone(),
                entry.time.clone(),
                entry.manager.clone(),
                entry.api_version.clone(),
                entry.subresource.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    entries
}

/// 409: other managers own what would be changed.
fn conflict(conflicts: &[(&ManagedEntry, FieldSet)]) -> ApiError {
    let mut conflicts: Vec<(String, Vec<String>)> =
        conflicts.iter().map(|(entry, set)| (entry.shown(), set.paths())).collect();
    conflicts.sort();
    let cause = |manager: &str, field: &str| Cause {
        reason: "FieldManagerConflict",
        message: format!("conflict with {manager}"),
        field: field.to_owned(),
    };
    let causes: Vec<Cause> =
        conflicts.iter().flat_map(|(manager, paths)| paths.iter().map(move |path| cause(manager, path))).collect();
    let message = match causes.as_slice() {
        [one] => format!("Apply failed with 1 conflict: {}: {}", one.message, one.field),
        several => {
            let lines: Vec<String> = conflicts
                .iter()
                .map(|(manager, paths)| {
                    let paths: Vec<String> = paths.iter().map(|path| format!("\n- {path}")).collect();
                    format!("conflicts with {manager}:{}", paths.concat())
                })
                .collect();
            format!("Apply failed with {} conflicts: {}", several.len(), lines.join("\n"))
        }
    };
    ApiError::apply_conflict(message, causes)
}
