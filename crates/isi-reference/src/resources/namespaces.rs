//! `namespaces`.

use serde_json::json;

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
    route::{Target, Verb},
    storage::{self, history::Stored},
    validation::meta::is_dns_label,
};

const NAMESPACES: Resource = Resource::core("namespaces");

/// Answers a request for namespaces.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let mut state = api.store.lock();
    let missing = || ApiError::not_found(NAMESPACES, name(target));
    match verb {
        Verb::Get => {
            state.namespaces().get(name(target)).map(|found| Answer::object(200, &found, form)).ok_or_else(missing)
        }
        Verb::List => {
            let Listing { objects, meta } = read_list(&state, request, (storage::NAMESPACES, ""), &api.behaviour)?;
            let items: Vec<_> = objects.into_iter().filter_map(Stored::into_object).collect();
            let list = json!({
                "kind": "NamespaceList", "apiVersion": "v1",
                "metadata": meta, "items": items,
            });
            Ok(Answer::object(200, &list, form))
        }
        Verb::Create => {
            body::syntax(request)?;
            let object = body::read_any(request)?;
            let wanted = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if !is_dns_label(&wanted) {
                let error = FieldError::invalid("metadata.name", &wanted, "a lowercase RFC 1123 label is expected");
                return Err(ApiError::invalid("", "Namespace", &wanted, &[error], true));
            }
            let created = state.create_namespace(&wanted, &object);
            let created = created.ok_or_else(|| ApiError::already_exists(NAMESPACES, &wanted))?;
            Ok(Answer::object(201, &created, form))
        }
        Verb::Delete => {
            let before = state.namespaces().get(name(target));
            check_preconditions(request, NAMESPACES, before.as_ref().unwrap_or(&serde_json::Value::Null))?;
            state.delete_namespace(name(target)).ok_or_else(missing)?;
            let now = state.namespaces().get(name(target)).or(before).unwrap_or_default();
            Ok(Answer::object(200, &now, form))
        }
        Verb::Patch | Verb::Update => Err(ApiError::method_not_allowed()),
    }
}
