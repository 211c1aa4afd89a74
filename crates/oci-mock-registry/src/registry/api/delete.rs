//! Deleting (distribution specification, section "Content Management").

use http::StatusCode;
use serde_json::json;

use crate::{
    fixture::Policies,
    registry::{answer::Answer, error::ErrorCode, store::Repository},
};

/// Deletes a tag, or a manifest with all its tags.
pub(crate) fn manifest(repository: &mut Repository, reference: &str, policies: &Policies) -> Answer {
    if repository.remove_manifest(reference, policies.tags.stale) {
        Answer::empty(StatusCode::ACCEPTED)
    } else {
        ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }))
    }
}

pub(crate) fn blob(repository: &mut Repository, digest: &str) -> Answer {
    if repository.remove_blob(digest) {
        Answer::empty(StatusCode::ACCEPTED)
    } else {
        ErrorCode::BlobUnknown.detailed(json!({ "digest": digest }))
    }
}
