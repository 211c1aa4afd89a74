//! From the handler of a request to the function that answers.

use std::sync::Arc;

use super::{
    api::Api,
    error::Result,
    http::{answer::Answer, request::Request},
    kinds::Handler,
    resources::{
        deletion, image_tags, image_writes, images, imports, layers, mappings, namespaces, objects, projects, reviews,
        signatures, stream_images, stream_writes, streams, tag_writes, tags, users,
    },
    route::Target,
    watch,
};

/// Answers from the store.
type Answering = fn(&Api, &Request, &Target) -> Result<Answer>;

/// Answers a request for `target`.
pub(crate) async fn dispatch(api: &Arc<Api>, request: &Request, target: &Target, handler: Handler) -> Result<Answer> {
    let answer: Answering = match handler {
        Handler::Import => return imports::create(api, request, target).await,
        Handler::Watch => return watch::answer(api, request, target),
        Handler::CreateImage => image_writes::create,
        Handler::CreateImageTag => image_tags::create,
        Handler::CreateMapping => mappings::create,
        Handler::CreateNamespace => namespaces::create,
        Handler::CreateObject => objects::create,
        Handler::CreateSignature => signatures::create,
        Handler::CreateStream => stream_writes::create,
        Handler::CreateTag => tag_writes::create,
        Handler::DeleteCollection => deletion::delete_collection,
        Handler::DeleteNamespace => namespaces::delete,
        Handler::DeleteProject => projects::delete,
        Handler::DeleteSignature => signatures::delete,
        Handler::DeleteStored => deletion::delete,
        Handler::DeleteTag => tags::delete,
        Handler::GetImage => images::get,
        Handler::GetImageTag => image_tags::get,
        Handler::GetLayers => layers::get,
        Handler::GetNamespace => namespaces::get,
        Handler::GetObject => objects::get,
        Handler::GetProject => projects::get,
        Handler::GetStream => streams::get,
        Handler::GetStreamImage => stream_images::get,
        Handler::GetTag => tags::get,
        Handler::GetUser => users::get,
        Handler::ListImageTags => image_tags::list,
        Handler::ListImages => images::list,
        Handler::ListNamespaces => namespaces::list,
        Handler::ListObjects => objects::list,
        Handler::ListPullSecrets => objects::pull_secrets,
        Handler::ListStreams => streams::list,
        Handler::ListTags => tags::list,
        Handler::MayRequestProject => projects::may_request,
        Handler::PatchImage => image_writes::patch,
        Handler::PatchImageTag => image_tags::patch,
        Handler::PatchObject => objects::patch,
        Handler::PatchStream => stream_writes::patch,
        Handler::PatchTag => tag_writes::patch,
        Handler::ReplaceImage => image_writes::replace,
        Handler::ReplaceImageTag => image_tags::replace,
        Handler::ReplaceObject => objects::replace,
        Handler::ReplaceStream => stream_writes::replace,
        Handler::ReplaceTag => tag_writes::replace,
        Handler::RequestProject => projects::request,
        Handler::Review => reviews::create,
    };
    answer(api, request, target)
}
