//! Creating, replacing and patching `imagestreamtags`.

use serde::Deserialize;
use serde_json::Value;

use super::{
    admit, check_generated_name, check_identity, check_namespace, name,
    patched::{self, PatchedType},
    tag_spec::{self, StreamBefore},
    tags, view,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{answer::Answer, body, negotiate::negotiate, options::WriteOptions, request::Request},
    json::shapes::versioned::STREAM_TAG,
    model::{
        Typed,
        image_stream::{ImageStream, TagReference},
        meta::ObjectMeta,
        views::ImageStreamTag,
    },
    patch::{ManagedEntry, PatchType},
    route::Target,
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

impl WrittenTag {
    fn set_defaults(&mut self, api: &Api) {
        if let Some(tag) = &mut self.tag {
            tag_spec::set_defaults(api, tag);
        }
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
    let mut written =
        body::read::<WrittenTag>(request, KIND, STREAM_TAG.structure(&api.behaviour), &options, &api.behaviour)?;
    written.set_defaults(api);
    check_namespace(&mut written.metadata.namespace, target)?;
    admit(&api.store.lock(), target, &written.metadata.name)?;
    check_generated_name(api, &written.metadata)?;
    check_new(api, &written)?;
    let full = written.metadata.name.as_str();
    let (of, tag) = tag_spec::split_new(full)?;
    let before = StreamBefore::named(api, target, of);
    let mut stream = before.to_change();
    if stream.spec.tags.contains_key(tag) {
        return Err(ApiError::already_exists(Resource::image("imagestreamtag"), full));
    }
    if let Some(reference) = written.tag {
        stream.spec.tags.insert(tag.to_owned(), TagReference { name: tag.to_owned(), ..reference });
    }
    let stream = before.store(api, stream, &options)?;
    answer(api, request, target, 201, &stream, tag)
}

/// Checks a tag that is not there yet.
fn check_new(api: &Api, written: &WrittenTag) -> Result<()> {
    let mut errors = validation::meta::check(&written.metadata, true, validation::meta::path_segment, &api.behaviour);
    if let Some(tag) = &written.tag {
        errors.extend(tag_spec::check_source(api, tag, "tag", None));
        if tag.annotations.as_ref().is_some_and(|annotations| *annotations != written.metadata.annotations) {
            let why = "tag annotations must not be provided or must be equal to the object meta annotations";
            errors.push(FieldError::invalid("tag.annotations", "<map>", why));
        }
    }
    api.invalid(KIND, &written.metadata.name, &errors)
}

/// A tag as it is before a write: also one that is not there.
fn before_write(api: &Api, stream: &StreamBefore, tag: &str) -> ImageStreamTag {
    // What the image is comes from the server, and is no part of the change.
    tags::without_image(api, &stream.to_compare(), tag)
}

/// Replaces a tag, or creates it.
pub(crate) fn replace(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    negotiate(api, request, target.kind)?;
    let options = WriteOptions::read(request, "UpdateOptions", &api.behaviour)?;
    body::syntax(request)?;
    let mut written =
        body::read::<WrittenTag>(request, KIND, STREAM_TAG.structure(&api.behaviour), &options, &api.behaviour)?;
    written.set_defaults(api);
    check_identity(api, &mut written.metadata, target)?;
    let (before, tag) = tag_spec::named(api, target, KIND)?;
    let old = before_write(api, &before, tag);
    written.metadata.managed_fields.clear();
    put(api, request, target, (&before, tag), &old, written, &options)
}

/// Patches a tag, or creates it.
pub(crate) fn patch(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let kind = PatchType::of(request, true, api.behaviour.managed_fields)?;
    negotiate(api, request, target.kind)?;
    let options = WriteOptions::read_patch(request, kind, &api.behaviour)?;
    let (before, tag) = tag_spec::named(api, target, KIND)?;
    let old = before_write(api, &before, tag);
    let value = view::to_value(&Typed::image_api(KIND, old.clone()))?;
    let of = PatchedType { kind: KIND, shape: STREAM_TAG.shape(&api.behaviour), subresource: "" };
    let patched = patched::patched(api, request, (kind, &options), &of, (&value, &[]), &empty(api)?)?;
    let mut written: WrittenTag = patched.object;
    written.metadata.managed_fields.retain(ManagedEntry::is_whole);
    if let Some(entries) = patched.applied {
        // New owners of fields are a change of metadata too: only a tag of a new stream can be applied.
        written.metadata.managed_fields = entries;
    }
    written.set_defaults(api);
    check_identity(api, &mut written.metadata, target)?;
    put(api, request, target, (&before, tag), &old, written, &options)
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
    (before, tag): (&StreamBefore, &str),
    old: &ImageStreamTag,
    mut written: WrittenTag,
    options: &WriteOptions,
) -> Result<Answer> {
    before.check_version(target, &written.metadata.resource_version)?;
    // A client that leaves out what only the server sets means it as it is, and changes of some of it are ignored.
    let metadata = &mut written.metadata;
    if metadata.uid.is_empty() {
        metadata.uid.clone_from(&old.metadata.uid);
    }
    metadata.creation_timestamp = old.metadata.creation_timestamp;
    metadata.generation = old.metadata.generation;
    if written.metadata.labels.is_empty() {
        written.metadata.labels.clone_from(&old.metadata.labels);
    }
    match before.stored {
        None => check_new(api, &written)?,
        Some(_) => check_changes(api, &written, old)?,
    }
    admit(&api.store.lock(), target, name(target))?;
    let mut changed = before.to_change();
    let exists = changed.spec.tags.contains_key(tag);
    let reference = written.tag.or_else(|| changed.spec.tags.get(tag).cloned());
    let Some(mut reference) = reference else {
        let stream = format!("{}/{}", target.namespace, changed.metadata.name);
        let why = format!("imagestreamtag {tag} is not a spec tag in imagestream {stream}, cannot be updated");
        return Err(ApiError::bad_request(why));
    };
    tag.clone_into(&mut reference.name);
    reference.annotations = Some(written.metadata.annotations).filter(|annotations| !annotations.is_empty());
    changed.spec.tags.insert(tag.to_owned(), reference);
    let stream = before.store(api, changed, options)?;
    answer(api, request, target, if exists { 200 } else { 201 }, &stream, tag)
}

/// Nothing but the tag and its annotations may change.
fn check_changes(api: &Api, written: &WrittenTag, old: &ImageStreamTag) -> Result<()> {
    let (new, known) = (&written.metadata, &old.metadata);
    let mut errors = validation::meta::check_replacement(new, known, true, &api.behaviour);
    if let Some(tag) = &written.tag {
        errors.extend(tag_spec::check_source(api, tag, "tag", old.tag.as_ref()));
    }
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
