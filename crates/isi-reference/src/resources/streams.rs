//! Reading `imagestreams`.

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
    model::{Typed, image_stream::ImageStream},
    route::Target,
    storage::{self, history::Stored},
};

/// The resource as errors name it.
pub(crate) const STREAMS: Resource = Resource::image("imagestreams");

/// The stream that a path names.
pub(crate) fn find(api: &Api, target: &Target, stream: &str, resource: Resource) -> Result<ImageStream> {
    let state = api.store.lock();
    state.stream(&target.namespace, stream).cloned().ok_or_else(|| ApiError::not_found(resource, stream))
}

/// Answers with a stream.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    check_get(api, request, target)?;
    let mut stream = find(api, target, name(target), STREAMS)?;
    if target.kind.plural == "imagestreams/status" {
        // What was written is answered; where a stream is pulled from is said of the stream alone.
        stream.status = stream.status.with_written_repositories();
    }
    view::object(api, request, target.kind, 200, &linked(api, target, stream), form)
}

/// A stream as it is answered: with its path, where objects carry it.
pub(crate) fn linked(api: &Api, target: &Target, mut stream: ImageStream) -> Typed<ImageStream> {
    stream.metadata.self_link = api.self_link(target, &stream.metadata.name);
    Typed::image_api("ImageStream", stream)
}

/// Lists streams.
pub(crate) fn list(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate_list(api, request, target.kind)?;
    let of = (storage::STREAMS, target.namespace.as_str());
    let Listing { objects, mut meta } = read_list(&api.store.lock(), request, of, &api.behaviour)?;
    let mut streams: Vec<ImageStream> = objects.into_iter().filter_map(Stored::into_stream).collect();
    meta.self_link = api.self_link(target, "");
    for stream in &mut streams {
        let place = Target { namespace: stream.metadata.namespace.clone(), ..target.clone() };
        stream.metadata.self_link = api.self_link(&place, &stream.metadata.name);
    }
    view::list(api, request, target.kind, &streams, meta, form)
}
