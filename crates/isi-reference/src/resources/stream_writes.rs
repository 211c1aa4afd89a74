//! Creating, replacing and patching `imagestreams`, and the same for `imagestreams/status`.

use serde_json::Value;

use super::{
    OwnersFound, admit, check_identity, check_namespace, check_update_version, merge_equal_owners, name,
    patched::{self, PatchedType},
    streams::{self, STREAMS},
    tag_spec, view, write,
};
use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{answer::Answer, body, negotiate::negotiate, options::WriteOptions, request::Request},
    json::shapes::versioned::STREAM,
    model::{Typed, image_stream::ImageStream},
    patch::{self, ManagedEntry, PatchType},
    route::Target,
    storage::stream::Writer,
};

const KIND: &str = "ImageStream";

/// Streams in a version, for a write of what `target` names.
fn stream_type(api: &Api, target: &Target) -> PatchedType {
    let subresource = match writer(target) {
        Writer::Status if api.behaviour.managed_subresources => "status",
        _ => "",
    };
    PatchedType { kind: KIND, shape: STREAM.shape(&api.behaviour), subresource }
}

/// What a write of `target` changes.
fn writer(target: &Target) -> Writer {
    if target.kind.plural == "imagestreams/status" { Writer::Status } else { Writer::Client }
}

/// A stream as a client sees it.
fn value(stream: &ImageStream) -> Result<Value> {
    view::to_value(&Typed::image_api(KIND, stream.clone()))
}

/// Creates the stream of a request.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    request.body()?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut stream = read(api, request, &options)?;
    check_namespace(&mut stream.metadata.namespace, target)?;
    merge_equal_owners(api, request, &mut stream.metadata, OwnersFound::Sent);
    stream.metadata.wipe_system_fields();
    stream.metadata.generate_missing_name();
    admit(&api.store.lock(), target, &stream.metadata.name)?;
    track(api, target, &ImageStream::default(), &mut stream, &options)?;
    let stream = store_new(api, stream, &options)?;
    view::object(api, request, target.kind, 201, &streams::linked(api, target, stream), form)
}

/// Stores a stream that is not there yet.
fn store_new(api: &Api, mut stream: ImageStream, options: &WriteOptions) -> Result<ImageStream> {
    let version = std::mem::take(&mut stream.metadata.resource_version);
    // What is no version is not looked at.
    if version.parse::<u64>().is_ok_and(|version| version != 0) && !options.dry_run {
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
    let shape = STREAM.structure(&api.behaviour);
    let mut stream = body::read::<ImageStream>(request, KIND, shape, options, &api.behaviour)?;
    set_defaults(api, &mut stream);
    Ok(stream)
}

fn set_defaults(api: &Api, stream: &mut ImageStream) {
    for tag in stream.spec.tags.values_mut() {
        tag_spec::set_defaults(api, tag);
    }
}

/// Records whose the fields of `stream` are that differ from `old`.
fn track(
    api: &Api,
    target: &Target,
    old: &ImageStream,
    stream: &mut ImageStream,
    options: &WriteOptions,
) -> Result<()> {
    if !api.behaviour.managed_fields {
        stream.metadata.managed_fields.clear();
        return Ok(());
    }
    let created = old.metadata.uid.is_empty();
    // A client may write entries itself; without any the known ones stay.
    let Some(given) = ManagedEntry::take_sent(&mut stream.metadata.managed_fields) else { return Ok(()) };
    let entries = if given.is_empty() { &old.metadata.managed_fields } else { &given };
    let entries =
        patch::track(&value(old)?, &value(stream)?, entries, created, &stream_type(api, target).write(options));
    stream.metadata.managed_fields = entries;
    Ok(())
}

/// Replaces a stream.
pub(crate) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    body::syntax(request)?;
    let mut stream = read(api, request, &options)?;
    check_identity(api, &mut stream.metadata, target)?;
    merge_equal_owners(api, request, &mut stream.metadata, OwnersFound::Sent);
    let old = find_written(api, target)?;
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
    track(api, target, &old, &mut stream, &options)?;
    let stream = store_changed(api, target, stream, &old, &options)?;
    view::object(api, request, target.kind, 200, &streams::linked(api, target, stream), form)
}

/// The stream that a write changes: its status is what was written, not what reads show.
fn find_written(api: &Api, target: &Target) -> Result<ImageStream> {
    let mut stream = streams::find(api, target, name(target), STREAMS)?;
    stream.status = stream.status.with_written_repositories();
    Ok(stream)
}

/// Stores the new form of a stream.
fn store_changed(
    api: &Api,
    target: &Target,
    mut stream: ImageStream,
    old: &ImageStream,
    options: &WriteOptions,
) -> Result<ImageStream> {
    let writer = writer(target);
    let meta = &mut stream.metadata;
    check_update_version(api, STREAMS, meta)?;
    let version = meta.resource_version.clone();
    meta.keep_system_fields(&old.metadata);
    if options.dry_run || stream.metadata.deletion_timestamp.is_none() || !stream.metadata.finalizers.is_empty() {
        let mut stream = write::update_unless_dry(api, stream, &version, options, writer, STREAMS)?;
        if writer == Writer::Status {
            // What is answered is what was sent; where the stream is pulled from is only said when it is read.
            stream.status = stream.status.with_written_repositories();
        }
        return Ok(stream);
    }
    // Nothing holds the stream any more: it goes as it would have been written.
    let dry = WriteOptions { dry_run: true, ..options.clone() };
    let last = write::update_unless_dry(api, stream, &version, &dry, writer, STREAMS)?;
    api.store.lock().remove_stream(&last.metadata.namespace, &last.metadata.name);
    Ok(last)
}

/// Patches a stream; applying one that is not there creates it.
pub(crate) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let kind = PatchType::of(request, true, api.behaviour.managed_fields)?;
    let form = negotiate(api, request, target.kind)?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let (old, exists) = match find_written(api, target) {
        Ok(old) => (old, true),
        Err(_) if kind == PatchType::Apply => (ImageStream::default(), false),
        Err(error) => return Err(error),
    };
    let of = (&value(&old)?, old.metadata.managed_fields.as_slice());
    let empty = value(&ImageStream::default())?;
    let patched = patched::patched(api, request, (kind, &options), &stream_type(api, target), of, &empty)?;
    let mut stream: ImageStream = patched.object;
    set_defaults(api, &mut stream);
    match patched.applied {
        Some(entries) => stream.metadata.managed_fields = entries,
        None => track(api, target, &old, &mut stream, &options)?,
    }
    check_identity(api, &mut stream.metadata, target)?;
    merge_equal_owners(api, request, &mut stream.metadata, OwnersFound::Patched);
    let uid = &stream.metadata.uid;
    if !exists && !uid.is_empty() {
        return Err(patched::uid_of_nothing(STREAMS, name(target), uid));
    }
    if exists {
        let stream = store_changed(api, target, stream, &old, &options)?;
        return view::object(api, request, target.kind, 200, &streams::linked(api, target, stream), form);
    }
    if writer(target) == Writer::Status {
        return Err(ApiError::panic());
    }
    admit(&api.store.lock(), target, name(target))?;
    stream.metadata.resource_version.clear();
    let stream = store_new(api, stream, &options)?;
    view::object(api, request, target.kind, 201, &streams::linked(api, target, stream), form)
}
