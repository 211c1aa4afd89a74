//! Kubernetes' protobuf, as kubectl and typed Go clients send it, and how the form of a response is negotiated.

use reqwest::Method;
use rstest::rstest;

use super::{NAMESPACE, Reference, read};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// What kubectl 1.32 sent for `kubectl -n web create secret generic y --from-literal=a=b`.
const SECRET: &[u8] = b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x20\
    \x0a\x14\x0a\x01y\x12\0\x1a\x03web\x22\0\x2a\0\x32\0\x38\0\x42\0\x12\x06\x0a\x01a\x12\x01b\x1a\0\x1a\0\x22\0";

async fn post(reference: &Reference, path: &str, body: &'static [u8]) -> reqwest::Response {
    let request = reference.request(Method::POST, path).header("content-type", PROTOBUF);
    request.header("accept", format!("{PROTOBUF},application/json")).body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_secret_of_kubectl_is_created_and_read_back_as_json() {
    let reference = Reference::start().await;
    let response = post(&reference, "api/v1/namespaces/web/secrets?fieldValidation=Strict", SECRET).await;
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (201, &PROTOBUF.parse().unwrap()));
    assert!(response.bytes().await.unwrap().starts_with(b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12"));
    let secret = reference.get("api/v1/namespaces/web/secrets/y").await;
    assert_eq!(secret["data"], serde_json::json!({ "a": "Yg==" }));
}

#[tokio::test]
async fn an_object_of_another_kind_is_refused_by_name() {
    let reference = Reference::start().await;
    let response = post(&reference, &format!("{NAMESPACE}/imagestreams"), SECRET).await;
    let status = response.status();
    let message = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    assert_eq!(status, 400);
    assert!(message.contains("converting (v1.Secret) to (image.ImageStream): unknown conversion"), "{message}");
}

#[rstest]
#[case::nothing(b"", "empty data (<empty>)")]
#[case::json(b"{}", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})")]
#[case::half(&SECRET[..20], "unexpected EOF (6b3873000a0c0a02763112065365637265741220)")]
#[tokio::test]
async fn a_body_that_is_no_protobuf_says_why(#[case] body: &'static [u8], #[case] why: &str) {
    let reference = Reference::start().await;
    let path = format!("{NAMESPACE}/imagestreams");
    let request = reference.request(Method::POST, &path).header("content-type", PROTOBUF).body(body);
    let status = read(request.send().await.unwrap(), 400).await;
    let expected = format!("the object provided is unrecognized (must be of type ImageStream): {why}");
    assert_eq!(status["message"], expected);
}

#[rstest]
#[case::protobuf_alone(PROTOBUF, PROTOBUF)]
#[case::protobuf_first("application/vnd.kubernetes.protobuf,application/json", PROTOBUF)]
#[case::best_quality("application/json;q=0.1,application/yaml;q=0.9", "application/yaml")]
#[case::exact_before_pattern("*/*,application/yaml", "application/yaml")]
#[case::pattern("text/html,*/*;q=0.1", "application/json")]
#[case::no_table_in_protobuf(
    "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json",
    "application/json"
)]
#[tokio::test]
async fn the_best_acceptable_media_type_is_written(#[case] accept: &str, #[case] expected: &str) {
    let reference = Reference::start().await;
    let request = reference.request(Method::GET, &format!("{NAMESPACE}/imagestreams")).header("accept", accept);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], expected);
}

#[rstest]
#[case::text("text/html")]
#[case::pattern_of_a_type("application/*")]
#[tokio::test]
async fn what_no_handler_writes_is_refused_before_anything_is_done(#[case] accept: &str) {
    let reference = Reference::start().await;
    let path = format!("{NAMESPACE}/imagestreams");
    let request = reference.request(Method::POST, &path).header("accept", accept);
    let status = read(request.body(r#"{"metadata":{"name":"s"}}"#).send().await.unwrap(), 406).await;
    let available = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    assert_eq!(status["message"], format!("406: Not Acceptable\n\nAvailable representations: {available}"));
    assert_eq!(reference.get(&path).await["items"], serde_json::json!([]));
}

#[tokio::test]
async fn custom_resources_have_no_protobuf() {
    let reference = Reference::start().await;
    let path = "apis/config.openshift.io/v1/imagedigestmirrorsets";
    let request = reference.request(Method::GET, path).header("accept", format!("{PROTOBUF},application/json"));
    assert_eq!(request.send().await.unwrap().headers()["content-type"], "application/json");
}
