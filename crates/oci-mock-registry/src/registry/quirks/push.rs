//! Pushing and deleting.

use super::unknown;
use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RANGE},
    request::Parts,
};
use serde_json::{Value, json};

use crate::{
    fixture::{Quirk, Quirks},
    registry::{
        answer::Answer,
        error::{ErrorCode, error},
        query,
        route::{Endpoint, is_repository_name},
        settings::Context,
        store::Repository,
    },
};
use oci_types::{
    Digest,
    media_type::{DOCKER_CONFIG, DOCKER_MANIFEST_V2, MANIFESTS, OCI_CONFIG},
};

/// How large a chunk may be with [`Quirk::SmallChunks`], in bytes.
const SMALL_CHUNK: u64 = 4 * 1024 * 1024;

pub(super) fn instead(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>) -> Option<Answer> {
    let has = |quirk| context.settings.has(quirk);
    match (&request.method, endpoint) {
        (&Method::DELETE, Endpoint::Manifest(_) | Endpoint::Blob(_)) if has(Quirk::NoDelete) => {
            Some(ErrorCode::Unsupported.answer())
        }
        (&Method::DELETE, Endpoint::Blob(_)) if has(Quirk::NoBlobDelete) => Some(ErrorCode::Unsupported.answer()),
        (&Method::DELETE, Endpoint::Manifest(tag)) if has(Quirk::NoTagDelete) && !tag.contains(':') => {
            Some(Answer { status: StatusCode::BAD_REQUEST, ..ErrorCode::Unsupported.answer() })
        }
        (&Method::DELETE, Endpoint::Manifest(_))
            if has(Quirk::DeleteUnknownIsInvalid) && context.core.store().repository(name).is_none() =>
        {
            let unknown = ErrorCode::NameUnknown.detailed(json!({ "name": name }));
            Some(Answer { status: StatusCode::BAD_REQUEST, ..unknown })
        }
        (&Method::DELETE, Endpoint::Upload(_)) if has(Quirk::NoUploadCancel) => Some(ErrorCode::Unsupported.answer()),
        (&Method::PUT, Endpoint::Manifest(reference)) => refused_manifest(context, request, name, reference),
        (&Method::POST, Endpoint::Uploads) => refused_upload(context, request, name),
        (&Method::PATCH, Endpoint::Upload(_)) if has(Quirk::SmallChunks) && length(request) > Some(SMALL_CHUNK) => {
            let message = "the maximum size of a chunk is 4.00MiB";
            Some(error(StatusCode::RANGE_NOT_SATISFIABLE, "REQUESTED_RANGE_NOT_SATISFIABLE", message))
        }
        (&Method::PUT, Endpoint::Upload(_)) => empty_blob(context.settings.quirks(), request),
        _ => None,
    }
}

/// What is wrong with a manifest before its body has arrived.
fn refused_manifest(context: &Context<'_>, request: &Parts, name: &str, reference: &str) -> Option<Answer> {
    let has = |quirk| context.settings.has(quirk);
    let media_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let invalid = |status| Some(Answer { status, ..ErrorCode::ManifestInvalid.answer() });
    if has(Quirk::LengthNeeded) && length(request).is_none() {
        let detail = ErrorCode::ManifestInvalid.detailed(json!({ "maxSize": 10_485_760 }));
        return Some(Answer { status: StatusCode::LENGTH_REQUIRED, ..detail });
    }
    if has(Quirk::DockerTypesRefused) && media_type.starts_with("application/vnd.docker.") {
        return invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if has(Quirk::Schema2Refused) && media_type == DOCKER_MANIFEST_V2 {
        return invalid(StatusCode::BAD_REQUEST);
    }
    let is_taken_for_schema1 = media_type.is_empty() || media_type == "application/json";
    if has(Quirk::UnknownTypesRefused) && !MANIFESTS.contains(&media_type) && !is_taken_for_schema1 {
        let message =
            ErrorCode::ManifestInvalid.detailed(json!({ "message": "manifest schema version not supported" }));
        return Some(Answer { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..message });
    }
    let is_tag = |repository: &Repository| repository.tags.get(reference).is_some();
    if has(Quirk::ImmutableTags) && context.core.store().repository(name).is_some_and(is_tag) {
        let message = format!(
            "The image tag '{reference}' already exists in the '{name}' repository and cannot be overwritten because the \
             repository is immutable."
        );
        return Some(error(StatusCode::BAD_REQUEST, "TAG_INVALID", &message));
    }
    None
}

fn refused_upload(context: &Context<'_>, request: &Parts, name: &str) -> Option<Answer> {
    let quirks = context.settings.quirks();
    let from = query::value(request.uri.query(), "from");
    if quirks.has(Quirk::UnknownProjectUnauthorized) && context.settings.access.is_user(request) {
        let unknown =
            [Some(name), from.as_deref()].into_iter().flatten().find(|name| !unknown::has_project(context, name));
        if let Some(name) = unknown {
            return Some(unknown::no_project(name));
        }
    }
    if quirks.has(Quirk::MountDetails) && from.is_some_and(|from| !is_repository_name(&from)) {
        let mut answer =
            Answer::with_body(StatusCode::BAD_REQUEST, json!({ "details": "invalid repository name" }).to_string());
        answer.content_type("application/json");
        return Some(answer);
    }
    empty_blob(quirks, request)
}

fn empty_blob(quirks: &Quirks, request: &Parts) -> Option<Answer> {
    let digest = query::value(request.uri.query(), "digest").and_then(|digest| digest.parse::<Digest>().ok())?;
    (quirks.has(Quirk::EmptyBlobFails) && digest.matches(&[])).then(|| ErrorCode::Unknown.answer())
}

/// What is wrong with a manifest whose body has arrived.
pub(crate) fn judge(quirks: &Quirks, repository: &Repository, body: &[u8]) -> Option<Answer> {
    if quirks.is_empty() {
        return None;
    }
    let manifest: Value = serde_json::from_slice(body).ok()?;
    let is_oci = manifest["schemaVersion"] == 2 && manifest["mediaType"].is_null();
    if quirks.has(Quirk::MediaTypeNeeded) && is_oci {
        return Some(ErrorCode::Unsupported.saying("Invalid JSON syntax"));
    }
    if quirks.has(Quirk::SubjectRefused) && !(manifest["subject"].is_null() && manifest["artifactType"].is_null()) {
        return Some(ErrorCode::Unsupported.answer());
    }
    let subject = manifest["subject"]["digest"].as_str();
    if quirks.has(Quirk::SubjectNeeded) && subject.is_some_and(|subject| repository.manifest(subject).is_none()) {
        return Some(error(StatusCode::NOT_FOUND, "notfound", "not found"));
    }
    let config = manifest["config"]["mediaType"].as_str();
    if quirks.has(Quirk::ArtifactTypesRefused)
        && config.is_some_and(|config| ![DOCKER_CONFIG, OCI_CONFIG].contains(&config))
    {
        return Some(ErrorCode::ManifestInvalid.answer());
    }
    let missing = quirks.has(Quirk::MissingBlobsRefused).then(|| missing(repository, &manifest)).flatten()?;
    let unknown = ErrorCode::ManifestBlobUnknown.detailed(json!(missing));
    Some(Answer { status: StatusCode::BAD_REQUEST, ..unknown })
}

/// The first digest that a manifest names and the repository does not have. Layers from elsewhere (`urls`) need not be
/// there.
fn missing<'a>(repository: &Repository, manifest: &'a Value) -> Option<&'a str> {
    let list = |key: &str| manifest[key].as_array().into_iter().flatten();
    let digest = |descriptor: &'a Value| descriptor["digest"].as_str();
    let layers = list("layers").filter(|layer| layer["urls"].is_null());
    let mut blobs = std::iter::once(&manifest["config"]).chain(layers).filter_map(digest);
    let mut children = list("manifests").filter_map(digest);
    blobs
        .find(|digest| repository.blob(digest).is_none())
        .or_else(|| children.find(|digest| repository.manifest(digest).is_none()))
}

pub(super) fn change(context: &Context<'_>, request: &Parts, endpoint: &Endpoint<'_>, answer: &mut Answer) {
    let has = |quirk| context.settings.has(quirk);
    match endpoint {
        Endpoint::Manifest(_) if answer.status == StatusCode::CREATED && has(Quirk::PushSaysOk) => {
            answer.replace_body("OK");
        }
        Endpoint::Uploads | Endpoint::Upload(_) => change_upload(context, request, endpoint, answer),
        _ => {}
    }
    if context.settings.behaviour.read_only && !super::is_read(request) && has(Quirk::ReadOnlyIsDenied) {
        let denied = ErrorCode::Denied.detailed(json!({ "is_readonly": true }));
        *answer = Answer { status: StatusCode::METHOD_NOT_ALLOWED, ..denied };
    }
}

fn change_upload(context: &Context<'_>, request: &Parts, endpoint: &Endpoint<'_>, answer: &mut Answer) {
    let has = |quirk| context.settings.has(quirk);
    let is_under_way = [StatusCode::ACCEPTED, StatusCode::NO_CONTENT].contains(&answer.status);
    let range = answer.headers.get(RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    if let (Some(range), true) = (range, has(Quirk::OddUploadRange) && request.method != Method::PATCH) {
        let begins = *endpoint == Endpoint::Uploads && range == "0-0";
        answer.header(RANGE, &if begins { "bytes=0--1".to_owned() } else { format!("bytes={range}") });
    }
    let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok()).map(str::to_owned);
    if let (Some(path), true) = (location, is_under_way) {
        let url = context.core.url_for(request);
        if has(Quirk::PlainUploadLocation) {
            answer.header(LOCATION, &format!("{}{path}", url.replacen("https://", "http://", 1)));
        } else if has(Quirk::AbsoluteUploadLocation) {
            answer.header(LOCATION, &format!("{url}{path}"));
        }
    }
    if request.method == Method::PATCH && answer.status == StatusCode::ACCEPTED {
        let statuses =
            [(Quirk::ChunksAreCreated, StatusCode::CREATED), (Quirk::ChunksAreNoContent, StatusCode::NO_CONTENT)];
        answer.status = context.settings.quirks().choose(&statuses).unwrap_or(answer.status);
        if answer.status == StatusCode::NO_CONTENT {
            answer.headers.remove(CONTENT_LENGTH);
        }
    }
}

fn length(request: &Parts) -> Option<u64> {
    request.headers.get(CONTENT_LENGTH).map(HeaderValue::to_str)?.ok()?.parse().ok()
}
