//! The form of errors.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    fixture::policy::ManifestUnknownDetail,
    registry::{
        answer::Answer,
        context::Context,
        error::ErrorCode,
        route::{Endpoint, Route},
    },
};

/// Writes the errors of an answer as this registry does.
pub(super) fn change(context: &Context<'_>, route: &Route<'_>, answer: &mut Answer) {
    let policies = &context.settings.policies;
    let status = answer.status;
    let Some(mut errors) = errors(answer) else { return };
    for error in &mut errors {
        change_detail(context, route, error);
        if policies.error.numeric {
            let reason = status.canonical_reason().unwrap_or_default();
            *error = json!({ "status": status.as_u16(), "message": reason });
        }
    }
    let body = match errors.as_mut_slice() {
        [error] if policies.error.bare_object && status == StatusCode::UNAUTHORIZED => error.take(),
        _ => json!({ "errors": errors }),
    };
    let pretty = policies.error.numeric.then(|| serde_json::to_string_pretty(&body).ok()).flatten();
    answer.replace_body(pretty.unwrap_or_else(|| body.to_string()));
}

/// The errors in the body of an answer.
fn errors(answer: &Answer) -> Option<Vec<Value>> {
    (answer.status.is_client_error() || answer.status.is_server_error()).then_some(())?;
    let mut body: Value = serde_json::from_slice(&answer.body.bytes().ok()?).ok()?;
    match body.get_mut("errors")?.take() {
        Value::Array(errors) => Some(errors),
        _ => None,
    }
}

fn change_detail(context: &Context<'_>, route: &Route<'_>, error: &mut Value) {
    let policies = &context.settings.policies;
    if let Route::Repository(name, Endpoint::Manifest(reference)) = route
        && error["code"] == ErrorCode::ManifestUnknown.name()
    {
        match policies.error.manifest_unknown_detail.get() {
            // Words of their own say what is wrong.
            Some(ManifestUnknownDetail::Tag) if error["message"] != ErrorCode::ManifestUnknown.message() => {}
            Some(ManifestUnknownDetail::Tag) if reference.contains(':') => {
                error["detail"] = json!({ "Name": name, "Revision": reference });
            }
            Some(ManifestUnknownDetail::Tag) => error["detail"] = json!({ "Tag": reference }),
            Some(ManifestUnknownDetail::NameAndRevision) => {
                error["detail"] = json!([{ "Name": name }, { "Revision": reference }]);
            }
            None => {}
        }
    }
    if policies.error.detail_always && !error["detail"].is_object() {
        error["detail"] = json!({});
    }
}
