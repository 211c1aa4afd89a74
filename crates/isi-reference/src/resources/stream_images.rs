//! `imagestreamimages`: images by stream and digest.

use std::time::Instant;

use super::{layers, name, streams, view};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{answer::Answer, negotiate::negotiate, request::Request},
    model::{Typed, meta::ObjectMeta, views::ImageStreamImage},
    route::Target,
    storage::{State, image_ids},
};

const STREAM_IMAGES: Resource = Resource::image("imagestreamimages");
/// The singular, which errors about digests use.
const STREAM_IMAGE: Resource = Resource::image("imagestreamimage");

/// An image of a stream by its digest, or the beginning of it.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    let asked = name(target);
    let parts = asked.split_once('@').filter(|(stream, id)| !stream.is_empty() && !id.is_empty() && !id.contains('@'));
    let (of, id) =
        parts.ok_or_else(|| ApiError::bad_request("ImageStreamImages must be retrieved with <name>@<id>"))?;
    let stream = streams::find(api, target, of, STREAM_IMAGES)?;
    let state = api.store.lock();
    let digest = if api.behaviour.stream_images_of_lists {
        let all = layers::of(&state, &stream, api.horizon(request.replica), &api.behaviour);
        let found = all.images.keys().find(|digest| image_ids::matches(digest, id)).cloned();
        found.ok_or_else(|| ApiError::not_found(STREAM_IMAGE, asked))?
    } else {
        image_ids::resolve(&stream, id)?.image.clone()
    };
    let image = image(&state, &digest, api.horizon(request.replica))?;
    let mut found = ImageStreamImage {
        metadata: ObjectMeta {
            name: asked.to_owned(),
            namespace: stream.metadata.namespace.clone(),
            creation_timestamp: image.metadata.creation_timestamp,
            annotations: stream.metadata.annotations,
            ..ObjectMeta::default()
        },
        image,
    };
    drop(state);
    found.metadata.self_link = api.self_link(target, asked);
    view::object(api, request, target.kind, 200, &Typed::image_api("ImageStreamImage", found), form)
}

fn image(state: &State, digest: &str, horizon: Option<Instant>) -> Result<crate::model::image::Image> {
    let image = state.image_before(digest, horizon).cloned();
    let image = image.ok_or_else(|| ApiError::not_found(STREAM_IMAGES, digest))?;
    Ok(image.without_raw())
}
