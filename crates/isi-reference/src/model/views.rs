//! Views on a stream and its images: `ImageStreamTag`, `ImageStreamImage`, `ImageStreamLayers`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    image::Image,
    image_stream::{LookupPolicy, TagCondition, TagHistory, TagReference},
    is_default,
    meta::ObjectMeta,
};

/// One tag of a stream with its newest image.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageStreamTag {
    pub(crate) metadata: ObjectMeta,
    /// The tag in the stream's `spec`; `None` is written as `null`.
    pub(crate) tag: Option<TagReference>,
    pub(crate) generation: i64,
    pub(crate) lookup_policy: LookupPolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) conditions: Vec<TagCondition>,
    pub(crate) image: Image,
}

/// One tag of a stream as it is wanted and as it is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImageTag {
    pub(crate) metadata: ObjectMeta,
    /// `None` is written as `null`, as in the other fields.
    pub(crate) spec: Option<TagReference>,
    pub(crate) status: Option<TagHistory>,
    pub(crate) image: Option<Image>,
}

/// An image as seen through a stream.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImageStreamImage {
    pub(crate) metadata: ObjectMeta,
    pub(crate) image: Image,
}

/// All blobs that the images of a stream consist of.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ImageStreamLayers {
    pub(crate) metadata: ObjectMeta,
    pub(crate) blobs: BTreeMap<String, Blob>,
    pub(crate) images: BTreeMap<String, ImageBlobs>,
}

/// One blob.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Blob {
    /// Its size; `None`, written as `null`, when it is not known.
    pub(crate) size: Option<i64>,
    pub(crate) media_type: String,
}

/// The blobs of one image.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageBlobs {
    pub(crate) image_missing: bool,
    /// Its layers, base first; `None` is written as `null`.
    pub(crate) layers: Option<Vec<String>>,
    /// Its config; `None` is written as `null`.
    pub(crate) config: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) manifests: Vec<String>,
}
