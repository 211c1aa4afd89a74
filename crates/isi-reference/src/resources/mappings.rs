//! `POST imagestreammappings`: an image becomes the newest one of a tag, as the integrated registry tells after a push.

use serde::Deserialize;

use super::{admit, check_generated_name, check_namespace, image_writes, streams, write};
use crate::{
    api::Api,
    error::{Resource, Result},
    field::FieldError,
    http::{answer::Answer, body, negotiate::negotiate, options::WriteOptions, request::Request},
    image_reference::ImageReference,
    json::shapes::versioned::MAPPING,
    model::{
        image::Image,
        image_stream::{ImageStream, TagEvent},
        meta::ObjectMeta,
        status::Status,
        time::Time,
    },
    route::Target,
    storage::{stream::Writer, tracking},
    validation,
};

const KIND: &str = "ImageStreamMapping";
const MAPPINGS: Resource = Resource::image("imagestreammappings");
/// The annotation of images that a registry of the cluster holds.
const MANAGED: &str = "openshift.io/image.managed";

/// A mapping.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Mapping {
    metadata: ObjectMeta,
    image: Image,
    tag: String,
}

/// Maps an image into a stream. As on servers, a dry run does it too.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let mut mapping =
        body::read::<Mapping>(request, KIND, MAPPING.structure(&api.behaviour), &options, &api.behaviour)?;
    check_namespace(&mut mapping.metadata.namespace, target)?;
    admit(&api.store.lock(), target, &mapping.metadata.name)?;
    check_generated_name(api, &mapping.metadata)?;
    complete(api, &mut mapping);
    api.invalid(KIND, &mapping.metadata.name, &check(api, &mapping))?;
    let stream = streams::find(api, target, &mapping.metadata.name, MAPPINGS)?;
    let reference = store_image(api, &stream, mapping.image.clone());
    let event = TagEvent {
        created: Some(Time::now()),
        docker_image_reference: reference,
        image: mapping.image.metadata.name,
        generation: stream.metadata.generation,
    };
    let mut mapped = stream.clone();
    tracking::record(&mut mapped, &mapping.tag, event);
    if mapped != stream {
        tracking::follow_within(&mut mapped, Some(&stream));
        let version = stream.metadata.resource_version;
        write::update(api, mapped, &version, Writer::Status, MAPPINGS).map_err(|refusal| refusal.error)?;
    }
    Ok(Answer::status(201, &Status { code: 201, ..Status::success() }, form))
}

/// Sets what a client leaves to the server: an image without a reference is in the integrated registry.
fn complete(api: &Api, mapping: &mut Mapping) {
    let Mapping { metadata, image, .. } = mapping;
    image_writes::set_defaults(api, image);
    image.signatures.clear();
    if let Some(registry) = &api.options.integrated_registry
        && image.docker_image_reference.is_empty()
        && !metadata.name.is_empty()
    {
        let digest = &image.metadata.name;
        // What is no digest is taken for a tag.
        let separator = if digest.contains(':') { "@" } else { ":" };
        let separator = if digest.is_empty() { "" } else { separator };
        image.docker_image_reference =
            format!("{registry}/{}/{}{separator}{digest}", metadata.namespace, metadata.name);
    }
}

fn check(api: &Api, mapping: &Mapping) -> Vec<FieldError> {
    let rule = validation::meta::path_segment;
    let mut errors = validation::meta::check(&mapping.metadata, true, rule, &api.behaviour);
    if mapping.metadata.name.is_empty() {
        errors.extend(["name", "dockerImageRepository"].map(|field| FieldError::required(field, "")));
    }
    if mapping.tag.is_empty() {
        errors.push(FieldError::required("tag", ""));
    }
    errors.extend(image_writes::check(api, &mapping.image).into_iter().map(|error| error.below("image")));
    errors
}

/// Stores an image that is not there yet, and returns where the stream has it from.
fn store_image(api: &Api, stream: &ImageStream, mut image: Image) -> String {
    let mut state = api.store.lock();
    let name = image.metadata.name.clone();
    let reference = image.docker_image_reference.clone();
    if state.image(&name).is_none() {
        image.metadata.fill_system_fields();
        state.put_image(image.without_raw());
        return reference;
    }
    let is_managed = image.metadata.annotations.get(MANAGED).is_some_and(|value| value == "true");
    let repository = stream.status.docker_image_repository.parse::<ImageReference>();
    match repository {
        Ok(repository) if is_managed => repository.to_image_object(&name),
        _ => reference,
    }
}
