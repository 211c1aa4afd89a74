//! What skopeo's `dir:` transport writes: `manifest.json`, the manifests of a list as `<hash>.manifest.json`, and blobs as
//! files named by their hash.

use super::{
    Descriptor, Listed,
    error::FolderError,
    tree::{Tree, last},
};
use crate::{
    fixture::canonical_digest,
    registry::store::{Manifest, Repository},
};
use oci_types::{Algorithm, Digest, media_type};

/// Adds the image of a folder, under the tag `latest`.
pub(super) fn load(repository: &mut Repository, tree: &Tree) -> Result<(), FolderError> {
    let bytes = tree.manifest(&tree.folder.join("manifest.json"))?;
    let listed = serde_json::from_slice::<Listed>(&bytes).ok();
    for Descriptor { media_type, digest, .. } in listed.iter().flat_map(|listed| &listed.manifests) {
        let path = tree.folder.join(format!("{}.manifest.json", digest.hex()));
        if path.symlink_metadata().is_err() {
            continue;
        }
        let bytes = tree.manifest(&path)?;
        if canonical_digest(media_type, digest.algorithm(), &bytes) != *digest {
            return Err(FolderError::OtherContent { path, digest: digest.clone() });
        }
        repository.add_manifest(Manifest::new(digest.clone(), media_type, bytes.into()));
    }
    let media_type =
        listed.as_ref().and_then(|listed| listed.media_type.as_deref()).unwrap_or(media_type::OCI_MANIFEST);
    let digest = canonical_digest(media_type, Algorithm::Sha256, &bytes);
    let manifest = repository.add_manifest(Manifest::new(digest, media_type, bytes.into()));
    repository.tags.insert("latest".to_owned(), manifest);
    for path in tree.entries(&tree.folder)? {
        if let Ok(digest) = format!("sha256:{}", last(&path)).parse::<Digest>() {
            repository.add_blob(digest.to_string(), tree.blob(&path, &digest)?);
        }
    }
    Ok(())
}
