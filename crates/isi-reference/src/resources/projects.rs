//! `projects` and `projectrequests`: namespaces, as users see them who may not make any themselves.

use serde_json::{Value, json};

use super::{name, namespaces, view};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{answer::Answer, body, negotiate::negotiate, options::DeleteOptions, request::Request},
    model::status::Status,
    route::Target,
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

/// Deletes a project: the namespace with everything in it.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    namespaces::remove(&mut api.store.lock(), target, &options, PROJECTS)?;
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
    let name = namespaces::new_name(&wanted, GROUP, "ProjectRequest")?;
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
