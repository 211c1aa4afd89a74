//! What a registry holds, put there, looked at and taken away while it runs, past faults, credentials and the journal.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::{
    api::push_manifest,
    fixture_error::FixtureError,
    route::{is_repository_name, is_tag},
    state::RegistryState,
    store::{Content, Manifest, Repository, Writer},
};
use crate::fixture::{Image, canonical_digest};
use oci_types::{Algorithm, Digest};

/// A manifest that a registry holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Its digest.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub digest: Digest,
    /// The content type that it is served with.
    pub media_type: String,
    /// How many bytes it has.
    pub size: usize,
}

/// A tag of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HeldTag {
    /// Its name.
    pub tag: String,
    /// The digest of the manifest that it names.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub digest: Digest,
}

/// A repository and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HeldRepository {
    /// Its name.
    pub name: String,
    /// Its tags, sorted.
    pub tags: Vec<HeldTag>,
    /// Its manifests, sorted by digest.
    pub manifests: Vec<Held>,
    /// The digests of its blobs, sorted.
    pub blobs: Vec<String>,
}

/// Why content cannot be put into a registry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// A client cannot ask for a repository or tag of this name, or an image is unknown.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// The bytes are no manifest.
    #[error("invalid manifest: {0}")]
    Manifest(String),
    /// The manifest has another digest than the one that it is put under.
    #[error("the manifest has the digest {actual}, not `{expected}`")]
    Digest {
        /// The digest that was given.
        expected: String,
        /// The digest that the manifest has.
        actual: Digest,
    },
    /// A tag is to name a manifest that the repository does not hold.
    #[error("repository `{repository}` holds no manifest `{reference}`")]
    NotHeld {
        /// The repository.
        repository: String,
        /// The digest or tag of the manifest.
        reference: String,
    },
    /// An archive holds no images, or such as cannot be served.
    #[error("{0}")]
    Archive(String),
    /// Content cannot be kept.
    #[error("cannot keep the content: {0}")]
    File(#[from] std::io::Error),
}

/// Content of a registry while it runs.
impl RegistryState {
    /// Adds a repository without tags, unless it is there.
    ///
    /// # Errors
    /// When no client can ask for a repository of this name.
    pub fn add_repository(&self, repository: &str) -> Result<(), FixtureError> {
        check_repository(repository)?;
        self.store_mut().repository_mut(repository);
        Ok(())
    }

    /// Removes a repository with all that is in it, and returns whether it was there.
    pub fn remove_repository(&self, repository: &str) -> bool {
        self.store_mut().remove(repository)
    }

    /// Puts the image of this name into a repository under a tag, and returns its digest. The tag may hold variables, as in
    /// a fixture.
    ///
    /// # Errors
    /// When there is no such image, or no client can ask for a repository or a tag of this name.
    pub fn tag_image(&self, repository: &str, tag: &str, image: &str) -> Result<Digest, FixtureError> {
        self.tag_image_as(repository, tag, image).map(|held| held.digest)
    }

    /// The same, with the tag as it is held: its variables have values.
    pub(crate) fn tag_image_as(&self, repository: &str, tag: &str, image: &str) -> Result<HeldTag, FixtureError> {
        check_repository(repository)?;
        // A digest stands in a tag with a dash.
        let tag = if tag.contains("{{") { self.fill(tag)?.replace(':', "-") } else { tag.to_owned() };
        check_tag(&tag)?;
        let image = self.image(image)?;
        self.tag(repository, &tag, &image);
        Ok(HeldTag { tag, digest: image.digest.clone() })
    }

    /// Puts the image of this name into a repository without a tag, and returns its digest.
    ///
    /// # Errors
    /// When there is no such image, or no client can ask for a repository of this name.
    pub fn add_image(&self, repository: &str, image: &str) -> Result<Digest, FixtureError> {
        check_repository(repository)?;
        let image = self.image(image)?;
        self.store_mut().repository_mut(repository).add(&image);
        Ok(image.digest.clone())
    }

    /// Puts `image` with all it consists of into `repository` under `tag`.
    pub fn tag(&self, repository: &str, tag: &str, image: &Image) {
        let mut store = self.store_mut();
        let repository = store.repository_mut(repository);
        let manifest = repository.add(image);
        repository.tags.insert(tag.to_owned(), manifest);
    }

    /// Lets a tag name a manifest that the repository holds already, by its digest or by another tag.
    ///
    /// # Errors
    /// When the repository does not hold it, or no client can ask for a tag of this name.
    pub fn tag_manifest(&self, repository: &str, tag: &str, reference: &str) -> Result<Digest, ContentError> {
        check_tag(tag)?;
        let mut store = self.store_mut();
        let not_held = || ContentError::NotHeld { repository: repository.to_owned(), reference: reference.to_owned() };
        let manifest = store.repository(repository).and_then(|it| it.manifest(reference)).cloned();
        let manifest = manifest.ok_or_else(not_held)?;
        let digest = manifest.digest.clone();
        store.repository_mut(repository).tags.insert(tag.to_owned(), manifest);
        Ok(digest)
    }

    /// Removes a tag; what it named stays. Returns whether it was there.
    pub fn untag(&self, repository: &str, tag: &str) -> bool {
        self.store_mut().existing_mut(repository).is_some_and(|repository| repository.tags.remove(tag))
    }

    /// Puts a manifest into a repository, under its digest and, if the reference is one, a tag. The media type is that of the
    /// manifest if none is given.
    ///
    /// # Errors
    /// When the manifest is no JSON object, the media types differ, or the digest is another one.
    pub fn add_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: Option<&str>,
        bytes: Bytes,
    ) -> Result<Held, ContentError> {
        check_repository(repository)?;
        let media_type = push_manifest::media_type_of(media_type, &bytes).map_err(ContentError::Manifest)?;
        let is_digest = reference.contains(':');
        if !is_digest {
            check_tag(reference)?;
        }
        let expected = reference.parse::<Digest>().ok();
        let algorithm = expected.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
        let digest = canonical_digest(&media_type, algorithm, &bytes);
        if is_digest && expected.as_ref() != Some(&digest) {
            return Err(ContentError::Digest { expected: reference.to_owned(), actual: digest });
        }
        let held = Held { digest: digest.clone(), media_type: media_type.clone(), size: bytes.len() };
        let mut store = self.store_mut();
        let repository = store.repository_mut(repository);
        let manifest = repository.add_manifest(Manifest::new(digest, &media_type, bytes));
        if !is_digest {
            repository.tags.insert(reference.to_owned(), manifest);
        }
        Ok(held)
    }

    /// Removes a tag, or a manifest with its tags, and returns whether it was there.
    pub fn remove_manifest(&self, repository: &str, reference: &str) -> bool {
        let mut store = self.store_mut();
        store.existing_mut(repository).is_some_and(|repository| repository.remove_manifest(reference, false))
    }

    /// Puts a blob into a repository, and returns its digest.
    ///
    /// # Errors
    /// When no client can ask for a repository of this name, or the content cannot be kept.
    pub fn add_blob(&self, repository: &str, bytes: &[u8]) -> Result<Digest, ContentError> {
        let mut writer = Writer::default();
        writer.write(bytes)?;
        self.add_written_blob(repository, writer)
    }

    pub(crate) fn add_written_blob(&self, repository: &str, writer: Writer) -> Result<Digest, ContentError> {
        check_repository(repository)?;
        let (content, digest): (Content, Digest) = writer.finish(Algorithm::Sha256)?;
        self.store_mut().repository_mut(repository).add_blob(digest.to_string(), content);
        Ok(digest)
    }

    /// Removes a blob, and returns whether it was there.
    pub fn remove_blob(&self, repository: &str, digest: &str) -> bool {
        self.store_mut().existing_mut(repository).is_some_and(|repository| repository.remove_blob(digest))
    }

    /// All repositories and what is in them, sorted by name.
    #[must_use]
    pub fn repositories(&self) -> Vec<HeldRepository> {
        self.store().repositories().iter().map(|(name, repository)| held(name, repository)).collect()
    }

    /// A repository and what is in it.
    #[must_use]
    pub fn repository(&self, name: &str) -> Option<HeldRepository> {
        self.store().repository(name).map(|repository| held(name, repository))
    }

    /// A repository and a tag that can be pulled, such as `lib/app:v1`; none while nothing is tagged.
    #[must_use]
    pub fn first_tag(&self) -> Option<String> {
        let store = self.store();
        let tags =
            store.repositories().iter().find_map(|(name, repository)| Some((name, repository.tags.iter().next()?)));
        tags.map(|(name, (tag, _))| format!("{name}:{tag}"))
    }
}

fn held(name: &str, repository: &Repository) -> HeldRepository {
    let tag = |(tag, manifest): (&String, &std::sync::Arc<Manifest>)| HeldTag {
        tag: tag.clone(),
        digest: manifest.digest.clone(),
    };
    let manifests: BTreeMap<_, _> = repository.manifests().map(|manifest| (&manifest.digest, manifest)).collect();
    let manifest = |manifest: &std::sync::Arc<Manifest>| Held {
        digest: manifest.digest.clone(),
        media_type: manifest.media_type.clone(),
        size: manifest.bytes.len(),
    };
    let mut blobs: Vec<String> = repository.blobs().map(|(digest, _)| digest.clone()).collect();
    blobs.sort();
    HeldRepository {
        name: name.to_owned(),
        tags: repository.tags.iter().map(tag).collect(),
        manifests: manifests.into_values().map(manifest).collect(),
        blobs,
    }
}

/// Refuses the name of a repository that no client can ask for.
pub(super) fn check_repository(name: &str) -> Result<(), FixtureError> {
    if is_repository_name(name) { Ok(()) } else { Err(FixtureError::RepositoryName(name.to_owned())) }
}

/// Refuses a tag that no client can ask for.
pub(super) fn check_tag(tag: &str) -> Result<(), FixtureError> {
    if is_tag(tag) { Ok(()) } else { Err(FixtureError::TagName(tag.to_owned())) }
}
