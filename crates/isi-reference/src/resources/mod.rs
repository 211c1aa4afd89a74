//! What can be done with each resource.

pub(crate) mod apply;
pub(crate) mod continuation;
pub(crate) mod deletion;
pub(crate) mod image_tags;
pub(crate) mod image_writes;
pub(crate) mod images;
pub(crate) mod imports;
pub(crate) mod layers;
pub(crate) mod listing;
pub(crate) mod mappings;
pub(crate) mod namespaces;
pub(crate) mod object_writes;
pub(crate) mod objects;
pub(crate) mod patched;
pub(crate) mod projects;
pub(crate) mod reviews;
pub(crate) mod selection;
pub(crate) mod signatures;
pub(crate) mod stream_images;
pub(crate) mod stream_writes;
pub(crate) mod streams;
pub(crate) mod tag_spec;
pub(crate) mod tag_writes;
pub(crate) mod tags;
pub(crate) mod users;
pub(crate) mod view;
pub(crate) mod write;

use std::{num::IntErrorKind, sync::Arc};

use serde_json::Value;

use super::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::request::Request,
    kinds::Kind,
    model::{Typed, meta::ObjectMeta},
    quote::quote,
    route::Target,
    storage::{Phase, State, history::Stored},
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

/// Refuses an object without a name where servers generate none.
pub(crate) fn check_generated_name(api: &Api, meta: &ObjectMeta) -> Result<()> {
    if api.behaviour.generate_name_fails && meta.lacks_generated_name() {
        return Err(ApiError::internal("metadata.name was not generated"));
    }
    Ok(())
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

/// The name and the namespace of a replaced or patched object are those of the path.
pub(crate) fn check_identity(api: &Api, meta: &mut ObjectMeta, target: &Target) -> Result<()> {
    if api.behaviour.checks_namespace_first {
        check_namespace(&mut meta.namespace, target)?;
        return check_name(&meta.name, target);
    }
    check_name(&meta.name, target)?;
    let (found, wanted) = (&meta.namespace, &target.namespace);
    let why = format!("the namespace of the object ({found}) does not match the namespace on the request ({wanted})");
    check_namespace(&mut meta.namespace, target).map_err(|_| ApiError::bad_request(why))
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

/// When owners that are named twice are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnersFound {
    /// In the object of a request.
    Sent,
    /// In what a patch has made.
    Patched,
}

/// Leaves out owners that are named twice, and warns of them.
pub(crate) fn merge_equal_owners(api: &Api, request: &Request, meta: &mut ObjectMeta, found: OwnersFound) {
    if !api.behaviour.merges_equal_owners {
        return;
    }
    let twice = meta.merge_equal_owners();
    if twice.is_empty() {
        return;
    }
    let when = if found == OwnersFound::Patched { " after mutating admission happens" } else { "" };
    request.warn([format!(
        ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may \
         reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
        twice.join(", ")
    )]);
}

/// Refuses a name that no object can be stored by.
pub(crate) fn check_segment(target: &Target) -> Result<()> {
    let name = name(target);
    let refusal = |problem| ApiError::bad_request(format!("Name parameter invalid: {name:?}: {problem}"));
    path_segment(name).map_or(Ok(()), |problem| Err(refusal(problem)))
}

/// Checks the options of a request for one stored object.
pub(crate) fn check_get(api: &Api, request: &Request, target: &Target) -> Result<()> {
    check_name_and_export(api, request, target)?;
    check_version_form(api, request)
}

/// What of the options of a request is checked before it is known which object stands behind the name.
pub(crate) fn check_name_and_export(api: &Api, request: &Request, target: &Target) -> Result<()> {
    check_segment(target)?;
    let is_set = |value: &str| !matches!(value, "" | "0" | "false");
    if api.behaviour.managed_fields && request.parameter("export").is_some_and(is_set) {
        let why = "the export parameter, deprecated since v1.14, is no longer supported";
        return Err(ApiError::bad_request(why));
    }
    Ok(())
}

/// Refuses to replace an object whose `resourceVersion` is missing or no number.
pub(crate) fn check_update_version(api: &Api, resource: Resource, meta: &ObjectMeta) -> Result<()> {
    let version = match meta.resource_version.as_str() {
        "" => Ok(0),
        text => text.parse::<u64>(),
    };
    let quoted = quote(&meta.resource_version);
    match version.map_err(|error| *error.kind()) {
        Ok(0) => {
            let zero = if api.behaviour.plain_null_in_field_errors { "0" } else { "0x0" };
            let why = "must be specified for an update";
            let error = FieldError::invalid_literal("metadata.resourceVersion", &zero, why);
            api.invalid_of(resource, &meta.name, &[error])
        }
        Ok(_) => Ok(()),
        Err(IntErrorKind::PosOverflow) => {
            Err(ApiError::failed(format!("strconv.ParseUint: parsing {quoted}: value out of range")))
        }
        Err(_) => Err(ApiError::failed(format!("strconv.ParseUint: parsing {quoted}: invalid syntax"))),
    }
}

/// Refuses a resource version that is no number, on servers that look at it.
pub(crate) fn check_version_form(api: &Api, request: &Request) -> Result<()> {
    if !api.behaviour.reads_not_older {
        return Ok(());
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

/// Stored objects as the items of a list: only custom resources say their kind there.
pub(crate) fn items(api: &Api, kind: &'static Kind, objects: Vec<Stored>) -> Result<Vec<Value>> {
    let item = |object| {
        let mut item = shown(api, kind, object)?;
        if let Some(fields) = item.as_object_mut().filter(|_| !kind.is_custom()) {
            fields.retain(|name, _| !matches!(name.as_str(), "kind" | "apiVersion"));
        }
        Ok(item)
    };
    objects.into_iter().map(item).collect()
}

/// A stored object as it is answered: with its kind, and with its path where objects carry it.
pub(crate) fn shown(api: &Api, kind: &'static Kind, object: Stored) -> Result<Value> {
    let link = |namespace: &str, name: &str| {
        let place = Target {
            kind,
            namespace: namespace.to_owned(),
            in_namespace: kind.namespaced,
            name: None,
            in_watch_path: false,
        };
        api.self_link(&place, name)
    };
    match object {
        Stored::Stream(stream) => {
            let mut stream = Arc::unwrap_or_clone(stream);
            stream.metadata.self_link = link(&stream.metadata.namespace, &stream.metadata.name);
            view::to_value(&Typed::image_api("ImageStream", stream))
        }
        Stored::Image(image) => {
            let mut image = Arc::unwrap_or_clone(image);
            image.metadata.self_link = link("", &image.metadata.name);
            view::to_value(&Typed::image_api("Image", image))
        }
        Stored::Object(object) if kind.kind == "Project" => Ok(projects::project(Arc::unwrap_or_clone(object))),
        Stored::Object(object) => Ok(Arc::unwrap_or_clone(object)),
    }
}
