//! The sizes of layers that old manifests do not say.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How many sizes are remembered.
const LIMIT: usize = 2048;

/// The sizes of layers, by digest: asked for once in the life of a server.
#[derive(Debug, Default)]
pub(crate) struct LayerSizes(Mutex<HashMap<String, i64>>);

impl LayerSizes {
    /// The size of a layer, if it is known.
    pub(crate) fn get(&self, digest: &str) -> Option<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).copied()
    }

    /// Remembers the size of a layer.
    pub(crate) fn insert(&self, digest: &str, size: i64) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= LIMIT {
            sizes.clear();
        }
        sizes.insert(digest.to_owned(), size);
    }
}
