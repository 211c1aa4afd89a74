//! The objects of the API, with field order, names and omissions as `openshift-apiserver` writes them.

pub(crate) mod docker;
pub(crate) mod image;
pub(crate) mod image_stream;
pub(crate) mod import;
pub(crate) mod import_mode;
pub(crate) mod meta;
pub(crate) mod named;
pub(crate) mod signature;
pub(crate) mod status;
pub(crate) mod time;
pub(crate) mod views;

use serde::Serialize;

/// The API group of images and image streams.
pub(crate) const IMAGE_GROUP: &str = "image.openshift.io";
/// Group and version of images and image streams.
pub(crate) const IMAGE_API: &str = "image.openshift.io/v1";

/// An object as an answer of its own: with `kind` and `apiVersion` in front.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Typed<T> {
    kind: &'static str,
    api_version: &'static str,
    #[serde(flatten)]
    object: T,
}

impl<T> Typed<T> {
    /// `object` of `kind` in the image API.
    pub(crate) fn image_api(kind: &'static str, object: T) -> Self {
        Self { kind, api_version: IMAGE_API, object }
    }
}

/// Metadata of a list.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListMeta {
    /// The path of the list, where objects carry it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) self_link: String,
    /// The version of the store when the list was made.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) resource_version: String,
    /// Where the next page starts.
    #[serde(rename = "continue", skip_serializing_if = "String::is_empty")]
    pub(crate) next: String,
    /// How many objects the next pages hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining_item_count: Option<usize>,
}

/// Whether a field is at its zero value, for `skip_serializing_if`.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
