//! How registries ask for credentials, and how they refuse.

use base64::{Engine, prelude::BASE64_STANDARD};
use oci_mock_registry::registry::RegistryState;
use rstest::rstest;

use super::{MANIFEST, json, secured, with};
use crate::support::{ask, ask_with, body, error_code, header, registry};

const BEARER: &str = "{ scheme: bearer, users: { robot: secret } }";
const BASIC: &str = "{ scheme: basic, users: { robot: secret } }";
const PING: &str = "GET /v2/";

#[rstest]
#[case::usual("", PING, "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\"")]
#[case::ghcr(
    "placeholder-scope",
    PING,
    "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\",scope=\"repository:user/image:pull\""
)]
#[case::zot("empty-scope", PING, "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\",scope=\"\"")]
#[case::ecr_public(
    "aws-scope",
    MANIFEST,
    "Bearer realm=\"http://registry.test:5000/token/\",service=\"fixture\",scope=\"aws\""
)]
#[case::nexus("no-scope", MANIFEST, "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\"")]
#[case::openshift(
    "bare-challenge, token-at-openshift-token",
    MANIFEST,
    "Bearer realm=\"http://registry.test:5000/openshift/token\""
)]
#[case::quay(
    "challenge-asks-push, token-at-v2-auth",
    MANIFEST,
    "Bearer realm=\"http://registry.test:5000/v2/auth\",service=\"fixture\",scope=\"repository:lib/app:pull,push\""
)]
#[case::artifactory(
    "scope-without-first-part, token-behind-key",
    MANIFEST,
    "Bearer realm=\"http://registry.test:5000/artifactory/api/docker/lib/v2/token\",service=\"fixture\",scope=\"repository:app:pull\""
)]
#[case::acr(
    "tags-need-metadata-read, token-at-oauth2-token",
    "GET /v2/lib/app/tags/list",
    "Bearer realm=\"http://registry.test:5000/oauth2/token\",service=\"fixture\",scope=\"repository:lib/app:metadata_read\""
)]
#[case::codeberg(
    "two-challenges",
    PING,
    "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\",Basic realm=\"fixture\""
)]
#[case::harbor("basic-after-credentials", "GET /v2/_catalog", "Basic realm=\"harbor\"")]
#[case::harbor_first(
    "basic-after-credentials, token-at-service-token",
    PING,
    "Bearer realm=\"http://registry.test:5000/service/token\",service=\"fixture\""
)]
#[case::gitlab("token-at-jwt-auth", PING, "Bearer realm=\"http://registry.test:5000/jwt/auth\",service=\"fixture\"")]
#[case::gcr("token-at-v2-token", PING, "Bearer realm=\"http://registry.test:5000/v2/token\",service=\"fixture\"")]
fn a_registry_of_tokens_asks_in_its_own_way(#[case] quirks: &str, #[case] request: &str, #[case] expected: &str) {
    assert_eq!(header(&ask(&secured(BEARER, quirks), request), "www-authenticate"), Some(expected));
}

#[rstest]
#[case("", "Basic realm=\"fixture\"")]
#[case("upper-case-basic", "BASIC realm=\"fixture\"")]
#[case("basic-with-service", "Basic realm=\"http://registry.test:5000/\",service=\"ecr.amazonaws.com\"")]
fn a_registry_of_passwords_asks_in_its_own_way(#[case] quirk: &str, #[case] expected: &str) {
    assert_eq!(header(&ask(&secured(BASIC, quirk), PING), "www-authenticate"), Some(expected));
}

#[test]
fn tokens_may_be_given_on_another_host() {
    let registry = secured(BEARER, "realm-on-other-host");
    let challenge = ask_with(&registry, PING, &[("host", "127.0.0.1:5000")]);
    assert!(
        header(&challenge, "www-authenticate").unwrap().starts_with("Bearer realm=\"http://localhost:5000/token\"")
    );
}

#[rstest]
#[case::basic(
    "{ scheme: basic, users: { robot: secret }, anonymous: true }",
    "challenge-on-success",
    "Basic realm=\"fixture\""
)]
#[case::lower(
    "{ scheme: basic, users: { robot: secret }, anonymous: true }",
    "challenge-on-success, lower-case-scheme",
    "basic realm=fixture"
)]
fn a_ping_may_be_answered_and_challenged(#[case] auth: &str, #[case] quirks: &str, #[case] expected: &str) {
    let answer = ask(&secured(auth, quirks), PING);
    assert_eq!(answer.status, 200);
    assert_eq!(header(&answer, "www-authenticate"), Some(expected));
}

#[rstest]
#[case::of_tokens(BEARER, &["Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\"", "Basic realm=\"fixture\""])]
#[case::of_passwords(BASIC, &["Basic realm=\"fixture\""])]
fn challenges_may_be_header_fields_of_their_own(#[case] auth: &str, #[case] expected: &[&str]) {
    let registry = secured(auth, "separate-challenges");
    let challenged = ask(&registry, PING);
    let challenges: Vec<&str> =
        challenged.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(challenges, expected);
    let basic = format!("Basic {}", BASE64_STANDARD.encode("robot:secret"));
    assert_eq!(ask_with(&registry, MANIFEST, &[("authorization", &basic)]).status, 200);
}

#[test]
fn only_the_ping_may_have_a_challenge() {
    let registry = secured(BEARER, "challenge-on-ping-only");
    assert!(header(&ask(&registry, PING), "www-authenticate").is_some());
    let refused = ask(&registry, MANIFEST);
    assert_eq!((refused.status.as_u16(), header(&refused, "www-authenticate")), (401, None));
}

#[rstest]
#[case::usual("", 401, Some(r#",error="invalid_token""#))]
#[case::quay("no-error-in-challenge", 401, Some(r#"scope="repository:lib/app:pull""#))]
#[case::openshift("basic-after-token", 401, Some(r#"Basic realm=origin,error="access denied""#))]
#[case::harbor("basic-after-credentials", 401, Some(r#"Basic realm="harbor""#))]
#[case::ghcr("forbidden-without-challenge", 403, None)]
#[case::ecr("expired-is-denied", 403, None)]
#[case::ecr_public("bad-token-is-invalid", 400, None)]
fn a_token_that_is_none_is_refused(#[case] quirk: &str, #[case] status: u16, #[case] end: Option<&str>) {
    let refused = ask_with(&secured(BEARER, quirk), MANIFEST, &[("authorization", "Bearer invented")]);
    assert_eq!(refused.status.as_u16(), status);
    let challenge = header(&refused, "www-authenticate");
    assert_eq!(challenge.is_some(), end.is_some(), "{challenge:?}");
    assert!(challenge.unwrap_or_default().ends_with(end.unwrap_or_default()), "{challenge:?}");
}

#[rstest]
#[case::ecr("expired-is-denied", 403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")]
#[case::ghcr("forbidden-without-challenge", 403, "DENIED", "requested access to the resource is denied")]
#[case::usual("", 401, "UNAUTHORIZED", "authentication required")]
fn a_wrong_password_is_refused(#[case] quirk: &str, #[case] status: u16, #[case] code: &str, #[case] message: &str) {
    let wrong = format!("Basic {}", BASE64_STANDARD.encode("robot:wrong"));
    let refused = ask_with(&secured(BASIC, quirk), PING, &[("authorization", &wrong)]);
    let body: serde_json::Value = serde_json::from_slice(&body(&refused)).unwrap();
    assert_eq!((refused.status.as_u16(), &body["errors"][0]["code"]), (status, &code.into()));
    assert_eq!(body["errors"][0]["message"], message);
}

#[rstest]
#[case::docker_hub("scope-in-detail", r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Action":"pull","Class":"","Name":"lib/app","Type":"repository"}]}]}"#)]
#[case::quay("not-authorized-words, detail-always", r#"{"errors":[{"code":"UNAUTHORIZED","detail":{},"message":"access to the requested resource is not authorized"}]}"#)]
#[case::ecr_public("unauthorized-is-denied", r#"{"errors":[{"code":"DENIED","message":"Not Authorized"}]}"#)]
#[case::zot("bare-error-object", r#"{"code":"UNAUTHORIZED","message":"authentication required"}"#)]
fn whoever_comes_without_credentials_reads_this(#[case] quirks: &str, #[case] expected: &str) {
    let refused = ask(&secured(BEARER, quirks), MANIFEST);
    let parsed = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
    assert_eq!((refused.status.as_u16(), parsed(&body(&refused))), (401, parsed(expected.as_bytes())));
}

const UNKNOWN: &str = "GET /v2/lib/none/manifests/v1";

fn as_robot(registry: &RegistryState, request: &str) -> oci_mock_registry::registry::Answer {
    let basic = format!("Basic {}", BASE64_STANDARD.encode("robot:secret"));
    ask_with(registry, request, &[("authorization", &basic)])
}

#[test]
fn a_repository_that_is_not_there_is_kept_secret() {
    let secretive = with("unknown-is-unauthorized");
    let refused = ask(&secretive, UNKNOWN);
    let challenge = header(&refused, "www-authenticate").unwrap();
    assert_eq!(refused.status, 401);
    assert!(challenge.ends_with(r#"scope="repository:lib/none:pull""#), "{challenge}");
    // Its token endpoint answers everyone, as that of Docker Hub does, and with the token the registry says what it opens.
    let token = json(&secretive, "GET /token?scope=repository:lib/none:pull")["token"].as_str().unwrap().to_owned();
    let refused = ask_with(&secretive, UNKNOWN, &[("authorization", &format!("Bearer {token}"))]);
    let challenge = header(&refused, "www-authenticate").unwrap();
    assert!(challenge.ends_with(r#"scope="repository:lib/none:pull",error="insufficient_scope""#), "{challenge}");
}

/// Whoever may push to a repository looks there first, and has to learn that there is nothing yet.
#[test]
fn nothing_is_kept_secret_from_who_may_push() {
    assert_eq!(as_robot(&secured(BASIC, "unknown-is-unauthorized"), UNKNOWN).status, 404);
    let anonymous = "{ scheme: basic, users: { robot: secret }, anonymous: true }";
    assert_eq!(ask(&secured(anonymous, "unknown-is-unauthorized"), UNKNOWN).status, 401);
}

#[test]
fn a_repository_that_is_not_there_is_known_to_users() {
    let auth = "{ scheme: basic, users: { robot: secret }, anonymous: true }";
    let registry = secured(auth, "unknown-needs-user");
    assert_eq!(ask(&registry, UNKNOWN).status, 401);
    let told = as_robot(&registry, UNKNOWN);
    assert_eq!((told.status.as_u16(), error_code(&told).as_str()), (404, "NAME_UNKNOWN"));
}

#[test]
fn a_project_that_is_not_there_is_refused_with_an_empty_challenge() {
    let registry = secured(BASIC, "unknown-project-unauthorized");
    for request in [
        "GET /v2/ghost/app/manifests/v1",
        "POST /v2/ghost/app/blobs/uploads/",
        "POST /v2/lib/app/blobs/uploads/?mount=sha256:0&from=ghost/app",
    ] {
        let refused = as_robot(&registry, request);
        assert_eq!((refused.status.as_u16(), header(&refused, "www-authenticate")), (401, Some("")), "{request}");
        assert!(String::from_utf8_lossy(&body(&refused)).contains("project ghost not found"), "{request}");
    }
    assert_eq!(as_robot(&registry, UNKNOWN).status, 404);
    assert_eq!(as_robot(&registry, "POST /v2/lib/new/blobs/uploads/").status, 202);
}

#[rstest]
#[case("", 200)]
#[case("public-needs-token", 401)]
fn a_public_repository_may_need_a_token(#[case] quirk: &str, #[case] status: u16) {
    let auth = "{ scheme: bearer, users: { robot: secret }, public: [lib/app] }";
    let registry = secured(auth, quirk);
    assert_eq!(ask(&registry, MANIFEST).status.as_u16(), status);
    let token = json(&registry, "GET /token?scope=repository:lib/app:pull")["token"].as_str().unwrap().to_owned();
    assert_eq!(ask_with(&registry, MANIFEST, &[("authorization", &format!("Bearer {token}"))]).status, 200);
}

#[test]
fn the_ping_may_say_true_and_the_version_may_be_there_only() {
    let registry = with("ping-body-true, version-header-on-ping-only");
    let ping = ask(&registry, PING);
    assert_eq!(
        (body(&ping).as_ref(), header(&ping, "content-type")),
        (b"true".as_slice(), Some("text/html; charset=utf-8"))
    );
    assert!(header(&ping, "docker-distribution-api-version").is_some());
    assert_eq!(header(&ask(&registry, MANIFEST), "docker-distribution-api-version"), None);
}

#[test]
fn the_ping_may_be_redirected_to_its_slash() {
    let answer = ask(&with("bare-ping-redirected"), "GET /v2");
    assert_eq!((answer.status.as_u16(), header(&answer, "location")), (301, Some("/v2/")));
    assert_eq!(ask(&with("bare-ping-redirected"), PING).status, 200);
}

#[test]
fn every_answer_may_end_its_connection() {
    assert_eq!(header(&ask(&with("connection-close"), PING), "connection"), Some("close"));
}

#[test]
fn signatures_may_be_announced() {
    let announced =
        |registry: &RegistryState| header(&ask(registry, PING), "x-registry-supports-signatures").map(str::to_owned);
    assert_eq!(announced(&with("signature-extension")).as_deref(), Some("1"));
    assert_eq!(announced(&registry("{}")), None);
}
