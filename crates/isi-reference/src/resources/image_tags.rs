//! `imagetags`: the tags of streams, with what is wanted of them and what they have been in one object.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    admit, check_generated_name, check_identity, check_name_and_export, check_namespace, check_version_form, listing,
    name,
    patched::{self, PatchedType},
    streams,
    tag_spec::{self, StreamBefore},
    tags::{self, pull_reference, split},
    view,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body,
        negotiate::{negotiate, negotiate_list},
        options::WriteOptions,
        request::Request,
    },
    json::shapes::versioned::IMAGE_TAG,
    model::{
        ListMeta, Typed,
        image::Image,
        image_stream::{ImageStream, TagHistory, TagReference},
        meta::ObjectMeta,
        views::ImageTag,
    },
    patch::{self, ManagedEntry, PatchType},
    route::Target,
    storage::State,
    validation,
};

const KIND: &str = "ImageTag";
const IMAGE_TAGS: Resource = Resource::image("imagetags");

/// The parts of an `ImageTag` that a client writes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenImageTag {
    metadata: ObjectMeta,
    spec: Option<TagReference>,
    status: Option<TagHistory>,
    /// Only looked at to know who owns it.
    image: Option<Value>,
}

impl WrittenImageTag {
    fn set_defaults(&mut self, api: &Api) {
        if let Some(spec) = &mut self.spec {
            tag_spec::set_defaults(api, spec);
        }
    }
}

/// A tag of a stream, with its image if that is known.
fn tag_of(stream: &ImageStream, tag: &str, image: Option<Image>) -> ImageTag {
    let status = stream.status.tags.get(tag).cloned();
    let image = image.map(|mut image| {
        if let Some(event) = stream.latest(tag) {
            image.docker_image_reference = pull_reference(stream, tag, event);
        }
        image.without_raw()
    });
    let metadata = ObjectMeta { name: format!("{}:{tag}", stream.metadata.name), ..stream.metadata.clone() };
    ImageTag { metadata, spec: stream.spec.tags.get(tag).cloned(), status, image }
}

fn image_of(state: &State, stream: &ImageStream, tag: &str) -> Option<Image> {
    let event = stream.latest(tag).filter(|event| !event.image.is_empty())?;
    state.image(&event.image).cloned()
}

/// Answers with a tag that is wanted or has been.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    check_name_and_export(api, request, target)?;
    let (of, tag) = split(name(target), KIND)?;
    check_version_form(api, request)?;
    listing::check_version(&api.store.lock(), request, &api.behaviour)?;
    let stream = streams::find(api, target, of, IMAGE_TAGS)?;
    let found = tag_of(&stream, tag, image_of(&api.store.lock(), &stream, tag));
    if found.spec.is_none() && found.status.is_none() {
        return Err(ApiError::not_found(IMAGE_TAGS, name(target)));
    }
    view::object(api, request, target.kind, 200, &Typed::image_api(KIND, found), form)
}

/// Lists tags, without their images.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let selection = listing::read_options(request, target.kind.plural, &api.behaviour)?;
    let tags: Vec<ImageTag> = {
        let streams = tags::listed_streams(api, request, target)?;
        let tags = streams.iter().flat_map(|stream| {
            let names: std::collections::BTreeSet<&String> =
                stream.spec.tags.keys().chain(stream.status.tags.keys()).collect();
            names.into_iter().map(|tag| tag_of(stream, tag, None))
        });
        tags.filter(|tag| selection.matches(&tag.metadata.selectable_fields(), &tag.metadata.labels)).collect()
    };
    view::list(api, request, target.kind, &tags, ListMeta::default(), form)
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
    let written = tag_of(stream, tag, image_of(&api.store.lock(), stream, tag));
    view::object(api, request, target.kind, status, &Typed::image_api(KIND, written), form)
}

/// Creates a tag of a stream's spec, and the stream if it is not there.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut written = read(api, request, &options)?;
    check_namespace(&mut written.metadata.namespace, target)?;
    admit(&api.store.lock(), target, &written.metadata.name)?;
    check_generated_name(api, &written.metadata)?;
    check_new(api, &mut written)?;
    let full = written.metadata.name.as_str();
    let (of, tag) = tag_spec::split_new(full)?;
    let before = StreamBefore::named(api, target, of);
    let mut stream = before.to_change();
    if stream.spec.tags.contains_key(tag) {
        return Err(ApiError::already_exists(IMAGE_TAGS, full));
    }
    if let Some(spec) = written.spec {
        stream.spec.tags.insert(tag.to_owned(), TagReference { name: tag.to_owned(), ..spec });
    }
    let stream = before.store(api, stream, &options)?;
    answer(api, request, target, 201, &stream, tag)
}

fn read(api: &Api, request: &Request, options: &WriteOptions) -> Result<WrittenImageTag> {
    let mut written =
        body::read::<WrittenImageTag>(request, KIND, IMAGE_TAG.structure(&api.behaviour), options, &api.behaviour)?;
    written.set_defaults(api);
    Ok(written)
}

/// Replaces the spec of a tag, or creates it.
pub(crate) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    negotiate(api, request, target.kind)?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    body::syntax(request)?;
    let mut written = read(api, request, &options)?;
    check_identity(api, &mut written.metadata, target)?;
    let (before, tag) = tag_spec::named(api, target, KIND)?;
    let old = tag_of(&before.to_compare(), tag, None);
    if written.metadata.uid.is_empty() {
        written.metadata.uid.clone_from(&old.metadata.uid);
    }
    track(api, &old, &mut written, &options)?;
    put(api, request, target, (&before, tag), &old, written, &options)
}

/// Patches the spec of a tag, or creates it.
pub(crate) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let kind = PatchType::of(request, true, api.behaviour.managed_fields)?;
    negotiate(api, request, target.kind)?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let (before, tag) = tag_spec::named(api, target, KIND)?;
    let old = tag_of(&before.to_compare(), tag, None);
    let value = view::to_value(&Typed::image_api(KIND, old.clone()))?;
    let empty = empty()?;
    let entries = old.metadata.managed_fields.as_slice();
    let patched = patched::patched(api, request, (kind, &options), &tag_type(api), (&value, entries), &empty)?;
    let mut written: WrittenImageTag = patched.object;
    written.set_defaults(api);
    match patched.applied {
        Some(entries) => written.metadata.managed_fields = entries,
        None => track(api, &old, &mut written, &options)?,
    }
    check_identity(api, &mut written.metadata, target)?;
    put(api, request, target, (&before, tag), &old, written, &options)
}

/// Tags as `api` patches them.
fn tag_type(api: &Api) -> PatchedType {
    PatchedType { kind: KIND, shape: IMAGE_TAG.shape(&api.behaviour), subresource: "" }
}

/// Records whose the fields of a written tag are that differ from `old`. The metadata is that of the stream, so that a server
/// refuses every change that makes a client the owner of a field.
fn track(api: &Api, old: &ImageTag, written: &mut WrittenImageTag, options: &WriteOptions) -> Result<()> {
    let given = ManagedEntry::take_sent(&mut written.metadata.managed_fields);
    let Some(given) = given.filter(|_| api.behaviour.managed_fields) else { return Ok(()) };
    let entries = if given.is_empty() { &old.metadata.managed_fields } else { &given };
    let before = view::to_value(&Typed::image_api(KIND, old.clone()))?;
    let now = view::to_value(&Typed::image_api(KIND, &*written))?;
    written.metadata.managed_fields = patch::track(&before, &now, entries, false, &tag_type(api).write(options));
    Ok(())
}

/// A tag with nothing in it.
fn empty() -> Result<Value> {
    view::to_value(&ImageTag { metadata: ObjectMeta::default(), spec: None, status: None, image: None })
}

/// Writes the spec of a tag into its stream.
fn put(
    api: &Api,
    request: &Request,
    target: &Target,
    (before, tag): (&StreamBefore, &str),
    old: &ImageTag,
    mut written: WrittenImageTag,
    options: &WriteOptions,
) -> Result<Answer> {
    before.check_version(target, &written.metadata.resource_version)?;
    match before.stored {
        None => check_new(api, &mut written)?,
        Some(_) => check_changes(api, &mut written, old)?,
    }
    admit(&api.store.lock(), target, name(target))?;
    let mut changed = before.to_change();
    let exists = changed.spec.tags.contains_key(tag);
    match written.spec {
        Some(spec) => drop(changed.spec.tags.insert(tag.to_owned(), TagReference { name: tag.to_owned(), ..spec })),
        None => drop(changed.spec.tags.remove(tag)),
    }
    let stream = before.store(api, changed, options)?;
    answer(api, request, target, if exists { 200 } else { 201 }, &stream, tag)
}

/// Completes and checks a tag whose stream is not there, or that is created.
fn check_new(api: &Api, written: &mut WrittenImageTag) -> Result<()> {
    let tag = written.metadata.name.split_once(':').map(|(_, tag)| tag.to_owned()).unwrap_or_default();
    if let Some(spec) = written.spec.as_mut().filter(|spec| spec.name.is_empty()) {
        spec.name = tag;
    }
    let rule = validation::meta::path_segment;
    let mut errors = validation::meta::check(&written.metadata, true, rule, &api.behaviour);
    match &written.spec {
        None => errors.push(FieldError::required("spec", "spec is a required field during creation")),
        Some(spec) => errors.extend(check_spec(api, &written.metadata.name, spec, None)),
    }
    api.invalid(KIND, &written.metadata.name, &errors)
}

fn check_spec(api: &Api, full: &str, spec: &TagReference, old: Option<&TagReference>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if full.split_once(':').is_none_or(|(_, tag)| tag != spec.name) {
        errors.push(FieldError::invalid("spec.name", &spec.name, "must match image tag name"));
    }
    errors.extend(tag_spec::check_source(api, spec, "spec", old));
    errors
}

/// Nothing but the spec may change.
fn check_changes(api: &Api, written: &mut WrittenImageTag, old: &ImageTag) -> Result<()> {
    let (new, known) = (&mut written.metadata, &old.metadata);
    new.resource_version.clone_from(&known.resource_version);
    new.generation = known.generation;
    new.creation_timestamp = known.creation_timestamp;
    let mut errors = validation::meta::check_replacement(new, known, true, &api.behaviour);
    if let Some(spec) = &written.spec {
        errors.extend(check_spec(api, &written.metadata.name, spec, old.spec.as_ref()));
    }
    let why = "may not update fields other than spec";
    if written.metadata != *known {
        errors.push(FieldError::invalid("metadata", "", why));
    }
    if written.status != old.status {
        errors.push(FieldError::invalid("status", "", why));
    }
    api.invalid(KIND, &written.metadata.name, &errors)
}
