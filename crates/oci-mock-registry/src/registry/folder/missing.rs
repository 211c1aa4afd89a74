//! What images name and a folder does not hold.

use std::path::Path;

use serde_json::Value;

use super::layout::IndexGap;
use crate::registry::store::{Manifest, Repository};

/// How many notes of a kind there are at most.
const MOST: usize = 20;

/// A line for every manifest that names something that is not there: it may be missing on purpose, but should not be
/// overlooked.
pub(super) fn notes(repository: &Repository, folder: &Path) -> Vec<String> {
    let mut manifests: Vec<_> = repository.manifests().collect();
    manifests.sort_by_key(|manifest| &manifest.digest);
    let notes = manifests.into_iter().filter_map(|manifest| {
        let missing = missing(repository, manifest);
        let (first, rest) = missing.split_first()?;
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        Some(format!("{}: manifest {} names {first}{more}, which is not there", folder.display(), manifest.digest))
    });
    notes.take(MOST).collect()
}

/// A line for every entry of the index of a layout that is left out.
pub(super) fn notes_of_index(gaps: &[IndexGap], folder: &Path) -> Vec<String> {
    let note = |gap: &IndexGap| match gap {
        IndexGap::Lacking(digest) => format!("{}: index.json names {digest}, which is not there", folder.display()),
        IndexGap::NoTag { digest, name } => {
            let folder = folder.display();
            format!("{folder}: index.json calls {digest} `{name}`, which is no tag; it is served by its digest alone")
        }
    };
    gaps.iter().take(MOST).map(note).collect()
}

fn missing(repository: &Repository, manifest: &Manifest) -> Vec<String> {
    let Ok(value) = serde_json::from_slice::<Value>(&manifest.bytes) else { return Vec::new() };
    let listed = |key: &str| value[key].as_array().cloned().unwrap_or_default();
    // Layers with URLs are fetched from there.
    let layers = listed("layers").into_iter().filter(|layer| layer["urls"].is_null());
    let blobs = std::iter::once(value["config"].clone()).chain(layers);
    let has_blob = |digest: &str| repository.blob(digest).is_some() || repository.manifest(digest).is_some();
    let digest =
        |descriptor: &Value| descriptor["digest"].as_str().filter(|digest| digest.contains(':')).map(str::to_owned);
    blobs.filter_map(|blob| digest(&blob)).filter(|digest| !has_blob(digest)).collect()
}
