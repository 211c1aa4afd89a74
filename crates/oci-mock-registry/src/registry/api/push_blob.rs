//! Receiving blobs (distribution specification, section "Pushing Blobs"): all at once, in chunks, as a stream, or mounted
//! from another repository.

use std::io;

use http::{
    HeaderName, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE},
    request::Parts,
};
use serde_json::json;

use crate::{
    fixture::{Policies, policy::LocationQuery},
    registry::{
        answer::{Answer, Refusal},
        error::ErrorCode,
        header::CONTENT_DIGEST,
        query,
        store::{Arrived, Content, Store, Upload},
    },
};
use oci_types::Digest;

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// What the digest of a request means: `Err` is the answer to one that is malformed.
pub(crate) fn digest(request: &Parts) -> Result<Option<Digest>, Refusal> {
    match query::value(request.uri.query(), "digest") {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|error| invalid_digest(&text, &error).into()),
    }
}

fn invalid_digest(text: &str, reason: &dyn std::error::Error) -> Answer {
    ErrorCode::DigestInvalid.detailed(json!({ "digest": text, "reason": reason.to_string() }))
}

/// Takes a blob over from another repository, or from any if the request names none, where the client may read it
/// (`readable`). Otherwise the mount becomes an upload (distribution specification, section "Mounting a blob from another
/// repository").
pub(crate) fn mount(
    name: &str,
    store: &mut Store,
    request: &Parts,
    policies: &Policies,
    readable: impl Fn(&str) -> bool,
) -> Option<Answer> {
    let digest = query::value(request.uri.query(), "mount")?;
    let from = query::value(request.uri.query(), "from");
    let blob = match from {
        Some(from) => store.repository(&from).filter(|_| readable(&from))?.blob(&digest)?.clone(),
        None if policies.upload.mount_needs_from => return None,
        None => {
            let mut readable = store.repositories().iter().filter(|(name, _)| readable(name));
            readable.find_map(|(_, repository)| repository.blob(&digest))?.clone()
        }
    };
    // A registry that has no digests but SHA-256 says that it has mounted the blob, and finds nothing under the other digest.
    let is_found = !policies.blob.named_by_sha256 || digest.starts_with("sha256:");
    let repository = store.repository_mut(name);
    if is_found {
        repository.add_blob(digest.clone(), blob);
    }
    Some(created(name, &digest))
}

/// Whether a chunk with this `Content-Range` comes next.
pub(crate) fn comes_next(upload: &Upload, request: &Parts) -> bool {
    let Some(range) = request.headers.get(CONTENT_RANGE) else { return true };
    // Some clients write the unit, which the specification does not.
    let range = range.to_str().ok().map(|range| range.strip_prefix("bytes ").unwrap_or(range));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return false };
    let (Ok(first), Ok(last)) = (first.parse::<u64>(), last.parse::<u64>()) else { return false };
    let length = request.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let fits = length.is_none_or(|length| length == 0 || last.checked_sub(first) == Some(length - 1));
    first == upload.writer.len() && fits
}

/// The state of an upload: 202 after a chunk, 204 when asked for.
pub(crate) fn state(status: StatusCode, upload: &mut Upload, policies: &Policies) -> Answer {
    let mut answer = Answer::empty(status);
    let location = upload.location();
    let location = match policies.upload.location_query.get() {
        None => location,
        Some(LocationQuery::Turn) => {
            // Asking where an upload is moves nothing.
            upload.turn += u64::from(status == StatusCode::ACCEPTED);
            format!("{location}?turn={}", upload.turn)
        }
        Some(LocationQuery::State) => format!("{location}?_state={}", upload.writer.len()),
    };
    answer.header(LOCATION, &location);
    let sticks = policies.upload.range_sticks;
    answer.header(RANGE, &if sticks { upload.range_of_first_chunk() } else { upload.range() });
    answer.header(UPLOAD_ID, &upload.id);
    answer
}

/// The state of an upload that another request is writing to: what had arrived before.
pub(crate) fn state_of_busy(arrived: &Arrived) -> Answer {
    let mut answer = Answer::empty(StatusCode::NO_CONTENT);
    answer.header(LOCATION, &arrived.location());
    answer.header(RANGE, &arrived.range());
    answer.header(UPLOAD_ID, &arrived.id);
    answer
}

/// The upload is given up.
pub(crate) fn cancelled(id: &str) -> Answer {
    let mut answer = Answer::empty(StatusCode::NO_CONTENT);
    answer.header(UPLOAD_ID, id);
    answer
}

/// Another request is writing to the upload; it is not gone.
pub(crate) fn busy() -> Answer {
    let refused = ErrorCode::BlobUploadInvalid.saying("another request is writing to this upload");
    Answer { status: StatusCode::CONFLICT, ..refused }
}

/// The refusal of a request to another location of an upload than the newest, where its query says which that is.
pub(crate) fn stale(upload: &Upload, request: &Parts, policies: &Policies) -> Option<Answer> {
    let says = |key: &str, newest: u64| {
        query::value(request.uri.query(), key).is_some_and(|value| value == newest.to_string())
    };
    match policies.upload.location_query.get()? {
        LocationQuery::Turn => (!says("turn", upload.turn)).then(|| ErrorCode::BlobUploadUnknown.answer()),
        LocationQuery::State => (!says("_state", upload.writer.len()))
            .then(|| Answer { status: StatusCode::NOT_FOUND, ..ErrorCode::BlobUploadInvalid.answer() }),
    }
}

/// A chunk that does not come next: 416, and where the upload is.
pub(crate) fn out_of_order(upload: &Upload) -> Answer {
    let mut answer = ErrorCode::RangeInvalid.answer();
    answer.header(LOCATION, &upload.location());
    answer.header(RANGE, &upload.range());
    answer
}

/// The content of an upload; none if it does not have the digest.
pub(crate) fn finish(upload: Upload, digest: &Digest) -> io::Result<Option<Content>> {
    let (content, actual) = upload.writer.finish(digest.algorithm())?;
    Ok((actual == *digest).then_some(content))
}

/// The blob is there.
pub(crate) fn created(name: &str, digest: &str) -> Answer {
    let mut answer = Answer::empty(StatusCode::CREATED);
    answer.header(LOCATION, &format!("/v2/{name}/blobs/{digest}"));
    answer.header(CONTENT_DIGEST, digest);
    answer
}
