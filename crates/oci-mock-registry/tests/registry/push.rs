//! Pushing, deleting and referring, requirement by requirement of the distribution specification.

use bytes::Bytes;
use http::StatusCode;
use oci_mock_registry::{
    oci::{Algorithm, Digest, media_type::OCI_MANIFEST},
    registry::{Answer, MANIFEST_LIMIT, RegistryState},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{ask, body, error_code, header, registry, send};

const UPLOADS: &str = "POST /v2/lib/app/blobs/uploads/";
const CONTENT: &[u8] = b"twelve bytes";

fn empty() -> RegistryState {
    registry("{}")
}

/// Starts an upload; returns where it goes on.
fn start(registry: &RegistryState) -> String {
    let answer = ask(registry, UPLOADS);
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    header(&answer, "location").unwrap().to_owned()
}

fn push_blob(registry: &RegistryState, content: &[u8]) -> Digest {
    let digest = Digest::sha256(content);
    let answer = send(registry, &format!("{UPLOADS}?digest={digest}"), &[], content);
    assert_eq!(answer.status, StatusCode::CREATED);
    digest
}

fn push_manifest(registry: &RegistryState, reference: &str, manifest: &Value) -> Answer {
    let request = format!("PUT /v2/lib/app/manifests/{reference}");
    send(registry, &request, &[("content-type", OCI_MANIFEST)], manifest.to_string().as_bytes())
}

fn manifest() -> Value {
    let empty = Digest::sha256(b"{}");
    let descriptor = json!({ "mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2 });
    json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor, "layers": [] })
}

#[rstest]
fn a_blob_can_be_pushed_in_one_request(
    #[values(Algorithm::Sha256, Algorithm::Sha512)] algorithm: Algorithm,
    #[values(CONTENT, b"", b"{}")] content: &[u8],
) {
    let registry = empty();
    let digest = algorithm.digest(content);
    let answer = send(&registry, &format!("{UPLOADS}?digest={digest}"), &[], content);
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(header(&answer, "docker-content-digest"), Some(digest.to_string().as_str()));
    let pulled = ask(&registry, &format!("GET {}", header(&answer, "location").unwrap()));
    assert_eq!(body(&pulled), content);
    assert_eq!(header(&pulled, "content-length"), Some(content.len().to_string().as_str()));
}

#[rstest]
fn a_blob_can_be_pushed_behind_a_post(#[values(Algorithm::Sha256, Algorithm::Sha512)] algorithm: Algorithm) {
    let registry = empty();
    let digest = algorithm.digest(CONTENT);
    let answer = send(&registry, &format!("PUT {}?digest={digest}", start(&registry)), &[], CONTENT);
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"))), CONTENT);
}

#[rstest]
#[case::closed_by_an_empty_put(12)]
#[case::closed_by_the_last_chunk(8)]
fn a_blob_can_be_pushed_in_chunks(#[case] patched: usize) {
    let registry = empty();
    let location = start(&registry);
    for chunk in (0..patched).step_by(4) {
        let range = format!("{chunk}-{}", chunk + 3);
        let answer =
            send(&registry, &format!("PATCH {location}"), &[("content-range", &range)], &CONTENT[chunk..chunk + 4]);
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(header(&answer, "range"), Some(format!("0-{}", chunk + 3).as_str()));
    }
    let digest = Digest::sha256(CONTENT);
    let answer = send(&registry, &format!("PUT {location}?digest={digest}"), &[], &CONTENT[patched..]);
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"))), CONTENT);
}

#[test]
fn a_chunk_out_of_order_is_refused_and_the_upload_goes_on() {
    let registry = empty();
    let location = start(&registry);
    send(&registry, &format!("PATCH {location}"), &[("content-range", "0-3")], &CONTENT[..4]);
    let answer = send(&registry, &format!("PATCH {location}"), &[("content-range", "8-11")], &CONTENT[8..]);
    assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let state = ask(&registry, &format!("GET {location}"));
    assert_eq!((state.status, header(&state, "range")), (StatusCode::NO_CONTENT, Some("0-3")));
    let answer = send(&registry, &format!("PATCH {location}"), &[("content-range", "4-11")], &CONTENT[4..]);
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

#[test]
fn an_upload_can_be_given_up() {
    let registry = empty();
    let location = start(&registry);
    assert_eq!(ask(&registry, &format!("DELETE {location}")).status, StatusCode::NO_CONTENT);
    let answer = ask(&registry, &format!("GET {location}"));
    assert_eq!((answer.status, error_code(&answer).as_str()), (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"));
}

#[rstest]
#[case::of_other_content("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
#[case::malformed("sha256:short")]
#[case::unknown_algorithm("md5:9f86d081884c7d659a2feaa0c55ad015")]
fn a_blob_needs_its_digest(#[case] digest: &str) {
    let registry = empty();
    let answer = send(&registry, &format!("PUT {}?digest={digest}", start(&registry)), &[], CONTENT);
    assert_eq!((answer.status, error_code(&answer).as_str()), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
    assert_eq!(ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}")).status, StatusCode::NOT_FOUND);
}

#[rstest]
#[case("&from=lib/app", StatusCode::CREATED)]
#[case("", StatusCode::CREATED)]
#[case("&from=lib/none", StatusCode::ACCEPTED)]
fn a_blob_can_be_mounted_from_where_it_is(#[case] from: &str, #[case] expected: StatusCode) {
    let registry = empty();
    let digest = push_blob(&registry, CONTENT);
    let answer = ask(&registry, &format!("POST /v2/other/blobs/uploads/?mount={digest}{from}"));
    assert_eq!(answer.status, expected);
    assert!(header(&answer, "location").is_some());
    let there = ask(&registry, &format!("HEAD /v2/other/blobs/{digest}")).status == StatusCode::OK;
    assert_eq!(there, expected == StatusCode::CREATED);
}

#[rstest]
#[case("bytes=3-5", StatusCode::PARTIAL_CONTENT, &CONTENT[3..6], "bytes 3-5/12")]
#[case("bytes=-2", StatusCode::PARTIAL_CONTENT, &CONTENT[10..], "bytes 10-11/12")]
#[case("bytes=10-500", StatusCode::PARTIAL_CONTENT, &CONTENT[10..], "bytes 10-11/12")]
fn a_part_of_a_blob_can_be_pulled(
    #[case] range: &str,
    #[case] status: StatusCode,
    #[case] part: &[u8],
    #[case] content_range: &str,
) {
    let registry = empty();
    let digest = push_blob(&registry, CONTENT);
    let answer = send(&registry, &format!("GET /v2/lib/app/blobs/{digest}"), &[("range", range)], b"");
    assert_eq!((answer.status, header(&answer, "content-range")), (status, Some(content_range)));
    assert_eq!(body(&answer), part);
}

#[test]
fn a_manifest_can_be_pushed_by_tag_and_by_digest() {
    let registry = empty();
    let text = manifest().to_string();
    let digest = Digest::sha256(text.as_bytes()).to_string();
    for reference in ["v1", &digest] {
        let answer = push_manifest(&registry, reference, &manifest());
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(header(&answer, "docker-content-digest"), Some(digest.as_str()));
        let pulled = ask(&registry, &format!("GET {}", header(&answer, "location").unwrap()));
        assert_eq!(body(&pulled), text);
        assert_eq!(header(&pulled, "content-type"), Some(OCI_MANIFEST));
    }
    assert_eq!(body(&ask(&registry, "GET /v2/lib/app/tags/list")), r#"{"name":"lib/app","tags":["v1"]}"#);
}

#[test]
fn a_manifest_pushed_by_digest_gets_the_tags_of_the_query() {
    let registry = empty();
    let digest = Algorithm::Sha512.digest(manifest().to_string().as_bytes());
    let answer = push_manifest(&registry, &format!("{digest}?tag=v1&tag=v2"), &manifest());
    assert_eq!((answer.status, header(&answer, "oci-tag")), (StatusCode::CREATED, Some("v1, v2")));
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/v2").status, StatusCode::OK);
}

#[rstest]
#[case::no_json("v1", OCI_MANIFEST, b"{", "MANIFEST_INVALID")]
#[case::no_object("v1", OCI_MANIFEST, b"[]", "MANIFEST_INVALID")]
#[case::no_descriptor("v1", OCI_MANIFEST, br#"{"schemaVersion":2,"layers":[{"digest":5}]}"#, "MANIFEST_INVALID")]
#[case::size_as_text(
    "v1",
    OCI_MANIFEST,
    br#"{"layers":[{"digest":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","size":"5"}]}"#,
    "MANIFEST_INVALID"
)]
#[case::no_digest("v1", OCI_MANIFEST, br#"{"config":{"size":5}}"#, "DIGEST_INVALID")]
#[case::digest_of_a_layer("v1", OCI_MANIFEST, br#"{"layers":[{"digest":"sha256:xyz"}]}"#, "DIGEST_INVALID")]
#[case::other_type("v1", "text/plain", br#"{"mediaType":"application/json"}"#, "MANIFEST_INVALID")]
#[case::no_tag(".v1", OCI_MANIFEST, b"{}", "MANIFEST_INVALID")]
#[case::malformed_digest("sha256:bad", OCI_MANIFEST, b"{}", "DIGEST_INVALID")]
#[case::other_digest(
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    OCI_MANIFEST,
    b"{}",
    "DIGEST_INVALID"
)]
fn a_wrong_manifest_is_refused(
    #[case] reference: &str,
    #[case] media_type: &str,
    #[case] manifest: &[u8],
    #[case] code: &str,
) {
    let request = format!("PUT /v2/lib/app/manifests/{reference}");
    let answer = send(&empty(), &request, &[("content-type", media_type)], manifest);
    assert_eq!((answer.status, error_code(&answer).as_str()), (StatusCode::BAD_REQUEST, code));
}

#[test]
fn a_refused_manifest_makes_no_repository() {
    let registry = empty();
    let refused = send(&registry, "PUT /v2/lib/app/manifests/.v1", &[("content-type", OCI_MANIFEST)], b"{}");
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(body(&ask(&registry, "GET /v2/_catalog")), r#"{"repositories":[]}"#);
}

#[test]
fn a_content_type_is_the_same_in_any_case() {
    let registry = empty();
    let kind = OCI_MANIFEST.to_uppercase();
    let body = manifest().to_string();
    let pushed = send(&registry, "PUT /v2/lib/app/manifests/v1", &[("content-type", &kind)], body.as_bytes());
    assert_eq!(pushed.status, StatusCode::CREATED);
    assert_eq!(header(&ask(&registry, "GET /v2/lib/app/manifests/v1"), "content-type"), Some(OCI_MANIFEST));
}

/// The fields of what is no manifest that registries know are its own affair.
#[test]
fn a_manifest_of_an_unknown_type_has_any_fields() {
    let registry = empty();
    let kind = [("content-type", "application/vnd.example+json")];
    let pushed = send(&registry, "PUT /v2/lib/app/manifests/v1", &kind, br#"{"config":"plain","layers":5}"#);
    assert_eq!(pushed.status, StatusCode::CREATED);
}

#[test]
fn an_index_that_does_not_say_so_is_an_index() {
    let registry = empty();
    send(&registry, "PUT /v2/lib/app/manifests/v1", &[], br#"{"schemaVersion":2,"manifests":[]}"#);
    let pulled = ask(&registry, "GET /v2/lib/app/manifests/v1");
    assert_eq!(header(&pulled, "content-type"), Some("application/vnd.oci.image.index.v1+json"));
}

#[test]
fn a_manifest_beyond_the_limit_is_refused() {
    let answer = send(&empty(), "PUT /v2/lib/app/manifests/v1", &[], &vec![b' '; MANIFEST_LIMIT + 1]);
    assert_eq!((answer.status, error_code(&answer).as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"));
}

#[test]
fn what_refers_to_a_manifest_is_listed_and_filtered() {
    let registry = empty();
    let subject = Digest::sha256(b"not there, and need not be");
    let mut referrer = manifest();
    referrer["subject"] = json!({ "mediaType": OCI_MANIFEST, "digest": subject, "size": 26 });
    referrer["artifactType"] = json!("application/vnd.example.signature");
    referrer["annotations"] = json!({ "by": "someone" });
    let pushed = push_manifest(&registry, "signature", &referrer);
    assert_eq!(header(&pushed, "oci-subject"), Some(subject.to_string().as_str()));

    let list = |query: &str| {
        let answer = ask(&registry, &format!("GET /v2/lib/app/referrers/{subject}{query}"));
        assert_eq!(header(&answer, "content-type"), Some("application/vnd.oci.image.index.v1+json"));
        (serde_json::from_slice::<Value>(&body(&answer)).unwrap(), answer)
    };
    let (index, _) = list("");
    let text = referrer.to_string();
    let expected = json!({
        "mediaType": OCI_MANIFEST,
        "digest": Digest::sha256(text.as_bytes()),
        "size": text.len(),
        "artifactType": "application/vnd.example.signature",
        "annotations": { "by": "someone" },
    });
    assert_eq!(index["manifests"], json!([expected]));
    let (index, answer) = list("?artifactType=application%2Fvnd.example.other");
    assert_eq!((&index["manifests"], header(&answer, "oci-filters-applied")), (&json!([]), Some("artifactType")));

    ask(&registry, &format!("DELETE /v2/lib/app/manifests/{}", Digest::sha256(text.as_bytes())));
    assert_eq!(list("").0["manifests"], json!([]));
}

#[test]
fn nothing_refers_to_what_nobody_has_pushed() {
    let answer = ask(&empty(), &format!("GET /v2/lib/app/referrers/{}", Digest::sha256(b"")));
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(ask(&empty(), "GET /v2/lib/app/referrers/v1").status, StatusCode::BAD_REQUEST);
}

#[test]
fn deleting_a_tag_keeps_the_manifest_and_deleting_the_manifest_takes_its_tags() {
    let registry = empty();
    push_manifest(&registry, "v1", &manifest());
    let pushed = push_manifest(&registry, "v2", &manifest());
    let digest = header(&pushed, "docker-content-digest").unwrap();
    assert_eq!(ask(&registry, "DELETE /v2/lib/app/manifests/v1").status, StatusCode::ACCEPTED);
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/v2").status, StatusCode::OK);
    assert_eq!(ask(&registry, &format!("DELETE /v2/lib/app/manifests/{digest}")).status, StatusCode::ACCEPTED);
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/v2").status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&registry, "DELETE /v2/lib/app/manifests/v2").status, StatusCode::NOT_FOUND);
}

#[test]
fn a_blob_can_be_deleted() {
    let registry = empty();
    let digest = push_blob(&registry, CONTENT);
    let request = format!("DELETE /v2/lib/app/blobs/{digest}");
    assert_eq!([(); 2].map(|()| ask(&registry, &request).status.as_u16()), [202, 404]);
}

#[rstest]
#[case("", r#"["a","b","c"]"#, None)]
#[case("?n=2", r#"["a","b"]"#, Some("</v2/_catalog?n=2&last=b>; rel=\"next\""))]
#[case("?n=2&last=b", r#"["c"]"#, None)]
fn repositories_are_listed_in_pages(#[case] query: &str, #[case] expected: &str, #[case] link: Option<&str>) {
    let registry = registry("repositories: { b: {}, c: {}, a: {} }");
    let answer = ask(&registry, &format!("GET /v2/_catalog{query}"));
    assert_eq!(body(&answer), format!("{{\"repositories\":{expected}}}"));
    assert_eq!(header(&answer, "link"), link);
}

#[rstest]
#[case("PUT /v2/lib/app/manifests/v1")]
#[case("POST /v2/lib/app/blobs/uploads/")]
#[case("DELETE /v2/lib/app/manifests/v1")]
fn a_read_only_registry_changes_nothing(#[case] request: &str) {
    let registry = registry("{ repositories: { lib/app: { v1: s2-basic } }, readOnly: true }");
    let answer = send(&registry, request, &[], b"{}");
    assert_eq!((answer.status, error_code(&answer).as_str()), (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"));
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/v1").status, StatusCode::OK);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a blob is cut into chunks, it arrives as it is, and the state always says how much has arrived.
        #[test]
        fn chunks_add_up(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 1..10)) {
            let registry = empty();
            let location = start(&registry);
            let mut sent = Vec::new();
            for chunk in chunks {
                let answer = send(&registry, &format!("PATCH {location}"), &[], &chunk);
                sent.extend(chunk);
                prop_assert_eq!(header(&answer, "range").unwrap(), format!("0-{}", sent.len() - 1));
            }
            let digest = Digest::sha256(&sent);
            send(&registry, &format!("PUT {location}?digest={digest}"), &[], b"");
            prop_assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"))), Bytes::from(sent));
        }

        /// No request brings the registry down, whatever its method, path, query and body.
        #[test]
        fn any_request_has_an_answer(
            method in "GET|HEAD|PUT|POST|PATCH|DELETE|OPTIONS",
            path in "/(v2|extensions/v2|token)/[a-z./%A-F0-9_-]{0,20}/(manifests|blobs|blobs/uploads|tags|referrers)/[a-z0-9:%A-F.-]{0,20}",
            query in "[a-z=&%0-9:+]{0,20}",
            content in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let Ok(uri) = format!("{path}?{query}").parse::<http::Uri>() else { return Ok(()) };
            let registry = registry("{ repositories: { a: { v1: s2-nolayers } } }");
            let status = send(&registry, &format!("{method} {uri}"), &[], &content).status;
            prop_assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{}", status);
        }
    }
}

#[test]
fn parameters_of_a_content_type_say_nothing_about_a_manifest() {
    let registry = empty();
    let content_type = format!("{OCI_MANIFEST}; charset=utf-8");
    let body = manifest().to_string();
    let put = send(&registry, "PUT /v2/lib/app/manifests/v1", &[("content-type", &content_type)], body.as_bytes());
    assert_eq!(put.status, StatusCode::CREATED);
    let pulled = ask(&registry, "GET /v2/lib/app/manifests/v1");
    assert_eq!(header(&pulled, "content-type"), Some(OCI_MANIFEST));
}

#[test]
fn a_part_of_another_blob_is_not_served_under_a_condition() {
    let registry = empty();
    let digest = push_blob(&registry, CONTENT);
    let ask = |condition: &str| {
        let headers = [("range", "bytes=3-5"), ("if-range", condition)];
        send(&registry, &format!("GET /v2/lib/app/blobs/{digest}"), &headers, &[]).status
    };
    assert_eq!(ask(&format!("\"{digest}\"")), StatusCode::PARTIAL_CONTENT);
    assert_eq!(ask("\"another\""), StatusCode::OK);
    assert_eq!(ask("Wed, 21 Oct 2015 07:28:00 GMT"), StatusCode::OK);
}

#[test]
fn a_manifest_that_nothing_says_to_be_one_is_refused() {
    let answer = send(&empty(), "PUT /v2/lib/app/manifests/v1", &[], b"{}");
    assert_eq!((answer.status, error_code(&answer).as_str()), (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"));
}
