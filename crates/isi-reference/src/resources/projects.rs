//! `projects` and `projectrequests`: namespaces, as users see them who may not make any themselves.

use serde_json::{Value, json};

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
    model::status::Status,
    route::Target,
    storage,
    validation::meta::is_dns_label,
};

const GROUP: &str = "project.openshift.io";
const PROJECTS: Resource = Resource { group: GROUP, name: "projects" };

/// Answers with a project.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let found = api.store.lock().namespaces().get(name(target)).map(project);
    let found = found.ok_or_else(|| ApiError::not_found(PROJECTS, name(target)))?;
    view::object(api, request, target.kind, 200, &found, form)
}

/// Lists projects.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let of = (storage::NAMESPACES, "");
    let Listing { objects, meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    view::list(api, request, target.kind, &items(api, target.kind, objects)?, meta, form)
}

/// Deletes a project: the namespace with everything in it.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let mut state = api.store.lock();
    let found = state.find(storage::NAMESPACES, "", name(target));
    let found = found.ok_or_else(|| ApiError::not_found(PROJECTS, name(target)))?;
    check_preconditions(&options, target.kind, found.name(), found.uid(), found.version())?;
    if !options.dry_run {
        state.delete_namespace(name(target));
    }
    drop(state);
    Ok(Answer::status(200, &Status::success(), form))
}

/// Answers a list of requests for projects, which only says that the user may make one.
pub(crate) fn may_request(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    Ok(Answer::status(200, &Status::success(), form))
}

/// Makes a project for a user who may not make namespaces.
pub(crate) fn request(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    let wanted = body::read_any(request)?;
    let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
    if !is_dns_label(name) {
        let error = FieldError::invalid("metadata.name", name, "a lowercase RFC 1123 label is expected");
        return Err(ApiError::invalid(GROUP, "ProjectRequest", name, &[error], true));
    }
    let text = |field: &str| wanted[field].as_str().unwrap_or_default();
    let annotations = json!({
        "openshift.io/description": text("description"),
        "openshift.io/display-name": text("displayName"),
        "openshift.io/requester": request.user.name,
    });
    let namespace = json!({ "metadata": { "annotations": annotations } });
    let created = api.store.lock().create_namespace(name, &namespace);
    let created = created.ok_or_else(|| ApiError::already_exists(Resource { group: GROUP, name: "project" }, name))?;
    view::object(api, request, target.kind, 201, &project(created), form)
}

/// A project that is gone, as watches tell it.
pub(crate) fn gone(namespace: &Value) -> Value {
    json!({
        "kind": "Project", "apiVersion": format!("{GROUP}/v1"),
        "metadata": { "name": namespace["metadata"]["name"] }, "spec": {}, "status": {},
    })
}

/// The namespace as a project.
pub(crate) fn project(mut namespace: Value) -> Value {
    namespace["kind"] = "Project".into();
    namespace["apiVersion"] = format!("{GROUP}/v1").into();
    namespace
}
