//! Credentials, challenges and tokens.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::StatusCode;
use oci_mock_registry::registry::RegistryState;
use rstest::rstest;

use crate::support::{ask, ask_with, body, error_code, header, registry, send};

const MANIFEST: &str = "GET /v2/lib/app/manifests/v1";

fn secured(auth: &str) -> RegistryState {
    registry(&format!("repositories: {{ lib/app: {{ v1: s2-basic }} }}\nauth: {auth}"))
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

#[rstest]
#[case("robot:secret", StatusCode::OK)]
#[case("robot:wrong", StatusCode::UNAUTHORIZED)]
#[case("someone:secret", StatusCode::UNAUTHORIZED)]
fn basic_asks_for_a_user(#[case] credentials: &str, #[case] expected: StatusCode) {
    let registry = secured("{ scheme: basic, users: { robot: secret } }");
    let refused = ask(&registry, "GET /v2/");
    assert_eq!((refused.status, error_code(&refused).as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    assert_eq!(header(&refused, "www-authenticate"), Some("Basic realm=\"fixture\""));
    assert_eq!(ask_with(&registry, MANIFEST, &[("authorization", &basic(credentials))]).status, expected);
}

/// What the token endpoint says to these credentials.
fn token(registry: &RegistryState, credentials: Option<&str>, scope: &str) -> (StatusCode, String) {
    let header = credentials.map(basic);
    let headers: Vec<_> = header.iter().map(|value| ("authorization", value.as_str())).collect();
    let answer = ask_with(registry, &format!("GET /token?service=fixture&scope={scope}"), &headers);
    let body: serde_json::Value = serde_json::from_slice(&body(&answer)).unwrap();
    (answer.status, body["token"].as_str().unwrap_or_default().to_owned())
}

fn with_token(registry: &RegistryState, request: &str, token: &str) -> StatusCode {
    ask_with(registry, request, &[("authorization", &format!("Bearer {token}"))]).status
}

#[test]
fn bearer_says_where_tokens_are_given_and_for_what() {
    let registry = secured("{ scheme: bearer, users: { robot: secret } }");
    let realm = "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\"";
    assert_eq!(header(&ask(&registry, "GET /v2/"), "www-authenticate"), Some(realm));
    let scoped = format!("{realm},scope=\"repository:lib/app:pull\"");
    assert_eq!(header(&ask(&registry, MANIFEST), "www-authenticate"), Some(scoped.as_str()));
}

#[test]
fn a_token_opens_what_it_was_given_for() {
    let registry = secured("{ scheme: bearer, users: { robot: secret } }");
    let (status, pull) = token(&registry, Some("robot:secret"), "repository:lib/app:pull");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(with_token(&registry, MANIFEST, &pull), StatusCode::OK);
    assert_eq!(with_token(&registry, "GET /v2/", &pull), StatusCode::OK);
    assert_eq!(with_token(&registry, "GET /v2/lib/other/tags/list", &pull), StatusCode::UNAUTHORIZED);
    assert_eq!(with_token(&registry, MANIFEST, "invented"), StatusCode::UNAUTHORIZED);
}

/// As distribution has it (`registry/handlers/app.go`): listing repositories is an action of its own.
#[rstest]
#[case::user("users: { robot: secret }", Some("robot:secret"), "registry:catalog:*", 200)]
#[case::another_action("users: { robot: secret }", Some("robot:secret"), "registry:catalog:pull", 401)]
#[case::a_repository("users: { robot: secret }", Some("robot:secret"), "repository:lib/app:pull", 401)]
#[case::every_repository("users: { robot: secret }", Some("robot:secret"), "repository:*:*", 200)]
#[case::beside_a_repository(
    "users: { robot: secret }",
    Some("robot:secret"),
    "repository:lib/app:pull%20registry:catalog:*",
    200
)]
#[case::anyone("anonymous: true", None, "registry:catalog:*", 200)]
#[case::anyone_without("anonymous: true", None, "repository:lib/app:pull", 401)]
fn the_catalog_has_a_scope_of_its_own(
    #[case] auth: &str,
    #[case] credentials: Option<&str>,
    #[case] scope: &str,
    #[case] expected: u16,
) {
    let registry = secured(&format!("{{ scheme: bearer, {auth} }}"));
    let challenge = header(&ask(&registry, "GET /v2/_catalog"), "www-authenticate").unwrap().to_owned();
    assert!(challenge.ends_with(",scope=\"registry:catalog:*\""), "{challenge}");
    let (_, token) = token(&registry, credentials, scope);
    assert_eq!(with_token(&registry, "GET /v2/_catalog", &token).as_u16(), expected);
}

#[rstest]
#[case("users: { robot: secret }", None, 401)]
#[case("users: { robot: secret }", Some("robot:secret"), 200)]
#[case("anonymous: true", None, 200)]
fn the_catalog_is_read_with_a_password(#[case] auth: &str, #[case] credentials: Option<&str>, #[case] expected: u16) {
    let registry = secured(&format!("{{ scheme: basic, {auth} }}"));
    let header = credentials.map(basic);
    let headers: Vec<_> = header.iter().map(|value| ("authorization", value.as_str())).collect();
    assert_eq!(ask_with(&registry, "GET /v2/_catalog", &headers).status.as_u16(), expected);
}

#[rstest]
#[case("{ scheme: bearer, users: { robot: secret } }", None, StatusCode::UNAUTHORIZED)]
#[case("{ scheme: bearer, users: { robot: secret } }", Some("robot:wrong"), StatusCode::UNAUTHORIZED)]
#[case("{ scheme: bearer, anonymous: true }", None, StatusCode::OK)]
fn a_token_is_given_to_users_and_to_anyone_where_the_fixture_says_so(
    #[case] auth: &str,
    #[case] credentials: Option<&str>,
    #[case] expected: StatusCode,
) {
    assert_eq!(token(&secured(auth), credentials, "repository:lib/app:pull").0, expected);
}

#[test]
fn a_denied_repository_is_denied_with_a_valid_token() {
    let registry = secured("{ scheme: bearer, users: { robot: secret }, deny: [lib/app] }");
    let (_, token) = token(&registry, Some("robot:secret"), "repository:lib/app:pull");
    assert_eq!(with_token(&registry, MANIFEST, &token), StatusCode::FORBIDDEN);
}

/// What the token endpoint says to a form.
fn posted(registry: &RegistryState, form: &str) -> serde_json::Value {
    let answer =
        send(registry, "POST /token", &[], format!("service=fixture&scope=repository:lib/app:pull&{form}").as_bytes());
    serde_json::from_slice(&body(&answer)).unwrap()
}

#[test]
fn a_token_can_be_asked_for_with_a_form_and_refreshed() {
    let registry = secured("{ scheme: bearer, users: { robot: secret } }");
    let granted = posted(&registry, "grant_type=password&username=robot&password=secret&access_type=offline");
    assert_eq!(with_token(&registry, MANIFEST, granted["access_token"].as_str().unwrap()), StatusCode::OK);
    let refresh = granted["refresh_token"].as_str().unwrap();
    assert_eq!(with_token(&registry, MANIFEST, refresh), StatusCode::UNAUTHORIZED);
    let again = posted(&registry, &format!("grant_type=refresh_token&refresh_token={refresh}"));
    assert_eq!(with_token(&registry, MANIFEST, again["access_token"].as_str().unwrap()), StatusCode::OK);
    let wrong = posted(&registry, "grant_type=password&username=robot&password=wrong");
    assert_eq!(wrong["errors"][0]["code"], "UNAUTHORIZED");
}

#[rstest]
#[case::ended("tokenLife: 0s")]
#[case::for_someone_else("tokenAudience: other")]
fn a_token_may_open_nothing(#[case] option: &str) {
    let registry = secured(&format!("{{ scheme: bearer, users: {{ robot: secret }}, {option} }}"));
    let (status, token) = token(&registry, Some("robot:secret"), "repository:lib/app:pull");
    assert_eq!(status, StatusCode::OK);
    let answer = ask_with(&registry, MANIFEST, &[("authorization", &format!("Bearer {token}"))]);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(header(&answer, "www-authenticate").unwrap().ends_with("error=\"invalid_token\""));
}

#[rstest]
#[case("basic")]
#[case("bearer")]
fn a_repository_can_be_open_to_all_or_to_some(#[case] scheme: &str) {
    let registry = registry(&format!(
        "repositories: {{ public: {{ v1: s2-basic }}, secret: {{ v1: s2-basic }} }}\n\
         auth: {{ scheme: {scheme}, users: {{ robot: secret, root: secret }}, public: [public], only: {{ secret: [root] }} }}"
    ));
    let status = |user: Option<&str>, repository: &str| {
        let request = format!("GET /v2/{repository}/manifests/v1");
        let credentials = user.map(|user| format!("{user}:secret"));
        let authorization = match (credentials, scheme) {
            (None, _) => return ask(&registry, &request).status.as_u16(),
            (Some(credentials), "basic") => basic(&credentials),
            (Some(credentials), _) => {
                format!("Bearer {}", token(&registry, Some(&credentials), &format!("repository:{repository}:pull")).1)
            }
        };
        ask_with(&registry, &request, &[("authorization", &authorization)]).status.as_u16()
    };
    assert_eq!([status(None, "public"), status(None, "secret")], [200, 401]);
    assert_eq!([status(Some("root"), "secret"), status(Some("robot"), "public")], [200, 200]);
    assert_eq!(status(Some("robot"), "secret"), if scheme == "basic" { 403 } else { 401 });
}

/// As containers/image does once the ping has asked for a user and it has no credentials.
#[test]
fn an_empty_user_without_a_password_is_nobody() {
    let registry = secured("{ scheme: basic, users: { robot: secret }, public: [lib/app] }");
    assert_eq!(ask_with(&registry, MANIFEST, &[("authorization", &basic(":"))]).status, StatusCode::OK);
    assert_eq!(
        ask_with(&registry, "GET /v2/lib/other/tags/list", &[("authorization", &basic(":"))]).status,
        StatusCode::UNAUTHORIZED
    );
}

#[test]
fn the_token_endpoint_takes_no_other_methods() {
    let registry = secured("{ scheme: bearer, anonymous: true }");
    assert_eq!(ask(&registry, "DELETE /token").status, StatusCode::METHOD_NOT_ALLOWED);
}

/// Content of a repository is no secret only to those who may read it.
#[rstest]
#[case::may_read("root", "lib/app", 201)]
#[case::may_not_read("robot", "lib/app", 202)]
#[case::from_anywhere("robot", "", 202)]
#[case::from_anywhere_readable("root", "", 201)]
fn a_blob_is_mounted_from_where_its_user_may_read(#[case] user: &str, #[case] from: &str, #[case] expected: u16) {
    let registry = secured("{ scheme: basic, users: { robot: secret, root: secret }, only: { lib/app: [root] } }");
    let root = basic("root:secret");
    let manifest = body(&ask_with(&registry, MANIFEST, &[("authorization", &root)]));
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let from = if from.is_empty() { String::new() } else { format!("&from={from}") };
    let mount =
        format!("POST /v2/lib/new/blobs/uploads/?mount={}{from}", manifest["config"]["digest"].as_str().unwrap());
    let mounted = ask_with(&registry, &mount, &[("authorization", &basic(&format!("{user}:secret")))]);
    assert_eq!(mounted.status.as_u16(), expected);
}

/// Distribution asks for both at once, before it knows who asks; a token that does not open the other repository is refused,
/// also where its user may not read that one.
#[rstest]
#[case::nobody("users: { robot: secret }", None)]
#[case::user("users: { robot: secret, root: secret }, only: { lib/app: [root] }", Some("robot:secret"))]
fn a_challenge_names_what_a_blob_is_mounted_from(#[case] auth: &str, #[case] credentials: Option<&str>) {
    let registry = secured(&format!("{{ scheme: bearer, {auth} }}"));
    let scopes = "repository:lib/new:pull,push%20repository:lib/app:pull";
    let bearer = credentials.map(|_| format!("Bearer {}", token(&registry, credentials, scopes).1));
    let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    let refused = ask_with(&registry, "POST /v2/lib/new/blobs/uploads/?mount=sha256:0&from=lib/app", &headers);
    let challenge = header(&refused, "www-authenticate").unwrap();
    assert!(challenge.contains("scope=\"repository:lib/new:pull,push repository:lib/app:pull\""), "{challenge}");
}

#[test]
fn a_token_has_to_open_what_a_blob_is_mounted_from() {
    let registry = secured("{ scheme: bearer, users: { robot: secret } }");
    let (_, narrow) = token(&registry, Some("robot:secret"), "repository:lib/new:pull,push");
    let mount = "POST /v2/lib/new/blobs/uploads/?mount=sha256:0&from=lib/app";
    let refused = ask_with(&registry, mount, &[("authorization", &format!("Bearer {narrow}"))]);
    let challenge = header(&refused, "www-authenticate").unwrap();
    let scopes = "scope=\"repository:lib/new:pull,push repository:lib/app:pull\",error=\"insufficient_scope\"";
    assert!(challenge.ends_with(scopes), "{challenge}");
    let (_, wide) = token(&registry, Some("robot:secret"), "repository:lib/new:pull,push%20repository:lib/app:pull");
    assert_eq!(with_token(&registry, mount, &wide), StatusCode::ACCEPTED);
}

// distribution, registry/api/v2/urls.go: `Forwarded` first, then `X-Forwarded-Proto` and `X-Forwarded-Host`.
#[rstest]
#[case(&[("x-forwarded-proto", "https"), ("x-forwarded-host", "proxy.example")], "https://proxy.example/")]
#[case(&[("x-forwarded-proto", "https")], "https://registry.test:5000/")]
#[case(&[("forwarded", "proto=https;host=\"proxy.example:8443\""), ("x-forwarded-host", "other.example")], "https://proxy.example:8443/")]
#[case(&[], "http://registry.test:5000/")]
fn a_realm_is_where_clients_reach_the_proxy(#[case] headers: &[(&str, &str)], #[case] url: &str) {
    let fixture = "auth: { scheme: bearer, users: { robot: secret } }";
    let trusting = registry(&format!("{fixture}\nbehindProxy: true"));
    let answer = ask_with(&trusting, "GET /v2/", headers);
    let realm = format!("Bearer realm=\"{url}");
    assert!(header(&answer, "www-authenticate").unwrap().starts_with(&realm), "{answer:?}");

    let answer = ask_with(&registry(fixture), "GET /v2/", headers);
    let challenge = header(&answer, "www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"http://registry.test:5000/"), "{challenge}");
}

#[test]
fn an_absolute_location_is_where_clients_reach_the_proxy() {
    let registry = registry("quirks: [absolute-upload-location]\nbehindProxy: true");
    let headers = [("x-forwarded-proto", "https"), ("x-forwarded-host", "proxy.example")];
    let answer = ask_with(&registry, "POST /v2/lib/app/blobs/uploads/", &headers);
    let location = header(&answer, "location").unwrap();
    assert!(location.starts_with("https://proxy.example/v2/lib/app/blobs/uploads/"), "{location}");
}
