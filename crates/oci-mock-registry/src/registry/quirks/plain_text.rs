//! What a router says in place of a registry: paths, names and methods that no endpoint has, in plain text. As distribution
//! 2.8.2 has it, which serves its ping whatever the method, and no HEAD of a list.

use http::{
    HeaderValue, Method, StatusCode,
    header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS},
    request::Parts,
};

use crate::registry::{
    answer::Answer,
    error::ErrorCode,
    header::API_VERSION,
    route::{Endpoint, Route, is_tag},
};

/// The router's answer to a method, where it is not that of the registry.
pub(super) fn instead(request: &Parts, route: &Route<'_>) -> Option<Answer> {
    let is_listed = |method: &Method| methods(route).contains(&method.as_str());
    match (&request.method, route) {
        (method, Route::Ping) if !matches!(*method, Method::GET | Method::HEAD) => Some(Answer::ping()),
        (&Method::OPTIONS, Route::Catalog | Route::Repository(..)) => {
            let mut answer = Answer::empty(StatusCode::OK);
            answer.header(ALLOW, &methods(route).join(", "));
            Some(answer)
        }
        // The start page is for checks whether the server is up.
        (_, Route::Unknown) if request.uri.path() == "/" => {
            let mut answer = Answer::empty(StatusCode::OK);
            answer.headers.remove(API_VERSION);
            answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            Some(answer)
        }
        // The router takes it for an upload whose name is empty.
        (method, Route::Repository(_, Endpoint::Uploads)) if *method != Method::POST && is_listed(method) => {
            Some(ErrorCode::BlobUploadUnknown.answer())
        }
        (&Method::HEAD, Route::Catalog | Route::Repository(_, Endpoint::Tags)) => {
            let mut answer = ErrorCode::Unsupported.answer();
            answer.header(ALLOW, &methods(route).join(", "));
            Some(answer)
        }
        _ => None,
    }
}

/// The methods of an endpoint by name, in alphabetical order.
fn methods(route: &Route<'_>) -> Vec<&'static str> {
    match route {
        Route::Catalog | Route::Repository(_, Endpoint::Tags) => vec!["GET"],
        Route::Repository(_, Endpoint::Uploads | Endpoint::Upload(_)) => {
            vec!["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
        }
        route => {
            let mut methods: Vec<&str> = route.methods().iter().map(Method::as_str).collect();
            methods.sort_unstable();
            methods
        }
    }
}

/// Puts plain text in place of an error of the specification where the request has come to no endpoint.
pub(super) fn change(route: &Route<'_>, answer: &mut Answer) {
    let has_no_endpoint = match route {
        Route::Unknown | Route::InvalidName(_) => answer.status != StatusCode::OK,
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
    if status == StatusCode::METHOD_NOT_ALLOWED {
        answer.header(ALLOW, &methods(route).join(", "));
    }
    // A router comes before anything that asks for credentials.
    answer.headers.remove(WWW_AUTHENTICATE);
    answer.status = status;
    answer.replace_body(text);
    answer.content_type("text/plain; charset=utf-8");
    answer.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
