//! Reading `images`.

use super::{
    check_get,
    listing::{Listing, read_list},
    name, view,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        negotiate::{negotiate, negotiate_list},
        request::Request,
    },
    model::{Typed, image::Image},
    route::Target,
    storage::{self, history::Stored},
};

/// The resource as errors name it.
pub(crate) const IMAGES: Resource = Resource::image("images");

/// Answers with an image.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    check_get(api, request, target)?;
    let image = api.store.lock().image(name(target)).cloned();
    let image = image.ok_or_else(|| ApiError::not_found(IMAGES, name(target)))?;
    view::object(api, request, target.kind, 200, &linked(api, target, image), form)
}

/// An image as it is answered: with its path, where objects carry it.
pub(super) fn linked(api: &Api, target: &Target, mut image: Image) -> Typed<Image> {
    image.metadata.self_link = api.self_link(target, &image.metadata.name);
    Typed::image_api("Image", image)
}

/// Lists images.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let of = (storage::IMAGES, "");
    let Listing { objects, mut meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    let mut images: Vec<Image> = objects.into_iter().filter_map(Stored::into_image).collect();
    meta.self_link = api.self_link(target, "");
    for image in &mut images {
        image.metadata.self_link = api.self_link(target, &image.metadata.name);
    }
    view::list(api, request, target.kind, &images, meta, form)
}
