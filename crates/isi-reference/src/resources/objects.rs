//! Objects that the server only keeps: secrets, limits, the cluster's configuration of registries.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    admit, items,
    listing::{Listing, read_list},
    name, object_writes, view,
};
use crate::{
    api::Api,
    behaviour::Behaviour,
    error::{ApiError, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body,
        negotiate::{negotiate, negotiate_list},
        options::WriteOptions,
        request::Request,
    },
    model::ListMeta,
    policy::registries::{MirrorEntry, MirrorKind, Registries, RegistrySources},
    route::Target,
    storage::{State, history::Stored, seed::IMAGE_CONFIG},
};

/// Answers with an object.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let found = find(&api.store.lock(), target)?;
    view::object(api, request, target.kind, 200, &found, form)
}

/// Lists objects.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let of = (store_key(target), target.namespace.as_str());
    let Listing { objects, meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    view::list(api, request, target.kind, &items(api, target.kind, objects)?, meta, form)
}

/// Creates an object.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let mut state = api.store.lock();
    let mut object = read(request, target)?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let wanted = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if wanted.is_empty() {
        return Err(ApiError::bad_request("metadata.name: Required value: name or generateName is required"));
    }
    if target.kind.namespaced {
        admit(&state, target, &wanted)?;
    }
    if state.object(store_key(target), &target.namespace, &wanted).is_some() {
        return Err(ApiError::already_exists(target.kind.resource(), &wanted));
    }
    object_writes::track(api, target, None, &mut object, &options);
    let stored = object_writes::store(&mut state, store_key(target), target, None, object, &options);
    drop(state);
    view::object(api, request, target.kind, 201, &stored, form)
}

/// Replaces an object.
pub(crate) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let mut state = api.store.lock();
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    let mut object = read(request, target)?;
    let old = find(&state, target)?;
    check_version(target, &old, &object)?;
    object["metadata"]["name"] = name(target).into();
    object_writes::track(api, target, Some(&old), &mut object, &options);
    let stored = object_writes::store(&mut state, store_key(target), target, Some(&old), object, &options);
    drop(state);
    view::object(api, request, target.kind, 200, &stored, form)
}

/// Patches an object; applying one that is not there creates it.
pub(crate) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let mut state = api.store.lock();
    let found = find(&state, target);
    let old = found.as_ref().ok();
    let missing = || found.as_ref().err().cloned().unwrap_or_else(ApiError::no_such_path);
    let (object, options) = object_writes::patched(api, request, target, old, missing)?;
    if let Some(old) = old {
        check_version(target, old, &object)?;
    } else if target.kind.namespaced {
        admit(&state, target, name(target))?;
    }
    let stored = object_writes::store(&mut state, store_key(target), target, old, object, &options);
    drop(state);
    view::object(api, request, target.kind, if old.is_some() { 200 } else { 201 }, &stored, form)
}

fn find(state: &State, target: &Target) -> Result<Value> {
    let found = state.object(store_key(target), &target.namespace, name(target)).cloned();
    found.ok_or_else(|| ApiError::not_found(target.kind.resource(), name(target)))
}

/// Refuses to replace an object that has changed since the version that the new one is made from.
fn check_version(target: &Target, old: &Value, new: &Value) -> Result<()> {
    let version = |object: &Value| object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
    let (resource, name) = (target.kind.resource(), name(target));
    match version(new) {
        made_from if made_from.is_empty() && target.kind.is_custom() => {
            let why = "must be specified for an update";
            let error = FieldError::invalid_literal("metadata.resourceVersion", &"0x0", why);
            Err(ApiError::invalid(resource.group, resource.name, name, &[error], true))
        }
        made_from if made_from.is_empty() || made_from == version(old) => Ok(()),
        _ => {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            Err(ApiError::conflict(resource, name, why))
        }
    }
}

fn store_key(target: &Target) -> &'static str {
    target.kind.stored.unwrap_or_default()
}

/// The object of a body, with kind and version as the path has them, and secrets' `stringData` in `data`.
fn read(request: &Request, target: &Target) -> Result<Value> {
    body::syntax(request)?;
    let received = body::read_any(request)?;
    let Value::Object(fields) = received else {
        return Err(ApiError::bad_request("an object is expected"));
    };
    let mut object = Map::new();
    object.insert("kind".to_owned(), target.kind.kind.into());
    object.insert("apiVersion".to_owned(), target.kind.api_version().into());
    object.insert("metadata".to_owned(), json!({}));
    object.extend(
        fields.into_iter().filter(|(key, value)| !matches!(key.as_str(), "kind" | "apiVersion") && !value.is_null()),
    );
    let texts = object.remove("stringData");
    for (key, text) in texts.as_ref().and_then(Value::as_object).into_iter().flatten() {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encoded = STANDARD.encode(text.as_str().unwrap_or_default());
        object.entry("data").or_insert_with(|| json!({}))[key] = encoded.into();
    }
    Ok(Value::Object(object))
}

/// `imagestreams/secrets`: the pull secrets of a namespace.
pub(crate) fn pull_secrets(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let is_pull_secret = |secret: &&Value| {
        let excluded = secret["metadata"]["annotations"]["openshift.io/image.excludeSecret"] == "true";
        let kind = secret["type"].as_str().unwrap_or_default();
        matches!(kind, "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson") && !excluded
    };
    let (secrets, version): (Vec<Stored>, u64) = {
        let state = api.store.lock();
        let secrets = state.objects("secrets", &target.namespace).filter(is_pull_secret).cloned();
        (secrets.map(|secret| Stored::Object(Arc::new(secret))).collect(), state.version_number())
    };
    // The list is that of the cluster's secrets, of which others are left out.
    let self_link = api.self_link(target, name(target));
    let meta = ListMeta { self_link, resource_version: version.to_string(), ..ListMeta::default() };
    view::list(api, request, target.kind, &items(api, target.kind, secrets)?, meta, form)
}

/// What the cluster's configuration says about registries.
pub(crate) fn registries(state: &State, behaviour: &Behaviour) -> Result<Registries> {
    let mut registries = Registries::new(behaviour.mirrors_unblock);
    if behaviour.registry_sources {
        let config = state.followed(IMAGE_CONFIG, "").find(|config| config["metadata"]["name"] == "cluster");
        let config = config.ok_or_else(|| ApiError::internal("images.config.openshift.io \"cluster\" not found"))?;
        registries.add_sources(&part::<RegistrySources>(&config["spec"]["registrySources"]));
    }
    let mut add = |resource: &'static str, field: &str, kind: MirrorKind| {
        for object in state.followed(resource, "") {
            for entry in part::<Vec<MirrorEntry>>(&object["spec"][field]) {
                registries.add_mirrors(&entry, kind);
            }
        }
    };
    if behaviour.content_source_policies {
        add("imagecontentsourcepolicies", "repositoryDigestMirrors", MirrorKind::Digests);
    }
    if behaviour.mirror_sets {
        add("imagedigestmirrorsets", "imageDigestMirrors", MirrorKind::Digests);
        add("imagetagmirrorsets", "imageTagMirrors", MirrorKind::Tags);
    }
    Ok(registries)
}

/// A part of an object; one that cannot be read says nothing.
fn part<T: DeserializeOwned + Default>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
