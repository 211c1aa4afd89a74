//! `projects` and `projectrequests`: namespaces, as users see them who may not make any themselves.

use serde_json::{Value, json};

use super::{
    check_preconditions,
    listing::{Listing, read_list},
    name,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{answer::Answer, body, negotiate::negotiate, request::Request},
    model::status::Status,
    route::{Target, Verb},
    storage::{self, history::Stored},
    validation::meta::is_dns_label,
};

const GROUP: &str = "project.openshift.io";
const PROJECTS: Resource = Resource { group: GROUP, name: "projects" };

/// Answers a request for projects.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let mut state = api.store.lock();
    let found =
        |namespace: Option<Value>| namespace.map(project).ok_or_else(|| ApiError::not_found(PROJECTS, name(target)));
    match verb {
        Verb::List => {
            let Listing { objects, meta } = read_list(&state, request, (storage::NAMESPACES, ""), &api.behaviour)?;
            let items: Vec<Value> = objects.into_iter().filter_map(Stored::into_object).map(project).collect();
            let list = json!({
                "kind": "ProjectList", "apiVersion": format!("{GROUP}/v1"),
                "metadata": meta, "items": items,
            });
            Ok(Answer::object(200, &list, form))
        }
        Verb::Delete => {
            let project = found(state.namespaces().get(name(target)))?;
            check_preconditions(request, PROJECTS, &project)?;
            state.delete_namespace(name(target));
            Ok(Answer::status(200, &Status::success(), form))
        }
        Verb::Get | Verb::Create | Verb::Patch | Verb::Update => {
            found(state.namespaces().get(name(target))).map(|project| Answer::object(200, &project, form))
        }
    }
}

/// Answers a request for a project; a list of such requests only says that the user may make one.
pub(crate) fn request(api: &Api, request: &Request, verb: Verb) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    if verb == Verb::List {
        return Ok(Answer::status(200, &Status::success(), form));
    }
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
    Ok(Answer::object(201, &project(created), form))
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
