//! Serving manifests and blobs (distribution specification, sections "Pulling manifests" and "Pulling blobs").

use http::{
    Method, StatusCode,
    header::{CONTENT_RANGE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE},
    request::Parts,
};
use serde_json::json;

use super::range::{Asked, asked};
use crate::registry::{
    answer::Answer,
    error::ErrorCode,
    header::CONTENT_DIGEST,
    store::{Manifest, Repository, StoredBlob},
};

pub(crate) fn manifest(repository: &Repository, reference: &str, request: &Parts) -> Answer {
    let Some(manifest) = repository.manifest(reference) else {
        return ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }));
    };
    if !is_known_to_client(manifest, request) {
        let (headers, body) = (manifest.headers.clone(), manifest.bytes.clone().into());
        return Answer { status: StatusCode::OK, headers, body };
    }
    let mut answer = Answer::empty(StatusCode::NOT_MODIFIED);
    answer.headers.insert(CONTENT_DIGEST, manifest.content_digest.clone());
    answer.headers.insert(ETAG, manifest.etag.clone());
    answer
}

/// Whether the client has named the manifest's entity tag as one that it holds already (RFC 9110, section 13.1.2), with or
/// without quotes.
fn is_known_to_client(manifest: &Manifest, request: &Parts) -> bool {
    let known = request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let mut tags = known.flat_map(|known| known.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag == "*" || *tag == manifest.etag || *tag == manifest.content_digest)
}

/// Whether a part may be served: a condition on it has to name this blob, by the entity tag that registries give blobs
/// (RFC 9110, section 13.1.5). A date names nothing, because blobs have none.
fn is_same(digest: &str, request: &Parts) -> bool {
    let Some(condition) = request.headers.get(IF_RANGE) else { return true };
    condition.to_str().is_ok_and(|condition| condition.trim_matches('"') == digest)
}

pub(crate) fn blob(repository: &Repository, digest: &str, request: &Parts) -> Answer {
    let Some(StoredBlob { content, headers }) = repository.stored_blob(digest) else {
        return ErrorCode::BlobUnknown.detailed(json!({ "digest": digest }));
    };
    let length = content.len();
    // Only a GET has a range (RFC 9110, section 14.2).
    let header = request.headers.get(RANGE).filter(|_| request.method == Method::GET && is_same(digest, request));
    let header = header.and_then(|range| range.to_str().ok());
    let mut answer = Answer { status: StatusCode::OK, headers: headers.clone(), body: content.clone() };
    match asked(header, length) {
        Asked::Whole => answer,
        Asked::Part(part) => {
            answer.status = StatusCode::PARTIAL_CONTENT;
            answer.replace_body(content.slice(part.clone()));
            answer.header(CONTENT_RANGE, &format!("bytes {}-{}/{length}", part.start, part.end - 1));
            answer
        }
        Asked::Beyond => {
            let mut answer = ErrorCode::RangeInvalid.answer();
            answer.header(CONTENT_RANGE, &format!("bytes */{length}"));
            answer
        }
    }
}
