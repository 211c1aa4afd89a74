//! `imagestreams`.

use serde_json::Value;

use super::{admit, check_namespace, name, write};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body::{self, Received},
        managed,
        negotiate::{View, negotiate},
        options::{DeleteOptions, WriteOptions},
        request::Request,
    },
    json::{Node, shapes},
    model::{
        List, Typed,
        image_stream::ImageStream,
        meta::ObjectMeta,
        status::{Details, Status},
    },
    route::{Target, Verb},
    storage::{self, history::Stored},
    table,
    watch::{Listing, read_list},
};

/// The resource as errors name it.
pub(crate) const STREAMS: Resource = Resource::image("imagestreams");

/// Answers a request for streams.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    match verb {
        Verb::Get => get(api, request, target),
        Verb::List => list(api, request, target),
        Verb::Create => create(api, request, target),
        Verb::Update | Verb::Patch => replace(api, request, target, verb),
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

pub(crate) fn linked(api: &Api, target: &Target, mut stream: ImageStream) -> Typed<ImageStream> {
    stream.metadata.self_link = api.self_link(target, &stream.metadata.name);
    Typed::image_api("ImageStream", stream)
}

fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let of = (storage::STREAMS, target.namespace.as_str());
    let Listing { selection, objects, version } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    let matching = objects.into_iter().filter_map(Stored::into_stream).filter(|stream| {
        let meta = &stream.metadata;
        selection.matches(&meta.namespace, &meta.name, &meta.labels)
    });
    let key = |stream: &ImageStream| format!("{}/{}", stream.metadata.namespace, stream.metadata.name);
    let (mut streams, mut meta) = selection.page(matching.collect(), key, version);
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

fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    body::syntax(request)?;
    request.body()?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let Received { object: mut stream, node, warnings } = read(api, request, &options)?;
    check_namespace(&mut stream.metadata.namespace, target)?;
    stream.metadata.resource_version.clear();
    stream.metadata.wipe_system_fields();
    if stream.metadata.name.is_empty() && !stream.metadata.generate_name.is_empty() {
        let suffix = &crate::model::meta::new_uid()[..5];
        stream.metadata.name = format!("{}{suffix}", stream.metadata.generate_name);
    }
    admit(&api.store.lock(), target, &stream.metadata.name)?;
    set_managed(api, &mut stream, &node, &options);
    let stream = write::create_unless_dry(api, stream, &options, STREAMS)?;
    Ok(Answer::object(201, &linked(api, target, stream), form).with_warnings(warnings))
}

fn read(api: &Api, request: &Request, options: &WriteOptions) -> Result<Received<ImageStream>> {
    let shape = if api.behaviour.import_modes { &shapes::modern::STREAM } else { &shapes::legacy::STREAM };
    let mut received = body::read::<ImageStream>(request, "ImageStream", shape, options, &api.behaviour)?;
    set_defaults(api, &mut received.object);
    Ok(received)
}

fn set_defaults(api: &Api, stream: &mut ImageStream) {
    for tag in stream.spec.tags.values_mut() {
        if tag.reference_policy.kind.is_empty() {
            "Source".clone_into(&mut tag.reference_policy.kind);
        }
        if api.behaviour.import_modes && tag.import_policy.import_mode.is_empty() {
            tag.import_policy.import_mode.clone_from(&api.options.default_import_mode);
        }
    }
}

fn set_managed(api: &Api, stream: &mut ImageStream, node: &Node, options: &WriteOptions) {
    if api.behaviour.managed_fields {
        stream.metadata.managed_fields = managed::entry(node, &options.manager).into_iter().collect();
    }
}

/// Replaces a stream, by another one or by itself with a merge patch applied.
fn replace(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    let old = find(api, target, name(target), STREAMS)?;
    let (mut stream, warnings) = if verb == Verb::Patch {
        (patched(api, request, &old)?, Vec::new())
    } else {
        body::syntax(request)?;
        let Received { object: mut stream, node, warnings } = read(api, request, &options)?;
        set_managed(api, &mut stream, &node, &options);
        (stream, warnings)
    };
    check_namespace(&mut stream.metadata.namespace, target)?;
    if stream.metadata.name != old.metadata.name {
        return Err(ApiError::bad_request("the name of the object does not match the name on the URL"));
    }
    if stream.metadata.resource_version.is_empty() {
        let detail = "must be specified for an update";
        let error = FieldError::invalid_literal("metadata.resourceVersion", &"0", detail);
        api.invalid_of(STREAMS, &stream.metadata.name, &[error])?;
    }
    let version = stream.metadata.resource_version.clone();
    stream.metadata.uid.clone_from(&old.metadata.uid);
    stream.metadata.creation_timestamp = old.metadata.creation_timestamp;
    let stream = write::update_unless_dry(api, stream, &version, &options, STREAMS)?;
    Ok(Answer::object(200, &linked(api, target, stream), form).with_warnings(warnings))
}

fn patched(api: &Api, request: &Request, old: &ImageStream) -> Result<ImageStream> {
    let patch = body::read_any(request)?;
    let mut value = serde_json::to_value(old).map_err(|error| ApiError::internal(&error.to_string()))?;
    merge(&mut value, &patch);
    let shape = if api.behaviour.import_modes { &shapes::modern::STREAM } else { &shapes::legacy::STREAM };
    let (mut stream, _) = body::fit::<ImageStream>(&Node::from(&value), shape).map_err(ApiError::bad_request)?;
    stream.status = old.status.clone();
    set_defaults(api, &mut stream);
    Ok(stream)
}

/// A JSON merge patch (RFC 7396).
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(entries) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    for (key, value) in entries {
        match target.as_object_mut() {
            Some(map) if value.is_null() => drop(map.remove(key)),
            Some(map) => merge(map.entry(key.clone()).or_insert(Value::Null), value),
            None => {}
        }
    }
}

fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let missing = || ApiError::not_found(STREAMS, name(target));
    let mut state = api.store.lock();
    let stream = state.stream(&target.namespace, name(target)).cloned().ok_or_else(missing)?;
    check_preconditions(&options, &stream)?;
    if !options.dry_run {
        state.remove_stream(&target.namespace, name(target));
    }
    drop(state);
    let status = Status { details: Some(Box::new(deleted(target, &stream.metadata.uid))), ..Status::success() };
    Ok(Answer::status(200, &status, form))
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
