//! `ImageStreamImport`: what to import, and what came of it.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    image::Image,
    image_stream::{ImageStream, TagImportPolicy, TagReferencePolicy},
    is_default,
    meta::{ObjectMeta, ObjectReference},
    status::Status,
};

/// A request to import images, and its answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ImageStreamImport {
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) metadata: ObjectMeta,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) spec: ImportSpec,
    /// Only ever written: what a client sends here is dropped.
    #[serde(skip_deserializing)]
    pub(crate) status: ImportStatus,
}

/// What to import.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImportSpec {
    /// Whether to write what was found into the stream.
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) import: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) repository: Option<RepositoryImport>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_default")]
    pub(crate) images: Vec<ImageImport>,
}

/// A whole repository to import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RepositoryImport {
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) from: ObjectReference,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) import_policy: TagImportPolicy,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) reference_policy: TagReferencePolicy,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_is_default")]
    pub(crate) include_manifest: bool,
}

/// One image to import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageImport {
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) from: ObjectReference,
    /// The tag of the stream that the image goes to.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) to: Option<TagName>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) import_policy: TagImportPolicy,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) reference_policy: TagReferencePolicy,
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_is_default")]
    pub(crate) include_manifest: bool,
}

/// The name of a tag, as a reference within the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TagName {
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_is_default")]
    pub(crate) name: String,
}

/// What came of an import.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportStatus {
    /// The stream after the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) import: Option<ImageStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<RepositoryImportStatus>,
    /// One for each image of the request, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<ImageImportStatus>,
}

/// What came of a repository.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepositoryImportStatus {
    pub(crate) status: Status,
    /// One for each tag that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<ImageImportStatus>,
    /// The tags beyond the limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) additional_tags: Vec<String>,
}

/// What came of one image.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ImageImportStatus {
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<Image>,
    /// The tag it was fetched by; empty for a digest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) tag: String,
    /// The parts of a manifest list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) manifests: Vec<Image>,
}

/// Reads `null` as the zero value: in this API a field that is `null` is absent.
pub(crate) fn null_is_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
