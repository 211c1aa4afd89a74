//! What quirks make of requests and answers. How lists page and what tokens look like is where lists and tokens are.

use http::{
    HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LINK, LOCATION},
    request::Parts,
};
use serde_json::json;

use super::{
    answer::Answer,
    core::Core,
    error::{ErrorCode, OciError, errors},
    query,
    route::{Endpoint, Route},
};
use crate::fixture::Quirk;

/// How large a chunk may be with [`Quirk::SmallChunks`], in bytes.
const SMALL_CHUNK: u64 = 4 * 1024 * 1024;

/// What a quirk answers in place of the registry.
pub(crate) fn instead(core: &Core, request: &Parts, route: &Route<'_>) -> Option<Answer> {
    let has = |quirk| core.quirks.has(quirk);
    let large_page = || query::page_size(request.uri.query()).is_ok_and(|size| size.is_some_and(|size| size > 1000));
    let (name, endpoint) = match route {
        Route::Storage(name, digest) => return Some(storage(core, request, name, digest)),
        Route::Catalog if has(Quirk::NoCatalog) => return Some(ErrorCode::Unauthorized.answer()),
        Route::Repository(name, endpoint) => (*name, endpoint),
        _ => return None,
    };
    match (&request.method, endpoint) {
        (&Method::DELETE, Endpoint::Manifest(_) | Endpoint::Blob(_)) if has(Quirk::NoDelete) => {
            Some(ErrorCode::Unsupported.answer())
        }
        (&Method::DELETE, Endpoint::Blob(_)) if has(Quirk::NoBlobDelete) => Some(ErrorCode::Unsupported.answer()),
        (&Method::DELETE, Endpoint::Manifest(tag)) if has(Quirk::NoTagDelete) && !tag.contains(':') => {
            Some(Answer { status: StatusCode::BAD_REQUEST, ..ErrorCode::Unsupported.answer() })
        }
        (_, Endpoint::Referrers(_)) if has(Quirk::NoReferrers) => Some(Answer::empty(StatusCode::NOT_FOUND)),
        (_, Endpoint::Tags) if has(Quirk::LargePageUnsupported) && large_page() => {
            Some(ErrorCode::Unsupported.detailed(json!("Invalid parameter at 'maxResults'")))
        }
        (_, Endpoint::Tags) if has(Quirk::LargePageInvalid) && large_page() => {
            Some(ErrorCode::PaginationNumberInvalid.answer())
        }
        (&Method::PUT, Endpoint::Manifest(_)) if has(Quirk::DockerTypesRefused) && is_docker_type(request) => {
            Some(Answer { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..ErrorCode::ManifestInvalid.answer() })
        }
        (&Method::PATCH, Endpoint::Upload(_)) if has(Quirk::SmallChunks) && length(request) > SMALL_CHUNK => {
            Some(ErrorCode::RangeInvalid.answer())
        }
        (&Method::GET, Endpoint::Blob(digest)) if has(Quirk::RedirectsBlobs) => {
            core.store().repository(name)?.blob(digest)?;
            let mut answer = Answer::empty(StatusCode::TEMPORARY_REDIRECT);
            answer.header(LOCATION, &format!("{}/_storage/{name}/{digest}?signature=fixture", storage_url(core)));
            Some(answer)
        }
        _ => None,
    }
}

/// The base URL of the storage: the registry under its other loopback name, so that clients see another host and leave their
/// credentials behind. A registry with a name of its own is its own storage.
fn storage_url(core: &Core) -> String {
    let url = core.url();
    if url.contains("//127.0.0.1") {
        url.replacen("127.0.0.1", "localhost", 1)
    } else {
        url.replacen("//localhost", "//127.0.0.1", 1)
    }
}

/// The storage behind the registry: it knows the URL's signature, and takes no other credentials beside it.
fn storage(core: &Core, request: &Parts, name: &str, digest: &str) -> Answer {
    let signed = query::value(request.uri.query(), "signature").is_some();
    let refused = |status, code: &str| {
        let mut answer =
            Answer::with_body(status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"));
        answer.content_type("application/xml");
        answer
    };
    if request.headers.contains_key(AUTHORIZATION) {
        return refused(StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo");
    }
    let store = core.store();
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

fn is_docker_type(request: &Parts) -> bool {
    let media_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("application/vnd.docker."))
}

fn length(request: &Parts) -> u64 {
    let length = request.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// What quirks make of the registry's answer.
pub(crate) fn change(core: &Core, request: &Parts, route: &Route<'_>, answer: &mut Answer) {
    const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
    if core.quirks.is_empty() {
        return;
    }
    let has = |quirk| core.quirks.has(quirk);
    let endpoint = match route {
        Route::Repository(_, endpoint) => Some(endpoint),
        _ => None,
    };
    if let (Some(Endpoint::Manifest(reference)), true) = (endpoint, answer.status.is_success()) {
        if has(Quirk::AcceptDecides) && request.method != Method::PUT && !accepts(request, answer) {
            *answer = ErrorCode::ManifestUnknown.detailed(json!("the Accept header does not name the manifest's type"));
        } else if has(Quirk::NoDigestByTag) && request.method == Method::GET && !reference.contains(':') {
            answer.headers.remove(CONTENT_DIGEST);
        }
    }
    if matches!(endpoint, Some(Endpoint::Manifest(_))) && has(Quirk::RateLimitHeaders) {
        answer.header(HeaderName::from_static("ratelimit-limit"), "100;w=21600");
        answer.header(HeaderName::from_static("ratelimit-remaining"), "99;w=21600");
    }
    if matches!(endpoint, Some(Endpoint::Tags)) {
        change_list(core, answer);
    }
    if answer.status == StatusCode::NOT_FOUND {
        change_unknown(core, route, answer);
    }
    if *route == Route::Ping && has(Quirk::PingBodyTrue) && answer.status == StatusCode::OK {
        answer.replace_body("true");
        answer.content_type("text/html; charset=utf-8");
    }
    if has(Quirk::ChunksAreCreated) && request.method == Method::PATCH && answer.status == StatusCode::ACCEPTED {
        answer.status = StatusCode::CREATED;
    }
    if has(Quirk::VersionHeaderOnPingOnly) && *route != Route::Ping && answer.status != StatusCode::UNAUTHORIZED {
        answer.headers.remove(Answer::VERSION);
    }
}

/// Whether the client names the type of this answer among those it accepts.
fn accepts(request: &Parts, answer: &Answer) -> bool {
    let Some(media_type) = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return true };
    let values = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|accepted| {
        accepted.split(';').next().is_some_and(|accepted| accepted.trim().eq_ignore_ascii_case(media_type))
    })
}

fn change_list(core: &Core, answer: &mut Answer) {
    if core.quirks.has(Quirk::NoLink) {
        answer.headers.remove(LINK);
    }
    if core.quirks.has(Quirk::AbsoluteLink)
        && let Some(link) = answer.headers.get(LINK).and_then(|link| link.to_str().ok())
    {
        let link = link.replacen('<', &format!("<{}", core.url()), 1);
        answer.header(LINK, &link);
    }
    if core.quirks.has(Quirk::TagsAsPlainText) && answer.status == StatusCode::OK {
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
}

/// The answer to what is not there.
fn change_unknown(core: &Core, route: &Route<'_>, answer: &mut Answer) {
    let Route::Repository(name, endpoint) = route else { return };
    // Whoever pushes looks for blobs in a repository that is about to be.
    let pulls = matches!(endpoint, Endpoint::Manifest(_) | Endpoint::Tags);
    if core.quirks.has(Quirk::UnknownIsUnauthorized) && pulls && core.store().repository(name).is_none() {
        *answer = core.access.insufficient(name);
    } else if core.quirks.has(Quirk::UnknownIsNotFound) && pulls {
        let message = format!("repository {name} not found");
        let error = OciError { code: "NOT_FOUND", message: &message, detail: None };
        *answer = errors(StatusCode::NOT_FOUND, &[error]);
    }
}
