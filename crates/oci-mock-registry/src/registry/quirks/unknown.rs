//! What registries say of what is not there.

use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, SET_COOKIE, WWW_AUTHENTICATE},
    request::Parts,
};
use serde_json::json;

use crate::{
    fixture::Quirk,
    registry::{
        answer::Answer,
        error::{ErrorCode, error},
        route::{Endpoint, Route},
        settings::Context,
    },
};

/// Whether there is a repository of the same project: with the same first part of its name.
pub(super) fn has_project(context: &Context<'_>, repository: &str) -> bool {
    let project = project(repository);
    context.core.store().repositories().keys().any(|name| self::project(name) == project)
}

/// What Harbor says of a project that is not there.
pub(super) fn no_project(repository: &str) -> Answer {
    let mut answer = ErrorCode::Unauthorized.saying(&format!("project {} not found", project(repository)));
    answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(""));
    answer
}

fn project(repository: &str) -> &str {
    repository.split('/').next().unwrap_or(repository)
}

/// Changes an answer that says 404.
pub(super) fn change(context: &Context<'_>, request: &Parts, route: &Route<'_>, answer: &mut Answer) {
    let Route::Repository(name, endpoint) = route else { return };
    // Clients that push look for blobs in a repository before it exists.
    if !super::is_read(request) || !matches!(endpoint, Endpoint::Manifest(_) | Endpoint::Tags) {
        return;
    }
    let has = |quirk| context.settings.has(quirk);
    let is_known = context.core.store().repository(name).is_some();
    let is_user = || context.settings.access.is_user(request);
    let is_secret = (has(Quirk::UnknownIsUnauthorized) && !context.settings.access.may_push(request, name))
        || (has(Quirk::UnknownNeedsUser) && !is_user());
    if !is_known && is_secret {
        *answer = context.settings.access.insufficient(request, route);
    } else if !is_known && has(Quirk::UnknownProjectUnauthorized) && is_user() && !has_project(context, name) {
        *answer = no_project(name);
    } else if let (Endpoint::Manifest(reference), false, true) =
        (endpoint, is_known, has(Quirk::UnknownNameOnListsOnly))
    {
        *answer = ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }));
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
