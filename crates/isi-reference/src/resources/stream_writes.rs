//! Creating, replacing and patching `imagestreams`.

use serde_json::Value;

use super::{
    admit, check_name, check_namespace, name,
    streams::{self, STREAMS},
    write,
};
use crate::{
    api::Api,
    error::{ApiError, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body,
        negotiate::{View, negotiate},
        options::{FieldValidation, WriteOptions},
        request::Request,
    },
    json::{Node, Shape, shapes},
    model::{IMAGE_API, Typed, image_stream::ImageStream},
    patch::{self, ManagedEntry, PatchType, Write},
    route::Target,
};

const KIND: &str = "ImageStream";

/// The shape of streams in a version.
fn shape(api: &Api) -> &'static Shape {
    static MODERN: Shape = Shape::Struct(&shapes::modern::STREAM);
    static LEGACY: Shape = Shape::Struct(&shapes::legacy::STREAM);
    if api.behaviour.import_modes { &MODERN } else { &LEGACY }
}

fn written_by<'a>(api: &Api, options: &'a WriteOptions) -> Write<'a> {
    Write { manager: &options.manager, api_version: IMAGE_API, kind: KIND, shape: shape(api) }
}

/// A stream as a client sees it.
fn value(stream: &ImageStream) -> Result<Value> {
    let typed = Typed::image_api(KIND, stream.clone());
    serde_json::to_value(typed).map_err(|error| ApiError::internal(&error.to_string()))
}

/// Creates the stream of a request.
pub(super) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    body::syntax(request)?;
    request.body()?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut stream = read(api, request, &options)?;
    check_namespace(&mut stream.metadata.namespace, target)?;
    stream.metadata.wipe_system_fields();
    if stream.metadata.name.is_empty() && !stream.metadata.generate_name.is_empty() {
        let suffix = &crate::model::meta::new_uid()[..5];
        stream.metadata.name = format!("{}{suffix}", stream.metadata.generate_name);
    }
    admit(&api.store.lock(), target, &stream.metadata.name)?;
    track(api, &ImageStream::default(), &mut stream, &options)?;
    store_new(api, stream, &options).map(|stream| Answer::object(201, &streams::linked(api, target, stream), form))
}

/// Stores a stream that is not there yet.
fn store_new(api: &Api, mut stream: ImageStream, options: &WriteOptions) -> Result<ImageStream> {
    let version = std::mem::take(&mut stream.metadata.resource_version);
    if !version.is_empty() && !options.dry_run {
        // What is wrong with the stream is said first.
        let dry = WriteOptions { dry_run: true, ..options.clone() };
        return match write::create_unless_dry(api, stream, &dry, STREAMS) {
            Err(error) if error.code() != 409 => Err(error),
            _ => Err(ApiError::failed("resourceVersion should not be set on objects to be created")),
        };
    }
    let mut stream = write::create_unless_dry(api, stream, options, STREAMS)?;
    if options.dry_run {
        stream.metadata.resource_version = version;
    }
    Ok(stream)
}

fn read(api: &Api, request: &Request, options: &WriteOptions) -> Result<ImageStream> {
    let shape = if api.behaviour.import_modes { &shapes::modern::STREAM } else { &shapes::legacy::STREAM };
    let mut stream = body::read::<ImageStream>(request, KIND, shape, options, &api.behaviour)?;
    set_defaults(api, &mut stream);
    Ok(stream)
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

/// Records whose the fields of `stream` are that differ from `old`.
fn track(api: &Api, old: &ImageStream, stream: &mut ImageStream, options: &WriteOptions) -> Result<()> {
    if !api.behaviour.managed_fields {
        stream.metadata.managed_fields.clear();
        return Ok(());
    }
    let created = old.metadata.uid.is_empty();
    // A client may write entries itself; without any the known ones stay.
    let given = std::mem::take(&mut stream.metadata.managed_fields);
    if ManagedEntry::is_reset(&given) {
        return Ok(());
    }
    let given: Vec<ManagedEntry> = given.into_iter().filter(ManagedEntry::is_whole).collect();
    let entries = if given.is_empty() { &old.metadata.managed_fields } else { &given };
    let entries = patch::track(&value(old)?, &value(stream)?, entries, created, &written_by(api, options));
    stream.metadata.managed_fields = entries;
    Ok(())
}

/// Replaces a stream.
pub(super) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    body::syntax(request)?;
    let mut stream = read(api, request, &options)?;
    check_namespace(&mut stream.metadata.namespace, target)?;
    check_name(&stream.metadata.name, target)?;
    let old = streams::find(api, target, name(target), STREAMS)?;
    let (wanted, found) = (std::mem::take(&mut stream.metadata.uid), &old.metadata.uid);
    if !wanted.is_empty() && wanted != *found {
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /openshift.io/imagestreams/{}/{}, ResourceVersion: 0, \
             AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}",
            target.namespace,
            name(target)
        );
        return Err(ApiError::conflict(STREAMS, name(target), &why));
    }
    track(api, &old, &mut stream, &options)?;
    let stream = store_changed(api, stream, &old, &options)?;
    Ok(Answer::object(200, &streams::linked(api, target, stream), form))
}

/// Stores the new form of a stream.
fn store_changed(api: &Api, mut stream: ImageStream, old: &ImageStream, options: &WriteOptions) -> Result<ImageStream> {
    let meta = &mut stream.metadata;
    if meta.resource_version.is_empty() {
        let zero = if api.behaviour.plain_null_in_field_errors { "0" } else { "0x0" };
        let error = FieldError::invalid_literal("metadata.resourceVersion", &zero, "must be specified for an update");
        api.invalid_of(STREAMS, &meta.name, &[error])?;
    }
    let version = meta.resource_version.clone();
    meta.uid.clone_from(&old.metadata.uid);
    meta.creation_timestamp = old.metadata.creation_timestamp;
    meta.deletion_timestamp = old.metadata.deletion_timestamp;
    meta.deletion_grace_period_seconds = old.metadata.deletion_grace_period_seconds;
    check_new_finalizers(api, &stream, old)?;
    if options.dry_run || stream.metadata.deletion_timestamp.is_none() || !stream.metadata.finalizers.is_empty() {
        return write::update_unless_dry(api, stream, &version, options, STREAMS);
    }
    // Nothing holds the stream any more: it goes as it would have been written.
    let dry = WriteOptions { dry_run: true, ..options.clone() };
    let last = write::update_unless_dry(api, stream, &version, &dry, STREAMS)?;
    api.store.lock().remove_stream(&last.metadata.namespace, &last.metadata.name);
    Ok(last)
}

/// An object that is being deleted waits for no more than it does.
fn check_new_finalizers(api: &Api, stream: &ImageStream, old: &ImageStream) -> Result<()> {
    if old.metadata.deletion_timestamp.is_none() {
        return Ok(());
    }
    let known = &old.metadata.finalizers;
    let new: Vec<String> = stream
        .metadata
        .finalizers
        .iter()
        .filter(|name| !known.contains(name))
        .map(|name| format!("{name:?}"))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let why = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        new.join(", ")
    );
    // It is checked in two places, and told twice.
    let error = FieldError::forbidden("metadata.finalizers", why);
    api.invalid(KIND, &stream.metadata.name, &[error.clone(), error])
}

/// Patches a stream; applying one that is not there creates it.
pub(super) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let kind = PatchType::of(request, true, api.behaviour.managed_fields)?;
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let body = request.body()?;
    let old = streams::find(api, target, name(target), STREAMS);
    let (old, exists) = match old {
        Ok(old) => (old, true),
        Err(_) if kind == PatchType::Apply => (ImageStream::default(), false),
        Err(error) => return Err(error),
    };
    let plain_null = api.behaviour.plain_null_in_field_errors;
    let mut stream = if kind == PatchType::Apply {
        applied(api, request, body, &old, &options)?
    } else {
        let patched = patch::patch(kind, body, &value(&old)?, shape(api), plain_null)?;
        let refuse = |why: &str| patched.refusal(why, plain_null);
        if kind != PatchType::Strategic {
            check_kind(api, &patched.object).map_err(|why| refuse(&why))?;
        }
        let (mut stream, unknown) = fit(api, &patched.object).map_err(|why| refuse(&why))?;
        let surplus: Vec<String> = patched.surplus.iter().cloned().chain(unknown).collect();
        if options.field_validation == FieldValidation::Strict && !surplus.is_empty() {
            return Err(refuse(&format!("strict decoding error: {}", surplus.join(", "))));
        }
        options.warn(request, surplus);
        set_defaults(api, &mut stream);
        track(api, &old, &mut stream, &options)?;
        stream
    };
    check_namespace(&mut stream.metadata.namespace, target)?;
    check_name(&stream.metadata.name, target)?;
    let (uid, known) = (&stream.metadata.uid, &old.metadata.uid);
    if !exists && !uid.is_empty() {
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        return Err(ApiError::conflict(STREAMS, name(target), &why));
    }
    if exists && uid != known && !uid.is_empty() {
        // It is checked in two places, and told twice.
        let error = FieldError::invalid("metadata.uid", uid, "field is immutable");
        api.invalid(KIND, name(target), &[error.clone(), error])?;
    }
    if exists {
        check_deletion(api, &stream, &old)?;
        let stream = store_changed(api, stream, &old, &options)?;
        return Ok(Answer::object(200, &streams::linked(api, target, stream), form));
    }
    admit(&api.store.lock(), target, name(target))?;
    stream.metadata.resource_version.clear();
    let stream = store_new(api, stream, &options)?;
    Ok(Answer::object(201, &streams::linked(api, target, stream), form))
}

/// Only the server says when an object goes.
fn check_deletion(api: &Api, stream: &ImageStream, old: &ImageStream) -> Result<()> {
    let (new, known) = (&stream.metadata, &old.metadata);
    let mut errors = Vec::new();
    if let Some(time) = new.deletion_timestamp.filter(|_| new.deletion_timestamp != known.deletion_timestamp) {
        errors.push(FieldError::invalid("metadata.deletionTimestamp", &time.to_string(), "field is immutable"));
    }
    let period = new.deletion_grace_period_seconds;
    if let Some(seconds) = period.filter(|_| period != known.deletion_grace_period_seconds) {
        let field = "metadata.deletionGracePeriodSeconds";
        errors.push(FieldError::invalid_literal(field, &seconds, "field is immutable"));
    }
    // It is checked in two places, and told twice.
    api.invalid(KIND, &new.name, &[errors.clone(), errors].concat())
}

fn applied(
    api: &Api,
    request: &Request,
    body: &[u8],
    old: &ImageStream,
    options: &WriteOptions,
) -> Result<ImageStream> {
    let (configuration, surplus) = patch::read_configuration(body, IMAGE_API, KIND)?;
    if options.field_validation == FieldValidation::Strict && !surplus.is_empty() {
        return Err(patch::strict_yaml(&surplus));
    }
    options.warn(request, surplus);
    let empty = value(&ImageStream::default())?;
    let current = value(old)?;
    let entries = &old.metadata.managed_fields;
    let (object, entries) =
        patch::apply(&current, &configuration, entries, options.force, &empty, &written_by(api, options))?;
    let (mut stream, _) = fit(api, &object).map_err(ApiError::failed)?;
    set_defaults(api, &mut stream);
    stream.metadata.managed_fields = entries;
    Ok(stream)
}

/// A patch must not make something else of the object.
fn check_kind(api: &Api, object: &Value) -> std::result::Result<(), String> {
    match object["kind"].as_str() {
        None | Some("" | KIND) => Ok(()),
        Some(kind) => {
            let source = api.behaviour.legacy_scheme_source;
            Err(format!("no kind {kind:?} is registered for version {IMAGE_API:?} in scheme {source:?}"))
        }
    }
}

/// Reads a patched stream, and what it has that a stream has not.
fn fit(api: &Api, object: &Value) -> std::result::Result<(ImageStream, Vec<String>), String> {
    let Shape::Struct(target) = shape(api) else { return Err("a stream has no shape".to_owned()) };
    body::fit(&Node::from(object), target)
}
