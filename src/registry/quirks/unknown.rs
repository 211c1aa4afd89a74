//! What registries say of what is not there.

use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, SET_COOKIE, WWW_AUTHENTICATE},
    request::Parts,
};

use crate::{
    fixture::Quirk,
    registry::{
        answer::Answer,
        core::Core,
        error::{ErrorCode, error},
        route::{Endpoint, Route},
    },
};

/// Changes an answer that says 404.
pub(super) fn change(core: &Core, request: &Parts, route: &Route<'_>, answer: &mut Answer) {
    let Route::Repository(name, endpoint) = route else { return };
    // Whoever pushes looks for blobs in a repository that is about to be.
    if !super::is_read(request) || !matches!(endpoint, Endpoint::Manifest(_) | Endpoint::Tags) {
        return;
    }
    let has = |quirk| core.quirks.has(quirk);
    let is_known = core.store().repository(name).is_some();
    let is_user = || core.access.is_user(request);
    if !is_known && (has(Quirk::UnknownIsUnauthorized) || (has(Quirk::UnknownNeedsUser) && !is_user())) {
        *answer = core.access.insufficient(request, route);
    } else if !is_known && has(Quirk::UnknownProjectUnauthorized) && is_user() {
        let project = name.split('/').next().unwrap_or(name);
        *answer = ErrorCode::Unauthorized.saying(&format!("project {project} not found"));
        answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(""));
    } else if has(Quirk::UnknownIsNotFound) {
        let message = match endpoint {
            Endpoint::Manifest(reference) if is_known => {
                let separator = if reference.contains(':') { '@' } else { ':' };
                format!("artifact {name}{separator}{reference} not found")
            }
            _ => format!("repository {name} not found"),
        };
        *answer = error(StatusCode::NOT_FOUND, "NOT_FOUND", &message);
        answer.headers.insert(SET_COOKIE, HeaderValue::from_static("sid=fixture; Path=/; HttpOnly"));
    } else if has(Quirk::UnknownIsNumeric) && is_known {
        answer.replace_body("Not found");
        answer.headers.remove(CONTENT_TYPE);
    } else if has(Quirk::UnknownIsNumeric) {
        *answer = error(StatusCode::NOT_FOUND, "404", "Not Found");
    } else if has(Quirk::AbsentIsForbidden) && request.method == Method::HEAD {
        *answer = ErrorCode::Denied.answer();
    }
}
