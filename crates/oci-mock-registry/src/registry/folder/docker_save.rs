//! What `docker save` packed before it learnt OCI layouts, unpacked: `manifest.json` lists images by config, layers and tags.

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{FolderError, content, read_json};
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
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

/// Adds the images of a folder under their tags; what was saved without a tag gets `latest`.
pub(super) fn load(repository: &mut Repository, folder: &Path) -> Result<(), FolderError> {
    let images: Vec<Saved> = read_json(&folder.join("manifest.json"))?;
    // Images share layers: each is hashed once.
    let mut known = HashMap::new();
    for image in images {
        let mut add = |name: &str, media_type: &str| -> Result<Value, FolderError> {
            let path = inside(folder, name)?;
            let (digest, size) = match known.get(&path) {
                Some(known) => Clone::clone(known),
                None => add_blob(repository, &path)?,
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
        let tags = image.repo_tags.unwrap_or_default();
        for tag in tags.iter().map(|name| name.rsplit_once(':').map_or("latest", |(_, tag)| tag)) {
            repository.tags.insert(tag.to_owned(), manifest.clone());
        }
        if tags.is_empty() {
            repository.tags.insert("latest".to_owned(), manifest);
        }
    }
    Ok(())
}

fn add_blob(repository: &mut Repository, path: &Path) -> Result<(Digest, u64), FolderError> {
    let blob = content(path)?;
    let mut hasher = Algorithm::Sha256.hasher();
    blob.read(|piece| hasher.update(piece)).map_err(super::at(path))?;
    let digest = hasher.finish();
    let size = blob.len();
    repository.add_blob(digest.to_string(), blob);
    Ok((digest, size))
}

/// The path of a file that the folder names. It has to stay within: a folder may come from anywhere.
fn inside(folder: &Path, name: &str) -> Result<PathBuf, FolderError> {
    if Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        Ok(folder.join(name))
    } else {
        Err(FolderError::Outside { folder: folder.to_owned(), name: name.to_owned() })
    }
}
