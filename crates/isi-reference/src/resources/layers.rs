//! `imagestreams/layers`: the blobs of all images of a stream.

use std::time::Instant;

use super::{name, streams, view};
use crate::{
    api::Api,
    behaviour::Behaviour,
    error::Result,
    http::{answer::Answer, negotiate::negotiate, request::Request},
    model::{
        Typed,
        image::Image,
        image_stream::ImageStream,
        views::{Blob, ImageBlobs, ImageStreamLayers},
    },
    route::Target,
    storage::State,
};
use oci_types::media_type;

/// Lists the blobs of a stream.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let stream = streams::find(api, target, name(target), streams::STREAMS)?;
    let mut layers = of(&api.store.lock(), &stream, api.horizon(request.replica), &api.behaviour);
    layers.metadata.self_link = api.self_link(target, name(target));
    view::object(api, request, target.kind, 200, &Typed::image_api("ImageStreamLayers", layers), form)
}

/// The blobs of every image that the tags of `stream` are or were, parts of lists included. Images stored after `horizon` are
/// taken to be missing.
pub(crate) fn of(
    state: &State,
    stream: &ImageStream,
    horizon: Option<Instant>,
    behaviour: &Behaviour,
) -> ImageStreamLayers {
    let mut layers = ImageStreamLayers { metadata: stream.metadata.clone(), ..ImageStreamLayers::default() };
    let mut wanted: Vec<String> =
        stream.status.tags.values().flat_map(|history| &history.items).map(|event| event.image.clone()).collect();
    while let Some(name) = wanted.pop() {
        if name.is_empty() || layers.images.contains_key(&name) {
            continue;
        }
        match state.image_before(&name, horizon) {
            Some(image) => {
                wanted.extend(image.docker_image_manifests.iter().map(|part| part.digest.clone()));
                add(&mut layers, image, behaviour);
            }
            None => {
                let missing = ImageBlobs { image_missing: true, layers: None, config: None, manifests: Vec::new() };
                layers.images.insert(name, missing);
            }
        }
    }
    layers
}

fn add(layers: &mut ImageStreamLayers, image: &Image, behaviour: &Behaviour) {
    let media_type = match image.docker_image_manifest_media_type.as_str() {
        "" => media_type::DOCKER_MANIFEST_V2,
        known => known,
    };
    let config = match media_type {
        media_type::DOCKER_MANIFEST_V2 => Some(media_type::DOCKER_CONFIG),
        media_type::OCI_MANIFEST => Some(media_type::OCI_CONFIG),
        _ => None,
    };
    let name = image.metadata.name.clone();
    add_blob(layers, &name, Blob { size: None, media_type: media_type.to_owned() });
    let of_image = image.docker_image_layers.as_slice();
    let shared_size = of_image.last().map(|layer| layer.size).filter(|_| behaviour.shared_layer_size);
    for layer in of_image {
        let blob = Blob { size: shared_size.or(Some(layer.size)), media_type: layer.media_type.clone() };
        add_blob(layers, &layer.name, blob);
    }
    let config = config.map(|media_type| {
        let digest = image.docker_image_metadata.id.clone();
        add_blob(layers, &digest, Blob { size: None, media_type: media_type.to_owned() });
        digest
    });
    let names: Vec<String> = image.docker_image_layers.as_slice().iter().map(|layer| layer.name.clone()).collect();
    let parts: Vec<String> = image.docker_image_manifests.iter().map(|part| part.digest.clone()).collect();
    let blobs =
        ImageBlobs { image_missing: false, layers: (!names.is_empty()).then_some(names), config, manifests: parts };
    layers.images.insert(name, blobs);
}

/// A blob that is there already stays as it is.
fn add_blob(layers: &mut ImageStreamLayers, digest: &str, blob: Blob) {
    layers.blobs.entry(digest.to_owned()).or_insert(blob);
}
