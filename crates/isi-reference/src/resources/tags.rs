//! Reading and deleting `imagestreamtags`.

use super::{check_name_and_export, check_version_form, listing, name, streams, view, write};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        negotiate::{negotiate, negotiate_list},
        options::DeleteOptions,
        request::Request,
    },
    image_reference::ImageReference,
    importer::empty_metadata,
    model::{
        ListMeta, Typed,
        image::{Image, Layers},
        image_stream::{ImageStream, TagEvent},
        meta::{CreationTime, ObjectMeta},
        status::Status,
        views::ImageStreamTag,
    },
    route::Target,
    storage::{STREAMS, history::Stored, stream::Writer},
};

/// The resource as errors name it.
pub(super) const TAGS: Resource = Resource::image("imagestreamtags");

/// Stream and tag of a name. `kind` is what errors call it.
pub(super) fn split<'a>(name: &'a str, kind: &str) -> Result<(&'a str, &'a str)> {
    let parts = name
        .split_once(':')
        .filter(|(stream, tag)| !stream.is_empty() && !tag.is_empty() && !tag.contains(':') && !name.contains('@'));
    parts.ok_or_else(|| ApiError::bad_request(format!("{kind}s must be retrieved with <name>:<tag>")))
}

/// Answers with a tag.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    check_name_and_export(api, request, target)?;
    let (of, tag) = split(name(target), target.kind.kind)?;
    check_version_form(api, request)?;
    listing::check_version(&api.store.lock(), request, &api.behaviour)?;
    let stream = streams::find(api, target, of, TAGS)?;
    let event = stream.latest(tag).filter(|event| !event.image.is_empty());
    let event = event.ok_or_else(|| ApiError::not_found(TAGS, name(target)))?;
    let image = api.store.lock().image(&event.image).cloned();
    let image = image.ok_or_else(|| ApiError::not_found(TAGS, &event.image))?;
    let mut found = tag_of(api, &stream, tag, event, Some(image));
    found.metadata.self_link = api.self_link(target, name(target));
    view::object(api, request, target.kind, 200, &Typed::image_api("ImageStreamTag", found), form)
}

/// Lists tags that have images.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let selection = listing::read_options(request, target.kind.plural, &api.behaviour)?;
    let tags: Vec<ImageStreamTag> = {
        let streams = listed_streams(api, request, target)?;
        let tags = streams.iter().flat_map(|stream| {
            let events = stream.status.tags.keys().filter_map(|tag| Some((tag, stream.latest(tag)?)));
            events
                .filter(|(_, event)| !event.image.is_empty())
                .map(|(tag, event)| tag_of(api, stream, tag, event, None))
        });
        tags.filter(|tag| selection.matches(&tag.metadata.selectable_fields(), &tag.metadata.labels)).collect()
    };
    let linked = |mut tag: ImageStreamTag| {
        let place = Target { namespace: tag.metadata.namespace.clone(), ..target.clone() };
        tag.metadata.self_link = api.self_link(&place, &tag.metadata.name);
        tag
    };
    let tags: Vec<ImageStreamTag> = tags.into_iter().map(linked).collect();
    // The list is made of streams, and has neither a version of its own nor pages.
    let meta = ListMeta { self_link: api.self_link(target, ""), ..ListMeta::default() };
    view::list(api, request, target.kind, &tags, meta, form)
}

/// The streams that a list of tags is made of: those that the options of the request select, in pages too.
pub(super) fn listed_streams(api: &Api, request: &Request, target: &Target) -> Result<Vec<ImageStream>> {
    let of = (STREAMS, target.namespace.as_str());
    let listed = listing::read_list(&api.store.lock(), request, of, &api.behaviour)?;
    Ok(listed.objects.into_iter().filter_map(Stored::into_stream).collect())
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
        docker_image_layers: if api.behaviour.empty_layers_absent { Layers::default() } else { Layers::Null },
        ..Image::default()
    }
}

/// A tag after it was written: also one that has no image yet.
pub(super) fn written(api: &Api, stream: &ImageStream, tag: &str) -> ImageStreamTag {
    let image = stream.latest(tag).and_then(|event| api.store.lock().image(&event.image).cloned());
    newest(api, stream, tag, image)
}

/// A tag, of whose image only the name and where to pull it are known.
pub(super) fn without_image(api: &Api, stream: &ImageStream, tag: &str) -> ImageStreamTag {
    newest(api, stream, tag, None)
}

fn newest(api: &Api, stream: &ImageStream, tag: &str, image: Option<Image>) -> ImageStreamTag {
    if let Some(event) = stream.latest(tag).filter(|event| !event.image.is_empty()) {
        return tag_of(api, stream, tag, event, image);
    }
    let none = TagEvent { created: None, docker_image_reference: String::new(), image: String::new(), generation: 0 };
    let mut written = tag_of(api, stream, tag, &none, None);
    written.metadata.creation_timestamp = stream.metadata.creation_timestamp;
    written
}

/// A tag with its newest event, and the image if it is to be shown.
fn tag_of(api: &Api, stream: &ImageStream, tag: &str, event: &TagEvent, image: Option<Image>) -> ImageStreamTag {
    let spec = stream.spec.tags.get(tag);
    let annotations = spec.and_then(|spec| spec.annotations.clone()).unwrap_or_default();
    let mut image = match image {
        Some(mut image) => {
            image.metadata.annotations.extend(annotations.clone());
            image
        }
        None => {
            let mut none = no_image(api);
            none.metadata.name.clone_from(&event.image);
            none
        }
    };
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

/// Where to pull the image of an event from: through the integrated registry, if the tag says so.
pub(super) fn pull_reference(stream: &ImageStream, tag: &str, event: &TagEvent) -> String {
    let is_local = stream.spec.tags.get(tag).is_some_and(|spec| spec.reference_policy.kind == "Local");
    let repository = stream.status.docker_image_repository.parse::<ImageReference>();
    match repository {
        Ok(repository) if is_local && !event.image.is_empty() => repository.to_image_object(&event.image),
        _ => event.docker_image_reference.clone(),
    }
}

/// Deletes a tag, of `imagestreamtags` or `imagetags`.
pub(crate) fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let resource = target.kind.resource();
    let (of, tag) = split(name(target), target.kind.kind)?;
    let mut stream = streams::find(api, target, of, resource)?;
    if options.uid.as_ref().is_some_and(|uid| *uid != stream.metadata.uid) {
        return Err(ApiError::conflict(resource, name(target), "the UID precondition was not met"));
    }
    let spec = stream.spec.tags.remove(tag);
    let history = stream.status.tags.remove(tag);
    if spec.is_none() && history.is_none() {
        return Err(ApiError::not_found(resource, name(target)));
    }
    if !options.dry_run || !api.behaviour.dry_run_of_tags {
        let version = stream.metadata.resource_version.clone();
        write::update(api, stream, &version, Writer::Tag, resource).map_err(|refusal| refusal.error)?;
    }
    Ok(Answer::status(200, &Status::success(), form))
}
