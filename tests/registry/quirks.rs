//! Habits of real registries.

use http::StatusCode;
use isi_conformance::{fixture::Quirks, registry::Core};
use rstest::rstest;

use crate::support::{ask, ask_with, body, error_code, header, registry, send};

const MANIFEST: &str = "GET /v2/lib/app/manifests/v1";

fn with(quirk: &str) -> Core {
    registry(&format!(
        "{{ repositories: {{ lib/app: {{ v1: s2-basic, v2: s2-basic, v3: s2-basic }} }}, quirks: [{quirk}] }}"
    ))
}

#[rstest]
#[case("no-delete", "DELETE /v2/lib/app/manifests/v1", 405, Some("UNSUPPORTED"))]
#[case("no-tag-delete", "DELETE /v2/lib/app/manifests/v1", 400, Some("UNSUPPORTED"))]
#[case("no-blob-delete", "DELETE /v2/lib/app/blobs/sha256:0", 405, Some("UNSUPPORTED"))]
#[case("no-catalog", "GET /v2/_catalog", 401, Some("UNAUTHORIZED"))]
#[case(
    "no-referrers",
    "GET /v2/lib/app/referrers/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    404,
    None
)]
#[case("large-page-unsupported", "GET /v2/lib/app/tags/list?n=10000", 405, Some("UNSUPPORTED"))]
#[case("large-page-invalid", "GET /v2/lib/app/tags/list?n=10000", 400, Some("PAGINATION_NUMBER_INVALID"))]
#[case("unknown-is-unauthorized", "GET /v2/lib/none/manifests/v1", 401, Some("UNAUTHORIZED"))]
#[case("unknown-is-not-found", "GET /v2/lib/app/manifests/none", 404, Some("NOT_FOUND"))]
#[case("accept-decides", MANIFEST, 404, Some("MANIFEST_UNKNOWN"))]
fn refuses_what_others_do(#[case] quirk: &str, #[case] request: &str, #[case] status: u16, #[case] code: Option<&str>) {
    let answer = ask(&with(quirk), request);
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(Some(body(&answer)).filter(|body| !body.is_empty()).map(|_| error_code(&answer)).as_deref(), code);
    let usual = ask(&with(""), request);
    assert!(usual.status != answer.status || error_code(&usual) != error_code(&answer));
}

#[rstest]
#[case("page-size-ignored", "?n=1", r#"{"name":"lib/app","tags":["v1","v2","v3"]}"#, None)]
#[case("no-link", "?n=1", r#"{"name":"lib/app","tags":["v1"]}"#, None)]
#[case(
    "absolute-link",
    "?n=1",
    r#"{"name":"lib/app","tags":["v1"]}"#,
    Some("<http://registry.test:5000/v2/lib/app/tags/list?n=1&last=v1>; rel=\"next\"")
)]
fn lists_tags_in_its_own_way(#[case] quirk: &str, #[case] query: &str, #[case] tags: &str, #[case] link: Option<&str>) {
    let answer = ask(&with(quirk), &format!("GET /v2/lib/app/tags/list{query}"));
    assert_eq!(body(&answer), tags);
    assert_eq!(header(&answer, "link"), link);
}

#[test]
fn unsorted_tags_can_be_paged_through() {
    let registry = with("tags-unsorted");
    let mut path = "/v2/lib/app/tags/list?n=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = ask(&registry, &format!("GET {path}"));
        let page: serde_json::Value = serde_json::from_slice(&body(&answer)).unwrap();
        seen.extend(page["tags"].as_array().unwrap().iter().map(ToString::to_string));
        let Some(link) = header(&answer, "link") else { break };
        path = link[1..link.find('>').unwrap()].to_owned();
    }
    assert_ne!(seen, ["\"v1\"", "\"v2\"", "\"v3\""]);
    seen.sort();
    assert_eq!(seen, ["\"v1\"", "\"v2\"", "\"v3\""]);
}

#[test]
fn a_tag_may_not_give_its_digest_away() {
    let registry = with("no-digest-by-tag");
    assert_eq!(header(&ask(&registry, MANIFEST), "docker-content-digest"), None);
    assert!(header(&ask(&registry, "HEAD /v2/lib/app/manifests/v1"), "docker-content-digest").is_some());
}

#[test]
fn a_blob_may_be_elsewhere_behind_a_signed_url() {
    let registry = with("redirects-blobs");
    let manifest: serde_json::Value = serde_json::from_slice(&body(&ask(&registry, MANIFEST))).unwrap();
    let blob = format!("GET /v2/lib/app/blobs/{}", manifest["config"]["digest"].as_str().unwrap());
    let redirect = ask(&registry, &blob);
    assert_eq!(redirect.status, StatusCode::TEMPORARY_REDIRECT);
    let path = header(&redirect, "location").unwrap().strip_prefix("http://registry.test:5000").unwrap();
    let request = format!("GET {path}");
    assert_eq!(body(&ask(&registry, &request)), body(&ask(&with(""), &blob)));
    let doubly = ask_with(&registry, &request, &[("authorization", "Bearer token")]);
    assert_eq!((doubly.status, header(&doubly, "content-type")), (StatusCode::BAD_REQUEST, Some("application/xml")));
    let (unsigned, _) = request.split_once('?').unwrap();
    assert_eq!(ask(&registry, unsigned).status, StatusCode::FORBIDDEN);
}

#[rstest]
#[case("only-token", &["token"])]
#[case("only-access-token", &["access_token"])]
#[case("", &["access_token", "expires_in", "token"])]
fn tokens_come_in_other_fields(#[case] quirk: &str, #[case] expected: &[&str]) {
    let registry = registry(&format!("{{ auth: {{ scheme: bearer, anonymous: true }}, quirks: [{quirk}] }}"));
    let answer = ask(&registry, "GET /token?scope=repository:lib/app:pull");
    let fields: serde_json::Value = serde_json::from_slice(&body(&answer)).unwrap();
    assert_eq!(fields.as_object().unwrap().keys().collect::<Vec<_>>(), expected);
}

#[rstest]
#[case(
    "placeholder-scope",
    "Bearer realm=\"http://registry.test:5000/token\",service=\"fixture\",scope=\"repository:user/image:pull\""
)]
#[case("bare-challenge", "Bearer realm=\"http://registry.test:5000/token\"")]
fn challenges_differ(#[case] quirk: &str, #[case] expected: &str) {
    let registry = registry(&format!("{{ auth: {{ scheme: bearer }}, quirks: [{quirk}] }}"));
    assert_eq!(header(&ask(&registry, "GET /v2/"), "www-authenticate"), Some(expected));
}

#[test]
fn docker_types_may_be_refused() {
    let push = |registry: &Core| {
        let headers = [("content-type", "application/vnd.docker.distribution.manifest.v2+json")];
        send(registry, "PUT /v2/lib/app/manifests/new", &headers, b"{}").status
    };
    assert_eq!(push(&with("docker-types-refused")), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(push(&with("")), StatusCode::CREATED);
}

/// Whatever its habits, a registry can be pulled from.
#[test]
fn every_quirk_still_serves_manifests() {
    for name in Quirks::names() {
        let accept = [("accept", "application/vnd.docker.distribution.manifest.v2+json")];
        let answer = ask_with(&with(name), MANIFEST, &accept);
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
}
