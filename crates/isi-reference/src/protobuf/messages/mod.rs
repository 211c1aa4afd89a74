//! The messages of the objects that the server reads and writes.

mod authorization;
mod core;
mod image;
mod meta;
mod project;
mod user;

use super::descriptor::Message;

static IMAGE: &[&Message] = &[
    &image::IMAGE,
    &image::IMAGE_LIST,
    &image::IMAGE_SIGNATURE,
    &image::IMAGE_STREAM,
    &image::IMAGE_STREAM_IMAGE,
    &image::IMAGE_STREAM_IMPORT,
    &image::IMAGE_STREAM_LAYERS,
    &image::IMAGE_STREAM_LIST,
    &image::IMAGE_STREAM_MAPPING,
    &image::IMAGE_STREAM_TAG,
    &image::IMAGE_STREAM_TAG_LIST,
    &image::IMAGE_TAG,
    &image::IMAGE_TAG_LIST,
    &image::SECRET_LIST,
];
static PROJECT: &[&Message] = &[&project::PROJECT, &project::PROJECT_LIST, &project::PROJECT_REQUEST];
static USER: &[&Message] = &[&user::USER, &user::USER_LIST, &user::GROUP, &user::GROUP_LIST];
static CORE: &[&Message] = &[
    &core::LIMIT_RANGE,
    &core::LIMIT_RANGE_LIST,
    &core::NAMESPACE,
    &core::NAMESPACE_LIST,
    &core::SECRET,
    &core::SECRET_LIST,
    &meta::API_GROUP,
    &meta::API_GROUP_LIST,
    &meta::API_RESOURCE_LIST,
    &meta::API_VERSIONS,
    &meta::STATUS,
];
static META: &[&Message] = &[&meta::PARTIAL_OBJECT_METADATA, &meta::PARTIAL_OBJECT_METADATA_LIST];
static AUTHORIZATION: &[&Message] = &[
    &authorization::LOCAL_SUBJECT_ACCESS_REVIEW,
    &authorization::SELF_SUBJECT_ACCESS_REVIEW,
    &authorization::SELF_SUBJECT_RULES_REVIEW,
    &authorization::SUBJECT_ACCESS_REVIEW,
];
static AUTHENTICATION: &[&Message] = &[&authorization::SELF_SUBJECT_REVIEW];

/// The kinds of objects by group and version.
pub(crate) static KINDS_OF: &[(&str, &[&Message])] = &[
    ("v1", CORE),
    ("authentication.k8s.io/v1", AUTHENTICATION),
    ("authorization.k8s.io/v1", AUTHORIZATION),
    ("image.openshift.io/v1", IMAGE),
    ("meta.k8s.io/v1", META),
    ("project.openshift.io/v1", PROJECT),
    ("user.openshift.io/v1", USER),
];

/// The message of a kind of objects.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Message> {
    // Options are read in every API.
    if kind == "DeleteOptions" {
        return Some(&meta::DELETE_OPTIONS);
    }
    let (_, messages) = KINDS_OF.iter().find(|(known, _)| *known == api_version)?;
    messages.iter().find(|message| message.name == kind).copied()
}
