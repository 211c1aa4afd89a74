//! Writing repositories as OCI layouts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    ESCAPE, RESERVED_NAMES,
    error::FolderError,
    index::{IndexedManifest, write_index},
    layout::blob_path,
    write::{remove_left_behind, write},
};
use crate::registry::store::{Content, Repository, Store};
use oci_types::Digest;

/// Writes every repository as a layout into the folder of its name below `root`. Files that are there and have the right
/// size stay untouched: what has a digest does not change, and is there whole or not at all.
pub(super) fn save(store: &Store, root: &Path) -> Result<(), FolderError> {
    for (name, repository) in store.repositories() {
        save_repository(repository, &root.join(folder_of(name)))?;
    }
    Ok(())
}

/// The folder of a repository. A part of its name that means something in the layout of the repository above it is marked.
pub(crate) fn folder_of(repository: &str) -> PathBuf {
    let marked = |part: &str| if RESERVED_NAMES.contains(&part) { format!("{ESCAPE}{part}") } else { part.to_owned() };
    repository.split('/').map(marked).collect()
}

fn save_repository(repository: &Repository, folder: &Path) -> Result<(), FolderError> {
    let mut tags: BTreeMap<&Digest, Vec<&str>> = BTreeMap::new();
    for (tag, manifest) in repository.tags.iter() {
        tags.entry(&manifest.digest).or_default().push(tag);
    }
    let mut manifests: Vec<_> = repository.manifests().collect();
    manifests.sort_by_key(|manifest| &manifest.digest);
    for manifest in &manifests {
        save_blob(folder, &manifest.digest.to_string(), &manifest.bytes.clone().into())?;
    }
    for (digest, blob) in repository.blobs() {
        save_blob(folder, digest, blob)?;
    }
    remove_left_behind(folder);
    let indexed = manifests.into_iter().map(|manifest| IndexedManifest {
        digest: &manifest.digest,
        media_type: &manifest.media_type,
        size: manifest.bytes.len() as u64,
        tags: tags.remove(&manifest.digest).unwrap_or_default(),
    });
    write_index(folder, indexed)
}

fn save_blob(folder: &Path, digest: &str, content: &Content) -> Result<(), FolderError> {
    let Ok(digest) = digest.parse::<Digest>() else { return Ok(()) };
    let path = blob_path(folder, &digest);
    if path.metadata().is_ok_and(|metadata| metadata.len() == content.len()) {
        return Ok(());
    }
    write(&path, |file| content.copy_to(file))
}
