//! Objects that the server only keeps: secrets, limits, the cluster's configuration of registries.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    admit, check_preconditions,
    listing::{Listing, read_list},
    name, object_writes, streams,
};
use crate::{
    api::Api,
    behaviour::Behaviour,
    error::{ApiError, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body,
        negotiate::{negotiate, negotiate_among},
        options::{DeleteOptions, WriteOptions},
        request::Request,
    },
    model::status::Status,
    policy::registries::{MirrorEntry, MirrorKind, Registries, RegistrySources},
    route::{Target, Verb},
    storage::{State, history::Stored},
};

/// The key of the cluster's image configuration among stored objects.
pub(crate) const IMAGE_CONFIG: &str = "config.openshift.io/images";

/// Answers a request for objects of any of these kinds.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    let form = negotiate_among(request, !target.kind.is_custom(), &[])?;
    let mut state = api.store.lock();
    let key = store_key(target);
    let resource = target.kind.resource();
    let missing = || ApiError::not_found(resource, name(target));
    match verb {
        Verb::Get => {
            let found = state.object(key, &target.namespace, name(target)).ok_or_else(missing)?;
            Ok(Answer::object(200, found, form))
        }
        Verb::List => list(api, &state, request, target).map(|list| Answer::object(200, &list, form)),
        Verb::Create => {
            let mut object = read(request, target)?;
            let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
            let wanted = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if wanted.is_empty() {
                return Err(ApiError::bad_request("metadata.name: Required value: name or generateName is required"));
            }
            if target.kind.namespaced {
                admit(&state, target, &wanted)?;
            }
            if state.object(key, &target.namespace, &wanted).is_some() {
                return Err(ApiError::already_exists(resource, &wanted));
            }
            object_writes::track(api, target, None, &mut object, &options);
            let stored = object_writes::store(&mut state, key, target, None, object, &options);
            Ok(Answer::object(201, &stored, form))
        }
        Verb::Update => {
            let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
            let mut object = read(request, target)?;
            let old = state.object(key, &target.namespace, name(target)).cloned().ok_or_else(missing)?;
            check_version(target, &old, &object)?;
            object["metadata"]["name"] = name(target).into();
            object_writes::track(api, target, Some(&old), &mut object, &options);
            let stored = object_writes::store(&mut state, key, target, Some(&old), object, &options);
            Ok(Answer::object(200, &stored, form))
        }
        Verb::Patch => {
            let old = state.object(key, &target.namespace, name(target)).cloned();
            let (object, options) = object_writes::patched(api, request, target, old.as_ref(), missing)?;
            if let Some(old) = &old {
                check_version(target, old, &object)?;
            } else if target.kind.namespaced {
                admit(&state, target, name(target))?;
            }
            let stored = object_writes::store(&mut state, key, target, old.as_ref(), object, &options);
            Ok(Answer::object(if old.is_some() { 200 } else { 201 }, &stored, form))
        }
        Verb::Delete => {
            let options = DeleteOptions::read(request, &api.behaviour)?;
            let found = state.object(key, &target.namespace, name(target)).cloned().ok_or_else(missing)?;
            check_preconditions(request, resource, &found)?;
            if !options.dry_run {
                state.remove_object(key, &target.namespace, name(target));
            }
            let uid = found["metadata"]["uid"].as_str().unwrap_or_default();
            let details = streams::deleted(target, uid);
            let status = Status { details: Some(Box::new(details)), ..Status::success() };
            Ok(Answer::status(200, &status, form))
        }
    }
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
    match (target.kind.group, target.kind.plural) {
        ("config.openshift.io", "images") => IMAGE_CONFIG,
        (_, plural) => plural,
    }
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

fn list(api: &Api, state: &State, request: &Request, target: &Target) -> Result<Value> {
    let of = (store_key(target), target.namespace.as_str());
    let Listing { objects, meta } = read_list(state, request, of, &api.behaviour)?;
    let items: Vec<Value> = objects.into_iter().filter_map(Stored::into_object).collect();
    Ok(json!({
        "kind": format!("{}List", target.kind.kind), "apiVersion": target.kind.api_version(),
        "metadata": meta, "items": items,
    }))
}

/// `imagestreams/secrets`: the pull secrets of a namespace.
pub(crate) fn pull_secrets(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let state = api.store.lock();
    let is_pull_secret = |secret: &&Value| {
        let excluded = secret["metadata"]["annotations"]["openshift.io/image.excludeSecret"] == "true";
        let kind = secret["type"].as_str().unwrap_or_default();
        matches!(kind, "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson") && !excluded
    };
    let items: Vec<&Value> = state.objects("secrets", &target.namespace).filter(is_pull_secret).collect();
    let list = json!({ "kind": "SecretList", "apiVersion": "image.openshift.io/v1", "metadata": {}, "items": items });
    Ok(Answer::object(200, &list, form))
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

/// Puts the objects into a new store that every cluster has.
pub(crate) fn seed(state: &mut State) {
    let object = json!({ "kind": "Image", "apiVersion": "config.openshift.io/v1", "metadata": {}, "spec": {} });
    state.put_object(IMAGE_CONFIG, (String::new(), "cluster".to_owned()), object);
}
