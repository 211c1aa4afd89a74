//! What servers of 4.2 answer otherwise than later ones. The expectations were recorded from openshift-apiserver 4.2.

use isi_reference::{Options, version::ApiVersion};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

/// A reference of 4.2 with a stream `a`.
async fn start() -> Reference {
    let options = Options { api_version: ApiVersion::V4_2, ..Options::default() };
    let reference = Reference::start_with(options, Vec::new()).await;
    reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "a" } })).await;
    reference
}

#[rstest]
#[case::of_a_list_of_one_name_that_goes_on(
    "imagestreams?continue=x&fieldSelector=metadata.name%3Da",
    400,
    "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"
)]
#[case::of_one_object("imagestreams/a?resourceVersion=x", 200, "")]
#[case::of_one_that_comes("imagestreams/a?resourceVersion=99999999", 200, "")]
#[case::of_its_status("imagestreams/a/status?resourceVersion=x", 200, "")]
#[case::of_a_missing_tag(
    "imagestreamtags/a:v1?resourceVersion=x",
    404,
    r#"imagestreamtags.image.openshift.io "a:v1" not found"#
)]
#[case::of_a_list(
    "imagestreams?resourceVersion=x",
    400,
    r#"invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax"#
)]
#[case::of_a_list_of_one_name("imagestreams?resourceVersion=x&fieldSelector=metadata.name%3Da", 200, "")]
#[case::of_a_list_that_comes(
    "imagestreams?resourceVersion=99999999",
    500,
    "etcdserver: mvcc: required revision is a future revision"
)]
#[tokio::test]
async fn versions_are_read_for_lists_only(#[case] path: &str, #[case] status: u16, #[case] message: &str) {
    let reference = start().await;
    let response = reference.request(Method::GET, &format!("{NAMESPACE}/{path}")).send().await.unwrap();
    let answer = read(response, status).await;
    assert_eq!(answer["message"].as_str().unwrap_or_default(), message);
}

#[tokio::test]
async fn the_router_lists_no_media_types() {
    let reference = start().await;
    let request = reference.request(Method::GET, &format!("{NAMESPACE}/imagestreams/a")).header("accept", "text/html");
    let refused = read(request.send().await.unwrap(), 406).await;
    assert_eq!(refused["message"], "406: Not Acceptable");
}

const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const TYPE_META: &str = "json: cannot unmarshal array into Go value of type struct { \
                         APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; \
                         Kind string \"json:\\\"kind,omitempty\\\"\" }";

#[rstest]
#[case::list(MERGE, "[]", 500, &format!("couldn't get version/kind; json parse error: {TYPE_META}"))]
#[case::number(MERGE, "7", 500, "Invalid JSON Patch")]
#[case::cut(MERGE, "{", 500, "Invalid JSON Patch")]
#[case::kind(
    MERGE,
    r#"{"kind":7}"#,
    500,
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string"
)]
#[case::group_version(MERGE, r#"{"apiVersion":"a/b/c"}"#, 500, "unexpected GroupVersion string: a/b/c")]
#[case::namespace(
    MERGE,
    r#"{"metadata":{"namespace":"other"}}"#,
    400,
    "the namespace of the object (other) does not match the namespace on the request (team)"
)]
#[case::name(
    MERGE,
    r#"{"metadata":{"name":"b","namespace":"other"}}"#,
    400,
    "the name of the object (b) does not match the name on the URL (a)"
)]
#[case::other_kind(
    MERGE,
    r#"{"kind":"ImageStreamTag"}"#,
    500,
    "converting (v1.ImageStreamTag) to (image.ImageStream): Spec not present in src"
)]
#[case::text(STRATEGIC, r#"{"spec":{"dockerImageRepository":7}}"#, 500, "cannot convert int64 to string")]
#[case::fraction(STRATEGIC, r#"{"metadata":{"generation":1.5}}"#, 500, "cannot convert float64 to int64")]
#[case::time(
    STRATEGIC,
    r#"{"metadata":{"creationTimestamp":7}}"#,
    500,
    "json: cannot unmarshal number into Go value of type string"
)]
#[case::cut_strategic(STRATEGIC, "{", 400, "unexpected EOF")]
#[case::nothing(STRATEGIC, "", 400, "EOF")]
#[tokio::test]
async fn patches_are_refused_without_a_reason(
    #[case] content_type: &str,
    #[case] patch: &'static str,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = start().await;
    let request = reference.request(Method::PATCH, &format!("{NAMESPACE}/imagestreams/a"));
    let response = request.header("content-type", content_type).body(patch).send().await.unwrap();
    assert_eq!(read(response, status).await["message"], message);
}

#[tokio::test]
async fn a_patched_object_is_read_as_json() {
    let reference = start().await;
    let request = reference.request(Method::PATCH, &format!("{NAMESPACE}/imagestreams/a"));
    let patch = request.header("content-type", MERGE).body(r#"{"spec":{"dockerImageRepository":7}}"#);
    let refused = read(patch.send().await.unwrap(), 500).await;
    let message = refused["message"].as_str().unwrap();
    let expected = "v1.ImageStream.Spec: v1.ImageStreamSpec.LookupPolicy: v1.ImageLookupPolicy.DockerImageRepository: \
                    ReadString: expects \" or n, but found 7, error found in #10 byte of ...|ository\":7,\"lookupPo|..., \
                    bigger context ...|";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(refused["reason"], Value::Null);
}

#[rstest]
#[case(r#"{"kind":"Other","apiVersion":"v1"}"#, r#"no kind "Other" is registered for version "v1" in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/register.go:31""#)]
#[case(
    r#"{"gracePeriodSeconds":"x"}"#,
    "v1.DeleteOptions.GracePeriodSeconds: readUint64: unexpected character: \u{fffd}, error found in #10 byte of \
     ...|Seconds\":\"x\"}|..., bigger context ...|{\"gracePeriodSeconds\":\"x\"}|..."
)]
#[tokio::test]
async fn options_of_a_deletion_are_refused_without_a_reason(#[case] options: &'static str, #[case] message: &str) {
    let reference = start().await;
    let request = reference.request(Method::DELETE, &format!("{NAMESPACE}/imagestreams/a"));
    let response = request.header("content-type", "application/json").body(options).send().await.unwrap();
    assert_eq!(read(response, 500).await["message"], message);
}

#[rstest]
#[case("imagestreams", "Image", "(v1.Image) to (image.ImageStream): Spec")]
#[case("imagestreams", "ImageStreamList", "(v1.ImageStreamList) to (image.ImageStream): ObjectMeta")]
#[case("imagestreams", "Status", "(v1.Status) to (image.ImageStream): ObjectMeta")]
#[case("imagestreams", "WatchEvent", "(v1.WatchEvent) to (image.ImageStream): TypeMeta")]
#[case("imagestreams", "ExportOptions", "(v1.ExportOptions) to (image.ImageStream): ObjectMeta")]
#[case(
    "imagestreams",
    "ImageStreamImport",
    "(v1.ImageStreamImport).v1.ImageStreamImportSpec to (image.ImageStream).image.ImageStreamSpec: LookupPolicy"
)]
#[case(
    "imagestreamimports",
    "ImageStream",
    "(v1.ImageStream).v1.ImageStreamSpec to (image.ImageStreamImport).image.ImageStreamImportSpec: Import"
)]
#[case("imagestreamtags", "ImageStreamLayers", "(v1.ImageStreamLayers) to (image.ImageStreamTag): Tag")]
#[case(
    "imagestreammappings",
    "ImageStreamTag",
    "(v1.ImageStreamTag) to (image.ImageStreamMapping): DockerImageRepository"
)]
#[tokio::test]
async fn types_are_converted_field_by_field(#[case] resource: &str, #[case] kind: &str, #[case] missing: &str) {
    let reference = start().await;
    let object = json!({ "kind": kind, "apiVersion": "image.openshift.io/v1" });
    let path = format!("{NAMESPACE}/{resource}");
    let refused = read(reference.send(Method::POST, &path, &object).await, 400).await;
    let message = refused["message"].as_str().unwrap();
    assert!(message.ends_with(&format!(": converting {missing} not present in src")), "{message}");
}

#[tokio::test]
async fn kinds_that_came_later_are_unknown() {
    let reference = start().await;
    let object = json!({ "kind": "ImageTag", "apiVersion": "image.openshift.io/v1" });
    let refused = read(reference.send(Method::POST, &format!("{NAMESPACE}/imagestreams"), &object).await, 400).await;
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("no kind \"ImageTag\" is registered for version \"image.openshift.io/v1\""), "{message}");
}

#[tokio::test]
async fn a_mapping_that_should_be_a_tag_crashes_the_server() {
    let reference = start().await;
    let object = json!({ "kind": "ImageStreamMapping", "apiVersion": "image.openshift.io/v1" });
    let response = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamtags"), &object).await;
    assert_eq!(response.status(), 500);
    let text = response.text().await.unwrap();
    assert_eq!(text, "This request caused apiserver to panic. Look in the logs for details.\n");
}

#[tokio::test]
async fn lists_of_secrets_say_where_they_are() {
    let reference = start().await;
    let path = format!("{NAMESPACE}/imagestreams/a/secrets");
    assert_eq!(reference.get(&path).await["metadata"]["selfLink"], format!("/{path}"));
}

#[rstest]
#[case::no_number("x", 500, "strconv.ParseUint: parsing \"x\": invalid syntax")]
#[case::below_zero("-1", 500, "strconv.ParseUint: parsing \"-1\": invalid syntax")]
#[case::too_large(
    "99999999999999999999",
    500,
    "strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
)]
#[case::zero(
    "0",
    422,
    "imagestreams.image.openshift.io \"a\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"
)]
#[tokio::test]
async fn what_is_no_version_cannot_be_replaced(#[case] version: &str, #[case] status: u16, #[case] message: &str) {
    let reference = start().await;
    let object = json!({ "metadata": { "name": "a", "resourceVersion": version } });
    let refused = reference.send(Method::PUT, &format!("{NAMESPACE}/imagestreams/a"), &object).await;
    assert_eq!(read(refused, status).await["message"], message);
}

#[tokio::test]
async fn what_is_no_version_does_not_keep_from_creating() {
    let reference = start().await;
    let object = json!({ "metadata": { "name": "b", "resourceVersion": "x" } });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &object).await;
}

#[tokio::test]
async fn names_are_escaped_in_links_as_in_queries() {
    let reference = start().await;
    let tag = json!({ "metadata": { "name": "a:b c" }, "tag": { "from": { "kind": "DockerImage", "name": "r/a" } } });
    let created = reference.post(&format!("{NAMESPACE}/imagestreamtags"), &tag).await;
    assert_eq!(created["metadata"]["selfLink"], format!("/{NAMESPACE}/imagestreamtags/a%3Ab+c"));
}
