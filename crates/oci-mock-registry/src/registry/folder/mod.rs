//! Images in folders and archives, as other tools write them: OCI image layouts, what `docker save` packs, and what skopeo's
//! `dir:` transport writes. And signatures of images in lookaside folders.

mod archive;
mod docker_save;
mod error;
mod index;
mod layout;
mod loading;
mod lookaside;
mod missing;
mod names;
mod save;
mod skopeo_dir;
mod tree;
mod write;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Deserializer};

pub use archive::is_archive;
pub use error::{FolderError, LOOKASIDE_LIMIT};
#[cfg(feature = "capture")]
pub(crate) use index::{IndexedManifest, write_index};
#[cfg(feature = "capture")]
pub(crate) use layout::blob_path;
pub(crate) use loading::Loading;
pub(crate) use lookaside::load as load_lookaside;
#[cfg(feature = "capture")]
pub(crate) use save::folder_of;
#[cfg(feature = "capture")]
pub(crate) use write::{partial_file, persist, write as write_file};

use super::store::Store;

/// The names of what is in an OCI layout, and of the log of a captured folder.
const RESERVED_NAMES: [&str; 5] = ["blobs", "exchanges.jsonl", "index.json", "manifest.json", "oci-layout"];

/// Stands before a part of a repository's name that is one of [`RESERVED_NAMES`], where it is the name of a folder. No
/// repository's name has it.
const ESCAPE: char = '%';

/// Writes every repository as a layout into the folder of its name below `root`, and the signatures beside them.
pub(crate) fn save(store: &Store, root: &Path) -> Result<(), FolderError> {
    save::save(store, root)?;
    lookaside::save(store, root)
}

/// The children of a list or index, as far as they matter here. Any other manifest has none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an index")]
struct Listed {
    media_type: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a descriptor")]
struct Descriptor {
    #[serde(default, deserialize_with = "null_is_empty")]
    media_type: String,
    digest: oci_types::Digest,
    #[serde(default, deserialize_with = "null_is_empty")]
    annotations: BTreeMap<String, String>,
}

/// Go writes what is empty as `null`.
fn null_is_empty<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
