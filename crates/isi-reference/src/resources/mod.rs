//! What can be done with each resource.

pub(crate) mod apply;
pub(crate) mod continuation;
pub(crate) mod images;
pub(crate) mod imports;
pub(crate) mod layers;
pub(crate) mod listing;
pub(crate) mod namespaces;
pub(crate) mod object_writes;
pub(crate) mod objects;
pub(crate) mod projects;
pub(crate) mod reviews;
pub(crate) mod selection;
pub(crate) mod signatures;
pub(crate) mod stream_images;
pub(crate) mod stream_writes;
pub(crate) mod streams;
pub(crate) mod tag_writes;
pub(crate) mod tags;
pub(crate) mod users;
pub(crate) mod write;

use serde_json::Value;

use super::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{body, request::Request},
    route::Target,
    storage::{Phase, State},
    validation::meta::path_segment,
};

/// Refuses to make `name` in a namespace that does not take objects.
pub(crate) fn admit(state: &State, target: &Target, name: &str) -> Result<()> {
    match state.namespaces().phase(&target.namespace) {
        Phase::Active => Ok(()),
        Phase::Terminating => Err(ApiError::namespace_terminating(target.kind.resource(), name, &target.namespace)),
        Phase::Missing => Err(ApiError::not_found(Resource::core("namespaces"), &target.namespace)),
    }
}

/// The namespace of an object is that of the path.
pub(crate) fn check_namespace(found: &mut String, target: &Target) -> Result<()> {
    if found.is_empty() {
        found.clone_from(&target.namespace);
    }
    if *found == target.namespace {
        return Ok(());
    }
    Err(ApiError::bad_request("the namespace of the provided object does not match the namespace sent on the request"))
}

/// The name of an object is that of the path.
pub(crate) fn check_name(found: &str, target: &Target) -> Result<()> {
    let wanted = name(target);
    match found {
        "" => {
            let why = "was undeterminable: name must be provided";
            Err(ApiError::bad_request(format!("the name of the object ({wanted} based on URL) {why}")))
        }
        found if found == wanted => Ok(()),
        found => {
            let why = format!("the name of the object ({found}) does not match the name on the URL ({wanted})");
            Err(ApiError::bad_request(why))
        }
    }
}

/// Checks the options of a request for one stored object.
pub(crate) fn check_get(api: &Api, request: &Request, target: &Target) -> Result<()> {
    if let Some(problem) = path_segment(name(target)) {
        return Err(ApiError::bad_request(format!("Name parameter invalid: {:?}: {problem}", name(target))));
    }
    let is_set = |value: &str| !matches!(value, "" | "0" | "false");
    if api.behaviour.managed_fields && request.parameter("export").is_some_and(is_set) {
        let why = "the export parameter, deprecated since v1.14, is no longer supported";
        return Err(ApiError::bad_request(why));
    }
    let version = request.parameter("resourceVersion").unwrap_or_default();
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let why = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
        return Err(ApiError::failed(format!("resourceVersion: Invalid value: {version:?}: {why}")));
    }
    Ok(())
}

/// The name that a path ends in.
pub(crate) fn name(target: &Target) -> &str {
    target.name.as_deref().unwrap_or_default()
}

/// Refuses to delete `object` if it is not the one that the body of the request means.
pub(crate) fn check_preconditions(request: &Request, resource: Resource, object: &Value) -> Result<()> {
    if request.body()?.is_empty() {
        return Ok(());
    }
    let options = body::read_any(request)?;
    let checks = [("uid", "UID"), ("resourceVersion", "ResourceVersion")];
    for (field, word) in checks {
        let wanted = options["preconditions"][field].as_str();
        let found = object["metadata"][field].as_str().unwrap_or_default();
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let why = format!("Precondition failed: {word} in precondition: {wanted}, {word} in object meta: {found}");
            return Err(ApiError::conflict(resource, name, &why));
        }
    }
    Ok(())
}
