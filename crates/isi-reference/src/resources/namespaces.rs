//! `namespaces`.

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
    storage,
    validation::meta::is_dns_label,
};

const NAMESPACES: Resource = Resource::core("namespaces");

/// Answers with a namespace.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let found = api.store.lock().namespaces().get(name(target));
    let found = found.ok_or_else(|| ApiError::not_found(NAMESPACES, name(target)))?;
    view::object(api, request, target.kind, 200, &found, form)
}

/// Lists namespaces.
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
    let wanted = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if !is_dns_label(&wanted) {
        let error = FieldError::invalid("metadata.name", &wanted, "a lowercase RFC 1123 label is expected");
        return Err(ApiError::invalid("", "Namespace", &wanted, &[error], true));
    }
    let created = api.store.lock().create_namespace(&wanted, &object);
    let created = created.ok_or_else(|| ApiError::already_exists(NAMESPACES, &wanted))?;
    view::object(api, request, target.kind, 201, &created, form)
}

/// Deletes a namespace with everything in it.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let mut state = api.store.lock();
    let before = state.find(storage::NAMESPACES, "", name(target));
    let before = before.ok_or_else(|| ApiError::not_found(NAMESPACES, name(target)))?;
    check_preconditions(&options, target.kind, before.name(), before.uid(), before.version())?;
    if !options.dry_run {
        state.delete_namespace(name(target));
    }
    let now = state.find(storage::NAMESPACES, "", name(target)).unwrap_or(before);
    drop(state);
    view::object(api, request, target.kind, 200, &now.into_object(), form)
}
