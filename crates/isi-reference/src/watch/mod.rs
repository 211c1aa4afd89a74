//! Watches: every change of a collection as it happens.
//!
//! A watch reads the [history](crate::storage::history) of the store from where it is to the newest change, and then waits for
//! the next one. Nothing is kept for a client that reads slowly: one that falls behind what the history holds is told that its
//! version has expired.
//!
//! What is answered was recorded from openshift-apiserver 4.22; bookmarks are those of Kubernetes' API conventions.

mod event;
pub(crate) mod options;
mod stream;

use std::sync::Arc;

use self::{event::Encoder, options::WatchOptions, stream::Watcher};
use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{answer::Answer, negotiate::negotiate_watch, request::Request},
    kinds::Verb,
    resources::{selection::Selection, view::IncludeObject},
    route::Target,
};

/// Begins to watch the collection that `target` names, or one object of it.
///
/// # Errors
/// When an option is wrong.
pub(crate) fn answer(api: &Arc<Api>, request: &Request, target: &Target) -> Result<Answer> {
    let selection = Selection::read_for_watch(request)?;
    let options = WatchOptions::read(request, &api.behaviour)?;
    selection.check_fields(target.kind.plural)?;
    if !target.kind.has(Verb::Watch) {
        return Err(ApiError::watch_not_supported(target.kind.resource()));
    }
    let form = negotiate_watch(api, request, target.kind)?;
    let encoder = Encoder::new(Arc::clone(api), target.clone(), form, IncludeObject::read(request)?);
    let content_type = encoder.content_type();
    let watcher = Watcher::begin(encoder, selection, &options)?;
    Ok(Answer::stream(content_type, watcher.into_body()))
}
