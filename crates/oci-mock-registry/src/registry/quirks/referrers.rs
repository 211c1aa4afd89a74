//! Lists of referrers, where there are some.

use http::{HeaderName, StatusCode};
use serde_json::json;

use crate::{
    fixture::policy::UnknownSubject,
    registry::{answer::Answer, context::Context, error::ErrorCode, header::SUBJECT, route::Endpoint},
};

pub(super) fn instead(context: &Context<'_>, name: &str, endpoint: &Endpoint<'_>) -> Option<Answer> {
    let Endpoint::Referrers(digest) = endpoint else { return None };
    let policies = &context.settings.policies;
    if policies.referrers.absent {
        return Some(Answer::empty(StatusCode::NOT_FOUND));
    }
    let is_known =
        || context.state.store().repository(name).is_some_and(|repository| repository.manifest(digest).is_some());
    if policies.referrers.unknown_subject.is(UnknownSubject::Invalid) && !is_known() {
        let invalid = ErrorCode::ManifestInvalid.detailed(json!({ "message": "the subject is unknown" }));
        return Some(invalid);
    }
    (policies.referrers.unknown_subject.is(UnknownSubject::NotFound) && !is_known())
        .then(|| Answer::empty(StatusCode::NOT_FOUND))
}

pub(super) fn change(context: &Context<'_>, endpoint: &Endpoint<'_>, answer: &mut Answer) {
    const COUNT: HeaderName = HeaderName::from_static("x-total-count");
    let policies = &context.settings.policies;
    if matches!(endpoint, Endpoint::Manifest(_)) && policies.referrers.absent && !policies.referrers.subject_echoed {
        answer.headers.remove(SUBJECT);
    }
    if matches!(endpoint, Endpoint::Referrers(_)) && policies.referrers.counted && answer.status == StatusCode::OK {
        let body = answer.body.bytes().ok().and_then(|body| serde_json::from_slice::<serde_json::Value>(&body).ok());
        let count = body.and_then(|body| body["manifests"].as_array().map(Vec::len)).unwrap_or_default();
        answer.headers.insert(COUNT, count.into());
    }
}
