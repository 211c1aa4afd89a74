//! Pushing and deleting.

use super::{blob, unknown};
use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RANGE},
    request::Parts,
};
use serde_json::{Value, json};

use crate::{
    fixture::{
        Policies,
        policy::{RefusedDockerTypes, SubjectRule, UploadLocation},
    },
    registry::{
        answer::Answer,
        context::Context,
        error::{ErrorCode, error},
        header::CONTENT_DIGEST,
        query,
        route::{Endpoint, is_repository_name},
        store::Repository,
    },
};
use oci_types::{
    Digest,
    media_type::{DOCKER_CONFIG, DOCKER_MANIFEST_V2, MANIFESTS, OCI_CONFIG},
};

pub(super) fn instead(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>) -> Option<Answer> {
    let policies = &context.settings.policies;
    match (&request.method, endpoint) {
        (&Method::DELETE, Endpoint::Manifest(tag)) if refused_delete(policies, tag).is_some() => {
            refused_delete(policies, tag)
        }
        (&Method::DELETE, Endpoint::Blob(_)) => policies.delete.blobs.get().map(unsupported),
        (&Method::DELETE, Endpoint::Manifest(_))
            if policies.delete.unknown_is_invalid && context.state.store().repository(name).is_none() =>
        {
            let unknown = ErrorCode::NameUnknown.detailed(json!({ "name": name }));
            Some(Answer { status: StatusCode::BAD_REQUEST, ..unknown })
        }
        (&Method::DELETE, Endpoint::Upload(_)) if policies.upload.no_cancel => Some(ErrorCode::Unsupported.answer()),
        (&Method::PUT, Endpoint::Manifest(reference)) => refused_manifest(context, request, name, reference),
        (&Method::POST, Endpoint::Uploads) => refused_upload(context, request, name),
        (&Method::PATCH, Endpoint::Upload(_))
            if policies.limits.chunk.get().is_some_and(|most| length(request) > Some(most)) =>
        {
            let message = "the maximum size of a chunk is 4.00MiB";
            Some(error(StatusCode::RANGE_NOT_SATISFIABLE, "REQUESTED_RANGE_NOT_SATISFIABLE", message))
        }
        (&Method::PUT, Endpoint::Upload(_)) => empty_blob(&context.settings.policies, request),
        _ => None,
    }
}

/// The refusal to delete what a reference names, if there is one.
fn refused_delete(policies: &Policies, reference: &str) -> Option<Answer> {
    let by_digest = reference.contains(':');
    let status = if by_digest { policies.delete.manifests } else { policies.delete.tags };
    status.get().map(unsupported)
}

fn unsupported(status: StatusCode) -> Answer {
    Answer { status, ..ErrorCode::Unsupported.answer() }
}

/// What is wrong with a manifest before its body has arrived.
fn refused_manifest(context: &Context<'_>, request: &Parts, name: &str, reference: &str) -> Option<Answer> {
    let policies = &context.settings.policies;
    let media_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let invalid = |status| Some(Answer { status, ..ErrorCode::ManifestInvalid.answer() });
    if policies.push.length_needed && length(request).is_none() {
        let detail = ErrorCode::ManifestInvalid.detailed(json!({ "maxSize": 10_485_760 }));
        return Some(Answer { status: StatusCode::LENGTH_REQUIRED, ..detail });
    }
    if policies.push.content_type_needed && media_type.is_empty() {
        return invalid(StatusCode::BAD_REQUEST);
    }
    if policies.push.refused_docker_types.is(RefusedDockerTypes::All)
        && media_type.starts_with("application/vnd.docker.")
    {
        return invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if policies.push.refused_docker_types.is(RefusedDockerTypes::Schema2) && media_type == DOCKER_MANIFEST_V2 {
        return invalid(StatusCode::BAD_REQUEST);
    }
    let is_taken_for_schema1 = media_type.is_empty() || media_type == "application/json";
    if policies.push.unknown_types_refused && !MANIFESTS.contains(&media_type) && !is_taken_for_schema1 {
        let message =
            ErrorCode::ManifestInvalid.detailed(json!({ "message": "manifest schema version not supported" }));
        return Some(Answer { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..message });
    }
    let is_tag = |repository: &Repository| repository.tags.get(reference).is_some();
    if policies.push.immutable_tags && context.state.store().repository(name).is_some_and(is_tag) {
        let message = format!(
            "The image tag '{reference}' already exists in the '{name}' repository and cannot be overwritten because the \
             repository is immutable."
        );
        return Some(error(StatusCode::BAD_REQUEST, "TAG_INVALID", &message));
    }
    None
}

fn refused_upload(context: &Context<'_>, request: &Parts, name: &str) -> Option<Answer> {
    let policies = &context.settings.policies;
    let from = query::value(request.uri.query(), "from");
    if policies.access.unknown_project_unauthorized && context.settings.access.is_user(request) {
        let unknown =
            [Some(name), from.as_deref()].into_iter().flatten().find(|name| !unknown::has_project(context, name));
        if let Some(name) = unknown {
            return Some(unknown::no_project(name));
        }
    }
    if policies.upload.mount_details && from.is_some_and(|from| !is_repository_name(&from)) {
        let mut answer =
            Answer::with_body(StatusCode::BAD_REQUEST, json!({ "details": "invalid repository name" }).to_string());
        answer.content_type("application/json");
        return Some(answer);
    }
    empty_blob(policies, request)
}

fn empty_blob(policies: &Policies, request: &Parts) -> Option<Answer> {
    let digest = query::value(request.uri.query(), "digest").and_then(|digest| digest.parse::<Digest>().ok())?;
    (policies.upload.empty_blob_fails && digest.matches(&[])).then(|| ErrorCode::Unknown.answer())
}

/// What is wrong with a manifest whose body has arrived.
pub(crate) fn judge(policies: &Policies, repository: Option<&Repository>, manifest: &Value) -> Option<Answer> {
    if !policies.any {
        return None;
    }
    let is_oci = manifest["schemaVersion"] == 2 && manifest["mediaType"].is_null();
    if policies.push.media_type_needed && is_oci {
        return Some(ErrorCode::Unsupported.saying("Invalid JSON syntax"));
    }
    if policies.push.subject.is(SubjectRule::Refused)
        && !(manifest["subject"].is_null() && manifest["artifactType"].is_null())
    {
        return Some(ErrorCode::Unsupported.answer());
    }
    let subject = manifest["subject"]["digest"].as_str();
    if policies.push.subject.is(SubjectRule::Needed)
        && subject.is_some_and(|subject| repository.and_then(|it| it.manifest(subject)).is_none())
    {
        return Some(error(StatusCode::NOT_FOUND, "notfound", "not found"));
    }
    let config = manifest["config"]["mediaType"].as_str();
    if policies.push.artifact_types_refused
        && config.is_some_and(|config| ![DOCKER_CONFIG, OCI_CONFIG].contains(&config))
    {
        return Some(ErrorCode::ManifestInvalid.answer());
    }
    let mut layers = manifest["layers"].as_array().into_iter().flatten();
    if policies.push.foreign_layers_fail && layers.any(|layer| !layer["urls"].is_null()) {
        return Some(ErrorCode::Unknown.answer());
    }
    let missing = policies.push.missing_blobs_refused.then(|| missing(repository, manifest)).flatten()?;
    let unknown = ErrorCode::ManifestBlobUnknown.detailed(json!(missing));
    Some(Answer { status: StatusCode::BAD_REQUEST, ..unknown })
}

/// The first digest that a manifest names and the repository does not have. Layers from elsewhere (`urls`) need not be
/// there.
fn missing<'a>(repository: Option<&Repository>, manifest: &'a Value) -> Option<&'a str> {
    let list = |key: &str| manifest[key].as_array().into_iter().flatten();
    let digest = |descriptor: &'a Value| descriptor["digest"].as_str();
    let layers = list("layers").filter(|layer| layer["urls"].is_null());
    let mut blobs = std::iter::once(&manifest["config"]).chain(layers).filter_map(digest);
    let mut children = list("manifests").filter_map(digest);
    blobs
        .find(|digest| repository.and_then(|it| it.blob(digest)).is_none())
        .or_else(|| children.find(|digest| repository.and_then(|it| it.manifest(digest)).is_none()))
}

pub(super) fn change(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>, answer: &mut Answer) {
    let policies = &context.settings.policies;
    if answer.status == StatusCode::CREATED {
        change_created(context, request, name, endpoint, answer);
    }
    if answer.status == StatusCode::PAYLOAD_TOO_LARGE
        && policies.push.large_is_invalid
        && matches!(endpoint, Endpoint::Manifest(_))
    {
        *answer = ErrorCode::ManifestInvalid.detailed(json!("http: request body too large"));
    }
    match endpoint {
        Endpoint::Manifest(_) if answer.status == StatusCode::CREATED && policies.push.says_ok => {
            answer.replace_body("OK");
        }
        Endpoint::Uploads | Endpoint::Upload(_) => change_upload(context, request, endpoint, answer),
        _ => {}
    }
    if context.settings.behaviour.read_only && !super::is_read(request) && policies.push.read_only_is_denied {
        let denied = ErrorCode::Denied.detailed(json!({ "is_readonly": true }));
        *answer = Answer { status: StatusCode::METHOD_NOT_ALLOWED, ..denied };
    }
}

/// Changes the names in the answer to a push: the digest of the content and its URL.
fn change_created(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>, answer: &mut Answer) {
    let policies = &context.settings.policies;
    if policies.blob.named_by_sha256
        && matches!(endpoint, Endpoint::Upload(_))
        && let Some(digest) = answer.headers.get(CONTENT_DIGEST).and_then(|digest| digest.to_str().ok())
        && let Some(digest) = blob::sha256(context, name, digest)
    {
        answer.header(LOCATION, &format!("/v2/{name}/blobs/{digest}"));
        answer.header(CONTENT_DIGEST, &digest.to_string());
    }
    if !policies.response.absolute_content_location {
        return;
    }
    let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    if let Some(path) = location.filter(|path| path.starts_with('/')) {
        let url = format!("{}{path}", context.state.url_for(request));
        answer.header(LOCATION, &url);
    }
}

fn change_upload(context: &Context<'_>, request: &Parts, endpoint: &Endpoint<'_>, answer: &mut Answer) {
    let policies = &context.settings.policies;
    let is_under_way = [StatusCode::ACCEPTED, StatusCode::NO_CONTENT].contains(&answer.status);
    let range = answer.headers.get(RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    if let (Some(range), true) = (range, policies.upload.odd_range && request.method != Method::PATCH) {
        let begins = *endpoint == Endpoint::Uploads && range == "0-0";
        answer.header(RANGE, &if begins { "bytes=0--1".to_owned() } else { format!("bytes={range}") });
    }
    let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok()).map(str::to_owned);
    if let (Some(path), true) = (location, is_under_way) {
        let url = context.state.url_for(request);
        match policies.upload.location.get() {
            Some(UploadLocation::Plain) => {
                answer.header(LOCATION, &format!("{}{path}", url.replacen("https://", "http://", 1)));
            }
            Some(UploadLocation::Absolute) => answer.header(LOCATION, &format!("{url}{path}")),
            None => {}
        }
    }
    if request.method == Method::PATCH && answer.status == StatusCode::ACCEPTED {
        answer.status = policies.upload.chunk_status.get().unwrap_or(answer.status);
        if answer.status == StatusCode::NO_CONTENT {
            answer.headers.remove(CONTENT_LENGTH);
        }
    }
}

fn length(request: &Parts) -> Option<u64> {
    request.headers.get(CONTENT_LENGTH).map(HeaderValue::to_str)?.ok()?.parse().ok()
}
