//! Blobs that are elsewhere (redirects, and the storage they lead to), and blobs that are served in another way.

use http::{
    HeaderValue, Method, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, ETAG, LOCATION},
    request::Parts,
};

use super::go_file_server;
use crate::registry::{
    answer::Answer,
    api::pull,
    context::Context,
    error::ErrorCode,
    header::{API_VERSION, CONTENT_DIGEST},
    query,
    route::Endpoint,
};
use oci_types::{Algorithm, Digest};

pub(super) fn instead(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>) -> Option<Answer> {
    let Endpoint::Blob(digest) = endpoint else { return None };
    let policies = &context.settings.policies;
    if policies.blob.malformed_digest_invalid && super::is_read(request) && digest.parse::<Digest>().is_err() {
        return Some(ErrorCode::DigestInvalid.answer());
    }
    let redirects = match request.method {
        Method::GET => policies.blob.redirected,
        Method::HEAD => policies.blob.redirected && policies.blob.heads_redirected,
        _ => false,
    };
    if !redirects {
        let store = context.state.store();
        let blob = store.repository(name).filter(|_| policies.blob.served_by_go && super::is_read(request))?;
        return Some(go_file_server::serve(blob.stored_blob(digest)?, request));
    }
    context.state.store().repository(name)?.blob(digest)?;
    let status = if policies.blob.redirect_found { StatusCode::FOUND } else { StatusCode::TEMPORARY_REDIRECT };
    let storage = context.state.url_elsewhere(request).filter(|_| !policies.blob.redirect_relative).unwrap_or_default();
    let mut answer = Answer::empty(status);
    answer.header(LOCATION, &format!("{storage}/_storage/{name}/{digest}?signature=fixture"));
    answer.header(CONTENT_DIGEST, digest);
    Some(answer)
}

/// The storage behind the registry: it knows the URL's signature, and takes no other credentials beside it. On the
/// registry's own host, and on one that has no other, clients send them all the same.
pub(super) fn storage(context: &Context<'_>, request: &Parts, name: &str, digest: &str) -> Answer {
    let signed = query::value(request.uri.query(), "signature").is_some();
    let refused = |status, code: &str| {
        let mut answer =
            Answer::with_body(status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"));
        answer.content_type("application/xml");
        answer
    };
    let is_elsewhere =
        !context.settings.policies.blob.redirect_relative && context.state.url_elsewhere(request).is_some();
    if request.headers.contains_key(AUTHORIZATION) && is_elsewhere {
        return refused(StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo");
    }
    let store = context.state.store();
    match store.repository(name).filter(|repository| repository.blob(digest).is_some()) {
        Some(repository) if signed => {
            let mut answer = pull::blob(repository, digest, request, &context.settings.policies);
            answer.headers.remove(API_VERSION);
            answer.headers.remove(CONTENT_DIGEST);
            answer
        }
        Some(_) => refused(StatusCode::FORBIDDEN, "AccessDenied"),
        None => refused(StatusCode::NOT_FOUND, "NoSuchKey"),
    }
}

/// Changes what a blob is served with.
pub(super) fn change(context: &Context<'_>, request: &Parts, name: &str, digest: &str, answer: &mut Answer) {
    let policies = &context.settings.policies.blob;
    let is_served = answer.status.is_success()
        || [StatusCode::RANGE_NOT_SATISFIABLE, StatusCode::NOT_MODIFIED, StatusCode::PRECONDITION_FAILED]
            .contains(&answer.status);
    if !super::is_read(request) || !is_served {
        return;
    }
    if policies.named_by_sha256
        && let Some(digest) = sha256(context, name, digest)
    {
        let digest = digest.to_string();
        answer.header(CONTENT_DIGEST, &digest);
        answer.header(ETAG, &format!("\"{digest}\""));
        if answer.status.is_success() && pull::is_known_to_client(&digest, request) {
            *answer = pull::not_modified(&answer.headers);
        }
    }
    if policies.no_etag {
        answer.headers.remove(ETAG);
    }
    if policies.kept_for_a_year {
        answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=31536000"));
    }
}

/// The SHA-256 digest of a blob that is known by another digest.
pub(super) fn sha256(context: &Context<'_>, name: &str, digest: &str) -> Option<Digest> {
    let is_other = digest.parse::<Digest>().is_ok_and(|digest| digest.algorithm() != Algorithm::Sha256);
    is_other.then_some(())?;
    let blob = context.state.store().repository(name)?.blob(digest)?.clone();
    let mut hasher = Algorithm::Sha256.hasher();
    blob.read(|piece| hasher.update(piece)).ok()?;
    Some(hasher.finish())
}
