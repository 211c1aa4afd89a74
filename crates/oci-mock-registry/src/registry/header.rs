//! Names of headers that HTTP itself does not know.

use http::HeaderName;

/// Says that a registry speaks version 2 of the API.
pub(super) const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// The digest of what an answer is about.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// The digest that a pushed manifest refers to: a sign that the registry lists referrers.
pub(super) const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
