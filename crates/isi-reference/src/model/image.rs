//! `Image`: one image, cluster-wide, named by its digest.

use serde::{Deserialize, Serialize};

use super::{docker::DockerImage, is_default, meta::ObjectMeta, signature::ImageSignature};

/// The annotation that says in which order `dockerImageLayers` are.
pub(crate) const LAYERS_ORDER: &str = "image.openshift.io/dockerLayersOrder";

/// An image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Image {
    pub(crate) metadata: ObjectMeta,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_reference: String,
    pub(crate) docker_image_metadata: DockerImage,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_metadata_version: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_manifest: String,
    #[serde(skip_serializing_if = "Layers::is_absent")]
    pub(crate) docker_image_layers: Layers,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) signatures: Vec<ImageSignature>,
    /// Signatures of old, in Base64.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_signatures: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_manifest_media_type: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_config: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) docker_image_manifests: Vec<ImageManifest>,
}

impl Image {
    /// The image without its raw manifest and config.
    pub(crate) fn without_raw(mut self) -> Self {
        self.clear_raw();
        self
    }

    /// Drops raw manifest and config.
    pub(crate) fn clear_raw(&mut self) {
        self.docker_image_manifest.clear();
        self.docker_image_config.clear();
    }
}

/// The layers of an image, base first, and how none is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Layers {
    /// There are none, and the key is `null`.
    Null,
    /// These; none leaves the key out.
    List(Vec<ImageLayer>),
}

impl Layers {
    fn is_absent(&self) -> bool {
        matches!(self, Self::List(layers) if layers.is_empty())
    }

    /// The layers.
    pub(crate) fn as_slice(&self) -> &[ImageLayer] {
        match self {
            Self::Null => &[],
            Self::List(layers) => layers,
        }
    }

    /// The layers, to be changed.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [ImageLayer] {
        match self {
            Self::Null => &mut [],
            Self::List(layers) => layers,
        }
    }
}

impl Default for Layers {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// One layer of an image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageLayer {
    /// The digest of the layer's bytes.
    pub(crate) name: String,
    /// Their number, as the manifest says.
    pub(crate) size: i64,
    /// What they are.
    pub(crate) media_type: String,
}

/// One entry of a manifest list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageManifest {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    pub(crate) manifest_size: i64,
    pub(crate) architecture: String,
    pub(crate) os: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) variant: String,
}
