//! What quirks make of requests and answers, a file a subject. Quirks of challenges and tokens are in `auth`, those of
//! pages of tags in `api::tags`.

mod accept;
mod blob;
mod errors;
mod go_file_server;
mod manifest;
mod plain_text;
mod push;
mod referrers;
mod unknown;

use http::{
    HeaderValue, Method, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, LINK, LOCATION, WWW_AUTHENTICATE},
    request::Parts,
};
pub(crate) use push::judge;

use super::{
    answer::{Answer, Delivery},
    context::Context,
    header::API_VERSION,
    route::{Endpoint, Route},
};
use crate::fixture::policy::LinkForm;

/// What a quirk answers in place of the registry.
pub(crate) fn instead(context: &Context<'_>, request: &Parts, route: &Route<'_>) -> Option<Answer> {
    if !context.settings.policies.any {
        return None;
    }
    let policies = &context.settings.policies;
    if policies.response.plain_router_errors
        && let Some(answer) = plain_text::instead(request, route)
    {
        return Some(answer);
    }
    match route {
        Route::Storage(name, digest) => Some(blob::storage(context, request, name, digest)),
        Route::Catalog if policies.access.no_catalog => Some(context.settings.access.insufficient(request, route)),
        Route::Ping if policies.response.bare_ping_redirected && request.uri.path() == "/v2" => {
            let mut answer = Answer::empty(StatusCode::MOVED_PERMANENTLY);
            answer.headers.insert(LOCATION, HeaderValue::from_static("/v2/"));
            Some(answer)
        }
        Route::Repository(name, endpoint) => manifest::instead(context, request, name, endpoint)
            .or_else(|| blob::instead(context, request, name, endpoint))
            .or_else(|| push::instead(context, request, name, endpoint))
            .or_else(|| referrers::instead(context, name, endpoint)),
        _ => None,
    }
}

/// What quirks make of the registry's answer.
pub(crate) fn change(context: &Context<'_>, request: &Parts, route: &Route<'_>, answer: &mut Answer) {
    if !context.settings.policies.any {
        return;
    }
    let policies = &context.settings.policies;
    match route {
        Route::Ping => change_ping(context, request, route, answer),
        Route::Repository(name, endpoint) => {
            if let Endpoint::Manifest(reference) = endpoint {
                manifest::change(context, request, name, reference, answer);
            }
            if *endpoint == Endpoint::Tags {
                change_tags(context, request, answer);
            }
            if let Endpoint::Blob(digest) = endpoint {
                blob::change(context, request, name, digest, answer);
            }
            push::change(context, request, name, endpoint, answer);
            referrers::change(context, endpoint, answer);
            if answer.status == StatusCode::NOT_FOUND {
                unknown::change(context, request, route, answer);
            }
        }
        _ => {}
    }
    errors::change(context, route, answer);
    if policies.response.plain_router_errors {
        plain_text::change(route, answer);
    }
    let is_list = matches!(route, Route::Catalog | Route::Repository(_, Endpoint::Tags));
    let is_error = answer.status.is_client_error() || answer.status.is_server_error();
    // The bytes of a manifest may be plain JSON, too, and stay as they are.
    if policies.response.json_ends_line
        && (is_list || is_error)
        && answer.headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/json")
        && let Ok(body) = answer.body.bytes()
    {
        answer.replace_body([&body[..], b"\n"].concat());
    }
    if policies.response.version_header_on_ping_only
        && *route != Route::Ping
        && answer.status != StatusCode::UNAUTHORIZED
    {
        answer.headers.remove(API_VERSION);
    }
    if policies.response.json_charset
        && answer.headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/json")
    {
        answer.content_type("application/json; charset=utf-8");
    }
    if policies.response.connection_close {
        answer.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// How the answer is delivered.
pub(crate) fn deliver(context: &Context<'_>, route: &Route<'_>, answer: Answer) -> Delivery {
    match route {
        Route::Repository(_, Endpoint::Blob(_)) if context.settings.policies.blob.served_by_go => {
            go_file_server::deliver(answer)
        }
        _ => answer.into(),
    }
}

fn change_ping(context: &Context<'_>, request: &Parts, route: &Route<'_>, answer: &mut Answer) {
    if answer.status != StatusCode::OK {
        return;
    }
    if context.settings.policies.response.ping_body_true {
        answer.replace_body("true");
        answer.content_type("text/html; charset=utf-8");
    }
    let challenge = || context.settings.access.challenge_on_success(request, route);
    if let Some(challenge) = context.settings.policies.challenge.on_success.then(challenge).flatten() {
        answer.headers.insert(WWW_AUTHENTICATE, challenge);
    }
}

fn change_tags(context: &Context<'_>, request: &Parts, answer: &mut Answer) {
    if context.settings.policies.tags.link.is(LinkForm::Absent) {
        answer.headers.remove(LINK);
    }
    if context.settings.policies.tags.link.is(LinkForm::Absolute)
        && let Some(link) = answer.headers.get(LINK).and_then(|link| link.to_str().ok())
    {
        let link = link.replacen('<', &format!("<{}", context.state.url_for(request)), 1);
        answer.header(LINK, &link);
    }
    if context.settings.policies.tags.as_plain_text && answer.status == StatusCode::OK {
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
}

/// Whether a request reads.
fn is_read(request: &Parts) -> bool {
    matches!(request.method, Method::GET | Method::HEAD)
}
