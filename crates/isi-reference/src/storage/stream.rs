//! What happens to a stream when it is written: generations, its repository, and what a write may not change.

use crate::model::image_stream::{ImageStream, ImageStreamStatus, Repositories, TagReference};

/// Who writes a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A client, who cannot set the status.
    Client,
    /// An import, which writes the status too.
    Import,
    /// A write or a deletion of one tag, which may write the status too.
    Tag,
    /// A write of `imagestreams/status`: of all that is not metadata, the status alone.
    Status,
}

/// Prepares a stream that is to be created.
pub(crate) fn prepare_create(stream: &mut ImageStream, writer: Writer, repositories: Repositories) {
    if writer == Writer::Client {
        stream.status = ImageStreamStatus::default();
    }
    repositories.put_into(&mut stream.status);
    stream.metadata.generation = 1;
    for tag in stream.spec.tags.values_mut() {
        tag.generation = Some(1);
    }
    forget_empty_annotations(stream);
}

/// Empty annotations are stored as none.
fn forget_empty_annotations(stream: &mut ImageStream) {
    for tag in stream.spec.tags.values_mut() {
        tag.annotations.take_if(|annotations| annotations.is_empty());
    }
}

/// Prepares a stream that is to replace `old`.
pub(crate) fn prepare_update(stream: &mut ImageStream, old: &ImageStream, writer: Writer, repositories: Repositories) {
    if writer == Writer::Status {
        return prepare_status(stream, old, repositories);
    }
    stream.status.tags.retain(|_, history| !history.items.is_empty() || !history.conditions.is_empty());
    stream.metadata.generation = old.metadata.generation;
    if writer == Writer::Client {
        stream.status = old.status.clone();
    }
    repositories.put_into(&mut stream.status);
    forget_empty_annotations(stream);
    for (name, tag) in &mut stream.spec.tags {
        if let Some(old) = old.spec.tags.get(name).filter(|_| tag.generation != Some(0)) {
            tag.generation = old.generation;
        }
    }
    if stream.spec != old.spec || stream.metadata.generation == 0 {
        stream.metadata.generation = old.metadata.generation + 1;
    }
    let generation = stream.metadata.generation;
    for (name, tag) in &mut stream.spec.tags {
        let is_new = old.spec.tags.get(name).is_none_or(|old| differs(old, tag));
        if is_new || matches!(tag.generation, None | Some(0)) {
            tag.generation = Some(generation);
        }
    }
}

/// Prepares a stream whose status is to replace that of `old`.
fn prepare_status(stream: &mut ImageStream, old: &ImageStream, repositories: Repositories) {
    stream.metadata.generation = old.metadata.generation;
    stream.spec.tags.clone_from(&old.spec.tags);
    stream.spec.docker_image_repository.clone_from(&old.spec.docker_image_repository);
    for (name, history) in &mut stream.status.tags {
        let Some(newest) = history.items.first_mut().filter(|newest| newest.generation == 0) else { continue };
        let is_changed = old.latest(name).is_some_and(|known| {
            known.docker_image_reference != newest.docker_image_reference || known.image != newest.image
        });
        let of_spec = old.spec.tags.get(name).and_then(|tag| tag.generation).filter(|_| is_changed);
        newest.generation = of_spec.unwrap_or(old.metadata.generation);
    }
    // What is written is kept where it is something else, and only the next write of the status finds it.
    let written = Some(stream.status.repositories()).filter(|written| *written != repositories);
    repositories.put_into(&mut stream.status);
    stream.status.written_repositories = written;
}

/// Whether a tag comes from somewhere else than before, or is to be imported again.
pub(crate) fn differs(old: &TagReference, new: &TagReference) -> bool {
    let Some(from) = new.from.as_ref().filter(|from| !from.kind.is_empty() || !from.name.is_empty()) else {
        return false;
    };
    let old_from = old.from.clone().unwrap_or_default();
    let asks_again = matches!((old.generation, new.generation), (Some(old), Some(0)) if old != 0);
    old_from.namespace != from.namespace
        || old_from.name != from.name
        || old.reference != new.reference
        || old.import_policy.import_mode != new.import_policy.import_mode
        || asks_again
}
