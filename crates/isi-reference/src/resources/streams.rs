//! `imagestreams`.

use super::{
    check_get,
    listing::{Listing, read_list},
    name, stream_writes,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        negotiate::{View, negotiate},
        options::DeleteOptions,
        request::Request,
    },
    model::{
        List, Typed,
        image_stream::ImageStream,
        meta::ObjectMeta,
        status::{Details, Status},
        time::Time,
    },
    route::{Target, Verb},
    storage::{self, history::Stored},
    table,
};

/// The resource as errors name it.
pub(crate) const STREAMS: Resource = Resource::image("imagestreams");

/// Answers a request for streams.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    match verb {
        Verb::Get => get(api, request, target),
        Verb::List => list(api, request, target),
        Verb::Create => stream_writes::create(api, request, target),
        Verb::Update => stream_writes::replace(api, request, target),
        Verb::Patch => stream_writes::patch(api, request, target),
        Verb::Delete => delete(api, request, target),
    }
}

/// The stream that a path names.
pub(crate) fn find(api: &Api, target: &Target, stream: &str, resource: Resource) -> Result<ImageStream> {
    let state = api.store.lock();
    state.stream(&target.namespace, stream).cloned().ok_or_else(|| ApiError::not_found(resource, stream))
}

fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    check_get(api, request, target)?;
    let stream = find(api, target, name(target), STREAMS)?;
    Ok(match form.view {
        View::Table => {
            let metadata = table::of_one(&stream.metadata);
            Answer::object(200, &table::streams(&[stream], metadata).worded(&api.behaviour), form)
        }
        View::Metadata => Answer::object(200, &table::partial(&stream.metadata), form),
        _ => Answer::object(200, &linked(api, target, stream), form),
    })
}

/// A stream as it is answered: with its path, where objects carry it.
pub(crate) fn linked(api: &Api, target: &Target, mut stream: ImageStream) -> Typed<ImageStream> {
    stream.metadata.self_link = api.self_link(target, &stream.metadata.name);
    Typed::image_api("ImageStream", stream)
}

fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let of = (storage::STREAMS, target.namespace.as_str());
    let Listing { objects, mut meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    let mut streams: Vec<ImageStream> = objects.into_iter().filter_map(Stored::into_stream).collect();
    meta.self_link = api.self_link(target, "");
    for stream in &mut streams {
        let place = Target { namespace: stream.metadata.namespace.clone(), ..target.clone() };
        stream.metadata.self_link = api.self_link(&place, &stream.metadata.name);
    }
    Ok(match form.view {
        View::Table => Answer::object(200, &table::streams(&streams, meta).worded(&api.behaviour), form),
        View::Metadata => {
            let items: Vec<_> = streams.iter().map(|stream| table::partial(&stream.metadata)).collect();
            Answer::object(200, &table::partial_list(&items, &meta), form)
        }
        _ => Answer::object(200, &Typed::image_api("ImageStreamList", List { metadata: meta, items: streams }), form),
    })
}

fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let missing = || ApiError::not_found(STREAMS, name(target));
    let mut state = api.store.lock();
    let stream = state.stream(&target.namespace, name(target)).cloned().ok_or_else(missing)?;
    check_preconditions(&options, &stream)?;
    let finalizers = options.finalizers(&stream.metadata.finalizers);
    if !finalizers.is_empty() {
        let stream = marked(stream, finalizers);
        let stream = if options.dry_run { stream } else { state.put_stream(stream) };
        drop(state);
        return Ok(Answer::object(200, &linked(api, target, stream), form));
    }
    if !options.dry_run {
        state.remove_stream(&target.namespace, name(target));
    }
    drop(state);
    let status = Status { details: Some(Box::new(deleted(target, &stream.metadata.uid))), ..Status::success() };
    Ok(Answer::status(200, &status, form))
}

/// A stream that goes once its finalizers are gone.
fn marked(mut stream: ImageStream, finalizers: Vec<String>) -> ImageStream {
    let meta = &mut stream.metadata;
    meta.finalizers = finalizers;
    if meta.deletion_timestamp.is_none() {
        meta.deletion_timestamp = Some(Time::now());
        meta.deletion_grace_period_seconds = Some(0);
        meta.generation += 1;
    }
    stream
}

/// Refuses to delete a stream that is not the one that the preconditions of a deletion name.
fn check_preconditions(options: &DeleteOptions, stream: &ImageStream) -> Result<()> {
    let ObjectMeta { name, uid, resource_version, .. } = &stream.metadata;
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
            return Err(ApiError::conflict(Resource::image("ImageStream"), name, &why));
        }
    }
    Ok(())
}

/// What the answer to a deletion says about the object.
pub(crate) fn deleted(target: &Target, uid: &str) -> Details {
    Details {
        name: name(target).to_owned(),
        group: target.kind.group.to_owned(),
        kind: target.kind.plural.to_owned(),
        uid: uid.to_owned(),
        ..Details::default()
    }
}
