//! The images that a request names one by one.

use super::{
    failure::ImportFailure,
    fetch::ImageFetcher,
    import_run::Passwords,
    plan::{PlannedFetch, RepositoryPlan},
    platform::Platform,
    repository::fetch_all,
};
use crate::{
    model::{
        import::{ImageImport, ImageImportStatus, ImageStreamImport},
        status::Status,
    },
    registry_client::{ManifestName, TransportSecurity},
};

/// The annotation of a tag that names the architecture to prefer in manifest lists.
const PREFER_ARCHITECTURE: &str = "importer.image.openshift.io/prefer-arch";
/// The annotation of a tag that names the operating system to prefer in manifest lists.
const PREFER_OS: &str = "importer.image.openshift.io/prefer-os";

/// Imports the images that the request names one by one.
pub(crate) async fn import_images(fetcher: &mut ImageFetcher<'_>, import: &mut ImageStreamImport) -> Passwords {
    import.status.images = vec![ImageImportStatus::default(); import.spec.images.len()];
    let mut plans: Vec<(String, RepositoryPlan)> = Vec::new();
    for (index, image) in import.spec.images.iter().enumerate() {
        if let Err(status) = add(fetcher, &mut plans, index, image) {
            import.status.images[index].status = status;
        }
    }
    let mut passwords = Passwords::Accepted;
    for (_, plan) in &mut plans {
        fetch_all(fetcher, plan).await;
        for fetch in &plan.fetches {
            if let Some(Err(ImportFailure::WrongPassword { .. })) = fetch.result {
                passwords = Passwords::Refused;
            }
            for &entry in &fetch.entries {
                import.status.images[entry] = plan.status_of(fetch);
            }
        }
    }
    passwords
}

/// Adds an image to the plan of its repository; one that cannot even be asked for is an error.
fn add(
    fetcher: &ImageFetcher<'_>,
    plans: &mut Vec<(String, RepositoryPlan)>,
    index: usize,
    image: &ImageImport,
) -> Result<(), Status> {
    let reference = fetcher.parse(&image.from.name)?;
    let registries = fetcher.import.registries;
    if registries.is_blocked(&reference) {
        return Err(ImportFailure::blocked(&reference).to_status());
    }
    let full = reference.with_defaults();
    let key = format!("{}/{}", full.registry_host(), full.repository_path());
    let position = plans.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        let is_insecure = image.import_policy.insecure || registries.is_insecure(&reference);
        plans.push((key, RepositoryPlan::new(&reference, TransportSecurity::new(is_insecure))));
        plans.len() - 1
    });
    let plan = &mut plans[position].1;
    let mode = image.import_policy.import_mode.mode();
    let name = ManifestName::of(&full);
    let platform = match &name {
        ManifestName::Tag(tag) => preferred(fetcher, image.to.as_ref().map_or(tag.as_str(), |to| &to.name)),
        ManifestName::Digest(_) => Platform::default(),
    };
    let compares_mode = fetcher.behaviour().import_mode_in_fetch_key;
    let is_same = |fetch: &&mut PlannedFetch| {
        fetch.name == name && fetch.platform == platform && (fetch.mode == mode || !compares_mode)
    };
    match plan.fetches.iter_mut().find(is_same) {
        Some(fetch) => fetch.entries.push(index),
        None => plan.fetches.push(PlannedFetch { name, mode, platform, entries: vec![index], result: None }),
    }
    Ok(())
}

/// The platform that annotations of the stream's tag prefer.
fn preferred(fetcher: &ImageFetcher<'_>, tag: &str) -> Platform {
    let annotations = fetcher.import.tags.get(tag).and_then(|tag| tag.annotations.as_ref());
    let annotation = |key| annotations.and_then(|all| all.get(key)).filter(|value| !value.is_empty()).cloned();
    Platform { architecture: annotation(PREFER_ARCHITECTURE), os: annotation(PREFER_OS) }
}
