//! What servers say of options and patches, recorded from openshift-apiserver 4.22.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

const UNKNOWN_FIELD: &str = "\"foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
const NO_EXPORT: &str = "the export parameter, deprecated since v1.14, is no longer supported";
const NOT_ALLOWED: &str = "the server does not allow this method on the requested resource";

#[rstest]
#[case::no_limit("imagestreams?limit=", 400, "strconv.ParseInt: parsing \"\": invalid syntax")]
#[case::no_time("imagestreams?timeoutSeconds=", 400, "strconv.ParseInt: parsing \"\": invalid syntax")]
#[case::labels_before_fields(
    "imagestreams?labelSelector=(a)&fieldSelector=foo%3Dx",
    400,
    "found '(', expected: !, identifier, or 'end of string'"
)]
#[case::options_before_whether_it_can_be_watched(
    "imagestreamtags?watch=true&fieldSelector=foo%3Dx",
    400,
    UNKNOWN_FIELD
)]
#[case::what_cannot_be_listed_is_not_watched("imagestreamimports?watch=true", 405, NOT_ALLOWED)]
#[case::a_tag_has_no_export("imagestreamtags/s?export=true", 400, NO_EXPORT)]
#[case::a_name_is_no_tag(
    "imagestreamtags/s?resourceVersion=x",
    400,
    "ImageStreamTags must be retrieved with <name>:<tag>"
)]
#[tokio::test]
async fn options_are_refused_in_the_order_of_servers(#[case] path: &str, #[case] status: u16, #[case] message: &str) {
    let reference = Reference::start().await;
    let response = reference.request(Method::GET, &format!("{NAMESPACE}/{path}")).send().await.unwrap();
    assert_eq!(read(response, status).await["message"], message);
}

#[rstest]
#[case::warned(
    "",
    Some("299 - \"unknown field \\\"unknown\\\"\""),
    "the API version in the data (v1) does not match the expected API version (image.openshift.io/v1)"
)]
#[case::strict(
    "?fieldValidation=Strict",
    None,
    "ImageStream in version \"v1\" cannot be handled as a ImageStream: strict decoding error: unknown field \"unknown\""
)]
#[tokio::test]
async fn an_object_of_the_old_version_is_read_before_it_is_refused(
    #[case] query: &str,
    #[case] warning: Option<&str>,
    #[case] message: &str,
) {
    let reference = Reference::start().await;
    let body = json!({ "apiVersion": "v1", "kind": "ImageStream", "metadata": { "name": "s" }, "unknown": 1 });
    let response = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreams{query}"), &body).await;
    let told = response.headers().get("warning").map(|warning| warning.to_str().unwrap().to_owned());
    assert_eq!(told.as_deref(), warning);
    assert_eq!(read(response, 400).await["message"], message);
}

#[tokio::test]
async fn tags_are_listed_of_a_version_that_exists() {
    let reference = Reference::start().await;
    let path = format!("{NAMESPACE}/imagestreamtags?resourceVersion=99999999");
    let response = reference.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(read(response, 504).await["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
}

#[tokio::test]
async fn a_collection_is_deleted_only_with_right_options_of_its_list() {
    let reference = Reference::start().await;
    let body = json!({ "propagationPolicy": "x" });
    let response = reference.send(Method::DELETE, &format!("{NAMESPACE}/imagestreams?limit="), &body).await;
    assert_eq!(read(response, 400).await["message"], "strconv.ParseInt: parsing \"\": invalid syntax");
}

#[tokio::test]
async fn a_signature_is_deleted_only_with_right_options() {
    let reference = Reference::start().await;
    let body = json!({ "propagationPolicy": "x" });
    let response = reference.send(Method::DELETE, "apis/image.openshift.io/v1/imagesignatures/x@a", &body).await;
    assert_eq!(read(response, 422).await["details"]["kind"], "DeleteOptions");
}

#[rstest]
#[case::a_missing_field_is_replaced(json!([{ "op": "replace", "path": "/metadata/labels", "value": { "a": "b" } }]), 200)]
#[case::a_missing_field_is_null(json!([{ "op": "test", "path": "/metadata/labels", "value": null }]), 200)]
#[case::a_missing_field_is_not_removed(json!([{ "op": "remove", "path": "/metadata/labels" }]), 422)]
#[case::an_index_may_have_zeros(json!([{ "op": "replace", "path": "/spec/tags/00/name", "value": "y" }]), 200)]
#[case::an_index_that_is_not_there(json!([{ "op": "replace", "path": "/spec/tags/9/name", "value": "y" }]), 422)]
#[tokio::test]
async fn json_patches_are_applied_as_by_servers(#[case] patch: Value, #[case] status: u16) {
    let reference = Reference::start().await;
    let tag = json!({ "name": "x", "from": { "kind": "DockerImage", "name": "a/b" } });
    let stream = json!({ "metadata": { "name": "s" }, "spec": { "tags": [tag] } });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    let request = reference.request(Method::PATCH, &format!("{NAMESPACE}/imagestreams/s"));
    let request = request.header("content-type", "application/json-patch+json").body(patch.to_string());
    read(request.send().await.unwrap(), status).await;
}

#[rstest]
#[case::of_a_stream_without_a_name(json!({ "kind": "ImageStreamTag", "name": ":v1" }), "unable to retrieve image stream: Name parameter required.")]
#[case::of_a_registry_in_another_namespace(
    json!({ "kind": "DockerImage", "name": "a/b", "namespace": "elsewhere" }),
    "must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>"
)]
#[tokio::test]
async fn a_tag_is_refused(#[case] from: Value, #[case] why: &str) {
    let reference = Reference::start().await;
    let stream = json!({ "metadata": { "name": "s" }, "spec": { "tags": [{ "name": "x", "from": from }] } });
    let response = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreams"), &stream).await;
    let message = read(response, 422).await["message"].as_str().unwrap().to_owned();
    assert!(message.contains(why), "{message}");
}

#[rstest]
#[case::a_list("fieldSelector=metadata.name%3Dfoo", "imagestreams.image.openshift.io \"foo\" is forbidden")]
#[case::a_watch("watch=1&fieldSelector=metadata.name%3D%3Dfoo", "imagestreams.image.openshift.io \"foo\" is forbidden")]
#[case::of_all_but_one("fieldSelector=metadata.name!%3Dfoo", "imagestreams.image.openshift.io is forbidden")]
#[tokio::test]
async fn a_refusal_names_the_one_object_that_is_selected(#[case] query: &str, #[case] message: &str) {
    let reference = Reference::start().await;
    let url = format!("{}/{NAMESPACE}/imagestreams?{query}", reference.running.url());
    let refusal = read(reference.client.get(url).send().await.unwrap(), 403).await;
    assert!(refusal["message"].as_str().unwrap().starts_with(message), "{refusal}");
    assert_eq!(refusal["details"]["name"].as_str(), message.contains("foo").then_some("foo"));
}

#[tokio::test]
async fn who_is_not_known_is_told_so_in_the_form_that_is_accepted() {
    let reference = Reference::start().await;
    let url = format!("{}/{NAMESPACE}/imagestreams/x", reference.running.url());
    let request = reference.client.get(url).bearer_auth("nobody").header("accept", "application/yaml");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/yaml");
    assert!(response.text().await.unwrap().starts_with("apiVersion: v1\ncode: 401\nkind: Status\n"));
}

#[rstest]
#[case::warned("", 422, "is invalid: spec.images", Some("299 - \"line 7: key \\\"import\\\" already set in map\""))]
#[case::ignored("?fieldValidation=Ignore", 422, "is invalid: spec.images", None)]
#[case::strict(
    "?fieldValidation=Strict",
    400,
    "strict decoding error: yaml: unmarshal errors:\n  line 7: key \"import\" already set in map",
    None
)]
#[tokio::test]
async fn the_last_of_two_equal_keys_of_yaml_counts(
    #[case] query: &str,
    #[case] status: u16,
    #[case] message: &str,
    #[case] warning: Option<&str>,
) {
    let reference = Reference::start().await;
    let object = "apiVersion: image.openshift.io/v1\nkind: ImageStreamImport\nmetadata:\n  name: a\nspec:\n";
    let request = reference.request(Method::POST, &format!("{NAMESPACE}/imagestreamimports{query}"));
    let request = request.header("content-type", "application/yaml");
    let response = request.body(format!("{object}  import: true\n  import: false\n")).send().await.unwrap();
    assert_eq!(response.headers().get("warning").map(|value| value.to_str().unwrap()), warning);
    let refusal = read(response, status).await;
    assert!(refusal["message"].as_str().unwrap().contains(message), "{refusal}");
}

/// Recorded from openshift-apiserver 4.22.
#[rstest]
#[case::flow("{kind: ImageStream, metadata: {name: a}}{}")]
#[case::second("kind: ImageStream\nmetadata: {name: a}\n---\nfoo: [")]
#[tokio::test]
async fn yaml_is_read_to_the_end_of_its_first_document(#[case] body: &'static str) {
    let reference = Reference::start().await;
    let request = reference.request(Method::POST, &format!("{NAMESPACE}/imagestreams"));
    let response = request.header("content-type", "application/yaml").body(body).send().await.unwrap();
    assert_eq!(read(response, 201).await["metadata"]["name"], "a");
}

#[tokio::test]
async fn a_time_is_read_from_a_text() {
    let reference = Reference::start().await;
    let stream = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": { "name": "a", "creationTimestamp": 5 },
    });
    let refusal = read(reference.send(Method::POST, &format!("{NAMESPACE}/imagestreams"), &stream).await, 400).await;
    let said =
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string";
    assert!(refusal["message"].as_str().unwrap().ends_with(said), "{refusal}");
}

#[tokio::test]
async fn a_refusal_of_a_part_of_an_object_names_the_object() {
    let reference = Reference::start().await;
    let url = format!("{}/{NAMESPACE}/imagestreams/a/secrets", reference.running.url());
    let refusal = read(reference.client.get(url).send().await.unwrap(), 403).await;
    let said = "imagestreams.image.openshift.io \"a\" is forbidden: User \"system:anonymous\" cannot get resource \"imagestreams/secrets\"";
    assert!(refusal["message"].as_str().unwrap().starts_with(said), "{refusal}");
    assert_eq!(refusal["details"]["kind"], "imagestreams");
}

#[rstest]
#[case::number("1", "number")]
#[case::text("\"x\"", "string")]
#[case::truth("true", "bool")]
#[case::list("[]", "array")]
#[tokio::test]
async fn a_body_that_is_no_object_is_told_by_its_type(#[case] body: &'static str, #[case] kind: &str) {
    let reference = Reference::start().await;
    let request = reference.request(Method::POST, &format!("{NAMESPACE}/imagestreamimports")).body(body);
    let refusal = read(request.send().await.unwrap(), 400).await;
    let said = format!("json: cannot unmarshal {kind} into Go value of type struct {{ APIVersion string");
    assert!(refusal["message"].as_str().unwrap().contains(&said), "{refusal}");
}

#[rstest]
#[case::time(json!([{ "time": "" }]), Some("parsing time \"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"2006\""))]
#[case::type_of_a_field(
    json!([{ "manager": 1 }]),
    Some("json: cannot unmarshal number into Go struct field ManagedFieldsEntry.metadata.managedFields.manager of type string")
)]
#[case::null(json!([{ "apiVersion": null }]), None)]
#[tokio::test]
async fn managed_fields_of_an_import_are_decoded(#[case] entries: Value, #[case] refusal: Option<&str>) {
    let reference = Reference::start().await;
    let import = json!({
        "kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1",
        "metadata": { "name": "s", "managedFields": entries }, "spec": { "import": false, "images": [] },
    });
    let response = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let answer = read(response, if refusal.is_some() { 400 } else { 422 }).await;
    let prefix = "ImageStreamImport in version \"v1\" cannot be handled as a ImageStreamImport: ";
    assert_eq!(answer["message"].as_str().unwrap().strip_prefix(prefix), refusal);
}

#[tokio::test]
async fn what_a_posted_status_leaves_out_is_no_error() {
    let reference = Reference::start().await;
    let status = json!({ "tags": [{ "tag": "x", "items": [{}], "conditions": [{ "generation": 1 }] }] });
    let stream = json!({ "metadata": { "name": "s" }, "status": status });
    let created = reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    assert_eq!(created["status"]["tags"], Value::Null);
}
