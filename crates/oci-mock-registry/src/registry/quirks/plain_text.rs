//! What a router says in place of a registry: paths, names and methods that no endpoint has, in plain text.

use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS},
};

use crate::registry::{
    answer::Answer,
    route::{Endpoint, Route, is_tag},
};

/// Puts plain text in place of an error of the specification where the request has come to no endpoint.
pub(super) fn change(route: &Route<'_>, answer: &mut Answer) {
    let has_no_endpoint = match route {
        Route::Unknown | Route::InvalidName(_) => true,
        // Behind the colon a digest may be malformed; a reference without one is a tag.
        Route::Repository(_, Endpoint::Manifest(reference)) => !reference.contains(':') && !is_tag(reference),
        Route::Repository(_, Endpoint::Blob(digest)) => !digest.contains(':'),
        Route::Repository(_, Endpoint::Referrers(_)) => {
            answer.status == StatusCode::NOT_FOUND && answer.body.is_empty()
        }
        _ => false,
    };
    let (status, text) = if has_no_endpoint {
        (StatusCode::NOT_FOUND, "404 page not found\n")
    } else if answer.status == StatusCode::METHOD_NOT_ALLOWED && answer.headers.contains_key(ALLOW) {
        (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed\n")
    } else {
        return;
    };
    // A router comes before anything that asks for credentials.
    answer.headers.remove(WWW_AUTHENTICATE);
    answer.status = status;
    answer.replace_body(text);
    answer.content_type("text/plain; charset=utf-8");
    answer.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
