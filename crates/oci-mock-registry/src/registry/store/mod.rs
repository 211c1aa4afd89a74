//! The content of a registry: repositories with their tags, manifests and blobs.

mod blob;
mod content;
mod manifest;
mod signatures;
mod stored_file;
mod tags;
mod unpacked;
mod uploads;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub(crate) use blob::StoredBlob;
pub(crate) use content::Writer;
pub use content::{Content, SPILL_THRESHOLD};
pub use manifest::MANIFEST_LIMIT;
pub(crate) use manifest::Manifest;
pub(crate) use signatures::Signatures;
pub(crate) use stored_file::FileReader;
pub use stored_file::StoredFile;
pub(crate) use tags::Tags;
pub(crate) use unpacked::Unpacked;
pub use uploads::UPLOAD_LIMIT;
pub(crate) use uploads::{Arrived, Found, Upload, Uploads};

use crate::{fixture::Image, referrer::Referrer};

/// All repositories, by name, and the signatures of their images.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    repositories: BTreeMap<String, Repository>,
    /// The signatures that are kept beside the images.
    pub(crate) signatures: Signatures,
}

/// The content of one repository. Digests are keys in their written form, so that a lookup needs no parsing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repository {
    pub(crate) tags: Tags,
    manifests: HashMap<String, Arc<Manifest>>,
    blobs: HashMap<String, StoredBlob>,
    /// Digest of a manifest → the manifests that refer to it, by digest.
    referrers: HashMap<String, BTreeMap<String, Referrer>>,
}

impl Store {
    pub(crate) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    pub(crate) fn repository_mut(&mut self, name: &str) -> &mut Repository {
        if !self.repositories.contains_key(name) {
            self.repositories.insert(name.to_owned(), Repository::default());
        }
        self.repositories.get_mut(name).expect("it was added if it was not there")
    }

    /// A repository that is there.
    pub(crate) fn existing_mut(&mut self, name: &str) -> Option<&mut Repository> {
        self.repositories.get_mut(name)
    }

    /// Takes over all of another store.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (name, repository) in other.repositories {
            self.repository_mut(&name).absorb(repository);
        }
        self.signatures.absorb(other.signatures);
    }

    /// Removes a repository and the signatures of its images; whether it was there.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.signatures.remove(name);
        self.repositories.remove(name).is_some()
    }

    /// All repositories, sorted by name.
    pub(crate) fn repositories(&self) -> &BTreeMap<String, Repository> {
        &self.repositories
    }
}

impl Repository {
    /// The manifest under a tag or a digest.
    pub(crate) fn manifest(&self, reference: &str) -> Option<&Arc<Manifest>> {
        if reference.contains(':') { self.manifests.get(reference) } else { self.tags.get(reference) }
    }

    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Arc<Manifest>> {
        self.manifests.values()
    }

    pub(crate) fn blob(&self, digest: &str) -> Option<&Content> {
        self.stored_blob(digest).map(|blob| &blob.content)
    }

    pub(crate) fn stored_blob(&self, digest: &str) -> Option<&StoredBlob> {
        self.blobs.get(digest)
    }

    /// All blobs, with their digests.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (&String, &Content)> {
        self.blobs.iter().map(|(digest, blob)| (digest, &blob.content))
    }

    /// The manifests that refer to this digest, sorted by their own.
    pub(crate) fn referrers(&self, digest: &str) -> impl Iterator<Item = &Referrer> {
        self.referrers.get(digest).into_iter().flat_map(BTreeMap::values)
    }

    /// Adds an image with all it consists of, except what it declares as missing; returns its manifest.
    pub(crate) fn add(&mut self, image: &Image) -> Arc<Manifest> {
        for blob in image.blobs().filter(|blob| !blob.missing) {
            self.add_blob(blob.digest.to_string(), blob.bytes.clone().into());
        }
        for child in image.children.iter().filter(|child| !child.missing) {
            self.add(&child.image);
        }
        self.add_manifest(Manifest::new(image.digest.clone(), &image.media_type, image.manifest.clone()))
    }

    pub(crate) fn add_blob(&mut self, digest: String, content: Content) {
        let blob = StoredBlob::new(&digest, content);
        self.blobs.insert(digest, blob);
    }

    pub(crate) fn add_manifest(&mut self, manifest: Manifest) -> Arc<Manifest> {
        let manifest = Arc::new(manifest);
        if let Some((subject, referrer)) = &manifest.refers_to {
            self.referrers.entry(subject.clone()).or_default().insert(referrer.digest.clone(), referrer.clone());
        }
        self.manifests.insert(manifest.digest.to_string(), manifest.clone());
        manifest
    }

    /// Takes over all of another repository.
    pub(crate) fn absorb(&mut self, other: Self) {
        let Self { tags, manifests, blobs, referrers } = other;
        for (tag, manifest) in tags.iter() {
            self.tags.insert(tag.clone(), manifest.clone());
        }
        self.manifests.extend(manifests);
        self.blobs.extend(blobs);
        for (subject, own) in referrers {
            self.referrers.entry(subject).or_default().extend(own);
        }
    }

    /// Removes a tag, or a manifest with all its tags, which stay listed with `keep_names`; whether it was there.
    pub(crate) fn remove_manifest(&mut self, reference: &str, keep_names: bool) -> bool {
        if !reference.contains(':') {
            return self.tags.remove(reference);
        }
        let Some(manifest) = self.manifests.remove(reference) else { return false };
        if let Some((subject, referrer)) = &manifest.refers_to
            && let Some(referrers) = self.referrers.get_mut(subject)
        {
            referrers.remove(&referrer.digest);
        }
        self.tags.remove_all_of(&manifest.digest, keep_names);
        true
    }

    /// Removes a blob; whether it was there.
    pub(crate) fn remove_blob(&mut self, digest: &str) -> bool {
        self.blobs.remove(digest).is_some()
    }
}
