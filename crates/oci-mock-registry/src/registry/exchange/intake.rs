//! What the body of a request is for.

use bytes::BytesMut;
use http::{Method, request::Parts};
use serde_json::json;

use crate::registry::{
    answer::Answer,
    api::push_blob,
    context::Context,
    error::ErrorCode,
    quirks,
    route::{Endpoint, Route},
    state::RegistryState,
    store::{Found, Upload},
};
use oci_types::Digest;

/// What becomes of the body.
#[derive(Debug)]
pub(super) enum Intake {
    /// It is not looked at, because the answer does not depend on it.
    Ignored,
    /// The answer is known already, and the body is not wanted.
    Refused(Answer),
    /// It is kept in memory, up to [`MANIFEST_LIMIT`](crate::registry::MANIFEST_LIMIT).
    Text(BytesMut),
    /// It is not looked at, and an upload begins.
    Begun(Box<Upload>),
    /// It belongs to a blob. With a digest the blob is complete behind it.
    Blob(Box<Upload>, Option<Digest>),
}
impl Intake {
    /// What the body of a request is for.
    pub(super) fn of(context: &Context<'_>, request: &Parts, route: &Route<'_>) -> Self {
        let state = context.state;
        let writes = matches!(request.method, Method::PUT | Method::POST | Method::PATCH | Method::DELETE);
        if context.settings.behaviour.read_only && writes && *route != Route::Token {
            return Self::Refused(ErrorCode::Unsupported.answer());
        }
        if let Some(answer) = quirks::instead(context, request, route) {
            return Self::Refused(answer);
        }
        if *route == Route::Token && request.method == Method::POST {
            return Self::Text(BytesMut::new());
        }
        let Route::Repository(name, endpoint) = route else { return Self::Ignored };
        match (&request.method, endpoint) {
            (&Method::PUT, Endpoint::Manifest(_) | Endpoint::Signatures(_)) => Self::Text(BytesMut::new()),
            (&Method::POST, Endpoint::Uploads) => {
                let readable = |from: &str| context.settings.access.may_pull(request, from);
                match push_blob::mount(name, &mut state.store_mut(), request, &context.settings.policies, readable) {
                    Some(mounted) => Self::Refused(mounted),
                    None if context.settings.policies.upload.single_post_ignored => {
                        Self::Begun(Box::new(Upload::new(name)))
                    }
                    None => blob_intake(state, Upload::new(name), request),
                }
            }
            (&Method::PATCH | &Method::PUT, Endpoint::Upload(id)) => match state.uploads.take(name, id) {
                Found::Missing => Self::Refused(ErrorCode::BlobUploadUnknown.answer()),
                Found::Busy(_) => Self::Refused(push_blob::busy()),
                Found::Idle(upload) => {
                    let policies = &context.settings.policies;
                    let is_next = policies.upload.unordered_chunks || push_blob::comes_next(&upload, request);
                    let out_of_order = || (!is_next).then(|| push_blob::out_of_order(&upload));
                    match push_blob::stale(&upload, request, policies).or_else(out_of_order) {
                        Some(refusal) => {
                            state.uploads.put(upload);
                            Self::Refused(refusal)
                        }
                        None => blob_intake(state, upload, request),
                    }
                }
            },
            _ => Self::Ignored,
        }
    }
}

/// The body is content of this upload. A PUT has to say what the digest of all of it is, a POST may.
fn blob_intake(state: &RegistryState, upload: Upload, request: &Parts) -> Intake {
    let refusal = match push_blob::digest(request) {
        Ok(None) if request.method == Method::PUT => ErrorCode::DigestInvalid.detailed(json!("the digest is missing")),
        Ok(digest) => return Intake::Blob(Box::new(upload), digest),
        Err(refusal) => *refusal,
    };
    state.uploads.put(upload);
    Intake::Refused(refusal)
}
