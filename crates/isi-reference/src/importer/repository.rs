//! One repository after the other: everything that is wanted of it, or all its tags.

use std::collections::BTreeMap;

use super::{
    failure::ImportFailure,
    fetch::ImageFetcher,
    plan::{PlannedFetch, RepositoryPlan},
    tag_order::prioritize,
};
use crate::{
    fetch_strategy::FetchStrategy,
    image_reference::{DigestReference, ImageReference, Tag},
    model::{
        import::{ImageImportStatus, ImageStreamImport, RepositoryImport, RepositoryImportStatus},
        status::{Outcome, Status},
    },
    options::ImportMode,
    registry_client::{ConnectError, OpenError, TransportSecurity},
};

/// Fetches everything that is wanted of a repository: digests first.
pub(crate) async fn fetch_all(fetcher: &mut ImageFetcher<'_>, plan: &mut RepositoryPlan) {
    plan.fetches.sort_by_key(|fetch| fetch.name.tag().is_some());
    match fetcher.behaviour().fetch_strategy {
        FetchStrategy::PerImage => fetch_each(fetcher, plan).await,
        FetchStrategy::RepositoryFirst => match fetcher.session.open(&plan.reference, plan.security).await {
            Ok(()) => fetch_each(fetcher, plan).await,
            Err(mut error) => {
                for (index, fetch) in plan.fetches.iter_mut().enumerate() {
                    // The first API of registries is asked again for each image.
                    if index > 0 && matches!(error, OpenError::V1(_)) {
                        let again = fetcher.session.open(&plan.reference, plan.security).await;
                        error = again.err().unwrap_or(error);
                    }
                    fetch.result = Some(Err(ImportFailure::from(error.clone())));
                }
            }
        },
    }
    if plan.was_given_up() {
        fetcher.give_up();
    }
}

/// Fetches one after the other. Before 4.18, a manifest list with a part that cannot be imported ends that.
async fn fetch_each(fetcher: &mut ImageFetcher<'_>, plan: &mut RepositoryPlan) {
    let behaviour = fetcher.behaviour();
    for index in 0..plan.fetches.len() {
        let wanted = plan.wanted(&plan.fetches[index]);
        let result = match check(fetcher, &plan.fetches[index], &wanted.reference) {
            Ok(()) => fetcher.fetch(&wanted).await,
            Err(failure) => Err(failure),
        };
        plan.fetches[index].result = Some(result);
        let gives_up = behaviour.fetch_strategy == FetchStrategy::PerImage && !behaviour.broken_list_fails_alone;
        if gives_up && fetcher.last_list_was_broken() {
            return;
        }
    }
}

/// Checks what servers since 4.3 check before they ask a registry: a reference that names a registry only, or `*`, cannot be
/// fetched, and neither can a digest in capitals.
fn check(fetcher: &ImageFetcher<'_>, fetch: &PlannedFetch, reference: &ImageReference) -> Result<(), ImportFailure> {
    if fetcher.behaviour().fetch_strategy == FetchStrategy::RepositoryFirst {
        return Ok(());
    }
    let text = reference.exact();
    if text.parse::<ImageReference>().is_err() {
        return Err(ImportFailure::UnreadableReference { text });
    }
    if fetch.name.digest().is_none_or(DigestReference::is_canonical) {
        Ok(())
    } else {
        Err(ImportFailure::DigestFormat)
    }
}

/// Imports the repository that the request names, as many of its tags as are allowed.
pub(crate) async fn import_repository(fetcher: &mut ImageFetcher<'_>, import: &mut ImageStreamImport) {
    let Some(spec) = &import.spec.repository else { return };
    import.status.repository = Some(match import_tags(fetcher, import, spec).await {
        Ok(status) => status,
        Err(status) => RepositoryImportStatus { status, ..RepositoryImportStatus::default() },
    });
}

async fn import_tags(
    fetcher: &mut ImageFetcher<'_>,
    import: &ImageStreamImport,
    spec: &RepositoryImport,
) -> Result<RepositoryImportStatus, Status> {
    let reference = fetcher.parse(&spec.from.name)?;
    let registries = fetcher.import.registries;
    if registries.is_blocked(&reference) {
        return Err(ImportFailure::blocked(&reference).to_status());
    }
    let is_insecure = spec.import_policy.insecure || registries.is_insecure(&reference);
    let mut plan = RepositoryPlan::new(&reference, TransportSecurity::new(is_insecure));
    let listed = list(fetcher, &plan).await.map_err(|failure| failure.to_status())?;
    let mut listed = prioritize(listed);
    let mode = spec.import_policy.import_mode.mode();
    let limit = fetcher.import.tag_limit.unwrap_or(listed.len()).min(listed.len());
    let beyond = listed.split_off(limit);
    plan.fetches = listed.into_iter().map(|tag| PlannedFetch::of_tag(tag, mode)).collect();
    fetch_all(fetcher, &mut plan).await;
    let mut images: Vec<ImageImportStatus> = plan.fetches.iter().map(|fetch| plan.status_of(fetch)).collect();
    let known = already_imported(import, &reference, mode);
    let mut additional_tags = Vec::new();
    for tag in beyond {
        match known.get(tag.as_str()) {
            Some(status) => images.push(ImageImportStatus { manifests: Vec::new(), ..(*status).clone() }),
            None => additional_tags.push(tag.as_str().to_owned()),
        }
    }
    let failures = images.iter().filter(|image| !image.status.is_success()).count();
    Ok(RepositoryImportStatus { status: overall(failures), images, additional_tags })
}

/// Lists the tags of a repository.
async fn list(fetcher: &mut ImageFetcher<'_>, plan: &RepositoryPlan) -> Result<Vec<Tag>, ImportFailure> {
    let reference = &plan.reference;
    let named = |error| ImportFailure::Connect { image: Some(reference.exact()), error };
    match fetcher.behaviour().fetch_strategy {
        FetchStrategy::PerImage => {}
        FetchStrategy::RepositoryFirst => match fetcher.session.open(reference, plan.security).await {
            Ok(()) => {}
            Err(OpenError::Connect(error)) => return Err(named(error)),
            Err(error) => return Err(error.into()),
        },
    }
    let connection = fetcher.session.connect(reference, plan.security).map_err(|error| match error {
        ConnectError::NoRepository => ImportFailure::NoRepository { path: reference.repository_path() },
        ConnectError::Keyring(_) => named(error),
    })?;
    connection.tags().await.map_err(|error| ImportFailure::of_listing(reference, error))
}

/// The tags of a repository that the same request has imported one by one.
fn already_imported<'a>(
    import: &'a ImageStreamImport,
    repository: &ImageReference,
    mode: ImportMode,
) -> BTreeMap<&'a str, &'a ImageImportStatus> {
    let wanted = repository.with_defaults().as_repository();
    let entries = import.spec.images.iter().zip(&import.status.images);
    entries
        .filter(|(spec, status)| {
            let has_tag = status.image.is_some() && !status.tag.is_empty();
            has_tag && spec.import_policy.import_mode.mode() == mode
        })
        .filter(|(spec, _)| {
            spec.from.name.parse::<ImageReference>().is_ok_and(|from| from.with_defaults().as_repository() == wanted)
        })
        .map(|(_, status)| (status.tag.as_str(), status))
        .collect()
}

fn overall(failures: usize) -> Status {
    let message = match failures {
        0 => return Status::success(),
        1 => "one of the images from this repository failed to import".to_owned(),
        several => format!("{several} of the images from this repository failed to import"),
    };
    Status { status: Outcome::Failure, message, reason: "ImportFailed", ..Status::default() }
}
