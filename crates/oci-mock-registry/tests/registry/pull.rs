//! Manifests, blobs and tags.

use http::StatusCode;
use oci_mock_registry::fixture::{RegistryFixture, Salt, builtin};
use rstest::rstest;

use crate::support::{ask, ask_with, body, error_code, header, registry};

const APP: &str = "repositories: { lib/app: { v1: s2-basic, multi: list-multi } }";

#[test]
fn a_manifest_comes_with_its_type_and_digest() {
    let images = builtin().build(["s2-basic"], &Salt::default()).unwrap();
    let image = images.get("s2-basic").unwrap();
    let answer = ask(&registry(APP), "GET /v2/lib/app/manifests/v1");
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(body(&answer), image.manifest);
    assert_eq!(header(&answer, "content-type"), Some(image.media_type.as_str()));
    assert_eq!(header(&answer, "docker-content-digest"), Some(image.digest.to_string().as_str()));
    assert_eq!(header(&answer, "docker-distribution-api-version"), Some("registry/2.0"));
}

#[test]
fn what_a_list_consists_of_can_be_pulled_by_digest() {
    let registry = registry(APP);
    let images = builtin().build(["list-multi"], &Salt::default()).unwrap();
    for child in &images.get("list-multi").unwrap().children {
        let manifest = ask(&registry, &format!("GET /v2/lib/app/manifests/{}", child.image.digest));
        assert_eq!(body(&manifest), child.image.manifest);
        for blob in child.image.blobs() {
            let answer = ask(&registry, &format!("GET /v2/lib/app/blobs/{}", blob.digest));
            assert!(blob.digest.matches(&body(&answer)));
        }
    }
}

#[rstest]
#[case("GET /v2/lib/app/manifests/none", StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN")]
#[case("GET /v2/lib/none/manifests/v1", StatusCode::NOT_FOUND, "NAME_UNKNOWN")]
#[case("GET /v2/lib/none/tags/list", StatusCode::NOT_FOUND, "NAME_UNKNOWN")]
#[case("GET /v2/lib/app/blobs/sha256:00", StatusCode::NOT_FOUND, "BLOB_UNKNOWN")]
#[case("GET /v2/Lib/app/manifests/v1", StatusCode::BAD_REQUEST, "NAME_INVALID")]
#[case("GET /v2/lib/app/tags/list?n=many", StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID")]
fn what_is_not_there_is_an_oci_error(#[case] request: &str, #[case] status: StatusCode, #[case] code: &str) {
    let answer = ask(&registry(APP), request);
    assert_eq!((answer.status, error_code(&answer).as_str()), (status, code));
}

/// Distribution does so for manifests (`registry/handlers/manifests.go`) and blobs (`registry/storage/blobserver.go`).
#[rstest]
#[case::manifest("manifests/v1".to_owned())]
#[case::blob(format!("blobs/{}", config_digest()))]
fn what_the_client_holds_is_not_sent_again(
    #[case] content: String,
    #[values("GET", "HEAD")] method: &str,
    #[values("TAG", "W/TAG", "\"other\", TAG", "*")] known: &str,
) {
    let registry = registry(APP);
    let request = format!("{method} /v2/lib/app/{content}");
    let usual = ask(&registry, &request);
    let (tag, digest) = (header(&usual, "etag").unwrap(), header(&usual, "docker-content-digest").unwrap());
    assert_eq!(tag, format!("\"{digest}\""));
    // A range is of no use to a client that has everything.
    let headers = [("if-none-match", known.replace("TAG", tag)), ("range", "bytes=0-1".to_owned())];
    let answer = ask_with(&registry, &request, &headers.each_ref().map(|(name, value)| (*name, value.as_str())));
    assert_eq!((answer.status, answer.body.is_empty()), (StatusCode::NOT_MODIFIED, true));
    assert_eq!((header(&answer, "etag"), header(&answer, "docker-content-digest")), (Some(tag), Some(digest)));
    let other = ask_with(&registry, &request, &[("if-none-match", "\"sha256:other\"")]);
    assert_eq!(other.status, StatusCode::OK);
}

fn config_digest() -> String {
    let images = builtin().build(["s2-basic"], &Salt::default()).unwrap();
    images.get("s2-basic").unwrap().config.as_ref().unwrap().digest.to_string()
}

#[rstest]
#[case("", "", r#"["a","b","c"]"#, None)]
#[case("tags: { order: [c, a, b] }", "", r#"["c","a","b"]"#, None)]
#[case("tags: { asNull: true }", "", "null", None)]
#[case("tags: { pageSize: 2 }", "", r#"["a","b"]"#, Some("</v2/lib/app/tags/list?n=2&last=b>; rel=\"next\""))]
#[case("tags: { pageSize: 2 }", "?n=2&last=b", r#"["c"]"#, None)]
#[case("", "?n=3", r#"["a","b","c"]"#, None)]
#[case("", "?n=0", "[]", None)]
#[case("", "?last=c", "[]", None)]
fn tags_are_listed_in_pages(#[case] option: &str, #[case] query: &str, #[case] tags: &str, #[case] link: Option<&str>) {
    let fixture = format!("repositories: {{ lib/app: {{ c: s2-basic, a: s2-basic, b: s2-basic }} }}\n{option}");
    let answer = ask(&registry(&fixture), &format!("GET /v2/lib/app/tags/list{query}"));
    assert_eq!(body(&answer), format!(r#"{{"name":"lib/app","tags":{tags}}}"#));
    assert_eq!(header(&answer, "link"), link);
}

#[test]
fn a_tag_can_be_moved_and_removed_while_it_is_served() {
    let registry = registry(APP);
    let images = builtin().build(["s2-second"], &Salt::default()).unwrap();
    let second = images.get("s2-second").unwrap();
    registry.tag("lib/app", "v1", second);
    assert_eq!(body(&ask(&registry, "GET /v2/lib/app/manifests/v1")), second.manifest);
    assert!(registry.untag("lib/app", "v1"));
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/v1").status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&registry, &format!("GET /v2/lib/app/manifests/{}", second.digest)).status, StatusCode::OK);
}

#[test]
fn a_tag_may_be_named_after_a_digest() {
    let fixture = "repositories: { lib/app: { v1: oci-basic, '{{digest oci-basic}}.sig': cosign-sig } }";
    let digest = builtin().build(["oci-basic"], &Salt::default()).unwrap().get("oci-basic").unwrap().digest.clone();
    let answer = ask(&registry(fixture), &format!("GET /v2/lib/app/manifests/sha256-{}.sig", digest.hex()));
    assert_eq!(answer.status, StatusCode::OK);
}

#[rstest]
#[case("list-missingchild", StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)]
#[case("list-childbadbytes", StatusCode::OK, StatusCode::OK)]
fn a_list_may_name_a_child_that_is_not_served_as_it_should_be(
    #[case] list: &str,
    #[case] manifest: StatusCode,
    #[case] config: StatusCode,
) {
    let registry = registry(&format!("repositories: {{ lib/app: {{ v1: {list} }} }}"));
    let images = builtin().build([list], &Salt::default()).unwrap();
    let child = &images.get(list).unwrap().children[0].image;
    let answer = ask(&registry, &format!("GET /v2/lib/app/manifests/{}", child.digest));
    assert_eq!(answer.status, manifest);
    assert!(!child.digest.matches(&body(&answer)));
    let digest = &child.config.as_ref().unwrap().digest;
    assert_eq!(ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}")).status, config);
}

#[test]
fn an_image_that_the_fixture_misspells_is_an_error() {
    let fixture: RegistryFixture = serde_saphyr::from_str("repositories: { a: { v1: s2-bsic } }").unwrap();
    let error = builtin().build(fixture.image_names(), &Salt::default()).unwrap_err();
    assert_eq!(error.to_string(), "there is no image `s2-bsic`, did you mean `s2-basic`?");
}

#[rstest]
#[case("quay")]
#[case("flaky")]
fn the_fixtures_of_this_crate_can_be_served(#[case] name: &str) {
    let path = format!("{}/fixtures/registries/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let registry = registry(&std::fs::read_to_string(path).unwrap());
    assert_ne!(ask(&registry, "GET /v2/lib/app/tags/list").status, StatusCode::NOT_FOUND);
}
