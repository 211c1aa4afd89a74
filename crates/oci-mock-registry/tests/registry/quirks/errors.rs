//! What errors look like.

use rstest::rstest;
use serde_json::{Value, json};

use super::{MANIFEST, with};
use crate::support::{ask, ask_with, body, header};

const NO_TAG: &str = "GET /v2/lib/app/manifests/none";
const NO_REPOSITORY: &str = "GET /v2/lib/none/tags/list";

#[rstest]
#[case::usual("", NO_TAG, 404, json!([{ "code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": { "reference": "none" } }]))]
#[case::docker_hub("tag-in-detail", NO_TAG, 404, json!([{ "code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": { "Tag": "none" } }]))]
#[case::nexus("detail-as-list", NO_TAG, 404, json!([{ "code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": [{ "Name": "lib/app" }, { "Revision": "none" }] }]))]
#[case::harbor_tag("unknown-is-not-found", NO_TAG, 404, json!([{ "code": "NOT_FOUND", "message": "artifact lib/app:none not found" }]))]
#[case::harbor_repository("unknown-is-not-found", NO_REPOSITORY, 404, json!([{ "code": "NOT_FOUND", "message": "repository lib/none not found" }]))]
#[case::redhat("unknown-is-numeric", NO_REPOSITORY, 404, json!([{ "code": "404", "message": "Not Found" }]))]
#[case::artifactory("numeric-errors", NO_TAG, 404, json!([{ "status": 404, "message": "Not Found" }]))]
#[case::distribution("unknown-name-on-lists-only, tag-in-detail", "GET /v2/lib/none/manifests/v1", 404, json!([{ "code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": { "Tag": "v1" } }]))]
#[case::distribution_lists("unknown-name-on-lists-only", NO_REPOSITORY, 404, json!([{ "code": "NAME_UNKNOWN", "message": "repository name not known to registry", "detail": { "name": "lib/none" } }]))]
#[case::quay("detail-always", "GET /v2/lib/app/tags/list?n=x", 400, json!([{ "code": "PAGINATION_NUMBER_INVALID", "message": "invalid number of results requested", "detail": {} }]))]
fn what_is_not_there_is_told_like_this(
    #[case] quirk: &str,
    #[case] request: &str,
    #[case] status: u16,
    #[case] errors: Value,
) {
    let answer = ask(&with(quirk), request);
    let body: Value = serde_json::from_slice(&body(&answer)).unwrap();
    assert_eq!((answer.status.as_u16(), &body["errors"]), (status, &errors));
}

#[test]
fn a_missing_tag_may_be_no_json_at_all() {
    let answer = ask(&with("unknown-is-numeric"), NO_TAG);
    assert_eq!((answer.status.as_u16(), body(&answer).as_ref()), (404, b"Not found".as_slice()));
    assert_eq!(header(&answer, "content-type"), None);
}

#[test]
fn a_missing_manifest_may_be_forbidden() {
    let registry = with("absent-is-forbidden");
    assert_eq!(ask(&registry, "HEAD /v2/lib/app/manifests/none").status, 403);
    assert_eq!(ask(&registry, NO_TAG).status, 404);
}

#[test]
fn harbor_sets_a_cookie() {
    assert!(header(&ask(&with("unknown-is-not-found"), NO_TAG), "set-cookie").unwrap().starts_with("sid="));
}

#[test]
fn an_accept_of_manifests_may_be_refused_elsewhere() {
    let registry = with("manifest-accept-refused, numeric-errors");
    let manifests = [("accept", "application/vnd.docker.distribution.manifest.v2+json")];
    let refused = ask_with(&registry, "GET /v2/lib/app/tags/list", &manifests);
    assert_eq!(refused.status, 406);
    assert_eq!(
        body(&refused),
        "{\n  \"errors\": [\n    {\n      \"message\": \"Not Acceptable\",\n      \"status\": 406\n    }\n  ]\n}"
    );
    assert_eq!(ask_with(&registry, MANIFEST, &manifests).status, 200);
    assert_eq!(ask_with(&registry, "GET /v2/lib/app/tags/list", &[("accept", "*/*")]).status, 200);
}
