//! Deleting stored objects, one by one and whole collections: preconditions, finalizers and dry runs in one place.

use super::{
    check_segment, items,
    listing::{Listing, read_list, read_options},
    name, shown, view,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        negotiate::{negotiate, negotiate_list},
        options::DeleteOptions,
        request::Request,
    },
    kinds::Kind,
    model::{
        status::{Details, Status},
        time::Time,
    },
    route::Target,
    storage::{State, history::Stored},
};

/// Deletes one object of a stored resource.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    check_segment(target)?;
    let mut state = api.store.lock();
    let found = state.find(stored(target.kind), &target.namespace, name(target));
    let found = found.ok_or_else(|| ApiError::not_found(target.kind.resource(), name(target)))?;
    let uid = found.uid().to_owned();
    let held = remove(&mut state, target.kind, found, &options)?;
    drop(state);
    match held {
        Some(held) => view::object(api, request, target.kind, 200, &shown(api, target.kind, held)?, form),
        None => Ok(Answer::status(200, &deleted(target, &uid), form)),
    }
}

/// Deletes the selected objects of a collection, and answers with them as they were.
pub(crate) fn delete_collection(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    read_options(request, target.kind.plural, &api.behaviour)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    if target.in_namespace && target.namespace.is_empty() {
        return Err(ApiError::bad_request("Namespace parameter required."));
    }
    let mut state = api.store.lock();
    let of = (stored(target.kind), target.namespace.as_str());
    let Listing { objects, mut meta } = read_list(&state, request, of, &api.behaviour)?;
    for object in &objects {
        remove(&mut state, target.kind, object.clone(), &options)?;
    }
    drop(state);
    meta.self_link = api.self_link(target, "");
    view::list(api, request, target.kind, &items(api, target.kind, objects)?, meta, form)
}

/// What the store calls the objects of a kind that has some.
fn stored(kind: &Kind) -> &'static str {
    kind.stored.unwrap_or_default()
}

/// Removes an object, or returns it if finalizers hold it.
fn remove(state: &mut State, kind: &Kind, object: Stored, options: &DeleteOptions) -> Result<Option<Stored>> {
    check_preconditions(options, kind, object.name(), object.uid(), object.version())?;
    let finalizers = options.finalizers(&object.finalizers());
    if !finalizers.is_empty() {
        let marked = object.marked_for_deletion(finalizers, Time::now());
        return Ok(Some(if options.dry_run { marked } else { state.put(stored(kind), marked) }));
    }
    if !options.dry_run {
        state.remove(stored(kind), object.namespace(), object.name());
    }
    Ok(None)
}

/// Refuses to delete an object that is not the one that the preconditions of a deletion name.
///
/// # Errors
/// 409 where UID or resource version are others.
pub(crate) fn check_preconditions(
    options: &DeleteOptions,
    kind: &Kind,
    name: &str,
    uid: &str,
    resource_version: &str,
) -> Result<()> {
    let checks = [
        ("UID", &options.uid, uid, "deleted and then recreated"),
        ("ResourceVersion", &options.resource_version, resource_version, "modified"),
    ];
    for (field, wanted, found, cause) in checks {
        if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != found) {
            let why = format!(
                "the {field} in the precondition ({wanted}) does not match the {field} in record ({found}). The object \
                 might have been {cause}"
            );
            return Err(ApiError::conflict(Resource { group: kind.group, name: kind.kind }, name, &why));
        }
    }
    Ok(())
}

/// The answer to a deletion: what was deleted.
fn deleted(target: &Target, uid: &str) -> Status {
    let details = Details {
        name: name(target).to_owned(),
        group: target.kind.group.to_owned(),
        kind: target.kind.plural.to_owned(),
        uid: uid.to_owned(),
        ..Details::default()
    };
    Status { details: Some(Box::new(details)), ..Status::success() }
}
