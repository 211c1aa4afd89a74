//! The images of a request by repository: what is the same is fetched once.

use std::collections::BTreeMap;

use super::{
    failure::{self, ImportFailure},
    fetch::{Imported, Session, Wanted, blocked},
    legacy,
    select::Platform,
    tags,
};
use crate::{
    error::ApiError,
    field::FieldError,
    image_reference::ImageReference,
    model::{
        import::{ImageImport, ImageImportStatus, ImageStreamImport, RepositoryImportStatus},
        status::{Outcome, Status},
    },
};

/// The annotation of a tag that names the architecture to prefer in manifest lists.
const PREFER_ARCHITECTURE: &str = "importer.image.openshift.io/prefer-arch";
/// The annotation of a tag that names the operating system to prefer in manifest lists.
const PREFER_OS: &str = "importer.image.openshift.io/prefer-os";
/// The import mode that keeps manifest lists.
const PRESERVE_ORIGINAL: &str = "PreserveOriginal";

/// A repository, and what is wanted of it.
#[derive(Debug)]
pub(crate) struct Repository {
    /// As its first image names it, which decides for all of them.
    pub(crate) reference: ImageReference,
    pub(crate) insecure: bool,
    pub(crate) digests: Vec<Fetch>,
    pub(crate) tags: Vec<Fetch>,
}

/// One fetch, and the entries of the request that it is for.
#[derive(Debug)]
pub(crate) struct Fetch {
    /// A tag or a digest.
    pub(crate) name: String,
    pub(crate) mode: String,
    pub(crate) platform: Platform,
    pub(crate) entries: Vec<usize>,
    pub(crate) result: Option<Result<Imported, ImportFailure>>,
}

impl Fetch {
    fn is_same(&self, name: &str, mode: Option<&str>, platform: &Platform) -> bool {
        self.name == name && mode.is_none_or(|mode| self.mode == mode) && self.platform == *platform
    }
}

impl Repository {
    fn new(reference: &ImageReference, insecure: bool) -> Self {
        Self { reference: reference.clone(), insecure, digests: Vec::new(), tags: Vec::new() }
    }

    /// What a fetch of this repository wants.
    pub(crate) fn wanted(&self, fetch: &Fetch, by_digest: bool) -> Wanted {
        Wanted {
            reference: if by_digest {
                self.reference.with_digest(&fetch.name)
            } else {
                self.reference.with_tag(&fetch.name)
            },
            insecure: self.insecure,
            platform: fetch.platform.clone(),
            preserve_lists: fetch.mode == PRESERVE_ORIGINAL,
        }
    }
}

/// Imports the images that the request names one by one.
pub(crate) async fn import_images(session: &mut Session<'_>, import: &mut ImageStreamImport) {
    import.status.images = vec![ImageImportStatus::default(); import.spec.images.len()];
    let mut repositories: Vec<(String, Repository)> = Vec::new();
    for (index, image) in import.spec.images.iter().enumerate() {
        if let Err(status) = sort_in(session, &mut repositories, index, image) {
            import.status.images[index].status = status;
        }
    }
    for (_, repository) in &mut repositories {
        fetch_all(session, repository).await;
        session.note_unfinished(repository);
        report(repository, &mut import.status.images);
    }
}

/// Puts an image to its repository; one that cannot even be asked for is an error.
fn sort_in(
    session: &Session<'_>,
    repositories: &mut Vec<(String, Repository)>,
    index: usize,
    image: &ImageImport,
) -> Result<(), Status> {
    let reference = parse(session, &image.from.name)?;
    let registries = session.import.registries;
    if registries.is_blocked(&reference) {
        return Err(blocked(&reference).into_status());
    }
    let full = reference.with_defaults();
    let key = format!("{}/{}", full.registry_host(), full.repository_path());
    let position = repositories.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        let insecure = image.import_policy.insecure || registries.is_insecure(&reference);
        repositories.push((key, Repository::new(&reference, insecure)));
        repositories.len() - 1
    });
    let repository = &mut repositories[position].1;
    let mode = &image.import_policy.import_mode;
    let same_mode = session.behaviour().import_mode_in_fetch_key.then_some(mode.as_str());
    let (fetches, name, platform) = if full.digest.is_empty() {
        let tag = image.to.as_ref().map_or(&full.tag, |to| &to.name);
        (&mut repository.tags, &full.tag, preferred(session, tag))
    } else {
        (&mut repository.digests, &full.digest, Platform::default())
    };
    match fetches.iter_mut().find(|fetch| fetch.is_same(name, same_mode, &platform)) {
        Some(fetch) => fetch.entries.push(index),
        None => {
            fetches.push(Fetch {
                name: name.clone(),
                mode: mode.clone(),
                platform,
                entries: vec![index],
                result: None,
            });
        }
    }
    Ok(())
}

/// A reference as clients write it. The legacy name `*` names no image, and no repository either.
fn parse(session: &Session<'_>, name: &str) -> Result<ImageReference, Status> {
    if name == "*" {
        return Ok(ImageReference { name: name.to_owned(), ..ImageReference::default() });
    }
    session.behaviour().parse_reference(name).map_err(|error| {
        let error = FieldError::invalid("from.name", name, format!("invalid name: {error}"));
        ApiError::invalid("", "", "", &[error], true).into_status()
    })
}

fn preferred(session: &Session<'_>, tag: &str) -> Platform {
    let annotations = session.import.tags.get(tag).and_then(|tag| tag.annotations.as_ref());
    let annotation = |key| annotations.and_then(|all| all.get(key)).cloned().unwrap_or_default();
    Platform { architecture: annotation(PREFER_ARCHITECTURE), os: annotation(PREFER_OS) }
}

/// Fetches everything that is wanted of a repository: digests first.
async fn fetch_all(session: &mut Session<'_>, repository: &mut Repository) {
    if session.behaviour().eager_connection {
        return legacy::fetch_all(session, repository).await;
    }
    let mut given_up = false;
    for by_digest in [true, false] {
        let mut fetches = std::mem::take(if by_digest { &mut repository.digests } else { &mut repository.tags });
        for fetch in &mut fetches {
            if given_up {
                break;
            }
            let wanted = repository.wanted(fetch, by_digest);
            let result = match readable(&wanted.reference) {
                Ok(()) => session.import(&wanted).await,
                Err(failure) => Err(failure),
            };
            given_up = !session.behaviour().broken_list_fails_alone && session.list_was_broken();
            fetch.result = Some(result);
        }
        *(if by_digest { &mut repository.digests } else { &mut repository.tags }) = fetches;
    }
}

/// A reference that names a registry only, or `*`, cannot be fetched.
fn readable(reference: &ImageReference) -> Result<(), ImportFailure> {
    let text = reference.exact();
    let is_readable = text.parse::<ImageReference>().is_ok();
    if is_readable {
        Ok(())
    } else {
        Err(ImportFailure::Other(format!("unable to parse docker reference {text}: invalid reference format")))
    }
}

/// Writes what came of a repository to the entries of the request.
fn report(repository: &Repository, statuses: &mut [ImageImportStatus]) {
    for (fetches, has_tag) in [(&repository.tags, true), (&repository.digests, false)] {
        for fetch in fetches {
            for &entry in &fetch.entries {
                statuses[entry] = status_of(&repository.reference, fetch, has_tag);
            }
        }
    }
}

fn status_of(reference: &ImageReference, fetch: &Fetch, has_tag: bool) -> ImageImportStatus {
    let tag = if has_tag { fetch.name.clone() } else { String::new() };
    match &fetch.result {
        Some(Ok(imported)) => {
            let mut image = imported.image.clone();
            image.docker_image_reference = reference.with_digest(&image.metadata.name).exact();
            ImageImportStatus {
                status: Status::success(),
                image: Some(image),
                tag,
                manifests: imported.manifests.clone(),
            }
        }
        Some(Err(failure)) => ImageImportStatus { status: failure.clone().into_status(), tag, ..Default::default() },
        None => {
            let what = if has_tag { "tag" } else { "digest" };
            let text = format!(
                "unknown error while importing {what} {:?} from repository {:?} with import mode {:?}, please try again.",
                fetch.name,
                reference.with_defaults().repository_path(),
                fetch.mode
            );
            ImageImportStatus { status: ImportFailure::Other(text).into_status(), tag, ..Default::default() }
        }
    }
}

/// Imports the repository that the request names, as many of its tags as are allowed.
pub(crate) async fn import_repository(session: &mut Session<'_>, import: &mut ImageStreamImport) {
    let Some(spec) = &import.spec.repository else { return };
    let failed = |status| RepositoryImportStatus { status, ..RepositoryImportStatus::default() };
    let reference = match parse(session, &spec.from.name) {
        Ok(reference) => reference,
        Err(status) => {
            import.status.repository = Some(failed(status));
            return;
        }
    };
    let registries = session.import.registries;
    if registries.is_blocked(&reference) {
        import.status.repository = Some(failed(blocked(&reference).into_status()));
        return;
    }
    let insecure = spec.import_policy.insecure || registries.is_insecure(&reference);
    let mut repository = Repository::new(&reference, insecure);
    let listed = if session.behaviour().eager_connection {
        legacy::list(session, &mut repository).await
    } else {
        list(session, &repository).await
    };
    let mut listed = match listed {
        Ok(listed) => tags::prioritize(listed),
        Err(failure) => {
            import.status.repository = Some(failed(failure.into_status()));
            return;
        }
    };
    let mode = spec.import_policy.import_mode.clone();
    let limit = session.import.tag_limit.unwrap_or(listed.len()).min(listed.len());
    let beyond = listed.split_off(limit);
    repository.tags = listed
        .into_iter()
        .map(|name| Fetch {
            name,
            mode: mode.clone(),
            platform: Platform::default(),
            entries: Vec::new(),
            result: None,
        })
        .collect();
    fetch_all(session, &mut repository).await;
    session.note_unfinished(&repository);
    let mut images: Vec<ImageImportStatus> =
        repository.tags.iter().map(|fetch| status_of(&reference, fetch, true)).collect();
    let known = already_imported(import, &reference, &mode);
    let mut additional_tags = Vec::new();
    for tag in beyond {
        match known.get(&tag) {
            Some(status) => images.push(ImageImportStatus { manifests: Vec::new(), ..status.clone() }),
            None => additional_tags.push(tag),
        }
    }
    let failures = images.iter().filter(|image| !image.status.is_success()).count();
    import.status.repository = Some(RepositoryImportStatus { status: overall(failures), images, additional_tags });
}

async fn list(session: &mut Session<'_>, repository: &Repository) -> Result<Vec<String>, ImportFailure> {
    let reference = &repository.reference;
    let connection = session.connect(reference, repository.insecure).map_err(|error| match error.as_str() {
        "invalid reference format" => {
            let path = reference.repository_path();
            let error = FieldError::invalid("from.name", &path, "the provided repository name is not valid");
            ImportFailure::Known(ApiError::invalid("image.openshift.io", "", "repository", &[error], true))
        }
        _ => ImportFailure::Other(format!("{}: {error}", reference.exact())),
    })?;
    connection.tags().await.map_err(|error| failure::of_listing(reference, &error))
}

/// The tags of a repository that the same request has imported one by one.
fn already_imported(
    import: &ImageStreamImport,
    repository: &ImageReference,
    mode: &str,
) -> BTreeMap<String, ImageImportStatus> {
    let wanted = repository.with_defaults().as_repository();
    let entries = import.spec.images.iter().zip(&import.status.images);
    entries
        .filter(|(spec, status)| {
            status.image.is_some() && !status.tag.is_empty() && spec.import_policy.import_mode == mode
        })
        .filter(|(spec, _)| {
            spec.from.name.parse::<ImageReference>().is_ok_and(|from| from.with_defaults().as_repository() == wanted)
        })
        .map(|(_, status)| (status.tag.clone(), status.clone()))
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
