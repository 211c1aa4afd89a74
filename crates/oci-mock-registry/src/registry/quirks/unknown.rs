//! What registries say of what is not there.

use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, SET_COOKIE, WWW_AUTHENTICATE},
    request::Parts,
};
use serde_json::json;

use crate::{
    fixture::policy::{NotFoundForm, UnknownRepository},
    registry::{
        answer::Answer,
        context::Context,
        error::{ErrorCode, error},
        route::{Endpoint, Route},
    },
};

/// Whether there is a repository of the same project: with the same first part of its name.
pub(super) fn has_project(context: &Context<'_>, repository: &str) -> bool {
    let project = project(repository);
    context.state.store().repositories().keys().any(|name| self::project(name) == project)
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
    if let Endpoint::Blob(digest) = endpoint
        && super::is_read(request)
        && context.settings.policies.error.not_found.is(NotFoundForm::ManifestUnknown)
    {
        *answer = ErrorCode::BlobUnknown.detailed(json!(digest));
        return;
    }
    // Clients that push look for blobs in a repository before it exists.
    if !super::is_read(request) || !matches!(endpoint, Endpoint::Manifest(_) | Endpoint::Tags) {
        return;
    }
    let policies = &context.settings.policies;
    let is_known = context.state.store().repository(name).is_some();
    let is_user = || context.settings.access.is_user(request);
    let is_secret = (policies.access.unknown_repository.is(UnknownRepository::HiddenFromReaders)
        && !context.settings.access.may_push(request, name))
        || (policies.access.unknown_repository.is(UnknownRepository::HiddenFromAnonymous) && !is_user());
    if !is_known && is_secret {
        *answer = context.settings.access.insufficient(request, route);
    } else if !is_known && policies.access.unknown_project_unauthorized && is_user() && !has_project(context, name) {
        *answer = no_project(name);
    } else {
        match (policies.error.not_found.get(), endpoint) {
            (Some(NotFoundForm::ManifestUnknown), Endpoint::Manifest(reference)) if !is_known => {
                *answer = ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }));
            }
            (Some(NotFoundForm::NotFoundCode), _) => {
                let message = match endpoint {
                    Endpoint::Manifest(reference) if is_known => {
                        let separator = if reference.contains(':') { '@' } else { ':' };
                        format!("artifact {name}{separator}{reference} not found")
                    }
                    _ => format!("repository {name} not found"),
                };
                *answer = error(StatusCode::NOT_FOUND, "NOT_FOUND", &message);
                answer.headers.insert(SET_COOKIE, HeaderValue::from_static("sid=fixture; Path=/; HttpOnly"));
            }
            (Some(NotFoundForm::Numeric), _) if is_known => {
                answer.replace_body("Not found");
                answer.headers.remove(CONTENT_TYPE);
            }
            (Some(NotFoundForm::Numeric), _) => *answer = error(StatusCode::NOT_FOUND, "404", "Not Found"),
            _ if policies.access.absent_is_forbidden && request.method == Method::HEAD => {
                *answer = ErrorCode::Denied.answer();
            }
            _ => {}
        }
    }
}
