//! Manifests that are served in another way, or as something else.

use std::sync::atomic::Ordering;

use http::{
    HeaderName, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, ETAG, LOCATION},
    request::Parts,
};
use serde_json::{Value, json};

use super::{accept, is_read};
use crate::{
    fixture::{Policies, canonical_digest, policy::Unaccepted, rewritten_to_schema1},
    registry::{
        answer::Answer,
        api::pull,
        context::Context,
        error::{ErrorCode, error},
        header::CONTENT_DIGEST,
        query,
        route::Endpoint,
        store::Repository,
    },
};
use oci_types::{
    Algorithm, Digest,
    media_type::{DOCKER_MANIFEST_LIST, DOCKER_MANIFEST_V1_SIGNED, DOCKER_MANIFEST_V2, OCI_INDEX, OCI_MANIFEST},
};

/// The number of manifests that `ratelimit-limit` says an anonymous client may pull in six hours.
const PULL_LIMIT: u64 = 100;

pub(super) fn instead(context: &Context<'_>, request: &Parts, name: &str, endpoint: &Endpoint<'_>) -> Option<Answer> {
    let policies = &context.settings.policies;
    if let Endpoint::Manifest(reference) = endpoint
        && let Some(refusal) = refused_digest(context, request, reference)
    {
        return Some(refusal);
    }
    is_read(request).then_some(())?;
    let Endpoint::Manifest(reference) = endpoint else {
        let refused = policies.manifest.accept_refused_elsewhere && accept::only_manifests(request);
        return refused.then(|| error(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", "Not Acceptable"));
    };
    if request.method == Method::HEAD {
        if let Some(status) = policies.manifest.head.get() {
            return Some(Answer::empty(status));
        }
    } else if policies.manifest.rate_limit_headers || policies.limits.pulls.get().is_some() {
        let pulls = context.state.pulls.fetch_add(1, Ordering::Relaxed);
        if policies.limits.pulls.get().is_some_and(|most| pulls >= most) {
            let message = "You have reached your unauthenticated pull rate limit.";
            return Some(error(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", message));
        }
    }
    if policies.manifest.redirected && query::value(request.uri.query(), "region").is_none() {
        let mut answer = Answer::empty(StatusCode::TEMPORARY_REDIRECT);
        let region = context.state.url_elsewhere(request).unwrap_or_default();
        answer.header(LOCATION, &format!("{region}/v2/{name}/manifests/{reference}?region=fixture"));
        return Some(answer);
    }
    // Only the digest itself: cosign's tags have something behind it.
    let subject: Digest =
        reference.replacen('-', ":", 1).parse().ok().filter(|_| policies.referrers.fallback_tag_is_subject)?;
    let store = context.state.store();
    Some(pull::manifest(store.repository(name)?, &subject.to_string(), request, policies))
}

pub(super) fn change(context: &Context<'_>, request: &Parts, name: &str, reference: &str, answer: &mut Answer) {
    let policies = &context.settings.policies;
    if !is_read(request) {
        return;
    }
    if policies.manifest.rate_limit_headers {
        let left = PULL_LIMIT.saturating_sub(context.state.pulls.load(Ordering::Relaxed));
        answer.header(HeaderName::from_static("ratelimit-limit"), &format!("{PULL_LIMIT};w=21600"));
        answer.header(HeaderName::from_static("ratelimit-remaining"), &format!("{left};w=21600"));
        answer.header(HeaderName::from_static("docker-ratelimit-source"), "127.0.0.1");
    }
    if answer.status != StatusCode::OK {
        return;
    }
    let by_tag = !reference.contains(':');
    if policies.manifest.accept_decides
        && media_type(answer).is_some_and(|media_type| !accept::names(request, media_type))
    {
        *answer = ErrorCode::ManifestUnknown.detailed(json!("the Accept header does not name the manifest's type"));
        return;
    }
    if policies.manifest.oci_needs_accept
        && let Some(refusal) = refused_oci(request, answer)
    {
        *answer = refusal;
        return;
    }
    if by_tag && let Some(repository) = context.state.store().repository(name) {
        if policies.manifest.unaccepted_list.is(Unaccepted::Converted) {
            serve_child(repository, request, policies, answer);
        }
        if policies.manifest.unaccepted_schema2.is(Unaccepted::Converted) {
            serve_schema1(repository, request, name, reference, answer);
        }
    }
    if policies.manifest.no_digest || (policies.manifest.no_digest_by_tag && by_tag && request.method == Method::GET) {
        answer.headers.remove(CONTENT_DIGEST);
    }
    if policies.manifest.no_etag {
        answer.headers.remove(ETAG);
    }
    if policies.manifest.as_json {
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
}

/// The refusal of a digest that is malformed or by another algorithm than the registry's.
fn refused_digest(context: &Context<'_>, request: &Parts, reference: &str) -> Option<Answer> {
    let policies = &context.settings.policies.manifest;
    if !reference.contains(':') || request.method == Method::DELETE {
        return None;
    }
    match reference.parse::<Digest>() {
        Err(_) => policies.malformed_digest_fails.then(|| ErrorCode::Unknown.answer()),
        Ok(digest) => (policies.sha256_only && digest.algorithm() != Algorithm::Sha256 && is_read(request))
            .then(|| ErrorCode::ManifestUnknown.detailed(json!({ "reference": reference }))),
    }
}

fn media_type(answer: &Answer) -> Option<&str> {
    answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

fn refused_oci(request: &Parts, answer: &Answer) -> Option<Answer> {
    let kinds = [(OCI_MANIFEST, "manifest", "manifests"), (OCI_INDEX, "index", "indexes")];
    let (media_type, kind, kinds) = kinds.into_iter().find(|(kind, ..)| media_type(answer) == Some(*kind))?;
    let refused = !accept::names(request, media_type);
    let message = format!("OCI {kind} found, but accept header does not support OCI {kinds}");
    refused.then(|| ErrorCode::ManifestUnknown.saying(&message))
}

/// Serves the linux/amd64 image of a list to a client that does not know lists, if need be only where it knows schema 2.
fn serve_child(repository: &Repository, request: &Parts, policies: &Policies, answer: &mut Answer) {
    if media_type(answer) != Some(DOCKER_MANIFEST_LIST) || accept::names(request, DOCKER_MANIFEST_LIST) {
        return;
    }
    let list: Value = answer.body.bytes().ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
    let children = list["manifests"].as_array().into_iter().flatten();
    let mut children =
        children.filter(|child| child["platform"]["os"] == "linux" && child["platform"]["architecture"] == "amd64");
    let child = children.next().and_then(|child| child["digest"].as_str());
    *answer = match child {
        Some(_) if policies.manifest.child_needs_accept && !accept::names(request, DOCKER_MANIFEST_V2) => {
            ErrorCode::ManifestInvalid.saying("Schema 2 manifest not supported by client")
        }
        Some(digest) => pull::manifest(repository, digest, request, policies),
        None => ErrorCode::ManifestUnknown.answer(),
    };
}

/// Serves schema 1 to a client that does not know schema 2.
fn serve_schema1(repository: &Repository, request: &Parts, name: &str, tag: &str, answer: &mut Answer) {
    if media_type(answer) != Some(DOCKER_MANIFEST_V2) || accept::names(request, DOCKER_MANIFEST_V2) {
        return;
    }
    let config = |manifest: &Value| repository.blob(manifest["config"]["digest"].as_str()?)?.bytes().ok();
    let rewritten = answer.body.bytes().ok().and_then(|body| {
        let manifest: Value = serde_json::from_slice(&body).ok()?;
        rewritten_to_schema1(name, tag, &manifest, &serde_json::from_slice(&config(&manifest)?).ok()?)
    });
    match rewritten {
        Some(body) => {
            let digest = canonical_digest(DOCKER_MANIFEST_V1_SIGNED, Algorithm::Sha256, &body).to_string();
            answer.header(CONTENT_DIGEST, &digest);
            answer.header(ETAG, &format!("\"{digest}\""));
            answer.replace_body(body);
            answer.content_type(DOCKER_MANIFEST_V1_SIGNED);
        }
        None => *answer = ErrorCode::ManifestInvalid.answer(),
    }
}
