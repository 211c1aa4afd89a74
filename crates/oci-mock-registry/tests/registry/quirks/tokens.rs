//! Token endpoints.

use base64::{Engine, prelude::BASE64_STANDARD};
use oci_mock_registry::registry::{Answer, RegistryState};
use rstest::rstest;

use super::{MANIFEST, secured};
use crate::support::{ask, ask_with, body, header, registry, send};

const ANYONE: &str = "{ scheme: bearer, users: { robot: secret }, anonymous: true }";
const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const USERS: &str = "{ scheme: bearer, users: { robot: secret } }";

fn fields(answer: &Answer) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_slice(&body(answer)).unwrap()
}

fn as_robot(registry: &RegistryState, request: &str, password: &str) -> Answer {
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("robot:{password}")));
    ask_with(registry, request, &[("authorization", &basic)])
}

fn opens(registry: &RegistryState, token: &str, request: &str) -> u16 {
    ask_with(registry, request, &[("authorization", &format!("Bearer {token}"))]).status.as_u16()
}

#[rstest]
#[case("only-token", &["token"])]
#[case("only-access-token", &["access_token"])]
#[case("", &["access_token", "expires_in", "issued_at", "token"])]
fn a_token_comes_in_some_fields(#[case] quirk: &str, #[case] expected: &[&str]) {
    let answer = ask(&secured(ANYONE, quirk), "GET /token?scope=repository:lib/app:pull");
    assert_eq!(fields(&answer).keys().collect::<Vec<_>>(), expected);
}

#[test]
fn an_access_token_may_be_there_and_empty() {
    let fields = fields(&ask(&secured(ANYONE, "empty-access-token"), "GET /token?scope=repository:lib/app:pull"));
    assert_eq!(fields["access_token"], "");
    assert_ne!(fields["token"], "");
}

#[rstest]
#[case("token-post-not-allowed", 405)]
#[case("token-post-not-found", 404)]
#[case("token-post-unauthorized", 401)]
#[case("token-post-invalid", 400)]
#[case("", 200)]
fn a_form_may_be_refused(#[case] quirk: &str, #[case] expected: u16) {
    let registry = secured(USERS, quirk);
    let form = b"grant_type=password&username=robot&password=secret&scope=repository:lib/app:pull";
    assert_eq!(send(&registry, "POST /token", &[], form).status.as_u16(), expected);
    assert_eq!(as_robot(&registry, "GET /token?scope=repository:lib/app:pull", "secret").status, 200);
}

#[rstest]
#[case::no_scope("token-needs-scope", "", 401)]
#[case::scope("token-needs-scope", "?scope=repository:lib/app:pull", 200)]
#[case::joined("joined-scopes-refused", "?scope=repository:lib/app:pull%20repository:lib/b:pull", 400)]
#[case::repeated("joined-scopes-refused", "?scope=repository:lib/app:pull&scope=repository:lib/b:pull", 200)]
#[case::delete("delete-scope-refused", "?scope=repository:lib/app:delete", 400)]
#[case::star("delete-scope-refused", "?scope=repository:lib/app:*", 200)]
#[case::only_pull("wide-scope-refused", "?scope=repository:lib/app:pull,push", 403)]
#[case::pull("wide-scope-refused", "?scope=repository:lib/app:pull", 200)]
#[case::usual("", "?scope=repository:lib/app:pull,push", 200)]
fn an_anonymous_token_is_given_for_some_scopes(#[case] quirks: &str, #[case] query: &str, #[case] expected: u16) {
    assert_eq!(ask(&secured(ANYONE, quirks), &format!("GET /token{query}")).status.as_u16(), expected);
}

#[rstest]
#[case::usual("", 200, 200)]
#[case::ghcr("nothing-granted-is-unauthorized", 401, 200)]
#[case::gitlab("nothing-granted-is-forbidden", 403, 200)]
fn a_token_that_opens_nothing_may_be_refused(#[case] quirk: &str, #[case] anonymous: u16, #[case] user: u16) {
    let registry =
        secured("{ scheme: bearer, users: { robot: secret }, anonymous: true, only: { lib/app: [root] } }", quirk);
    let pushing = "GET /token?scope=repository:lib/app:push";
    assert_eq!(ask(&registry, pushing).status.as_u16(), anonymous);
    assert_eq!(as_robot(&registry, pushing, "secret").status.as_u16(), user);
}

#[rstest]
#[case("", 401)]
#[case("nothing-granted-is-forbidden", 403)]
fn a_wrong_password_may_be_forbidden(#[case] quirk: &str, #[case] expected: u16) {
    assert_eq!(as_robot(&secured(USERS, quirk), "GET /token", "wrong").status.as_u16(), expected);
}

#[test]
fn a_token_may_be_the_password() {
    let registry = secured(ANYONE, "token-is-password");
    let granted = fields(&as_robot(&registry, "GET /token", "secret"));
    assert_eq!((&granted["token"], &granted["access_token"]), (&"secret".into(), &"secret".into()));
    assert_eq!(fields(&ask(&registry, "GET /token"))["token"], "anonymous");
    assert_eq!(opens(&registry, "secret", "PUT /v2/lib/app/manifests/v2"), 400);
    assert_eq!([opens(&registry, "anonymous", MANIFEST), opens(&registry, "wrong", MANIFEST)], [200, 401]);
    assert_eq!(opens(&registry, "anonymous", "PUT /v2/lib/app/manifests/v2"), 401);
}

#[test]
fn a_token_for_no_repository_may_open_all() {
    let registry = secured(ANYONE, "aws-scope");
    let token = fields(&ask(&registry, "GET /token/?service=fixture&scope=aws"))["token"].as_str().unwrap().to_owned();
    assert_eq!(opens(&registry, &token, MANIFEST), 200);
    assert_eq!(opens(&registry, &token, "POST /v2/lib/app/blobs/uploads/"), 401);
}

/// What is restricted to some stays so, whatever a token is for.
#[rstest]
#[case::anonymous("", None, "GET /token?scope=repository:lib/app:pull", 401)]
#[case::aws("aws-scope", Some("secret"), "GET /token/?scope=aws", 401)]
#[case::full_name("scope-without-first-part", Some("secret"), "GET /token?scope=repository:lib/app:pull", 401)]
#[case::short_name("scope-without-first-part", Some("secret"), "GET /token?scope=repository:app:pull", 401)]
fn a_token_never_opens_what_is_for_others(
    #[case] quirk: &str,
    #[case] password: Option<&str>,
    #[case] request: &str,
    #[case] expected: u16,
) {
    let auth = "{ scheme: bearer, users: { robot: secret }, anonymous: true, only: { lib/app: [root] } }";
    let registry = secured(auth, quirk);
    let answer = match password {
        Some(password) => as_robot(&registry, request, password),
        None => ask(&registry, request),
    };
    assert_eq!(opens(&registry, fields(&answer)["token"].as_str().unwrap(), MANIFEST), expected);
}

/// A token for every repository opens those that are open to all, and no others.
#[rstest]
#[case("?scope=aws")]
#[case("")]
fn a_token_of_nobody_opens_what_is_public(#[case] query: &str) {
    let registry = registry(&format!(
        "{{ repositories: {{ lib/app: {{ v1: s2-basic }}, lib/priv: {{ v1: s2-basic }} }},          auth: {{ scheme: bearer, users: {{ robot: secret }}, public: [lib/app] }}, quirks: [ecr-public{}] }}",
        ""
    ));
    let token = fields(&ask(&registry, &format!("GET /token/{query}")))["token"].as_str().unwrap().to_owned();
    assert_eq!(opens(&registry, &token, MANIFEST), 200);
    assert_eq!(opens(&registry, &token, "GET /v2/lib/priv/manifests/v1"), 401);
}

#[rstest]
#[case::openshift("openshift", "/openshift/token", "")]
#[case::artifactory("artifactory", "/artifactory/api/docker/lib/v2/token", "?scope=repository:lib/app:pull")]
#[case::docker_hub("docker-hub", "/token", "?scope=repository:lib/app:pull")]
#[case::quay("quay", "/v2/auth", "?scope=repository:lib/app:pull")]
fn anyone_pulls_from_public_repositories_with_a_token_of_nobody(
    #[case] profile: &str,
    #[case] path: &str,
    #[case] query: &str,
) {
    let registry = secured("{ scheme: bearer, users: { robot: secret }, public: [lib/app] }", profile);
    let granted = fields(&ask(&registry, &format!("GET {path}{query}")));
    let headers =
        [("authorization", format!("Bearer {}", granted["token"].as_str().unwrap())), ("accept", SCHEMA2.to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(ask_with(&registry, MANIFEST, &headers).status, 200);
}

#[test]
fn anyone_may_be_given_a_token_that_opens_nothing() {
    let registry = secured(USERS, "token-for-anyone");
    let answer = ask(&registry, "GET /token?scope=repository:lib/app:pull");
    assert_eq!(opens(&registry, fields(&answer)["token"].as_str().unwrap(), MANIFEST), 401);
}

#[test]
fn whoever_may_push_may_delete_where_there_is_no_other_action() {
    let registry = secured(USERS, "quay");
    let challenge = ask(&registry, "DELETE /v2/lib/app/manifests/v1");
    assert!(header(&challenge, "www-authenticate").unwrap().ends_with("scope=\"repository:lib/app:pull,push\""));
    let token = as_robot(&registry, "GET /v2/auth?scope=repository:lib/app:pull,push", "secret");
    assert_eq!(opens(&registry, fields(&token)["token"].as_str().unwrap(), "DELETE /v2/lib/app/manifests/v1"), 202);
}

#[test]
fn a_token_alone_comes_without_one_to_refresh_it() {
    let answer = as_robot(&secured(USERS, "only-token"), "GET /token?offline_token=true", "secret");
    assert_eq!(fields(&answer).keys().collect::<Vec<_>>(), ["token"]);
}

#[test]
fn a_scope_may_leave_out_the_key_of_the_server() {
    let registry = secured(USERS, "scope-without-first-part, token-behind-key");
    let token = as_robot(&registry, "GET /artifactory/api/docker/lib/v2/token?scope=repository:app:pull", "secret");
    assert_eq!(opens(&registry, fields(&token)["token"].as_str().unwrap(), MANIFEST), 200);
}

#[test]
fn listing_tags_may_need_an_action_of_its_own() {
    let registry = secured(USERS, "tags-need-metadata-read");
    let token = |action: &str| {
        let answer = as_robot(&registry, &format!("GET /token?scope=repository:lib/app:{action}"), "secret");
        fields(&answer)["token"].as_str().unwrap().to_owned()
    };
    let list = "GET /v2/lib/app/tags/list";
    assert_eq!([opens(&registry, &token("pull"), MANIFEST), opens(&registry, &token("pull"), list)], [200, 401]);
    assert_eq!(opens(&registry, &token("metadata_read"), list), 200);
}

#[test]
fn errors_of_the_endpoint_may_be_details() {
    let refused = as_robot(&secured(USERS, "token-errors-as-details"), "GET /token", "wrong");
    assert_eq!((refused.status.as_u16(), header(&refused, "content-type")), (401, Some("application/json")));
    assert_eq!(body(&refused), r#"{"details":"incorrect username or password"}"#);
}

/// Where tokens are given elsewhere, `/token` is nothing.
#[test]
fn the_usual_path_is_unknown_where_tokens_are_given_elsewhere() {
    let registry = secured(USERS, "token-at-v2-auth");
    assert_eq!(ask(&registry, "GET /token").status, 401);
    assert!(registry.journal(0)[0].unexpected);
}
