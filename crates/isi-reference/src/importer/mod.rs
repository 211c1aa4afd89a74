//! The importer: fetches what a request names and reports on each image.
//!
//! Nothing here knows of streams that are written or of objects that are stored.

mod by_repository;
mod challenge;
mod codes;
mod connection;
mod credentials;
mod encoding;
mod failure;
mod fetch;

mod image;
mod legacy;
mod manifest;
mod reach;
mod schema1;
mod select;
mod tags;
mod token;
mod transport;
mod v1;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

pub(crate) use connection::Surroundings;
pub(crate) use credentials::Keyring;
pub(crate) use image::empty_metadata;
pub use reach::Reach;
pub(crate) use transport::Clients;

use super::{
    model::{image_stream::TagReference, import::ImageStreamImport},
    policy::registries::Registries,
};
use fetch::Session;

/// The sizes of layers, by digest: asked for once in the life of a server.
#[derive(Debug, Default)]
pub(crate) struct LayerSizes(Mutex<HashMap<String, i64>>);

/// How many sizes are remembered.
const LAYER_SIZES: usize = 2048;

impl LayerSizes {
    fn get(&self, digest: &str) -> Option<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).copied()
    }

    fn insert(&self, digest: &str, size: i64) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= LAYER_SIZES {
            sizes.clear();
        }
        sizes.insert(digest.to_owned(), size);
    }
}

/// What an import needs besides the request.
#[derive(Debug)]
pub(crate) struct Import<'a> {
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) layer_sizes: &'a LayerSizes,
    /// Blocked, insecure and mirrored registries.
    pub(crate) registries: &'a Registries,
    /// The pull secrets, or why they cannot be read.
    pub(crate) keyring: &'a Result<Keyring, String>,
    /// The tags of the stream as it is.
    pub(crate) tags: &'a BTreeMap<String, TagReference>,
    /// How many tags of a repository are imported at most; `None` for all of them.
    pub(crate) tag_limit: Option<usize>,
}

impl Import<'_> {
    /// Imports what `import` names and writes what came of it into its status. Whether everything was tried: old
    /// servers stumble over what they have given up.
    pub(crate) async fn run(&self, import: &mut ImageStreamImport) -> bool {
        let mut session = Session::new(self);
        by_repository::import_images(&mut session, import).await;
        by_repository::import_repository(&mut session, import).await;
        !session.unfinished
    }
}

/// Reads a manifest as each content type, whatever becomes of it.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_manifest(bytes: &[u8], behaviour: &crate::behaviour::Behaviour) {
    for content_type in manifest::accepted(behaviour).map(Some).chain([None]) {
        let _ = manifest::Manifest::parse(content_type, bytes, behaviour);
    }
}

/// Reads challenges, whatever becomes of them.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_challenges(headers: &http::HeaderMap) {
    let _ = challenge::read(headers);
}
