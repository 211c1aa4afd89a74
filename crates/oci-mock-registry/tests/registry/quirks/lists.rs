//! Lists of tags.

use oci_mock_registry::oci::Digest;
use rstest::rstest;
use serde_json::{Value, json};

use super::{json, pages, with};
use crate::support::{ask, ask_with, body, error_code, header, registry, send};

const LIST: &str = "/v2/lib/app/tags/list";

#[rstest]
#[case("", "?n=1", r#"{"name":"lib/app","tags":["v1"]}"#, Some("</v2/lib/app/tags/list?n=1&last=v1>; rel=\"next\""))]
#[case("page-size-ignored", "?n=1", r#"{"name":"lib/app","tags":["v1","v2","v3"]}"#, None)]
#[case("no-link", "?n=1", r#"{"name":"lib/app","tags":["v1"]}"#, None)]
#[case(
    "absolute-link",
    "?n=1",
    r#"{"name":"lib/app","tags":["v1"]}"#,
    Some("<http://registry.test:5000/v2/lib/app/tags/list?n=1&last=v1>; rel=\"next\"")
)]
#[case(
    "link-last-first",
    "?n=1",
    r#"{"name":"lib/app","tags":["v1"]}"#,
    Some("</v2/lib/app/tags/list?last=v1&n=1>; rel=\"next\"")
)]
#[case(
    "link-without-first-part, numeric-cursor, link-last-first",
    "?n=2",
    r#"{"name":"lib/app","tags":["v1","v2"]}"#,
    Some("</v2/app/tags/list?last=2&n=2>; rel=\"next\"")
)]
#[case("null-for-no-tags", "?n=0", r#"{"name":"lib/app","tags":[]}"#, None)]
#[case("zero-is-all", "?n=0", r#"{"name":"lib/app","tags":["v1","v2","v3"]}"#, None)]
#[case("", "?n=0", r#"{"name":"lib/app","tags":[]}"#, None)]
#[case("bad-page-size-ignored", "?n=x", r#"{"name":"lib/app","tags":["v1","v2","v3"]}"#, None)]
#[case(
    "link-on-full-page",
    "?n=3",
    r#"{"name":"lib/app","tags":["v1","v2","v3"]}"#,
    Some("</v2/lib/app/tags/list?n=3&last=v3>; rel=\"next\"")
)]
#[case("link-on-full-page, null-for-no-tags", "?n=3&last=v3", r#"{"name":"lib/app","tags":null}"#, None)]
#[case("tags-with-null", "", r#"{"name":"lib/app","tags":["v1","v2","v3",null]}"#, None)]
#[case("tags-with-bad-names", "", r#"{"name":"lib/app","tags":["v1","v2","v3","-latest"]}"#, None)]
fn a_page_looks_like_this(#[case] quirks: &str, #[case] query: &str, #[case] tags: &str, #[case] link: Option<&str>) {
    let answer = ask(&with(quirks), &format!("GET {LIST}{query}"));
    assert_eq!(body(&answer), tags);
    assert_eq!(header(&answer, "link"), link);
}

#[rstest]
#[case("large-page-unsupported", "?n=10000", 405, Some("UNSUPPORTED"))]
#[case("large-page-invalid", "?n=10000", 400, Some("PAGINATION_NUMBER_INVALID"))]
#[case("", "?n=x", 400, Some("PAGINATION_NUMBER_INVALID"))]
#[case("bad-page-size-bad-request", "?n=x", 400, Some("BAD_REQUEST"))]
#[case("bad-page-size-empty", "?n=x", 400, None)]
#[case("unknown-last-is-not-found", "?last=none", 404, None)]
#[case("own-cursor-only, opaque-cursor", "?last=v1", 405, Some("UNSUPPORTED"))]
fn a_page_may_be_refused(#[case] quirks: &str, #[case] query: &str, #[case] status: u16, #[case] code: Option<&str>) {
    let answer = ask(&with(quirks), &format!("GET {LIST}{query}"));
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(Some(body(&answer)).filter(|body| !body.is_empty()).map(|_| error_code(&answer)).as_deref(), code);
}

#[rstest]
#[case("pages-100", None, 100)]
#[case("pages-100", Some(150), 150)]
#[case("page-size-at-most-100", Some(150), 100)]
#[case("page-size-at-most-1000", Some(1500), 1000)]
#[case("", None, 1100)]
fn pages_have_so_many_tags(#[case] quirk: &str, #[case] asked: Option<usize>, #[case] expected: usize) {
    let tags: Vec<String> = (0..1100).map(|number| format!("t{number}: s2-nolayers")).collect();
    let registry =
        registry(&format!("{{ repositories: {{ lib/app: {{ {} }} }}, quirks: [{quirk}] }}", tags.join(", ")));
    let query = asked.map(|size| format!("?n={size}")).unwrap_or_default();
    assert_eq!(json(&registry, &format!("GET {LIST}{query}"))["tags"].as_array().unwrap().len(), expected);
}

/// Whatever the cursor looks like, whoever follows it sees every tag once.
#[rstest]
#[case("")]
#[case("tags-unsorted")]
#[case("tags-oldest-first")]
#[case("opaque-cursor")]
#[case("opaque-cursor, own-cursor-only, tags-unsorted")]
#[case("numeric-cursor")]
#[case("link-last-first")]
fn a_list_can_be_paged_through(#[case] quirks: &str) {
    let pages = pages(&with(quirks), &format!("{LIST}?n=1"));
    assert_eq!(pages.len(), 3);
    let mut tags: Vec<String> = pages.iter().map(|page| page[0].as_str().unwrap().to_owned()).collect();
    tags.sort();
    assert_eq!(tags, ["v1", "v2", "v3"]);
}

#[test]
fn an_opaque_cursor_does_not_show_the_tag() {
    let answer = ask(&with("opaque-cursor"), &format!("GET {LIST}?n=1"));
    let link = header(&answer, "link").unwrap();
    assert!(link.starts_with("</v2/lib/app/tags/list?last=") && !link.contains("v1") && !link.contains("n="), "{link}");
}

#[test]
fn a_list_may_be_in_another_order() {
    assert_ne!(json(&with("tags-unsorted"), &format!("GET {LIST}"))["tags"], json!(["v1", "v2", "v3"]));
    let oldest_first = with("tags-oldest-first");
    send(&oldest_first, "PUT /v2/lib/app/manifests/a", &[], br#"{"schemaVersion":2}"#);
    send(&oldest_first, "PUT /v2/lib/app/manifests/v1", &[], br#"{"schemaVersion":2}"#);
    assert_eq!(json(&oldest_first, &format!("GET {LIST}"))["tags"], json!(["v1", "v2", "v3", "a"]));
}

#[rstest]
#[case("tags-as-plain-text", "text/plain; charset=utf-8")]
#[case("json-charset", "application/json; charset=utf-8")]
#[case("", "application/json")]
fn a_list_is_of_this_type(#[case] quirk: &str, #[case] expected: &str) {
    assert_eq!(header(&ask(&with(quirk), &format!("GET {LIST}")), "content-type"), Some(expected));
}

#[rstest]
#[case("null-for-no-tags", r#"{"name":"lib/app","tags":null}"#)]
#[case("", r#"{"name":"lib/app","tags":[]}"#)]
fn a_repository_without_tags_says_so(#[case] quirk: &str, #[case] expected: &str) {
    let registry = registry(&format!("{{ repositories: {{ lib/app: {{}} }}, quirks: [{quirk}] }}"));
    assert_eq!(body(&ask(&registry, &format!("GET {LIST}"))), expected);
}

#[test]
fn a_repository_without_tags_may_be_unknown() {
    let registry = registry("{ repositories: { lib/app: {} }, quirks: [no-tags-is-unknown] }");
    assert_eq!(error_code(&ask(&registry, &format!("GET {LIST}"))), "NAME_UNKNOWN");
}

#[test]
fn there_may_be_digests_among_the_tags() {
    let registry = with("tags-with-digests");
    let digest = header(&ask(&registry, super::MANIFEST), "docker-content-digest").unwrap().to_owned();
    assert_eq!(json(&registry, &format!("GET {LIST}"))["tags"], json!(["v1", "v2", "v3", digest]));
}

#[test]
fn there_may_be_manifests_beside_the_tags() {
    let registry = with("tags-with-manifests");
    let digest = header(&ask(&registry, super::MANIFEST), "docker-content-digest").unwrap().to_owned();
    let list = json(&registry, &format!("GET {LIST}"));
    assert_eq!(list["child"], json!([]));
    assert_eq!(list["manifest"][&digest]["tag"], json!(["v1", "v2", "v3"]));
    assert_eq!(list["manifest"][&digest]["imageSizeBytes"], "730");
}

#[test]
fn tags_of_a_deleted_manifest_may_stay_listed() {
    let registry = with("stale-tags");
    let digest = header(&ask(&registry, super::MANIFEST), "docker-content-digest").unwrap().to_owned();
    assert_eq!(ask(&registry, &format!("DELETE /v2/lib/app/manifests/{digest}")).status, 202);
    assert_eq!(json(&registry, &format!("GET {LIST}"))["tags"], json!(["v1", "v2", "v3"]));
    assert_eq!(ask(&registry, super::MANIFEST).status, 404);
    send(&registry, "PUT /v2/lib/app/manifests/v2", &[], br#"{"schemaVersion":2}"#);
    assert_eq!(json(&registry, &format!("GET {LIST}?n=2"))["tags"], json!(["v1", "v2"]));
}

/// What Debian's build of distribution 2.8.2 and the source of distribution 3 say.
#[rstest]
#[case::usual("", "?n=1001", 200, json!(null))]
#[case::too_many("catalog-in-hundreds", "?n=1001", 400, json!({ "n": 1001 }))]
#[case::no_number("catalog-in-hundreds", "?n=x", 400, json!({ "n": "x" }))]
#[case::empty("catalog-in-hundreds", "?n=", 200, json!(null))]
#[case::ignored("catalog-in-hundreds, catalog-size-lenient", "?n=x", 200, json!(null))]
#[case::negative("catalog-in-hundreds, catalog-size-lenient", "?n=-1", 200, json!(null))]
fn the_size_of_a_page_of_the_catalog_may_be_refused(
    #[case] quirks: &str,
    #[case] query: &str,
    #[case] status: u16,
    #[case] detail: Value,
) {
    let request = format!("GET /v2/_catalog{query}");
    let registry = with(quirks);
    let (answer, body) = (ask(&registry, &request), json(&registry, &request));
    assert_eq!((answer.status.as_u16(), &body["errors"][0]["detail"]), (status, &detail));
}

/// Go's encoder writes a line break behind what it encodes. A manifest is no such thing, and its digest is that of its bytes.
#[test]
fn lists_and_errors_may_end_with_a_line_break_and_manifests_do_not() {
    let registry = with("json-ends-line, manifests-as-json");
    let asked = [LIST, "/v2/_catalog", "/v2/lib/app/manifests/none", "/v2/lib/app/manifests/v1", "/v2/"];
    let ends = asked.map(|path| body(&ask(&registry, &format!("GET {path}"))).ends_with(b"\n"));
    assert_eq!(ends, [true, true, true, false, false]);
}

#[test]
fn a_page_of_the_catalog_may_have_a_hundred_repositories() {
    let registry = with("catalog-in-hundreds");
    for number in 0..120 {
        ask(&registry, &format!("POST /v2/r/{number:03}/blobs/uploads/?digest={}", Digest::sha256(b"")));
    }
    let page = ask(&registry, "GET /v2/_catalog");
    let names = json(&registry, "GET /v2/_catalog")["repositories"].as_array().map(Vec::len);
    // `lib/app`, then those from 000 to 098.
    assert_eq!(names, Some(100));
    assert_eq!(header(&page, "link"), Some("</v2/_catalog?last=r%2F098&n=100>; rel=\"next\""));
}

/// As in docker/hub-feedback#2094.
#[test]
fn the_catalog_may_be_closed() {
    let registry = super::secured("{ scheme: bearer, users: { robot: secret } }", "no-catalog");
    let token = super::token_of_robot(&registry, "registry:catalog:*");
    let bearer = format!("Bearer {token}");
    let refused = ask_with(&registry, "GET /v2/_catalog", &[("authorization", &bearer)]);
    let challenge = header(&refused, "www-authenticate").unwrap();
    assert_eq!(refused.status, 401);
    assert!(challenge.ends_with("scope=\"registry:catalog:*\",error=\"insufficient_scope\""), "{challenge}");
}

#[rstest]
#[case::usual("", "repository:lib/app:pull", 401)]
#[case::any_token("catalog-needs-no-scope", "repository:lib/app:pull", 200)]
#[case::usual_with_the_scope("", "registry:catalog:*", 200)]
fn the_catalog_may_be_open_to_any_token(#[case] quirk: &str, #[case] scope: &str, #[case] expected: u16) {
    let registry = super::secured("{ scheme: bearer, users: { robot: secret } }", quirk);
    let bearer = format!("Bearer {}", super::token_of_robot(&registry, scope));
    let answer = ask_with(&registry, "GET /v2/_catalog", &[("authorization", &bearer)]);
    assert_eq!(answer.status.as_u16(), expected);
}
