//! What is fetched from a repository, and for which entries of the request: what is the same is fetched once.

use super::{
    failure::ImportFailure,
    fetch::{FetchedImage, WantedImage},
    platform::Platform,
};
use crate::{
    image_reference::{ImageReference, Tag},
    model::{import::ImageImportStatus, status::Status},
    options::ImportMode,
    registry_client::{ManifestName, TransportSecurity},
};

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

    /// Whether something was given up before it was tried.
    pub(crate) fn was_given_up(&self) -> bool {
        self.fetches.iter().any(|fetch| fetch.result.is_none())
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

impl PlannedFetch {
    /// The fetch of a tag of a whole repository.
    pub(crate) fn of_tag(tag: Tag, mode: ImportMode) -> Self {
        let name = ManifestName::Tag(tag);
        Self { name, mode, platform: Platform::default(), entries: Vec::new(), result: None }
    }
}
