//! Creating, replacing and patching `imagestreamtags`: each is a change of the stream's spec.

use serde::Deserialize;
use serde_json::Value;

use super::{
    admit, check_name, check_namespace, name,
    patched::{self, PatchedType},
    streams::STREAMS,
    tags::{self, split},
    view, write,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{answer::Answer, body, negotiate::negotiate, options::WriteOptions, request::Request},
    json::{Shape, Struct, shapes},
    model::{
        Typed,
        image_stream::{ImageStream, TagReference},
        meta::ObjectMeta,
        views::ImageStreamTag,
    },
    patch::PatchType,
    route::Target,
    storage::stream::Writer,
    validation,
};

const KIND: &str = "ImageStreamTag";

/// The part of an `ImageStreamTag` that a client decides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WrittenTag {
    metadata: ObjectMeta,
    tag: Option<TagReference>,
}

fn structure(api: &Api) -> &'static Struct {
    if api.behaviour.import_modes { &shapes::modern::STREAM_TAG } else { &shapes::legacy::STREAM_TAG }
}

fn tag_type(api: &Api) -> PatchedType {
    static MODERN: Shape = Shape::Struct(&shapes::modern::STREAM_TAG);
    static LEGACY: Shape = Shape::Struct(&shapes::legacy::STREAM_TAG);
    let shape = if api.behaviour.import_modes { &MODERN } else { &LEGACY };
    PatchedType { kind: KIND, shape, subresource: "" }
}

/// Sets what a tag of a stream's spec is where a client does not say it.
pub(super) fn set_defaults(api: &Api, tag: Option<&mut TagReference>) {
    let Some(tag) = tag else { return };
    if tag.reference_policy.kind.is_empty() {
        "Source".clone_into(&mut tag.reference_policy.kind);
    }
    if api.behaviour.import_modes && tag.import_policy.import_mode.is_empty() {
        tag.import_policy.import_mode = api.options.default_import_mode.as_str().to_owned();
    }
}

fn answer(
    api: &Api,
    request: &Request,
    target: &Target,
    status: u16,
    stream: &ImageStream,
    tag: &str,
) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let mut written = tags::written(api, stream, tag);
    written.metadata.self_link = api.self_link(target, &written.metadata.name);
    view::object(api, request, target.kind, status, &Typed::image_api(KIND, written), form)
}

/// Creates a tag, and its stream if it is not there.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    request.body()?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut written = body::read::<WrittenTag>(request, KIND, structure(api), &options, &api.behaviour)?;
    set_defaults(api, written.tag.as_mut());
    check_namespace(&mut written.metadata.namespace, target)?;
    admit(&api.store.lock(), target, &written.metadata.name)?;
    check(api, &written, true)?;
    let full = written.metadata.name.as_str();
    let (of, tag) = split_new(full)?;
    let old = api.store.lock().stream(&target.namespace, of).cloned();
    let mut stream = old.clone().unwrap_or_else(|| new_stream(target, of));
    if stream.spec.tags.contains_key(tag) {
        return Err(ApiError::already_exists(Resource::image("imagestreamtag"), full));
    }
    if let Some(reference) = written.tag {
        stream.spec.tags.insert(tag.to_owned(), TagReference { name: tag.to_owned(), ..reference });
    }
    let stream = store(api, stream, old.as_ref(), &options)?;
    answer(api, request, target, 201, &stream, tag)
}

/// Stream and tag of the name of a new tag; without a tag it is the usual one.
pub(super) fn split_new(full: &str) -> Result<(&str, &str)> {
    match full.split(':').collect::<Vec<_>>().as_slice() {
        [of, ""] => Ok((*of, "latest")),
        [of, tag] => Ok((*of, *tag)),
        _ => Err(ApiError::failed(format!("{full:?} must be of the form <stream_name>:<tag>"))),
    }
}

/// A stream of the name with nothing in it.
pub(super) fn new_stream(target: &Target, name: &str) -> ImageStream {
    let metadata = ObjectMeta { name: name.to_owned(), namespace: target.namespace.clone(), ..ObjectMeta::default() };
    ImageStream { metadata, ..ImageStream::default() }
}

/// Stores a stream whose spec has changed, or a new one.
pub(super) fn store(
    api: &Api,
    stream: ImageStream,
    old: Option<&ImageStream>,
    options: &WriteOptions,
) -> Result<ImageStream> {
    let dry_run = options.dry_run && api.behaviour.dry_run_of_tags;
    let options = WriteOptions { dry_run, ..options.clone() };
    match old {
        None => write::create_unless_dry(api, stream, &options, STREAMS),
        Some(old) => {
            write::update_unless_dry(api, stream, &old.metadata.resource_version, &options, Writer::Client, STREAMS)
        }
    }
}

/// What is wrong with a tag by itself.
fn check(api: &Api, written: &WrittenTag, is_new: bool) -> Result<()> {
    let errors = violations(api, written, is_new);
    api.invalid(KIND, &written.metadata.name, &errors)
}

fn violations(api: &Api, written: &WrittenTag, is_new: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if is_new {
        errors = validation::meta::check(&written.metadata, true, validation::meta::path_segment, &api.behaviour);
    }
    if let Some(tag) = &written.tag {
        validation::image_stream::check_tag(tag, "tag", api.allow_list.as_ref(), &api.behaviour, &mut errors);
        if is_new && tag.annotations.as_ref().is_some_and(|annotations| *annotations != written.metadata.annotations) {
            let why = "tag annotations must not be provided or must be equal to the object meta annotations";
            errors.push(FieldError::invalid("tag.annotations", "<map>", why));
        }
    }
    errors
}

/// A tag as it is before a write: also one that is not there.
fn before(api: &Api, target: &Target) -> Result<(Option<ImageStream>, ImageStreamTag)> {
    let (of, tag) = split(name(target), KIND)?;
    let stream = api.store.lock().stream(&target.namespace, of).cloned();
    let mut shown = stream.clone().unwrap_or_else(|| new_stream(target, of));
    if stream.is_none() {
        shown.metadata.fill_system_fields();
    }
    let mut old = tags::written(api, &shown, tag);
    // What the image is comes from the server, and is no part of the change.
    old.image = tags::no_image(api);
    Ok((stream, old))
}

/// Replaces a tag, or creates it.
pub(crate) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    negotiate(api, request, target.kind)?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    body::syntax(request)?;
    let mut written = body::read::<WrittenTag>(request, KIND, structure(api), &options, &api.behaviour)?;
    set_defaults(api, written.tag.as_mut());
    check_namespace(&mut written.metadata.namespace, target)?;
    check_name(&written.metadata.name, target)?;
    let (stream, old) = before(api, target)?;
    let metadata = &mut written.metadata;
    // A replacement that leaves out what only the server sets means it as it is.
    metadata.managed_fields.clear();
    if metadata.uid.is_empty() {
        metadata.uid.clone_from(&old.metadata.uid);
    }
    metadata.creation_timestamp = old.metadata.creation_timestamp;
    put(api, request, target, stream.as_ref(), &old, written, &options)
}

/// Patches a tag, or creates it.
pub(crate) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let kind = PatchType::of(request, true, api.behaviour.managed_fields)?;
    negotiate(api, request, target.kind)?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let (stream, old) = before(api, target)?;
    let value = view::to_value(&Typed::image_api(KIND, old.clone()))?;
    let patched = patched::patched(api, request, (kind, &options), &tag_type(api), (&value, &[]), &empty(api)?)?;
    let mut written: WrittenTag = patched.object;
    if let Some(entries) = patched.applied {
        // That somebody owns fields now is a change of metadata too: only a tag of a new stream is applied.
        written.metadata.managed_fields = entries;
    }
    set_defaults(api, written.tag.as_mut());
    check_namespace(&mut written.metadata.namespace, target)?;
    check_name(&written.metadata.name, target)?;
    put(api, request, target, stream.as_ref(), &old, written, &options)
}

/// A tag with nothing in it.
fn empty(api: &Api) -> Result<Value> {
    let empty = ImageStreamTag {
        metadata: ObjectMeta::default(),
        tag: None,
        generation: 0,
        lookup_policy: crate::model::image_stream::LookupPolicy::default(),
        conditions: Vec::new(),
        image: tags::no_image(api),
    };
    view::to_value(&empty)
}

/// Writes a tag into its stream.
fn put(
    api: &Api,
    request: &Request,
    target: &Target,
    stream: Option<&ImageStream>,
    old: &ImageStreamTag,
    mut written: WrittenTag,
    options: &WriteOptions,
) -> Result<Answer> {
    let (of, tag) = split(name(target), KIND)?;
    let is_new = stream.is_none();
    check_version(target, &written.metadata.resource_version, stream)?;
    if written.metadata.labels.is_empty() {
        written.metadata.labels.clone_from(&old.metadata.labels);
    }
    if is_new {
        check(api, &written, true)?;
    } else {
        check_changes(api, &written, old)?;
    }
    admit(&api.store.lock(), target, name(target))?;
    let mut changed = stream.cloned().unwrap_or_else(|| new_stream(target, of));
    let exists = changed.spec.tags.contains_key(tag);
    let reference = written.tag.or_else(|| changed.spec.tags.get(tag).cloned());
    let Some(mut reference) = reference else {
        let stream = format!("{}/{of}", target.namespace);
        let why = format!("imagestreamtag {tag} is not a spec tag in imagestream {stream}, cannot be updated");
        return Err(ApiError::bad_request(why));
    };
    tag.clone_into(&mut reference.name);
    reference.annotations = Some(written.metadata.annotations).filter(|annotations| !annotations.is_empty());
    changed.spec.tags.insert(tag.to_owned(), reference);
    let stream = store(api, changed, stream, options)?;
    answer(api, request, target, if exists { 200 } else { 201 }, &stream, tag)
}

/// Refuses to write a tag of a stream that is not at `version`. Without one it is written in any case.
pub(super) fn check_version(target: &Target, version: &str, stream: Option<&ImageStream>) -> Result<()> {
    let resource = target.kind.resource();
    match (version, stream.map(|stream| stream.metadata.resource_version.as_str())) {
        ("", _) => Ok(()),
        (_, None) => Err(ApiError::not_found(resource, name(target))),
        (version, Some(newest)) if version != newest => {
            let why = format!("another caller has updated the resource version to {newest}");
            Err(ApiError::conflict(resource, name(target), &why))
        }
        _ => Ok(()),
    }
}

/// Nothing but the tag and its annotations may change.
fn check_changes(api: &Api, written: &WrittenTag, old: &ImageStreamTag) -> Result<()> {
    let (new, known) = (&written.metadata, &old.metadata);
    let mut errors = Vec::new();
    if new.uid != known.uid {
        // It is checked in two places, and told twice.
        let error = FieldError::invalid("metadata.uid", &new.uid, "field is immutable");
        errors.extend([error.clone(), error]);
    }
    errors.extend(violations(api, written, false));
    let same = |meta: &ObjectMeta| ObjectMeta {
        annotations: std::collections::BTreeMap::new(),
        resource_version: String::new(),
        self_link: String::new(),
        ..meta.clone()
    };
    if same(new) != same(known) {
        errors.push(FieldError::invalid("metadata", "", "may not update fields other than metadata.annotations"));
    }
    api.invalid(KIND, &new.name, &errors)
}
