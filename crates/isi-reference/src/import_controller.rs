//! An import controller: imports spec tags of streams that are newer than what is known of them, and scheduled ones again and
//! again, as that of a whole cluster does beside its API server.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    api::Api,
    error::ApiError,
    model::{
        image_stream::{ImageStream, REPOSITORY_CHECK, TagReference},
        import::{ImageImport, ImageStreamImport, ImportSpec, RepositoryImport, TagName},
        meta::ObjectReference,
    },
    replica::Replica,
    resources::{apply, imports},
    storage::Key,
};

/// When scheduled tags of each stream are imported again.
type Schedule = BTreeMap<Key, Instant>;

/// Imports what streams want until the server stops: at each change, and what is scheduled again after each `interval`.
pub(crate) async fn run(api: Arc<Api>, interval: Duration, stopped: CancellationToken) {
    let mut changes = api.store.lock().changes();
    let mut schedule = Schedule::new();
    loop {
        // What changes from here on is looked at in the next round.
        changes.borrow_and_update();
        for (stream, occasion) in due(&api, &mut schedule, interval) {
            tokio::select! {
                () = import(&api, stream, occasion) => {}
                () = stopped.cancelled() => return,
            }
        }
        let next = schedule.values().min().copied();
        let next = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = next => {}
            () = stopped.cancelled() => return,
        }
    }
}

/// Why a stream is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// It has tags that were not imported yet.
    New,
    /// The time of its scheduled tags has come.
    Scheduled,
}

/// The streams to import now. Brings the schedule up to date.
fn due(api: &Api, schedule: &mut Schedule, interval: Duration) -> Vec<(ImageStream, Occasion)> {
    let now = Instant::now();
    let state = api.store.lock();
    let mut due = Vec::new();
    let mut scheduled = Schedule::new();
    for stream in state.streams("") {
        let is_new = is_due(stream);
        let key = (stream.metadata.namespace.clone(), stream.metadata.name.clone());
        let at = schedule.get(&key).copied().unwrap_or(now + interval);
        let has_scheduled = stream.spec.tags.values().any(is_scheduled);
        let is_time = has_scheduled && at <= now;
        if has_scheduled {
            scheduled.insert(key, if is_time { now + interval } else { at });
        }
        if is_new || is_time {
            due.push((stream.clone(), if is_time { Occasion::Scheduled } else { Occasion::New }));
        }
    }
    *schedule = scheduled;
    due
}

/// Whether a tag is imported again and again.
fn is_scheduled(tag: &TagReference) -> bool {
    tag.import_policy.scheduled && is_imported(tag)
}

/// Whether a tag comes from a registry.
fn is_imported(tag: &TagReference) -> bool {
    !tag.reference && tag.from.as_ref().is_some_and(ObjectReference::is_docker_image)
}

fn is_due(stream: &ImageStream) -> bool {
    wants_repository(stream) || stream.spec.tags.iter().any(|(name, tag)| is_wanted(stream, name, tag))
}

fn wants_repository(stream: &ImageStream) -> bool {
    !stream.spec.docker_image_repository.is_empty() && !stream.metadata.annotations.contains_key(REPOSITORY_CHECK)
}

/// Whether a tag comes from a registry and is newer than the last import of it, successful or not.
fn is_wanted(stream: &ImageStream, name: &str, tag: &TagReference) -> bool {
    if !is_imported(tag) {
        return false;
    }
    let history = stream.status.tags.get(name);
    let imported = history.and_then(|history| history.items.first()).map(|event| event.generation);
    let failed = history.and_then(|history| history.conditions.first()).map(|condition| condition.generation);
    tag.generation.is_none_or(|generation| generation > imported.max(failed).unwrap_or(0))
}

async fn import(api: &Api, stream: ImageStream, occasion: Occasion) {
    let is_due = |name: &str, tag: &TagReference| {
        is_wanted(&stream, name, tag) || occasion == Occasion::Scheduled && is_scheduled(tag)
    };
    let images = stream.spec.tags.iter().filter(|(name, tag)| is_due(name, tag)).map(|(name, tag)| ImageImport {
        from: tag.from.clone().unwrap_or_default(),
        to: Some(TagName { name: name.clone() }),
        import_policy: tag.import_policy.clone(),
        reference_policy: tag.reference_policy.clone(),
        include_manifest: false,
    });
    let repository = wants_repository(&stream).then(|| RepositoryImport {
        from: ObjectReference::docker_image(stream.spec.docker_image_repository.clone()),
        ..RepositoryImport::default()
    });
    let spec = ImportSpec { import: true, repository, images: images.collect() };
    let mut import = ImageStreamImport { spec, ..ImageStreamImport::default() };
    import.metadata.name.clone_from(&stream.metadata.name);
    import.metadata.namespace.clone_from(&stream.metadata.namespace);
    // A registry that does not answer must not keep all other streams waiting.
    let timeout = Duration::from_secs(api.behaviour.default_timeout);
    let result = match tokio::time::timeout(timeout, imports::run(api, Replica(0), Some(&stream), &mut import)).await {
        Ok(Ok(())) => apply::apply(api, &mut import, Some(stream)),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ApiError::timeout()),
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a stream was not imported");
    }
}
