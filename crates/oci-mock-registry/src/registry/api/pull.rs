//! Serving manifests and blobs (distribution specification, sections "Pulling manifests" and "Pulling blobs").

use http::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE},
    request::Parts,
};
use serde_json::json;

use super::range::{Asked, asked};
use crate::{
    fixture::Policies,
    registry::{
        answer::Answer,
        error::ErrorCode,
        header::CONTENT_DIGEST,
        store::{Repository, StoredBlob},
    },
};

pub(crate) fn manifest(repository: &Repository, reference: &str, request: &Parts, policies: &Policies) -> Answer {
    let Some(manifest) = repository.manifest(reference) else {
        return ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }));
    };
    let digest = manifest.digest.to_string();
    if policies.manifest.exact_if_none_match {
        if is_named_alone(&digest, request) {
            return not_modified(&HeaderMap::new());
        }
    } else if !policies.manifest.no_etag && is_known_to_client(&digest, request) {
        return not_modified(&manifest.headers);
    }
    Answer { status: StatusCode::OK, headers: manifest.headers.clone(), body: manifest.bytes.clone().into() }
}

/// Whether the client has named content as what it holds already, by the entity tag that registries make of a digest
/// (RFC 9110, section 13.1.2), with or without quotes.
pub(crate) fn is_known_to_client(digest: &str, request: &Parts) -> bool {
    let known = request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let mut tags = known.flat_map(|known| known.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag == "*" || tag.trim_matches('"') == digest)
}

/// Whether a header names the digest and nothing else, with or without quotes.
fn is_named_alone(digest: &str, request: &Parts) -> bool {
    let known = request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    known
        .map(|known| known.strip_prefix('"').and_then(|known| known.strip_suffix('"')).unwrap_or(known))
        .any(|known| known == digest)
}

/// The client has the content that comes with these headers.
pub(crate) fn not_modified(headers: &HeaderMap) -> Answer {
    let mut answer = Answer::empty(StatusCode::NOT_MODIFIED);
    // It would be the length of the content (RFC 9110, section 8.6), which a GET has to be sent for.
    answer.headers.remove(CONTENT_LENGTH);
    for name in [CONTENT_DIGEST, ETAG] {
        answer.headers.extend(headers.get(&name).map(|value| (name, value.clone())));
    }
    answer
}

/// Whether a part may be served: a condition on it has to name this blob by its entity tag (RFC 9110, section 13.1.5). A
/// date names nothing, because blobs have none.
fn is_same(digest: &str, request: &Parts) -> bool {
    let Some(condition) = request.headers.get(IF_RANGE) else { return true };
    condition.to_str().is_ok_and(|condition| condition.trim_matches('"') == digest)
}

pub(crate) fn blob(repository: &Repository, digest: &str, request: &Parts, policies: &Policies) -> Answer {
    let Some(StoredBlob { content, headers }) = repository.stored_blob(digest) else {
        return ErrorCode::BlobUnknown.detailed(json!({ "digest": digest }));
    };
    if !policies.blob.no_etag && is_known_to_client(digest, request) {
        return not_modified(headers);
    }
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
            answer.headers.extend(headers.get(ETAG).map(|tag| (ETAG, tag.clone())));
            answer
        }
    }
}
