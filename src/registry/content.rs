//! Serving manifests and blobs (distribution specification, sections "Pulling manifests" and "Pulling blobs").

use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    request::Parts,
};
use serde_json::json;

use super::{
    answer::Answer,
    error::ErrorCode,
    store::{Manifest, Repository},
};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

pub(crate) fn manifest(repository: &Repository, reference: &str, request: &Parts) -> Answer {
    let Some(manifest) = repository.manifest(reference) else {
        return ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }));
    };
    let mut answer = if is_known_to_client(manifest, request) {
        Answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        let mut answer = Answer::with_body(StatusCode::OK, manifest.bytes.clone());
        answer.headers.insert(CONTENT_TYPE, manifest.content_type.clone());
        answer
    };
    answer.headers.insert(CONTENT_DIGEST, manifest.digest.clone());
    answer.headers.insert(ETAG, manifest.etag.clone());
    answer
}

/// Whether the client has named the manifest's entity tag as one that it holds already.
fn is_known_to_client(manifest: &Manifest, request: &Parts) -> bool {
    request.headers.get_all(IF_NONE_MATCH).iter().any(|known| *known == manifest.etag || *known == manifest.digest)
}

pub(crate) fn blob(repository: &Repository, digest: &str, _request: &Parts) -> Answer {
    let Some(blob) = repository.blob(digest) else {
        return ErrorCode::BlobUnknown.detailed(json!({ "digest": digest }));
    };
    let mut answer = Answer::with_body(StatusCode::OK, blob.clone());
    answer.content_type("application/octet-stream");
    if let Ok(digest) = HeaderValue::from_str(digest) {
        answer.headers.insert(CONTENT_DIGEST, digest);
    }
    answer
}
