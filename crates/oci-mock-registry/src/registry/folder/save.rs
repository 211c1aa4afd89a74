//! Writing repositories as OCI layouts. A file is written beside its place and moved there, so that it is never half of itself.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use super::{
    ESCAPE, LAYOUT_NAMES,
    error::{FolderError, at},
    layout::{REFERENCE, blob_path},
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
    let marked = |part: &str| if LAYOUT_NAMES.contains(&part) { format!("{ESCAPE}{part}") } else { part.to_owned() };
    repository.split('/').map(marked).collect()
}

fn save_repository(repository: &Repository, folder: &Path) -> Result<(), FolderError> {
    let mut entries = Vec::new();
    let mut tags: BTreeMap<&Digest, Vec<&String>> = BTreeMap::new();
    for (tag, manifest) in repository.tags.iter() {
        tags.entry(&manifest.digest).or_default().push(tag);
    }
    let mut manifests: Vec<_> = repository.manifests().collect();
    manifests.sort_by_key(|manifest| &manifest.digest);
    for manifest in manifests {
        save_blob(folder, &manifest.digest.to_string(), &manifest.bytes.clone().into())?;
        let descriptor = |annotations: Map<String, Value>| {
            json!({
                "mediaType": manifest.media_type,
                "digest": manifest.digest,
                "size": manifest.bytes.len(),
                "annotations": annotations,
            })
        };
        match tags.get(&manifest.digest) {
            None => entries.push(descriptor(Map::new())),
            Some(tags) => {
                let named = |tag: &&String| descriptor(Map::from_iter([(REFERENCE.to_owned(), json!(tag))]));
                entries.extend(tags.iter().map(named));
            }
        }
    }
    for (digest, blob) in repository.blobs() {
        save_blob(folder, digest, blob)?;
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": oci_types::media_type::OCI_INDEX,
        "manifests": entries,
    });
    remove_left_behind(folder);
    // What the index names is there before the index is, and the index before the folder says that it is a layout.
    for (name, text) in [("index.json", index), ("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }))] {
        write(&folder.join(name), |file| file.write_all(text.to_string().as_bytes()))?;
    }
    Ok(())
}

fn save_blob(folder: &Path, digest: &str, content: &Content) -> Result<(), FolderError> {
    let Ok(digest) = digest.parse::<Digest>() else { return Ok(()) };
    let path = blob_path(folder, &digest);
    if path.metadata().is_ok_and(|metadata| metadata.len() == content.len()) {
        return Ok(());
    }
    write(&path, |file| content.copy_to(file))
}

/// Writes a file beside its place, and moves it there once it is on the disk.
pub(crate) fn write(path: &Path, content: impl FnOnce(&mut fs::File) -> io::Result<()>) -> Result<(), FolderError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(at(folder))?;
    let written = || -> io::Result<()> {
        let mut file = NamedTempFile::with_prefix_in(PARTIAL, folder)?;
        content(file.as_file_mut())?;
        file.as_file().sync_all()?;
        make_readable(file.as_file())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(at(path))
}

/// How the name of a file begins that is being written. One that a killed process has left behind is no blob.
const PARTIAL: &str = ".partial-";

/// How long ago a partial file was written to that nobody writes any more.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// Removes what killed processes have left of files that they were writing. One that cannot be removed does no harm.
fn remove_left_behind(folder: &Path) {
    let algorithms = fs::read_dir(folder.join("blobs")).into_iter().flatten().flatten().map(|entry| entry.path());
    for folder in algorithms.chain([folder.to_owned()]) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
            let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
            if is_partial && age().is_some_and(|age| age > LEFT_BEHIND) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Temporary files are for their owner alone; what is saved is for those that the process lets read its files.
#[cfg(unix)]
pub(crate) fn make_readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(crate) fn make_readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}
