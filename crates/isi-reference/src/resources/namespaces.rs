//! `namespaces`.

use serde_json::Value;

use super::{
    deletion::check_preconditions,
    items,
    listing::{Listing, read_list},
    name, view,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body,
        negotiate::{negotiate, negotiate_list},
        options::DeleteOptions,
        request::Request,
    },
    route::Target,
    storage::{self, State, history::Stored},
    validation::meta::is_dns_label,
};

const NAMESPACES: Resource = Resource::core("namespaces");

/// The name of the namespace that `object` asks for. Errors call it a `kind` of `group`.
pub(super) fn new_name<'a>(object: &'a Value, group: &str, kind: &str) -> Result<&'a str> {
    let wanted = object["metadata"]["name"].as_str().unwrap_or_default();
    if is_dns_label(wanted) {
        return Ok(wanted);
    }
    let error = FieldError::invalid("metadata.name", wanted, "a lowercase RFC 1123 label is expected");
    Err(ApiError::invalid(group, kind, wanted, &[error], true))
}

/// Removes the namespace that a path names with everything in it, and returns it as it was. Errors call it a `resource`.
pub(super) fn remove(
    state: &mut State,
    target: &Target,
    options: &DeleteOptions,
    resource: Resource,
) -> Result<Stored> {
    let found = state.find(storage::NAMESPACES, "", name(target));
    let found = found.ok_or_else(|| ApiError::not_found(resource, name(target)))?;
    check_preconditions(options, target.kind, found.name(), found.uid(), found.version())?;
    if !options.dry_run {
        state.delete_namespace(name(target));
    }
    Ok(found)
}

/// Answers with a namespace.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let found = api.store.lock().namespaces().get(name(target));
    let found = found.ok_or_else(|| ApiError::not_found(NAMESPACES, name(target)))?;
    view::object(api, request, target.kind, 200, &found, form)
}

/// Lists namespaces, also as projects.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let of = (storage::NAMESPACES, "");
    let Listing { objects, meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    view::list(api, request, target.kind, &items(api, target.kind, objects)?, meta, form)
}

/// Creates a namespace.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    let object = body::read_any(request)?;
    let wanted = new_name(&object, "", "Namespace")?;
    let created = api.store.lock().create_namespace(wanted, &object);
    let created = created.ok_or_else(|| ApiError::already_exists(NAMESPACES, wanted))?;
    view::object(api, request, target.kind, 201, &created, form)
}

/// Deletes a namespace with everything in it.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let mut state = api.store.lock();
    let before = remove(&mut state, target, &options, NAMESPACES)?;
    let now = state.find(storage::NAMESPACES, "", name(target)).unwrap_or(before);
    drop(state);
    view::object(api, request, target.kind, 200, &now.into_object(), form)
}
