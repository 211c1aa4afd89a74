//! An import controller: imports spec tags of streams that are newer than what is known of them, and scheduled ones again and
//! again, as that of a whole cluster does beside its API server.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
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

/// How many streams are imported at a time, so that registries that do not answer hold up no others.
const STREAMS_AT_A_TIME: usize = 50;
/// How long after an import that changed nothing of its stream, such as one that took too long, the stream is imported again.
const RETRY_DELAY: Duration = Duration::from_secs(60);

/// Imports what streams want until the server stops: at each change, and what is scheduled again after each `interval`.
pub(crate) async fn run(api: Arc<Api>, interval: Duration, stopped: CancellationToken) {
    let mut changes = api.store.lock().changes();
    let mut agenda = Agenda::new(interval);
    let mut imports = FuturesUnordered::new();
    loop {
        // What changes from here on is looked at in the next round.
        changes.borrow_and_update();
        for (stream, occasion) in agenda.begin(&api) {
            let version = stream.metadata.resource_version.clone();
            let api = &api;
            imports.push(async move {
                let key = key(&stream);
                import(api, stream, occasion).await;
                (key, version)
            });
        }
        let next = agenda.next();
        let next = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            Some((stream, version)) = imports.next() => agenda.end(stream, version),
            () = next => {}
            () = stopped.cancelled() => return,
        }
    }
}

fn key(stream: &ImageStream) -> Key {
    (stream.metadata.namespace.clone(), stream.metadata.name.clone())
}

/// Which streams are imported, and when others will be.
#[derive(Debug)]
struct Agenda {
    /// How long after an import scheduled tags are imported again.
    interval: Duration,
    /// When the scheduled tags of each stream are imported again.
    scheduled: BTreeMap<Key, Instant>,
    under_way: BTreeSet<Key>,
    /// The versions of streams that were imported a moment ago, and until when they are not imported again.
    tried: BTreeMap<Key, (String, Instant)>,
}

impl Agenda {
    const fn new(interval: Duration) -> Self {
        Self { interval, scheduled: BTreeMap::new(), under_way: BTreeSet::new(), tried: BTreeMap::new() }
    }

    /// The streams to import from now on, as many as can be. Brings the schedule up to date.
    fn begin(&mut self, api: &Api) -> Vec<(ImageStream, Occasion)> {
        let now = Instant::now();
        let state = api.store.lock();
        let mut begun = Vec::new();
        let mut scheduled = BTreeMap::new();
        for stream in state.streams("") {
            let key = key(stream);
            let mut at = self.scheduled.get(&key).copied().unwrap_or(now + self.interval);
            let has_scheduled = stream.spec.tags.values().any(is_scheduled);
            let is_time = has_scheduled && at <= now;
            let has_room = self.under_way.len() < STREAMS_AT_A_TIME && !self.under_way.contains(&key);
            if has_room && (is_time || is_due(stream) && !self.was_tried(&key, stream, now)) {
                begun.push((stream.clone(), if is_time { Occasion::Scheduled } else { Occasion::New }));
                self.under_way.insert(key.clone());
                if is_time {
                    at = now + self.interval;
                }
            }
            if has_scheduled {
                scheduled.insert(key, at);
            }
        }
        self.scheduled = scheduled;
        self.tried.retain(|_, (_, until)| *until > now);
        begun
    }

    /// Whether `stream`, as it is now, was imported a moment ago.
    fn was_tried(&self, key: &Key, stream: &ImageStream, now: Instant) -> bool {
        let tried = self.tried.get(key);
        tried.is_some_and(|(version, until)| *version == stream.metadata.resource_version && now < *until)
    }

    /// Takes note of an import that has ended, of a stream in some version.
    fn end(&mut self, stream: Key, version: String) {
        self.under_way.remove(&stream);
        self.tried.insert(stream, (version, Instant::now() + RETRY_DELAY));
    }

    /// When something is to be done although nothing changes and no import ends.
    fn next(&self) -> Option<Instant> {
        if self.under_way.len() >= STREAMS_AT_A_TIME {
            return None;
        }
        let tried = self.tried.iter().map(|(key, (_, until))| (key, until));
        let idle = self.scheduled.iter().chain(tried).filter(|(key, _)| !self.under_way.contains(*key));
        idle.map(|(_, at)| *at).min()
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
    // A registry that does not answer must not take the place of another stream for ever.
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
