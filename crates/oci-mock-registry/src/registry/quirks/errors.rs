//! The form of errors.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    fixture::Quirk,
    registry::{
        answer::Answer,
        error::ErrorCode,
        route::{Endpoint, Route},
        settings::Context,
    },
};

/// Writes the errors of an answer as this registry does.
pub(super) fn change(context: &Context<'_>, route: &Route<'_>, answer: &mut Answer) {
    let has = |quirk| context.settings.has(quirk);
    let status = answer.status;
    let Some(mut errors) = errors(answer) else { return };
    for error in &mut errors {
        change_detail(context, route, error);
        if has(Quirk::NumericErrors) {
            let reason = status.canonical_reason().unwrap_or_default();
            *error = json!({ "status": status.as_u16(), "message": reason });
        }
    }
    let body = match errors.as_mut_slice() {
        [error] if has(Quirk::BareErrorObject) && status == StatusCode::UNAUTHORIZED => error.take(),
        _ => json!({ "errors": errors }),
    };
    let pretty = has(Quirk::NumericErrors).then(|| serde_json::to_string_pretty(&body).ok()).flatten();
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
    let has = |quirk| context.settings.has(quirk);
    if let Route::Repository(name, Endpoint::Manifest(reference)) = route
        && error["code"] == ErrorCode::ManifestUnknown.name()
    {
        if has(Quirk::TagInDetail) && !reference.contains(':') {
            error["detail"] = json!({ "Tag": reference });
        }
        if has(Quirk::DetailAsList) {
            error["detail"] = json!([{ "Name": name }, { "Revision": reference }]);
        }
    }
    if has(Quirk::DetailAlways) && !error["detail"].is_object() {
        error["detail"] = json!({});
    }
}
