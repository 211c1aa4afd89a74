//! The content of a registry: repositories with their tags, manifests and blobs.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use http::HeaderValue;

use crate::{fixture::Image, oci::Digest};

/// All repositories, by name.
#[derive(Debug, Default)]
pub(crate) struct Store {
    repositories: HashMap<String, Repository>,
}

/// The content of one repository. Digests are keys in their written form, so that a lookup needs no parsing.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) tags: BTreeMap<String, Arc<Manifest>>,
    manifests: HashMap<String, Arc<Manifest>>,
    blobs: HashMap<String, Bytes>,
}

/// A manifest with the headers it is served with.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: HeaderValue,
    pub(crate) digest: HeaderValue,
    pub(crate) etag: HeaderValue,
}

impl Store {
    pub(crate) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    pub(crate) fn repository_mut(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }
}

impl Repository {
    /// The manifest under a tag or a digest.
    pub(crate) fn manifest(&self, reference: &str) -> Option<&Arc<Manifest>> {
        if reference.contains(':') { self.manifests.get(reference) } else { self.tags.get(reference) }
    }

    pub(crate) fn blob(&self, digest: &str) -> Option<&Bytes> {
        self.blobs.get(digest)
    }

    /// Adds an image with all it consists of, except what it declares as missing; returns its manifest.
    pub(crate) fn add(&mut self, image: &Image) -> Arc<Manifest> {
        for blob in image.blobs().filter(|blob| !blob.missing) {
            self.blobs.insert(blob.digest.to_string(), blob.bytes.clone());
        }
        for child in image.children.iter().filter(|child| !child.missing) {
            self.add(&child.image);
        }
        let manifest = Arc::new(Manifest::new(&image.digest, &image.media_type, image.manifest.clone()));
        self.manifests.insert(image.digest.to_string(), manifest.clone());
        manifest
    }
}

impl Manifest {
    fn new(digest: &Digest, media_type: &str, bytes: Bytes) -> Self {
        let digest = digest.to_string();
        let etag = HeaderValue::try_from(format!("\"{digest}\"")).expect("a digest is plain text");
        Self {
            bytes,
            content_type: HeaderValue::try_from(media_type)
                .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")),
            digest: HeaderValue::try_from(digest).expect("a digest is plain text"),
            etag,
        }
    }
}
