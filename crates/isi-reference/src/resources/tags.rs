//! `imagestreamtags`.

use super::{listing, name, streams, tag_writes, write};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        negotiate::{View, negotiate},
        options::DeleteOptions,
        request::Request,
    },
    image_reference::ImageReference,
    importer::empty_metadata,
    model::{
        List, ListMeta, Typed,
        image::Image,
        image_stream::{ImageStream, TagEvent},
        meta::{CreationTime, ObjectMeta},
        status::Status,
        views::ImageStreamTag,
    },
    route::{Target, Verb},
    storage::stream::Writer,
    table,
};

/// The resource as errors name it.
pub(super) const TAGS: Resource = Resource::image("imagestreamtags");

/// Answers a request for tags.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    match verb {
        Verb::Get => get(api, request, target),
        Verb::List => list(api, request, target),
        Verb::Delete => delete(api, request, target),
        Verb::Create => tag_writes::create(api, request, target),
        Verb::Update => tag_writes::replace(api, request, target),
        Verb::Patch => tag_writes::patch(api, request, target),
    }
}

pub(super) fn split(name: &str) -> Result<(&str, &str)> {
    let parts = name
        .split_once(':')
        .filter(|(stream, tag)| !stream.is_empty() && !tag.is_empty() && !tag.contains(':') && !name.contains('@'));
    parts.ok_or_else(|| ApiError::bad_request("ImageStreamTags must be retrieved with <name>:<tag>"))
}

fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let (of, tag) = split(name(target))?;
    let stream = streams::find(api, target, of, TAGS)?;
    let event = stream.latest(tag).filter(|event| !event.image.is_empty());
    let event = event.ok_or_else(|| ApiError::not_found(TAGS, name(target)))?;
    let image = api.store.lock().image(&event.image).cloned();
    let image = image.ok_or_else(|| ApiError::not_found(Resource::image("images"), &event.image))?;
    let mut found = view(api, &stream, tag, event, Some(image));
    Ok(match form.view {
        View::Table => {
            let metadata = table::of_one(&found.metadata);
            Answer::object(200, &table::tags(&[found], metadata).worded(&api.behaviour), form)
        }
        View::Metadata => Answer::object(200, &table::partial(&found.metadata), form),
        _ => {
            found.metadata.self_link = api.self_link(target, name(target));
            Answer::object(200, &Typed::image_api("ImageStreamTag", found), form)
        }
    })
}

fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let selection = listing::read_options(request, &api.behaviour)?;
    listing::list_version(request)?;
    let tags: Vec<ImageStreamTag> = {
        let state = api.store.lock();
        let tags = state.streams(&target.namespace).flat_map(|stream| {
            let events = stream.status.tags.keys().filter_map(|tag| Some((tag, stream.latest(tag)?)));
            events.filter(|(_, event)| !event.image.is_empty()).map(|(tag, event)| view(api, stream, tag, event, None))
        });
        tags.filter(|tag| selection.matches(&tag.metadata.namespace, &tag.metadata.name, &tag.metadata.labels))
            .collect()
    };
    // The list is made of streams, and has neither a version of its own nor pages.
    let meta = ListMeta::default();
    Ok(match form.view {
        View::Table => Answer::object(200, &table::tags(&tags, meta).worded(&api.behaviour), form),
        View::Metadata => {
            let items: Vec<_> = tags.iter().map(|tag| table::partial(&tag.metadata)).collect();
            Answer::object(200, &table::partial_list(&items, &meta), form)
        }
        _ => Answer::object(200, &Typed::image_api("ImageStreamTagList", List { metadata: meta, items: tags }), form),
    })
}

/// The image of a tag that has none.
pub(super) fn no_image(api: &Api) -> Image {
    Image {
        metadata: ObjectMeta {
            creation_timestamp: CreationTime::unset(api.behaviour.unset_creation_time_absent),
            ..ObjectMeta::default()
        },
        docker_image_metadata: empty_metadata(&api.behaviour),
        docker_image_metadata_version: "1.0".to_owned(),
        ..Image::default()
    }
}

/// A tag after it was written: also one that has no image yet.
pub(super) fn written(api: &Api, stream: &ImageStream, tag: &str) -> ImageStreamTag {
    if let Some(event) = stream.latest(tag).filter(|event| !event.image.is_empty()) {
        let image = api.store.lock().image(&event.image).cloned();
        return view(api, stream, tag, event, image);
    }
    let none = TagEvent { created: None, docker_image_reference: String::new(), image: String::new(), generation: 0 };
    let mut written = view(api, stream, tag, &none, None);
    written.metadata.creation_timestamp = stream.metadata.creation_timestamp;
    written
}

/// A tag with its newest event, and the image if it is to be shown.
fn view(api: &Api, stream: &ImageStream, tag: &str, event: &TagEvent, image: Option<Image>) -> ImageStreamTag {
    let spec = stream.spec.tags.get(tag);
    let annotations = spec.and_then(|spec| spec.annotations.clone()).unwrap_or_default();
    let mut image = image.unwrap_or_else(|| {
        let mut none = no_image(api);
        none.metadata.name.clone_from(&event.image);
        none
    });
    if !event.image.is_empty() {
        image.metadata.annotations.extend(annotations.clone());
    }
    image.docker_image_reference = pull_reference(stream, tag, event);
    let meta = &stream.metadata;
    ImageStreamTag {
        metadata: ObjectMeta {
            name: format!("{}:{tag}", meta.name),
            namespace: meta.namespace.clone(),
            uid: meta.uid.clone(),
            resource_version: meta.resource_version.clone(),
            creation_timestamp: event.created.into(),
            labels: meta.labels.clone(),
            annotations,
            ..ObjectMeta::default()
        },
        tag: spec.cloned(),
        generation: event.generation,
        lookup_policy: stream.spec.lookup_policy,
        conditions: stream.status.tags.get(tag).map(|history| history.conditions.clone()).unwrap_or_default(),
        image: image.without_raw(),
    }
}

/// Where to pull the image from: through the integrated registry, if the tag says so.
fn pull_reference(stream: &ImageStream, tag: &str, event: &TagEvent) -> String {
    let is_local = stream.spec.tags.get(tag).is_some_and(|spec| spec.reference_policy.kind == "Local");
    let repository = stream.status.docker_image_repository.parse::<ImageReference>();
    match repository {
        Ok(repository) if is_local && !event.image.is_empty() => repository.with_digest(&event.image).exact(),
        _ => event.docker_image_reference.clone(),
    }
}

fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let (of, tag) = split(name(target))?;
    let mut stream = streams::find(api, target, of, TAGS)?;
    let spec = stream.spec.tags.remove(tag);
    let history = stream.status.tags.remove(tag);
    if spec.is_none() && history.is_none() {
        return Err(ApiError::not_found(TAGS, name(target)));
    }
    if !options.dry_run {
        let version = stream.metadata.resource_version.clone();
        write::update(api, stream, &version, Writer::Import, TAGS).map_err(|refusal| refusal.error)?;
    }
    Ok(Answer::status(200, &Status::success(), form))
}
