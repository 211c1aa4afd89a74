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
pub(crate) use self::{options::is_watch, stream::WatchBody};
use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{
        answer::Answer,
        negotiate::{View, negotiate_watch},
        request::Request,
    },
    kinds::Kind,
    resources::selection::Selection,
    route::Target,
    storage::{IMAGES, NAMESPACES, STREAMS},
};

/// The verb of access rules and of discovery.
pub(crate) const WATCH: &str = "watch";

/// Begins to watch the collection that `target` names, or one object of it.
///
/// # Errors
/// When the kind cannot be watched, or an option is wrong.
pub(crate) fn answer(api: &Arc<Api>, request: &Request, target: &Target) -> Result<Answer> {
    if !target.kind.verbs.contains(&WATCH) {
        return Err(ApiError::watch_not_supported(target.kind.resource()));
    }
    let form = negotiate_watch(request, !target.kind.is_custom(), views(target.kind))?;
    let selection = Selection::read_for_watch(request)?;
    let options = WatchOptions::read(request, &api.behaviour)?;
    let encoder = Encoder::new(Arc::clone(api), target.clone(), form);
    let content_type = encoder.content_type();
    let watcher = Watcher::begin(encoder, selection, &options)?;
    Ok(Answer::stream(content_type, watcher.into_body()))
}

/// What there is of a kind besides its objects.
fn views(kind: &'static Kind) -> &'static [View] {
    match resource(kind) {
        STREAMS | IMAGES => &[View::Table, View::Metadata],
        _ => &[],
    }
}

/// What the store calls the resource of a kind.
pub(crate) fn resource(kind: &'static Kind) -> &'static str {
    match (kind.group, kind.plural) {
        ("image.openshift.io", "imagestreams") => STREAMS,
        ("image.openshift.io", "images") => IMAGES,
        ("config.openshift.io", "images") => crate::resources::objects::IMAGE_CONFIG,
        ("project.openshift.io", "projects") => NAMESPACES,
        (_, plural) => plural,
    }
}
