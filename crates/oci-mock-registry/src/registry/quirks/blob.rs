//! Blobs that are elsewhere: redirects, and the storage they lead to.

use http::{
    Method, StatusCode,
    header::{AUTHORIZATION, LOCATION},
    request::Parts,
};

use crate::registry::{answer::Answer, api::CONTENT_DIGEST, context::Context, query, route::Endpoint};

pub(super) fn instead(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>) -> Option<Answer> {
    let Endpoint::Blob(digest) = endpoint else { return None };
    let policies = &context.settings.policies;
    let redirects = match request.method {
        Method::GET => policies.blob.redirected,
        Method::HEAD => policies.blob.redirected && policies.blob.heads_redirected,
        _ => false,
    };
    redirects.then_some(())?;
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
    match store.repository(name).and_then(|repository| repository.blob(digest)) {
        Some(blob) if signed => {
            let mut answer = Answer::with_body(StatusCode::OK, blob.clone());
            answer.content_type("application/octet-stream");
            answer
        }
        Some(_) => refused(StatusCode::FORBIDDEN, "AccessDenied"),
        None => refused(StatusCode::NOT_FOUND, "NoSuchKey"),
    }
}
