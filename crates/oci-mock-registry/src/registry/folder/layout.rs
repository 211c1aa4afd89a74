//! OCI image layouts (image specification, "OCI Image Layout Specification").

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{Descriptor, FolderError, Listed, at, content, read_json};
use crate::registry::{
    route::is_tag,
    store::{Manifest, Repository, Store},
};
use oci_types::Digest;

/// The annotation that names a manifest in a layout.
const REFERENCE: &str = "org.opencontainers.image.ref.name";

/// Adds what a layout holds: the manifests that its index leads to, and every other file as a blob.
pub(super) fn load(repository: &mut Repository, folder: &Path) -> Result<(), FolderError> {
    let index: Listed = read_json(&folder.join("index.json"))?;
    let mut manifests = BTreeSet::new();
    for descriptor in index.manifests {
        load_manifest(repository, folder, &descriptor, &mut manifests)?;
        // The name may be a whole reference, of which the tag is the end.
        let name =
            descriptor.annotations.get(REFERENCE).map(|name| name.rsplit_once(':').map_or(&**name, |(_, tag)| tag));
        if let (Some(tag), Some(manifest)) =
            (name.filter(|tag| is_tag(tag)), repository.manifest(&descriptor.digest.to_string()).cloned())
        {
            repository.tags.insert(tag.to_owned(), manifest);
        }
    }
    for digest in blobs(folder)?.into_iter().filter(|digest| !manifests.contains(digest)) {
        repository.add_blob(digest.to_string(), content(&blob_path(folder, &digest))?);
    }
    Ok(())
}

/// Adds a manifest and its children; those that are not there are left out.
fn load_manifest(
    repository: &mut Repository,
    folder: &Path,
    descriptor: &Descriptor,
    loaded: &mut BTreeSet<Digest>,
) -> Result<(), FolderError> {
    let path = blob_path(folder, &descriptor.digest);
    if !path.exists() || !loaded.insert(descriptor.digest.clone()) {
        return Ok(());
    }
    let bytes = fs::read(&path).map_err(at(&path))?;
    if let Ok(listed) = serde_json::from_slice::<Listed>(&bytes) {
        for child in &listed.manifests {
            load_manifest(repository, folder, child, loaded)?;
        }
    }
    repository.add_manifest(Manifest::new(descriptor.digest.clone(), &descriptor.media_type, bytes.into()));
    Ok(())
}

/// The digests that the folder has files for. Files of other names are no blobs.
fn blobs(folder: &Path) -> Result<Vec<Digest>, FolderError> {
    let mut digests = Vec::new();
    let root = folder.join("blobs");
    for algorithm in entries(&root)? {
        for file in entries(&algorithm)? {
            let name =
                |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            digests.extend(format!("{}:{}", name(&algorithm), name(&file)).parse::<Digest>());
        }
    }
    Ok(digests)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(at(folder))).collect()
}

fn blob_path(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join("blobs").join(digest.algorithm().name()).join(digest.hex())
}

/// Writes every repository as a layout into the folder of its name below `root`. Files that are there and have the right
/// size stay untouched: what has a digest does not change.
pub(super) fn save(store: &Store, root: &Path) -> Result<(), FolderError> {
    for (name, repository) in store.repositories() {
        save_repository(repository, &root.join(name))?;
    }
    Ok(())
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
        write_blob(folder, &manifest.digest.to_string(), manifest.bytes.len() as u64, |path| {
            fs::write(path, &manifest.bytes)
        })?;
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
        write_blob(folder, digest, blob.len(), |path| blob.write_to(path))?;
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": oci_types::media_type::OCI_INDEX,
        "manifests": entries,
    });
    for (name, text) in [("oci-layout", json!({ "imageLayoutVersion": "1.0.0" })), ("index.json", index)] {
        let path = folder.join(name);
        fs::create_dir_all(folder).map_err(at(folder))?;
        fs::write(&path, text.to_string()).map_err(at(&path))?;
    }
    Ok(())
}

fn write_blob(
    folder: &Path,
    digest: &str,
    size: u64,
    write: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<(), FolderError> {
    let Ok(digest) = digest.parse::<Digest>() else { return Ok(()) };
    let path = blob_path(folder, &digest);
    if path.metadata().is_ok_and(|metadata| metadata.len() == size) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(at(parent))?;
    write(&path).map_err(at(&path))
}
