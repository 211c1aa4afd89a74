//! An import controller: imports spec tags of streams that are newer than what is known of them, as that of a whole cluster
//! does beside its API server.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    api::{Api, Replica},
    model::{
        image_stream::{ImageStream, REPOSITORY_CHECK, TagReference},
        import::{ImageImport, ImageStreamImport, ImportSpec, RepositoryImport, TagName},
        meta::ObjectReference,
    },
    resources::{apply, imports},
};

/// How often streams are looked at.
const PERIOD: Duration = Duration::from_millis(20);

/// Imports what streams want until the server stops.
pub(crate) async fn run(api: Arc<Api>, stopped: CancellationToken) {
    let work = async {
        loop {
            let due: Vec<ImageStream> = api.store.lock().streams("").filter(|stream| is_due(stream)).cloned().collect();
            for stream in due {
                import(&api, stream).await;
            }
            tokio::time::sleep(PERIOD).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stopped.cancelled() => {}
    }
}

fn is_due(stream: &ImageStream) -> bool {
    wants_repository(stream) || stream.spec.tags.iter().any(|(name, tag)| is_wanted(stream, name, tag))
}

fn wants_repository(stream: &ImageStream) -> bool {
    !stream.spec.docker_image_repository.is_empty() && !stream.metadata.annotations.contains_key(REPOSITORY_CHECK)
}

/// Whether a tag comes from a registry and is newer than the last import of it, successful or not.
fn is_wanted(stream: &ImageStream, name: &str, tag: &TagReference) -> bool {
    if tag.reference || !tag.from.as_ref().is_some_and(ObjectReference::is_docker_image) {
        return false;
    }
    let history = stream.status.tags.get(name);
    let imported = history.and_then(|history| history.items.first()).map(|event| event.generation);
    let failed = history.and_then(|history| history.conditions.first()).map(|condition| condition.generation);
    tag.generation.is_none_or(|generation| generation > imported.max(failed).unwrap_or(0))
}

async fn import(api: &Api, stream: ImageStream) {
    let images =
        stream.spec.tags.iter().filter(|(name, tag)| is_wanted(&stream, name, tag)).map(|(name, tag)| ImageImport {
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
    let result = match imports::run(api, Replica(0), Some(&stream), &mut import).await {
        Ok(()) => apply::apply(api, &mut import, Some(stream)),
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a stream was not imported");
    }
}
