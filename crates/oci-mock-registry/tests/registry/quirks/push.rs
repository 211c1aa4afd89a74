//! Pushing and deleting.

use http::StatusCode;
use oci_mock_registry::{oci::Digest, registry::RegistryState};
use rstest::rstest;
use serde_json::json;

use super::{config_digest, with};
use crate::support::{ask, body, error_code, header, registry, send};

const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

/// Pushes a manifest with this content type, and says its length as clients do.
fn put(registry: &RegistryState, tag: &str, media_type: &str, manifest: &str) -> oci_mock_registry::registry::Answer {
    let length = manifest.len().to_string();
    let headers = [("content-type", media_type), ("content-length", length.as_str())];
    send(registry, &format!("PUT /v2/lib/app/manifests/{tag}"), &headers, manifest.as_bytes())
}

const NAMES_NOTHING: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#;
const NO_MEDIA_TYPE: &str = r#"{"schemaVersion":2}"#;
const SUBJECT: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","subject":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}"#;
const CHART: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}"#;
const ELSEWHERE: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","urls":["https://layers.test"]}]}"#;

#[rstest]
#[case::zot("docker-types-refused", SCHEMA2, "{}", 415, "MANIFEST_INVALID")]
#[case::openshift("schema2-refused", SCHEMA2, "{}", 400, "MANIFEST_INVALID")]
#[case::quay("unknown-types-refused", "text/plain", "{}", 415, "MANIFEST_INVALID")]
#[case::ecr_type("media-type-needed", OCI, NO_MEDIA_TYPE, 405, "UNSUPPORTED")]
#[case::ecr_subject("subject-refused", OCI, SUBJECT, 405, "UNSUPPORTED")]
#[case::hub_subject("subject-needed", OCI, SUBJECT, 404, "notfound")]
#[case::hub_artifact("artifact-types-refused", OCI, CHART, 400, "MANIFEST_INVALID")]
#[case::distribution("missing-blobs-refused", OCI, CHART, 400, "MANIFEST_BLOB_UNKNOWN")]
#[case::distribution_elsewhere("foreign-layers-fail", OCI, ELSEWHERE, 500, "UNKNOWN")]
fn a_manifest_may_be_refused(
    #[case] quirk: &str,
    #[case] media_type: &str,
    #[case] manifest: &str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let refused = put(&with(quirk), "new", media_type, manifest);
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (status, code));
    assert_eq!(put(&with(""), "new", media_type, manifest).status, StatusCode::CREATED);
    assert_eq!(put(&with(quirk), "new", OCI, NAMES_NOTHING).status, StatusCode::CREATED);
}

#[test]
fn what_a_manifest_names_has_to_be_there_and_then_it_is_taken() {
    let registry = with("missing-blobs-refused");
    let manifest = body(&ask(&registry, super::MANIFEST));
    assert_eq!(put(&registry, "new", SCHEMA2, std::str::from_utf8(&manifest).unwrap()).status, StatusCode::CREATED);
    let list = json!({ "schemaVersion": 2, "manifests": [{ "digest": Digest::sha256(b"child") }] }).to_string();
    assert_eq!(error_code(&put(&registry, "list", OCI, &list)), "MANIFEST_BLOB_UNKNOWN");
}

#[test]
fn a_manifest_without_a_type_is_taken_for_schema1_where_types_are_looked_at() {
    assert_eq!(put(&with("unknown-types-refused"), "new", "application/json", "{}").status, StatusCode::CREATED);
}

#[test]
fn a_length_may_be_needed() {
    let refused = send(&with("length-needed"), "PUT /v2/lib/app/manifests/new", &[("content-type", OCI)], b"{}");
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (411, "MANIFEST_INVALID"));
    assert_eq!(put(&with("length-needed"), "new", OCI, NAMES_NOTHING).status, StatusCode::CREATED);
}

#[test]
fn a_tag_may_be_made_only_once() {
    let registry = with("immutable-tags");
    assert_eq!(put(&registry, "new", OCI, NAMES_NOTHING).status, StatusCode::CREATED);
    let again = put(&registry, "new", OCI, NAMES_NOTHING);
    assert_eq!((again.status.as_u16(), error_code(&again).as_str()), (400, "TAG_INVALID"));
}

#[test]
fn a_pushed_manifest_may_be_answered_with_a_body() {
    assert_eq!(body(&put(&with("push-says-ok"), "new", OCI, NAMES_NOTHING)), "OK");
}

fn begin(registry: &RegistryState) -> oci_mock_registry::registry::Answer {
    ask(registry, "POST /v2/lib/app/blobs/uploads/")
}

fn location(answer: &oci_mock_registry::registry::Answer) -> String {
    header(answer, "location").unwrap().to_owned()
}

#[rstest]
#[case("", 202)]
#[case("chunks-are-created", 201)]
#[case("chunks-are-no-content", 204)]
fn a_chunk_is_answered_with(#[case] quirk: &str, #[case] expected: u16) {
    let registry = with(quirk);
    let chunk = send(&registry, &format!("PATCH {}", location(&begin(&registry))), &[], b"chunk");
    assert_eq!((chunk.status.as_u16(), header(&chunk, "range")), (expected, Some("0-4")));
}

#[test]
fn a_chunk_may_be_too_large() {
    let registry = with("small-chunks");
    let request = format!("PATCH {}", location(&begin(&registry)));
    let refused = send(&registry, &request, &[("content-length", "4194305")], b"");
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (416, "REQUESTED_RANGE_NOT_SATISFIABLE"));
    assert_eq!(send(&registry, &request, &[("content-length", "4194304")], b"").status, 202);
}

#[test]
fn the_range_of_an_upload_may_stick() {
    let registry = with("range-sticks");
    let first = send(&registry, &format!("PATCH {}", location(&begin(&registry))), &[], b"first");
    let second = send(&registry, &format!("PATCH {}", location(&first)), &[], b"second");
    assert_eq!([header(&first, "range"), header(&second, "range")], [Some("0-4"), Some("0-4")]);
    let digest = Digest::sha256(b"firstsecond");
    assert_eq!(ask(&registry, &format!("PUT {}?digest={digest}", location(&second))).status, StatusCode::CREATED);
}

#[test]
fn the_range_of_an_upload_may_be_odd() {
    let registry = with("odd-upload-range");
    let begun = begin(&registry);
    assert_eq!(header(&begun, "range"), Some("bytes=0--1"));
    let chunk = send(&registry, &format!("PATCH {}", location(&begun)), &[], b"chunk");
    assert_eq!(header(&chunk, "range"), Some("0-4"));
    assert_eq!(header(&ask(&registry, &format!("GET {}", location(&chunk))), "range"), Some("bytes=0-4"));
}

#[rstest]
#[case("absolute-upload-location", "http://registry.test:5000/v2/lib/app/blobs/uploads/")]
#[case("plain-upload-location", "http://registry.test:5000/v2/lib/app/blobs/uploads/")]
#[case("", "/v2/lib/app/blobs/uploads/")]
fn the_location_of_an_upload(#[case] quirk: &str, #[case] expected: &str) {
    assert!(location(&begin(&with(quirk))).starts_with(expected));
}

#[test]
fn the_location_of_an_upload_may_be_for_one_use() {
    let registry = with("single-use-location");
    let begun = begin(&registry);
    let chunk = send(&registry, &format!("PATCH {}", location(&begun)), &[], b"chunk");
    assert_ne!(location(&chunk), location(&begun));
    let again = send(&registry, &format!("PATCH {}", location(&begun)), &[], b"chunk");
    assert_eq!((again.status.as_u16(), error_code(&again).as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
    let asked = ask(&registry, &format!("GET {}", location(&chunk)));
    assert_eq!(location(&asked), location(&chunk));
    let end = format!("PUT {}&digest={}", location(&chunk), Digest::sha256(b"chunk"));
    assert_eq!(ask(&registry, &end).status, StatusCode::CREATED);
}

#[rstest]
#[case("", 201)]
#[case("mount-needs-from", 202)]
fn a_mount_from_anywhere(#[case] quirk: &str, #[case] expected: u16) {
    let registry = with(quirk);
    let digest = config_digest(&registry);
    let anywhere = ask(&registry, &format!("POST /v2/lib/other/blobs/uploads/?mount={digest}"));
    assert_eq!(anywhere.status.as_u16(), expected);
    let from = ask(&registry, &format!("POST /v2/lib/other/blobs/uploads/?mount={digest}&from=lib/app"));
    assert_eq!(from.status, StatusCode::CREATED);
}

#[test]
fn a_mount_may_need_no_scope_for_its_source() {
    let auth = "{ scheme: bearer, users: { robot: secret, root: secret }, only: { lib/app: [root] } }";
    let registry = super::secured(auth, "mount-source-without-scope");
    let mount = "POST /v2/lib/new/blobs/uploads/?mount=sha256:0&from=lib/app";
    let challenge = ask(&registry, mount);
    assert!(header(&challenge, "www-authenticate").unwrap().ends_with("scope=\"repository:lib/new:pull,push\""));
    let bearer = format!("Bearer {}", super::token_of_robot(&registry, "repository:lib/new:pull,push"));
    let begun = send(&registry, mount, &[("authorization", &bearer)], &[]);
    assert_eq!(begun.status, StatusCode::ACCEPTED);
}

#[test]
fn a_mount_from_an_invalid_name_may_be_refused() {
    let mount = "POST /v2/lib/other/blobs/uploads/?mount=sha256:0&from=Lib/App";
    let refused = ask(&with("mount-details"), mount);
    assert_eq!(
        (refused.status.as_u16(), body(&refused).as_ref()),
        (400, br#"{"details":"invalid repository name"}"#.as_slice())
    );
    assert_eq!(ask(&with(""), mount).status, StatusCode::ACCEPTED);
}

#[rstest]
#[case("", 201)]
#[case("empty-blob-fails", 500)]
fn a_blob_without_bytes(#[case] quirk: &str, #[case] expected: u16) {
    let request = format!("POST /v2/lib/app/blobs/uploads/?digest={}", Digest::sha256(b""));
    assert_eq!(ask(&with(quirk), &request).status.as_u16(), expected);
}

#[rstest]
#[case("no-delete", "manifests/v1", 405, "UNSUPPORTED")]
#[case("no-tag-delete", "manifests/v1", 400, "UNSUPPORTED")]
#[case("no-blob-delete", "blobs/sha256:0", 405, "UNSUPPORTED")]
fn deleting_may_be_refused(#[case] quirk: &str, #[case] what: &str, #[case] status: u16, #[case] code: &str) {
    let refused = ask(&with(quirk), &format!("DELETE /v2/lib/app/{what}"));
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (status, code));
}

#[rstest]
#[case("", 404)]
#[case("delete-unknown-is-invalid", 400)]
fn deleting_from_a_repository_that_is_not_there(#[case] quirk: &str, #[case] expected: u16) {
    let refused = ask(&with(quirk), "DELETE /v2/lib/none/manifests/v1");
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (expected, "NAME_UNKNOWN"));
}

#[test]
fn an_upload_may_not_be_cancelled() {
    let registry = with("no-upload-cancel");
    let upload = location(&begin(&registry));
    assert_eq!(error_code(&ask(&registry, &format!("DELETE {upload}"))), "UNSUPPORTED");
    assert_eq!(ask(&registry, &format!("GET {upload}")).status, StatusCode::NO_CONTENT);
}

#[test]
fn a_read_only_registry_may_say_so() {
    let registry = registry("{ repositories: { lib/app: {} }, readOnly: true, quirks: [read-only-is-denied] }");
    let refused = begin(&registry);
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (405, "DENIED"));
    assert!(String::from_utf8_lossy(&body(&refused)).contains(r#""is_readonly":true"#));
}

#[test]
fn the_location_of_an_upload_may_say_how_much_has_arrived() {
    let registry = with("location-has-state");
    let first = location(&begin(&registry));
    let second = location(&send(&registry, &format!("PATCH {first}"), &[], b"chunk"));
    assert_eq!([first.ends_with("?_state=0"), second.ends_with("?_state=5")], [true; 2], "{first} {second}");
    let stale = send(&registry, &format!("PATCH {first}"), &[], b"chunk");
    assert_eq!((stale.status.as_u16(), error_code(&stale).as_str()), (404, "BLOB_UPLOAD_INVALID"));
    let finished = ask(&registry, &format!("PUT {second}&digest={}", Digest::sha256(b"chunk")));
    assert_eq!(finished.status, StatusCode::CREATED);
}

#[test]
fn a_post_with_a_blob_may_only_begin_an_upload() {
    let request = format!("POST /v2/lib/app/blobs/uploads/?digest={}", Digest::sha256(b"blob"));
    let begun = send(&with("single-post-ignored"), &request, &[], b"blob");
    assert_eq!((begun.status.as_u16(), header(&begun, "range")), (202, Some("0-0")));
    assert_eq!(send(&with(""), &request, &[], b"blob").status, StatusCode::CREATED);
}

#[rstest]
#[case("unordered-chunks", 202)]
#[case("", 416)]
fn a_chunk_out_of_order_may_be_taken(#[case] quirk: &str, #[case] expected: u16) {
    let registry = with(quirk);
    let request = format!("PATCH {}", location(&begin(&registry)));
    let chunk = send(&registry, &request, &[("content-range", "5-9"), ("content-length", "5")], b"chunk");
    assert_eq!(chunk.status.as_u16(), expected);
}

#[rstest]
#[case("tag-parameter-ignored", None, 404)]
#[case("", Some("query"), 200)]
fn tags_in_the_query_may_be_ignored(#[case] quirk: &str, #[case] said: Option<&str>, #[case] found: u16) {
    let registry = with(quirk);
    let digest = Digest::sha256(NAMES_NOTHING.as_bytes());
    let pushed = put(&registry, &format!("{digest}?tag=query"), OCI, NAMES_NOTHING);
    assert_eq!((pushed.status.as_u16(), header(&pushed, "oci-tag")), (201, said));
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/query").status.as_u16(), found);
}

#[test]
fn a_manifest_may_need_a_type_and_be_invalid_where_it_is_too_large() {
    let untyped = send(&with("content-type-needed"), "PUT /v2/lib/app/manifests/new", &[], NAMES_NOTHING.as_bytes());
    assert_eq!((untyped.status.as_u16(), error_code(&untyped).as_str()), (400, "MANIFEST_INVALID"));
    let large = "x".repeat(oci_mock_registry::registry::MANIFEST_LIMIT + 1);
    let refused = put(&with("large-manifest-invalid"), "new", OCI, &large);
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (400, "MANIFEST_INVALID"));
}

#[test]
fn there_may_be_no_digest_of_manifests_but_sha256() {
    let mut hasher = oci_mock_registry::oci::Algorithm::Sha512.hasher();
    hasher.update(NAMES_NOTHING.as_bytes());
    let digest = hasher.finish();
    let registry = with("manifests-by-sha256");
    let pushed = put(&registry, &digest.to_string(), OCI, NAMES_NOTHING);
    assert_eq!((pushed.status.as_u16(), error_code(&pushed).as_str()), (400, "DIGEST_INVALID"));
    assert_eq!(put(&with(""), &digest.to_string(), OCI, NAMES_NOTHING).status, StatusCode::CREATED);
}

#[test]
fn what_was_pushed_may_have_a_full_url() {
    let pushed = put(&with("absolute-content-location"), "new", OCI, NAMES_NOTHING);
    let expected =
        format!("http://registry.test:5000/v2/lib/app/manifests/{}", Digest::sha256(NAMES_NOTHING.as_bytes()));
    assert_eq!(header(&pushed, "location"), Some(expected.as_str()));
}
