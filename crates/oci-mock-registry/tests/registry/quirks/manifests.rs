//! Manifests, blobs and referrers.

use http::StatusCode;
use oci_mock_registry::registry::RegistryState;
use rstest::rstest;

use super::{MANIFEST, config_digest, with};
use crate::support::{ask, ask_with, body, error_code, header, registry, send};

const HEAD: &str = "HEAD /v2/lib/app/manifests/v1";
const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

#[rstest]
#[case("no-digest-by-tag", MANIFEST, "docker-content-digest")]
#[case("no-digest", HEAD, "docker-content-digest")]
#[case("no-etag", MANIFEST, "etag")]
fn a_manifest_may_come_without_a_header(#[case] quirk: &str, #[case] request: &str, #[case] name: &str) {
    assert_eq!(header(&ask(&with(quirk), request), name), None);
    assert!(header(&ask(&with(""), request), name).is_some());
}

#[test]
fn a_digest_may_come_with_head_only() {
    assert!(header(&ask(&with("no-digest-by-tag"), HEAD), "docker-content-digest").is_some());
}

#[rstest]
#[case("head-is-not-found", 404)]
#[case("head-is-forbidden", 403)]
#[case("head-is-not-allowed", 405)]
fn head_may_fail_where_get_works(#[case] quirk: &str, #[case] expected: u16) {
    assert_eq!(ask(&with(quirk), HEAD).status.as_u16(), expected);
    assert_eq!(ask(&with(quirk), MANIFEST).status, StatusCode::OK);
}

#[test]
fn manifests_may_be_json() {
    assert_eq!(header(&ask(&with("manifests-as-json"), MANIFEST), "content-type"), Some("application/json"));
}

fn kinds(quirk: &str) -> RegistryState {
    registry(&format!(
        "{{ repositories: {{ lib/app: {{ v1: s2-basic, list: list-multi, oci: oci-basic, index: index-multi }} }}, quirks: [{quirk}] }}"
    ))
}

#[rstest]
#[case::hub_without("accept-decides", "v1", "*/*", 404)]
#[case::hub_with("accept-decides", "v1", SCHEMA2, 200)]
#[case::oci_without("oci-needs-accept", "oci", "*/*", 404)]
#[case::oci_with("oci-needs-accept", "oci", OCI, 200)]
#[case::index_without("oci-needs-accept", "index", OCI, 404)]
#[case::docker("oci-needs-accept", "v1", "*/*", 200)]
fn accept_may_decide(#[case] quirk: &str, #[case] tag: &str, #[case] accept: &str, #[case] expected: u16) {
    let answer = ask_with(&kinds(quirk), &format!("GET /v2/lib/app/manifests/{tag}"), &[("accept", accept)]);
    assert_eq!(answer.status.as_u16(), expected);
    if expected == 404 {
        assert_eq!(error_code(&answer), "MANIFEST_UNKNOWN");
    }
}

#[test]
fn a_list_may_become_its_amd64_image_for_old_clients() {
    let registry = kinds("list-becomes-child");
    let by_tag = "GET /v2/lib/app/manifests/list";
    let child = ask_with(&registry, by_tag, &[("accept", SCHEMA2)]);
    assert_eq!(header(&child, "content-type"), Some(SCHEMA2));
    let config: serde_json::Value = serde_json::from_slice(&body(&child)).unwrap();
    let config =
        body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{}", config["config"]["digest"].as_str().unwrap())));
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!((&config["os"], &config["architecture"]), (&"linux".into(), &"amd64".into()));
    let list = ask_with(&registry, by_tag, &[("accept", LIST)]);
    assert_eq!(header(&list, "content-type"), Some(LIST));
    let digest = header(&list, "docker-content-digest").unwrap().to_owned();
    let by_digest = ask_with(&registry, &format!("GET /v2/lib/app/manifests/{digest}"), &[("accept", SCHEMA2)]);
    assert_eq!(header(&by_digest, "content-type"), Some(LIST));
}

#[test]
fn schema2_may_become_schema1_with_a_digest_of_its_own() {
    let registry = kinds("schema2-becomes-schema1");
    let usual = ask_with(&registry, MANIFEST, &[("accept", SCHEMA2)]);
    let old = ask_with(&registry, MANIFEST, &[("accept", "*/*")]);
    assert_eq!(header(&old, "content-type"), Some("application/vnd.docker.distribution.manifest.v1+prettyjws"));
    let digest = header(&old, "docker-content-digest").unwrap();
    assert_ne!(Some(digest), header(&usual, "docker-content-digest"));
    assert_eq!(header(&old, "etag"), Some(format!("\"{digest}\"").as_str()));
    let old: serde_json::Value = serde_json::from_slice(&body(&old)).unwrap();
    let usual: serde_json::Value = serde_json::from_slice(&body(&usual)).unwrap();
    assert_eq!((&old["schemaVersion"], &old["name"], &old["tag"]), (&1.into(), &"lib/app".into(), &"v1".into()));
    assert_eq!(old["fsLayers"][0]["blobSum"], usual["layers"][1]["digest"]);
}

#[test]
fn pulls_are_counted() {
    let registry = with("rate-limit-headers");
    assert_eq!(header(&ask(&registry, HEAD), "ratelimit-remaining"), Some("100;w=21600"));
    ask(&registry, MANIFEST);
    let second = ask(&registry, MANIFEST);
    assert_eq!(header(&second, "ratelimit-remaining"), Some("98;w=21600"));
    assert_eq!(header(&second, "ratelimit-limit"), Some("100;w=21600"));
    assert!(header(&ask(&registry, "GET /v2/lib/app/manifests/none"), "ratelimit-limit").is_some());
}

#[test]
fn pulls_may_be_limited() {
    let registry = with("pull-limit");
    let statuses: Vec<u16> = (0..101).map(|_| ask(&registry, MANIFEST).status.as_u16()).collect();
    assert_eq!((statuses[99], statuses[100]), (200, 429));
    assert_eq!(error_code(&ask(&registry, MANIFEST)), "TOOMANYREQUESTS");
    assert_eq!(ask(&registry, HEAD).status, StatusCode::OK);
}

#[test]
fn manifests_may_be_on_another_host() {
    let registry = with("redirects-manifests");
    let redirect = ask(&registry, MANIFEST);
    assert_eq!(redirect.status, StatusCode::TEMPORARY_REDIRECT);
    let path = header(&redirect, "location").unwrap();
    assert_eq!(body(&ask(&registry, &format!("GET {path}"))), body(&ask(&with(""), MANIFEST)));
    let elsewhere = ask_with(&registry, MANIFEST, &[("host", "localhost:5000")]);
    assert!(header(&elsewhere, "location").unwrap().starts_with("http://127.0.0.1:5000/v2/lib/app/manifests/v1"));
}

#[rstest]
#[case::acr("redirects-blobs", 307, 200, "http://localhost:5000/_storage/")]
#[case::gcr("redirects-blobs, redirect-found", 302, 200, "http://localhost:5000/_storage/")]
#[case::gar("redirects-blobs, redirect-relative", 307, 200, "/_storage/")]
#[case::openshift("redirects-blobs, redirects-heads", 307, 307, "http://localhost:5000/_storage/")]
fn a_blob_may_be_elsewhere(#[case] quirks: &str, #[case] get: u16, #[case] head: u16, #[case] location: &str) {
    let registry = with(quirks);
    let path = format!("/v2/lib/app/blobs/{}", config_digest(&registry));
    let here = [("host", "127.0.0.1:5000")];
    let redirect = ask_with(&registry, &format!("GET {path}"), &here);
    assert_eq!(redirect.status.as_u16(), get);
    assert!(header(&redirect, "location").unwrap().starts_with(location));
    assert!(header(&redirect, "docker-content-digest").is_some());
    assert_eq!(ask(&registry, &format!("HEAD {path}")).status.as_u16(), head);
}

#[test]
fn the_storage_wants_its_signature_and_no_other_credentials() {
    let registry = with("redirects-blobs");
    let blob = format!("GET /v2/lib/app/blobs/{}", config_digest(&registry));
    let redirect = ask(&registry, &blob);
    let request = format!("GET {}", header(&redirect, "location").unwrap());
    assert_eq!(body(&ask(&registry, &request)), body(&ask(&with(""), &blob)));
    let doubly = ask_with(&registry, &request, &[("authorization", "Bearer token"), ("host", "localhost:5000")]);
    assert_eq!((doubly.status, header(&doubly, "content-type")), (StatusCode::BAD_REQUEST, Some("application/xml")));
    let (unsigned, _) = request.split_once('?').unwrap();
    assert_eq!(ask(&registry, unsigned).status, StatusCode::FORBIDDEN);
    assert_eq!(ask(&with(""), &request).status, StatusCode::NOT_FOUND);
}

const UNKNOWN_SUBJECT: &str =
    "GET /v2/lib/app/referrers/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

#[rstest]
#[case("", 200)]
#[case("no-referrers", 404)]
#[case("unknown-subject-invalid", 400)]
#[case("unknown-subject-not-found", 404)]
fn referrers_of_what_is_not_there(#[case] quirk: &str, #[case] expected: u16) {
    let registry = with(quirk);
    assert_eq!(ask(&registry, UNKNOWN_SUBJECT).status.as_u16(), expected);
    let digest = header(&ask(&registry, MANIFEST), "docker-content-digest").unwrap().to_owned();
    let known = ask(&registry, &format!("GET /v2/lib/app/referrers/{digest}")).status;
    assert_eq!(known, if quirk == "no-referrers" { 404 } else { 200 });
}

#[test]
fn referrers_may_be_counted() {
    let registry = registry(
        "{ repositories: { lib/app: { v1: oci-basic } }, untagged: { lib/app: [cosign-referrer] }, quirks: [referrers-counted] }",
    );
    let digest = header(&ask(&registry, MANIFEST), "docker-content-digest").unwrap().to_owned();
    let list = ask(&registry, &format!("GET /v2/lib/app/referrers/{digest}"));
    assert_eq!(header(&list, "x-total-count"), Some("1"));
}

#[rstest]
#[case("", Some("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"))]
#[case("no-referrers", None)]
#[case("no-referrers, subject-echoed", Some("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"))]
fn a_pushed_referrer_is_told_its_subject_where_there_are_referrers(
    #[case] quirks: &str,
    #[case] subject: Option<&str>,
) {
    let manifest = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}"#;
    let answer = send(&with(quirks), "PUT /v2/lib/app/manifests/new", &[("content-type", OCI)], manifest);
    assert_eq!((answer.status.as_u16(), header(&answer, "oci-subject")), (201, subject));
}

#[test]
fn the_fallback_tag_may_be_the_subject_itself() {
    let registry = with("fallback-tag-is-subject");
    let manifest = ask(&registry, MANIFEST);
    let tag = header(&manifest, "docker-content-digest").unwrap().replace(':', "-");
    assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/manifests/{tag}"))), body(&manifest));
    assert_eq!(ask(&with(""), &format!("GET /v2/lib/app/manifests/{tag}")).status, StatusCode::NOT_FOUND);
}

/// Cosign's tags begin like the fallback tag, and are others.
#[test]
fn a_tag_of_cosign_is_never_the_subject() {
    let signed = registry(
        "{ repositories: { lib/app: { v1: oci-basic, '{{digest oci-basic}}.sig': cosign-signature } }, quirks: [gitlab] }",
    );
    let tag = header(&ask(&signed, MANIFEST), "docker-content-digest").unwrap().replace(':', "-");
    assert_eq!(ask(&signed, &format!("GET /v2/lib/app/manifests/{tag}.sig")).status, StatusCode::OK);
}

#[test]
fn the_image_of_a_list_may_need_a_client_that_knows_it() {
    let registry = kinds("list-becomes-child, child-needs-accept");
    let refused = ask_with(&registry, "GET /v2/lib/app/manifests/list", &[("accept", "*/*")]);
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (400, "MANIFEST_INVALID"));
    assert_eq!(ask_with(&registry, "GET /v2/lib/app/manifests/list", &[("accept", SCHEMA2)]).status, StatusCode::OK);
}

/// Clients leave their credentials behind only where the other host is not the one they came from.
#[rstest]
#[case("127.0.0.1:5000", "http://localhost:5000/_storage/", 400)]
#[case("localhost:5000", "http://127.0.0.1:5000/_storage/", 400)]
#[case("registry.test:5000", "/_storage/", 200)]
fn the_storage_is_another_host_for_every_client(#[case] host: &str, #[case] location: &str, #[case] with_token: u16) {
    let registry = with("redirects-blobs");
    let path = format!("/v2/lib/app/blobs/{}", config_digest(&registry));
    let redirect = ask_with(&registry, &format!("GET {path}"), &[("host", host)]);
    let found = header(&redirect, "location").unwrap();
    assert!(found.starts_with(location), "{found}");
    let storage = &found[found.find("/_storage").unwrap()..];
    let headers = [("host", host), ("authorization", "Bearer token")];
    assert_eq!(ask_with(&registry, &format!("GET {storage}"), &headers).status.as_u16(), with_token);
}
