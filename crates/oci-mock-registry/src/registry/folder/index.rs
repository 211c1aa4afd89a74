//! Writing the index of an OCI layout, and the file that says that a folder is one.

use std::{io::Write, path::Path};

use serde_json::{Map, Value, json};

use super::{error::FolderError, layout::REFERENCE, write::write};
use oci_types::Digest;

/// A manifest of a layout, as its index names it.
#[derive(Debug)]
pub(crate) struct IndexedManifest<'a> {
    pub(crate) digest: &'a Digest,
    pub(crate) media_type: &'a str,
    /// How many bytes it has.
    pub(crate) size: u64,
    /// The tags that name it. The index has an entry for each, or a single entry without a tag.
    pub(crate) tags: Vec<&'a str>,
}

impl IndexedManifest<'_> {
    fn entries(&self) -> Vec<Value> {
        let Self { digest, media_type, size, tags } = self;
        let entry = |annotations: Map<String, Value>| json!({ "mediaType": media_type, "digest": digest, "size": size, "annotations": annotations });
        if tags.is_empty() {
            return vec![entry(Map::new())];
        }
        tags.iter().map(|tag| entry(Map::from_iter([(REFERENCE.to_owned(), json!(tag))]))).collect()
    }
}

/// Makes a layout of a folder with blobs. What the index names has to be there before: the index is written before the folder
/// says that it is a layout.
pub(crate) fn write_index<'a>(
    folder: &Path,
    manifests: impl IntoIterator<Item = IndexedManifest<'a>>,
) -> Result<(), FolderError> {
    let entries: Vec<Value> = manifests.into_iter().flat_map(|manifest| manifest.entries()).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": oci_types::media_type::OCI_INDEX, "manifests": entries });
    for (name, text) in [("index.json", index), ("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }))] {
        write(&folder.join(name), |file| file.write_all(text.to_string().as_bytes()))?;
    }
    Ok(())
}
