//! `images`: cluster-wide, written by imports only.

use super::{
    check_get,
    listing::{Listing, read_list},
    name,
    streams::deleted,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    http::{
        answer::Answer,
        negotiate::{View, negotiate},
        options::DeleteOptions,
        request::Request,
    },
    model::{List, Typed, image::Image, status::Status},
    route::{Target, Verb},
    storage::{self, history::Stored},
    table,
};

/// The resource as errors name it.
pub(crate) const IMAGES: Resource = Resource::image("images");

/// Answers a request for images.
pub(crate) fn answer(api: &Api, request: &Request, target: &Target, verb: Verb) -> Result<Answer> {
    match verb {
        Verb::Get => get(api, request, target),
        Verb::List => list(api, request),
        Verb::Delete => delete(api, request, target),
        Verb::Create | Verb::Update | Verb::Patch => Err(ApiError::method_not_allowed()),
    }
}

fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    check_get(api, request, target)?;
    let image = api.store.lock().image(name(target)).cloned();
    let mut image = image.ok_or_else(|| ApiError::not_found(IMAGES, name(target)))?;
    Ok(match form.view {
        View::Table => {
            let metadata = table::of_one(&image.metadata);
            Answer::object(200, &table::images(&[image], metadata).worded(&api.behaviour), form)
        }
        View::Metadata => Answer::object(200, &table::partial(&image.metadata), form),
        _ => {
            image.metadata.self_link = api.self_link(target, name(target));
            Answer::object(200, &Typed::image_api("Image", image), form)
        }
    })
}

fn list(api: &Api, request: &Request) -> Result<Answer> {
    let form = negotiate(request, &[View::Table, View::Metadata])?;
    let of = (storage::IMAGES, "");
    let Listing { objects, meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    let images: Vec<Image> = objects.into_iter().filter_map(Stored::into_image).collect();
    Ok(match form.view {
        View::Table => Answer::object(200, &table::images(&images, meta).worded(&api.behaviour), form),
        View::Metadata => {
            let items: Vec<_> = images.iter().map(|image| table::partial(&image.metadata)).collect();
            Answer::object(200, &table::partial_list(&items, &meta), form)
        }
        _ => Answer::object(200, &Typed::image_api("ImageList", List { metadata: meta, items: images }), form),
    })
}

fn delete(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(request, &[])?;
    let options = DeleteOptions::read(request, &api.behaviour)?;
    let mut state = api.store.lock();
    let image = state.image(name(target)).cloned().ok_or_else(|| ApiError::not_found(IMAGES, name(target)))?;
    if !options.dry_run {
        state.remove_image(name(target));
    }
    drop(state);
    let status = Status { details: Some(Box::new(deleted(target, &image.metadata.uid))), ..Status::success() };
    Ok(Answer::status(200, &status, form))
}
