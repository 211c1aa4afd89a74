//! The images of a request by repository: what is the same is fetched once.

use super::{
    Passwords,
    failure::ImportFailure,
    fetch::{FetchedImage, ImageFetcher, WantedImage},
    platform::Platform,
    repository::fetch_all,
};
use crate::{
    error::ApiError,
    field::FieldError,
    image_reference::{ImageReference, Tag},
    model::{
        import::{ImageImport, ImageImportStatus, ImageStreamImport},
        status::Status,
    },
    options::ImportMode,
    registry_client::{ManifestName, TransportSecurity},
};

/// The annotation of a tag that names the architecture to prefer in manifest lists.
const PREFER_ARCHITECTURE: &str = "importer.image.openshift.io/prefer-arch";
/// The annotation of a tag that names the operating system to prefer in manifest lists.
const PREFER_OS: &str = "importer.image.openshift.io/prefer-os";

/// What is fetched from one repository.
#[derive(Debug)]
pub(crate) struct RepositoryPlan {
    /// As its first image names it, which decides for all of them.
    pub(crate) reference: ImageReference,
    pub(crate) security: TransportSecurity,
    pub(crate) fetches: Vec<PlannedFetch>,
}

/// One fetch, and the entries of the request that it is for.
#[derive(Debug)]
pub(crate) struct PlannedFetch {
    pub(crate) name: ManifestName,
    pub(crate) mode: ImportMode,
    pub(crate) platform: Platform,
    pub(crate) entries: Vec<usize>,
    /// The result; `None` as long as it was not tried.
    pub(crate) result: Option<Result<FetchedImage, ImportFailure>>,
}

impl RepositoryPlan {
    /// A plan to fetch nothing yet.
    pub(crate) fn new(reference: &ImageReference, security: TransportSecurity) -> Self {
        Self { reference: reference.clone(), security, fetches: Vec::new() }
    }

    /// The image that a fetch wants.
    pub(crate) fn wanted(&self, fetch: &PlannedFetch) -> WantedImage {
        WantedImage {
            reference: fetch.name.within(&self.reference),
            security: self.security,
            platform: fetch.platform.clone(),
            mode: fetch.mode,
        }
    }

    /// The status of a fetch.
    pub(crate) fn status_of(&self, fetch: &PlannedFetch) -> ImageImportStatus {
        let tag = fetch.name.tag().map(|tag| tag.as_str().to_owned()).unwrap_or_default();
        let failed = |failure: &ImportFailure| failure.to_status();
        match &fetch.result {
            Some(Ok(fetched)) => {
                let mut image = fetched.image.clone();
                image.docker_image_reference = self.reference.to_image_object(&image.metadata.name);
                let manifests = fetched.parts.clone();
                ImageImportStatus { status: Status::success(), image: Some(image), tag, manifests }
            }
            Some(Err(failure)) => ImageImportStatus { status: failed(failure), tag, ..Default::default() },
            None => {
                let failure = ImportFailure::GivenUp {
                    name: fetch.name.clone(),
                    repository: self.reference.with_defaults().repository_path(),
                    mode: fetch.mode,
                };
                ImageImportStatus { status: failed(&failure), tag, ..Default::default() }
            }
        }
    }
}

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
    let reference = parse(fetcher, &image.from.name)?;
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

/// A reference as clients write it. The legacy name `*` names no image, and no repository either.
pub(crate) fn parse(fetcher: &ImageFetcher<'_>, name: &str) -> Result<ImageReference, Status> {
    if name == "*" {
        return Ok(ImageReference { name: Some(name.to_owned()), ..ImageReference::default() });
    }
    fetcher.behaviour().parse_reference(name).map_err(|error| {
        let error = FieldError::invalid("from.name", name, format!("invalid name: {error}"));
        ApiError::invalid("", "", "", &[error], true).into_status()
    })
}

/// The platform that annotations of the stream's tag prefer.
fn preferred(fetcher: &ImageFetcher<'_>, tag: &str) -> Platform {
    let annotations = fetcher.import.tags.get(tag).and_then(|tag| tag.annotations.as_ref());
    let annotation = |key| annotations.and_then(|all| all.get(key)).filter(|value| !value.is_empty()).cloned();
    Platform { architecture: annotation(PREFER_ARCHITECTURE), os: annotation(PREFER_OS) }
}

impl PlannedFetch {
    /// The fetch of a tag of a whole repository.
    pub(crate) fn of_tag(tag: Tag, mode: ImportMode) -> Self {
        let name = ManifestName::Tag(tag);
        Self { name, mode, platform: Platform::default(), entries: Vec::new(), result: None }
    }
}
