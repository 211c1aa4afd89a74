//! What `docker save` packs, and skopeo and podman as `docker-archive`: `manifest.json` lists images by config, layers and tags.

use std::{collections::HashMap, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::FolderError,
    names::{TaggedImages, tag_in},
    null_is_empty,
    tree::Tree,
};
use crate::registry::store::{Manifest, Repository};
use oci_types::{
    Algorithm, Digest,
    media_type::{DOCKER_CONFIG, DOCKER_MANIFEST_V2},
};

/// Docker saves layers unpacked.
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    layers: Vec<String>,
}

/// Adds the images of a folder under their tags. The first that was saved without one gets `latest`, if no other has it.
pub(super) fn load(repository: &mut Repository, tree: &Tree) -> Result<(), FolderError> {
    let images: Vec<Saved> = tree.json("manifest.json")?;
    // Images share layers: each is hashed once.
    let mut known = HashMap::new();
    let (mut named, mut nameless) = (TaggedImages::default(), None);
    for image in images {
        let mut add = |name: &str, media_type: &str| -> Result<Value, FolderError> {
            let path = tree.path(name)?;
            let (digest, size) = match known.get(&path) {
                Some(known) => Clone::clone(known),
                None => add_blob(repository, tree, &path)?,
            };
            known.insert(path, (digest.clone(), size));
            Ok(json!({ "mediaType": media_type, "size": size, "digest": digest }))
        };
        let config = add(&image.config, DOCKER_CONFIG)?;
        let layers = image.layers.iter().map(|layer| add(layer, LAYER)).collect::<Result<Vec<_>, _>>()?;
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": DOCKER_MANIFEST_V2, "config": config, "layers": layers });
        let bytes = manifest.to_string().into_bytes();
        let manifest = repository.add_manifest(Manifest::new(Digest::sha256(&bytes), DOCKER_MANIFEST_V2, bytes.into()));
        for name in &image.repo_tags {
            let tag = tag_in(name).filter(|_| name.contains(':')).unwrap_or(LATEST);
            named.tag(tree, repository, tag, name, &manifest)?;
        }
        if image.repo_tags.is_empty() {
            nameless.get_or_insert(manifest);
        }
    }
    match nameless.filter(|_| !named.has(LATEST)) {
        Some(manifest) => named.tag(tree, repository, LATEST, LATEST, &manifest),
        None => Ok(()),
    }
}

/// The tag of an image without one.
const LATEST: &str = "latest";

fn add_blob(repository: &mut Repository, tree: &Tree, path: &Path) -> Result<(Digest, u64), FolderError> {
    let (blob, digest) = tree.hashed(path, Algorithm::Sha256)?;
    let size = blob.len();
    repository.add_blob(digest.to_string(), blob);
    Ok((digest, size))
}
