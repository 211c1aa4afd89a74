//! OCI image layouts (image specification, "OCI Image Layout Specification").

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    Descriptor, Listed, docker_save,
    error::{DEEPEST, FolderError},
    names::{TaggedImages, tag_in},
    tree::{Tree, last},
};
use crate::{
    fixture::canonical_digest,
    registry::store::{Manifest, Repository},
};
use oci_types::Digest;

/// The annotation that names a manifest in a layout.
pub(super) const REFERENCE: &str = "org.opencontainers.image.ref.name";

/// The annotation in which containerd and Docker keep the whole name, where the other one is a tag only.
const WHOLE_NAME: &str = "io.containerd.image.name";

/// An entry of the index of a layout that no client can pull.
#[derive(Debug)]
pub(super) enum IndexGap {
    /// It names a manifest that the layout lacks.
    Lacking(Digest),
    /// It gives a manifest a name that holds no tag.
    NoTag { digest: Digest, name: String },
}

/// Adds what a layout holds: the manifests that its index leads to, and every other file as a blob. Returns the
/// entries of the index that are left out.
pub(super) fn load(repository: &mut Repository, tree: &Tree) -> Result<Vec<IndexGap>, FolderError> {
    let index: Listed = tree.json("index.json")?;
    // Docker writes both, and where an image was saved by its digest only one of them says so (moby/moby#47210).
    if index.manifests.is_empty() && tree.has("manifest.json") {
        docker_save::load(repository, tree)?;
    }
    let (mut manifests, mut named, mut gaps) = (BTreeSet::new(), TaggedImages::default(), Vec::new());
    for descriptor in index.manifests {
        load_manifest(repository, tree, &descriptor, &mut manifests, 0)?;
        if !manifests.contains(&descriptor.digest) {
            gaps.push(IndexGap::Lacking(descriptor.digest));
            continue;
        }
        let name = descriptor.annotations.get(REFERENCE);
        let Some(tag) = name.and_then(|name| tag_in(name)) else {
            // A name with a digest needs no tag.
            let name = name.filter(|name| !name.contains('@')).cloned();
            gaps.extend(name.map(|name| IndexGap::NoTag { digest: descriptor.digest, name }));
            continue;
        };
        let Some(manifest) = repository.manifest(&descriptor.digest.to_string()).cloned() else { continue };
        let shown = descriptor.annotations.get(WHOLE_NAME).or(name).map_or(tag, String::as_str);
        named.tag(tree, repository, tag, shown, &manifest)?;
    }
    for (digest, path) in blobs(tree)?.into_iter().filter(|(digest, _)| !manifests.contains(digest)) {
        repository.add_blob(digest.to_string(), tree.blob(&path, &digest)?);
    }
    Ok(gaps)
}

/// Adds a manifest and its children; those that are not there are left out.
fn load_manifest(
    repository: &mut Repository,
    tree: &Tree,
    descriptor: &Descriptor,
    loaded: &mut BTreeSet<Digest>,
    depth: usize,
) -> Result<(), FolderError> {
    let path = blob_path(&tree.folder, &descriptor.digest);
    if path.symlink_metadata().is_err() || !loaded.insert(descriptor.digest.clone()) {
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(FolderError::TooDeep(path));
    }
    let bytes = tree.manifest(&path)?;
    let listed = serde_json::from_slice::<Listed>(&bytes).ok();
    let own = listed.as_ref().and_then(|listed| listed.media_type.as_deref());
    let media_type = if descriptor.media_type.is_empty() { own.unwrap_or_default() } else { &descriptor.media_type };
    if canonical_digest(media_type, descriptor.digest.algorithm(), &bytes) != descriptor.digest {
        return Err(FolderError::OtherContent { path, digest: descriptor.digest.clone() });
    }
    let manifest = Manifest::new(descriptor.digest.clone(), media_type, bytes.into());
    for child in listed.iter().flat_map(|listed| &listed.manifests) {
        load_manifest(repository, tree, child, loaded, depth + 1)?;
    }
    repository.add_manifest(manifest);
    Ok(())
}

/// The digests that the folder has files for. Files of other names are no blobs.
fn blobs(tree: &Tree) -> Result<Vec<(Digest, PathBuf)>, FolderError> {
    let mut digests = Vec::new();
    for algorithm in tree.entries(&tree.folder.join("blobs"))? {
        for file in tree.entries(&algorithm)? {
            let digest = format!("{}:{}", last(&algorithm), last(&file)).parse();
            digests.extend(digest.ok().map(|digest| (digest, file)));
        }
    }
    Ok(digests)
}

pub(crate) fn blob_path(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join("blobs").join(digest.algorithm().name()).join(digest.hex())
}
