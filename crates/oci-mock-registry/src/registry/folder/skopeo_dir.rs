//! What skopeo's `dir:` transport writes: `manifest.json`, the manifests of a list as `<hash>.manifest.json`, and blobs as
//! files named by their hash.

use std::{fs, path::Path};

use super::{Descriptor, FolderError, Listed, at, content};
use crate::{
    fixture::canonical_digest,
    registry::store::{Manifest, Repository},
};
use oci_types::{Algorithm, Digest, media_type};

/// Adds the image of a folder, under the tag `latest`.
pub(super) fn load(repository: &mut Repository, folder: &Path) -> Result<(), FolderError> {
    let bytes = fs::read(folder.join("manifest.json")).map_err(at(&folder.join("manifest.json")))?;
    let listed = serde_json::from_slice::<Listed>(&bytes).ok();
    for Descriptor { media_type, digest, .. } in listed.iter().flat_map(|listed| &listed.manifests) {
        let path = folder.join(format!("{}.manifest.json", digest.hex()));
        if path.exists() {
            let bytes = fs::read(&path).map_err(at(&path))?;
            repository.add_manifest(Manifest::new(digest.clone(), media_type, bytes.into()));
        }
    }
    let media_type =
        listed.as_ref().and_then(|listed| listed.media_type.as_deref()).unwrap_or(media_type::OCI_MANIFEST);
    let digest = canonical_digest(media_type, Algorithm::Sha256, &bytes);
    let manifest = repository.add_manifest(Manifest::new(digest, media_type, bytes.into()));
    repository.tags.insert("latest".to_owned(), manifest);
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        if let Ok(digest) = format!("sha256:{}", entry.file_name().to_string_lossy()).parse::<Digest>() {
            repository.add_blob(digest.to_string(), content(&entry.path())?);
        }
    }
    Ok(())
}
