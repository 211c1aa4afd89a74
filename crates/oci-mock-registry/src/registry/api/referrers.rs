//! Listing what refers to a manifest (distribution specification, section "Listing Referrers").

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use crate::{
    referrer::Referrer,
    registry::{answer::Answer, error::ErrorCode, query, store::Repository},
};
use oci_types::{Digest, media_type};

/// An index of the referrers, of one artifact type if the query says so. An image without referrers has an empty one.
pub(crate) fn list(repository: Option<&Repository>, digest: &str, query: Option<&str>) -> Answer {
    const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");
    if digest.parse::<Digest>().is_err() {
        return ErrorCode::DigestInvalid.detailed(json!({ "digest": digest }));
    }
    let wanted = query::value(query, "artifactType");
    let is_wanted = |referrer: &&Referrer| wanted.is_none() || referrer.artifact_type == wanted;
    let referrers: Vec<&Referrer> =
        repository.into_iter().flat_map(|repository| repository.referrers(digest)).filter(is_wanted).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": referrers });
    let mut answer = Answer::with_body(StatusCode::OK, index.to_string());
    answer.content_type(media_type::OCI_INDEX);
    if wanted.is_some() {
        answer.headers.insert(FILTERS, HeaderValue::from_static("artifactType"));
    }
    answer
}
