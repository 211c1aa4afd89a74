//! `ImageSignature`: a signature attached to an image.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{is_default, meta::ObjectMeta};

/// A signature of an image, named `<image>@<signature>`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageSignature {
    pub(crate) metadata: ObjectMeta,
    /// The format of `content`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The signature, in base64.
    pub(crate) content: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) conditions: Vec<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) image_identity: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) signed_claims: std::collections::BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) created: Option<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) issued_by: Option<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) issued_to: Option<Value>,
}
