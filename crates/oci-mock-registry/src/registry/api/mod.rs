//! The endpoints of the distribution specification, a file each.

pub(super) mod catalog;
pub(super) mod delete;
mod page;
pub(super) mod pull;
pub(super) mod push_blob;
pub(super) mod push_manifest;
mod range;
pub(super) mod referrers;
pub(super) mod signatures;
pub(super) mod tags;

use http::HeaderName;

/// The digest of what an answer is about.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// The digest that a pushed manifest refers to: a sign that the registry lists referrers.
pub(super) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
