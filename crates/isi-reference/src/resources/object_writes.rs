//! Writing objects that the server only keeps: who owns their fields, patches, dry runs.

use serde_json::{Value, json};

use super::check_name;
use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{
        options::{FieldValidation, WriteOptions},
        request::Request,
    },
    json::{Shape, shapes::objects},
    model::{meta::new_uid, time::Time},
    patch::{self, ManagedEntry, PatchType, Write},
    route::Target,
    storage::State,
};

fn shape(target: &Target) -> &'static Shape {
    match target.kind.kind {
        "Secret" => &objects::SECRET,
        "LimitRange" => &objects::LIMIT_RANGE,
        _ => &objects::CUSTOM,
    }
}

/// Stores an object, or returns what a dry run would have stored. `old` is its form before.
pub(super) fn store(
    state: &mut State,
    key: &'static str,
    target: &Target,
    old: Option<&Value>,
    mut object: Value,
    options: &WriteOptions,
) -> Value {
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if !options.dry_run {
        return state.put_object(key, (target.namespace.clone(), name), object);
    }
    let kept = |field: &str| old.map(|old| old["metadata"][field].clone());
    object["metadata"]["uid"] = kept("uid").unwrap_or_else(|| new_uid().into());
    object["metadata"]["creationTimestamp"] =
        kept("creationTimestamp").unwrap_or_else(|| Time::now().to_string().into());
    if let Some(version) = kept("resourceVersion") {
        object["metadata"]["resourceVersion"] = version;
    }
    if !target.namespace.is_empty() {
        object["metadata"]["namespace"] = target.namespace.clone().into();
    }
    object
}

/// An object of the kind with nothing in it.
fn empty(target: &Target) -> Value {
    let mut empty = json!({ "kind": target.kind.kind, "apiVersion": target.kind.api_version(), "metadata": {} });
    if target.kind.kind == "LimitRange" {
        empty["spec"] = json!({ "limits": null });
    }
    empty
}

fn entries(object: &Value) -> Vec<ManagedEntry> {
    let entries = serde_json::from_value(object["metadata"]["managedFields"].clone());
    let entries: Vec<ManagedEntry> = entries.unwrap_or_default();
    entries.into_iter().filter(ManagedEntry::is_whole).collect()
}

fn set_entries(object: &mut Value, entries: &[ManagedEntry]) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".to_owned(), json!(entries));
    }
}

/// Records whose the fields of `object` are that differ from `old`, or from an empty object.
pub(super) fn track(api: &Api, target: &Target, old: Option<&Value>, object: &mut Value, options: &WriteOptions) {
    if !api.behaviour.managed_fields {
        return set_entries(object, &[]);
    }
    let given = entries(object);
    let known = if given.is_empty() { old.map(entries).unwrap_or_default() } else { given };
    let empty = empty(target);
    let api_version = target.kind.api_version();
    let write = Write {
        manager: &options.manager,
        api_version: &api_version,
        kind: target.kind.kind,
        shape: shape(target),
        subresource: "",
    };
    let tracked = patch::track(old.unwrap_or(&empty), object, &known, old.is_none(), &write);
    set_entries(object, &tracked);
}

/// The object that a patch makes of `old`. Applying one that is not there makes it; `None` is refused by the caller.
pub(super) fn patched(
    api: &Api,
    request: &Request,
    target: &Target,
    old: Option<&Value>,
    missing: impl FnOnce() -> ApiError,
) -> Result<(Value, WriteOptions)> {
    let kind = PatchType::of(request, !target.kind.is_custom(), api.behaviour.managed_fields)?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let body = request.body()?;
    let empty = empty(target);
    let api_version = target.kind.api_version();
    let object = match (kind, old) {
        (PatchType::Apply, _) => {
            let (configuration, surplus) =
                patch::read_configuration(body, &api_version, target.kind.kind, &api.behaviour)?;
            let write = Write {
                manager: &options.manager,
                api_version: &api_version,
                kind: target.kind.kind,
                shape: shape(target),
                subresource: "",
            };
            let current = old.unwrap_or(&empty);
            let (mut object, tracked) = patch::apply(
                current,
                &configuration,
                &entries(current),
                options.force,
                &empty,
                &write,
                &api.behaviour,
            )?;
            if options.field_validation == FieldValidation::Strict && !surplus.is_empty() {
                return Err(patch::strict_yaml(&surplus));
            }
            options.warn(request, surplus);
            set_entries(&mut object, &tracked);
            object
        }
        (_, None) => return Err(missing()),
        (_, Some(old)) => {
            let patched = patch::patch(kind, body, old, shape(target), options.field_validation, &api.behaviour)?;
            if options.field_validation == FieldValidation::Strict && !patched.surplus.is_empty() {
                let why = format!("strict decoding error: {}", patched.surplus.join(", "));
                return Err(patched.refusal(&why, &api.behaviour));
            }
            if !patched.object["metadata"].is_object() || patched.object["kind"] != target.kind.kind {
                let (kind, version) = (patched.object["kind"].as_str().unwrap_or_default(), &api_version);
                let why = format!("no kind {kind:?} is registered for version {version:?}");
                return Err(patched.refusal(&why, &api.behaviour));
            }
            options.warn(request, patched.surplus);
            let mut object = patched.object;
            track(api, target, Some(old), &mut object, &options);
            object
        }
    };
    check_name(object["metadata"]["name"].as_str().unwrap_or_default(), target)?;
    Ok((object, options))
}
