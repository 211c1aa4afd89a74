//! Blobs: what they are called, and ranges.

use http::StatusCode;
use oci_mock_registry::{
    oci::{Algorithm, Digest},
    registry::{Manner, RegistryState},
};
use rstest::rstest;

use super::{config_digest, with};
use crate::support::{ask, ask_with, body, error_code, header, send};

/// Pushes a blob by its SHA-512 digest, and returns the answer with the digest.
fn pushed_by_sha512(registry: &RegistryState, content: &[u8]) -> (oci_mock_registry::registry::Answer, Digest) {
    let mut hasher = Algorithm::Sha512.hasher();
    hasher.update(content);
    let digest = hasher.finish();
    let begun = ask(registry, "POST /v2/lib/app/blobs/uploads/");
    let location = header(&begun, "location").unwrap();
    (send(registry, &format!("PUT {location}?digest={digest}"), &[], content), digest)
}

#[test]
fn a_blob_may_be_called_by_its_sha256_whatever_it_is_asked_for_by() {
    let (registry, sha256) = (with("blobs-named-by-sha256"), Digest::sha256(b"blob").to_string());
    let (pushed, digest) = pushed_by_sha512(&registry, b"blob");
    assert_eq!(header(&pushed, "docker-content-digest"), Some(sha256.as_str()));
    assert_eq!(header(&pushed, "location"), Some(format!("/v2/lib/app/blobs/{sha256}").as_str()));
    let pulled = ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"));
    assert_eq!((header(&pulled, "docker-content-digest"), &body(&pulled)[..]), (Some(sha256.as_str()), &b"blob"[..]));
    let mounted = ask(&registry, &format!("POST /v2/lib/other/blobs/uploads/?mount={digest}&from=lib/app"));
    let found = ask(&registry, &format!("GET /v2/lib/other/blobs/{digest}"));
    assert_eq!([mounted.status, found.status], [StatusCode::CREATED, StatusCode::NOT_FOUND]);
}

#[test]
fn an_entity_tag_may_be_the_sha256_too() {
    let (registry, tag) = (with("blobs-named-by-sha256"), format!("\"{}\"", Digest::sha256(b"blob")));
    let (_, digest) = pushed_by_sha512(&registry, b"blob");
    let path = format!("GET /v2/lib/app/blobs/{digest}");
    assert_eq!(header(&ask(&registry, &path), "etag"), Some(tag.as_str()));
    let known = ask_with(&registry, &path, &[("if-none-match", &tag)]);
    assert_eq!((known.status, body(&known).len()), (StatusCode::NOT_MODIFIED, 0));
}

#[rstest]
#[case::manifest("GET /v2/lib/app/manifests/v1".to_owned())]
#[case::blob(format!("GET /v2/lib/app/blobs/{}", config_digest(&with(""))))]
fn without_an_entity_tag_everything_is_sent_again(#[case] path: String) {
    let (usual, without) = (with(""), with("no-etag"));
    let tag = header(&ask(&usual, &path), "etag").unwrap().to_owned();
    let known = [("if-none-match", tag.as_str())];
    let statuses = [&usual, &without].map(|registry| ask_with(registry, &path, &known).status.as_u16());
    assert_eq!((header(&ask(&without, &path), "etag"), statuses), (None, [304, 200]));
}

#[test]
fn a_blob_may_be_kept_for_a_year() {
    let registry = with("blobs-kept-for-a-year");
    let path = format!("GET /v2/lib/app/blobs/{}", config_digest(&registry));
    let (whole, usual) = (ask(&registry, &path), ask(&with(""), &path));
    let known = ask_with(&registry, &path, &[("if-none-match", "*")]);
    let ages = [whole, known, usual].map(|answer| header(&answer, "cache-control").map(str::to_owned));
    let year = Some("max-age=31536000".to_owned());
    assert_eq!(ages, [year.clone(), year, None]);
}

/// A client resumes a download at the storage, to which it was redirected.
#[test]
fn a_part_can_be_had_of_a_blob_that_is_elsewhere() {
    let registry = with("redirects-blobs");
    let path = format!("/v2/lib/app/blobs/{}", config_digest(&registry));
    let redirected = ask(&registry, &format!("GET {path}"));
    let url = header(&redirected, "location").unwrap();
    let storage = &url[url.find("/_storage").unwrap()..];
    let part = ask_with(&registry, &format!("GET {storage}"), &[("range", "bytes=1-3")]);
    assert_eq!((part.status, body(&part).len()), (StatusCode::PARTIAL_CONTENT, 3));
    assert_eq!(header(&part, "docker-content-digest"), None);
}

#[rstest]
#[case::beyond("bytes=1000000-", "invalid range: failed to overlap\n", true)]
#[case::backwards("bytes=5-1", "invalid range\n", false)]
fn a_range_that_cannot_be_served_may_be_cut_short(
    #[case] range: &str,
    #[case] words: &str,
    #[case] says_the_length: bool,
) {
    let registry = with("served-by-go");
    let path = format!("/v2/lib/app/blobs/{}", config_digest(&registry));
    let whole = body(&ask(&registry, &format!("GET {path}"))).len();
    let request = http::Request::get(&path).header("host", "127.0.0.1:5000").header("range", range).body(()).unwrap();
    let delivery = registry.respond(&request.into_parts().0, b"");
    assert_eq!((delivery.answer.status.as_u16(), &body(&delivery.answer)[..]), (416, words.as_bytes()));
    assert_eq!(header(&delivery.answer, "content-length"), Some(whole.to_string().as_str()));
    assert_eq!(header(&delivery.answer, "content-range").is_some(), says_the_length);
    assert!(matches!(delivery.manner, Manner::Cut { .. }), "{:?}", delivery.manner);
}

#[rstest]
#[case("malformed-blob-digest-invalid", "GET /v2/lib/app/blobs/sha256:xyz", 400, "DIGEST_INVALID")]
#[case("malformed-digest-fails", "GET /v2/lib/app/manifests/sha256:xyz", 500, "UNKNOWN")]
#[case("malformed-digest-fails", "PUT /v2/lib/app/manifests/sha256:xyz", 500, "UNKNOWN")]
fn a_malformed_digest_may_be_answered_in_another_way(
    #[case] quirk: &str,
    #[case] request: &str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let answer = ask(&with(quirk), request);
    assert_eq!((answer.status.as_u16(), error_code(&answer).as_str()), (status, code));
    assert_ne!(ask(&with(""), request).status.as_u16(), status);
}

#[rstest]
#[case("GET /v2/lib/app/unknown/x", 404, "404 page not found\n")]
#[case("GET /v2/Bad/manifests/v1", 404, "404 page not found\n")]
#[case("GET /v2/lib/app/manifests/.bad", 404, "404 page not found\n")]
#[case("GET /v2/lib/app/blobs/nonsense", 404, "404 page not found\n")]
#[case("POST /v2/lib/app/manifests/v1", 405, "Method not allowed\n")]
fn what_comes_to_no_endpoint_may_be_answered_in_plain_text(
    #[case] request: &str,
    #[case] status: u16,
    #[case] text: &str,
) {
    let answer = ask(&with("plain-router-errors"), request);
    assert_eq!((answer.status.as_u16(), &body(&answer)[..]), (status, text.as_bytes()));
    assert_eq!(error_code(&ask(&with("plain-router-errors"), "GET /v2/lib/app/manifests/none")), "MANIFEST_UNKNOWN");
    let registry = super::secured("{ scheme: basic, users: { robot: secret } }", "plain-router-errors");
    assert_eq!(header(&ask(&registry, "GET /v2/lib/app/unknown/x"), "www-authenticate"), None);
}
