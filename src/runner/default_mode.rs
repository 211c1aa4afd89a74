//! Requests that name no import mode, to a target whose default is not `Legacy`.
//!
//! Most cases leave the mode out and expect `Legacy`, which is the default of most servers. Where the target has another
//! default, these requests say `Legacy` themselves, so that they mean the same everywhere. Cases about the default
//! (`about-default: import-mode`) are left as they are.

use http::Method;
use serde_json::{Map, Value};

use crate::{
    suite::{Action, Body, Request, Step},
    traits::ImportMode,
};

const FIELD: &str = "importMode";

/// Names `Legacy` wherever a request leaves the import mode to the target, if its default is another one.
pub(super) fn name_legacy(steps: &mut [Step], default: ImportMode) {
    if default == ImportMode::Legacy {
        return;
    }
    for step in steps {
        match &mut step.action {
            Action::Request(request) => in_request(request),
            Action::Together(members) => name_legacy(members, default),
            _ => {}
        }
    }
}

fn in_request(request: &mut Request) {
    let resource = request.resource().to_owned();
    if !matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
        return;
    }
    let Body::Json(body) = &mut request.body else { return };
    match resource.as_str() {
        "imagestreamimports" => {
            each(body.pointer_mut("/spec/images"), in_policy_of);
            body.pointer_mut("/spec/repository").map(in_policy_of);
        }
        "imagestreams" => each(body.pointer_mut("/spec/tags"), in_policy_of),
        "imagestreamtags" => {
            body.pointer_mut("/tag").map(in_policy_of);
        }
        _ => {}
    }
}

fn each(list: Option<&mut Value>, change: impl Fn(&mut Value)) {
    list.and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
}

/// Completes the import policy of an entry. What is no object is the case's own business.
fn in_policy_of(entry: &mut Value) {
    let Some(entry) = entry.as_object_mut() else { return };
    if let Some(policy) = entry.entry("importPolicy").or_insert_with(|| Map::new().into()).as_object_mut() {
        policy.entry(FIELD).or_insert_with(|| ImportMode::Legacy.as_str().into());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::suite::{Expectation, User};

    fn sent(path: &str, body: Value, default: ImportMode) -> Value {
        let action = Action::Request(Request { body: Body::Json(body), ..Request::new(Method::POST, path) });
        let mut steps = [Step {
            action,
            user: User::User,
            expect: Expectation::default(),
            keep: std::collections::BTreeMap::new(),
        }];
        name_legacy(&mut steps, default);
        let Action::Request(Request { body: Body::Json(body), .. }) = &steps[0].action else { panic!() };
        body.clone()
    }

    #[rstest]
    #[case::image("imagestreamimports?dryRun=All", json!({ "spec": { "images": [{}] } }), json!({ "spec": { "images": [{ "importPolicy": { "importMode": "Legacy" } }] } }))]
    #[case::absolute("/apis/image.openshift.io/v1/namespaces/a/imagestreamimports", json!({ "spec": { "repository": {} } }), json!({ "spec": { "repository": { "importPolicy": { "importMode": "Legacy" } } } }))]
    #[case::beside_another_field("imagestreams", json!({ "spec": { "tags": [{ "importPolicy": { "insecure": true } }] } }), json!({ "spec": { "tags": [{ "importPolicy": { "insecure": true, "importMode": "Legacy" } }] } }))]
    #[case::tag("imagestreamtags", json!({ "tag": { "name": "a" } }), json!({ "tag": { "name": "a", "importPolicy": { "importMode": "Legacy" } } }))]
    #[case::named_already("imagestreamimports", json!({ "spec": { "images": [{ "importPolicy": { "importMode": "X" } }] } }), json!({ "spec": { "images": [{ "importPolicy": { "importMode": "X" } }] } }))]
    #[case::of_another_type("imagestreamimports", json!({ "spec": { "images": [1, { "importPolicy": [] }] } }), json!({ "spec": { "images": [1, { "importPolicy": [] }] } }))]
    #[case::something_else("/api/v1/namespaces/a/secrets", json!({ "spec": { "images": [{}] } }), json!({ "spec": { "images": [{}] } }))]
    fn a_mode_is_named_where_it_was_left_out(#[case] path: &str, #[case] body: Value, #[case] expected: Value) {
        assert_eq!(sent(path, body, ImportMode::PreserveOriginal), expected);
    }

    #[test]
    fn nothing_is_added_where_the_default_is_the_usual_one() {
        let body = json!({ "spec": { "images": [{}] } });
        assert_eq!(sent("imagestreamimports", body.clone(), ImportMode::Legacy), body);
    }
}
