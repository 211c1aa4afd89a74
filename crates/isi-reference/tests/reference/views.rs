//! Tables and metadata alone. The expectations for the image API were recorded from openshift-apiserver 4.22 and 4.2, those for
//! secrets and namespaces are Kubernetes' printers.

use isi_reference::{Options, version::ApiVersion};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

fn view(kind: &str, version: &str) -> String {
    format!("application/json;as={kind};v={version};g=meta.k8s.io")
}

async fn get(reference: &Reference, path: &str, accept: &str, status: u16) -> Value {
    read(reference.request(Method::GET, path).header("accept", accept).send().await.unwrap(), status).await
}

async fn with_a_stream() -> Reference {
    let reference = Reference::start().await;
    reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "app" } })).await;
    reference
}

#[rstest]
#[case::nothing("None", None)]
#[case::metadata("Metadata", Some("PartialObjectMetadata"))]
#[case::metadata_by_default("", Some("PartialObjectMetadata"))]
#[case::everything("Object", Some("ImageStream"))]
#[tokio::test]
async fn rows_carry_what_is_asked_for(#[case] include: &str, #[case] kind: Option<&str>) {
    let reference = with_a_stream().await;
    let path = format!("{NAMESPACE}/imagestreams?includeObject={include}");
    let table = get(&reference, &path, &view("Table", "v1"), 200).await;
    assert_eq!(table["rows"][0]["object"]["kind"].as_str(), kind);
    let watched = format!("{NAMESPACE}/imagestreams?watch=1&timeoutSeconds=1&includeObject={include}");
    let request = reference.request(Method::GET, &watched).header("accept", view("Table", "v1"));
    let text = request.send().await.unwrap().text().await.unwrap();
    let event: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(event["object"]["rows"][0]["object"]["kind"].as_str(), kind);
}

#[tokio::test]
async fn rows_cannot_carry_anything_else() {
    let reference = with_a_stream().await;
    let path = format!("{NAMESPACE}/imagestreams?includeObject=x");
    let refusal = get(&reference, &path, &view("Table", "v1"), 400).await;
    let message = "Unable to convert to Table as requested: includeObject: Invalid value: \"x\": must be 'Metadata', 'Object', \
                   'None', or empty";
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn a_list_is_not_shown_as_an_object_nor_an_object_as_a_list() {
    let reference = with_a_stream().await;
    let (list, one) = (format!("{NAMESPACE}/imagestreams"), format!("{NAMESPACE}/imagestreams/app"));
    let refusal = get(&reference, &list, &view("PartialObjectMetadata", "v1"), 406).await;
    let message = "you requested PartialObjectMetadata, but the requested object is a list (*image.ImageStreamList)";
    assert_eq!(refusal["message"], message);
    let refusal = get(&reference, &one, &view("PartialObjectMetadataList", "v1"), 406).await;
    let message =
        "you requested PartialObjectMetadataList, but the requested object is not a list (*image.ImageStream)";
    assert_eq!(refusal["message"], message);
    let found = get(&reference, &list, &view("PartialObjectMetadataList", "v1beta1"), 200).await;
    assert_eq!(
        (&found["apiVersion"], &found["items"][0]["metadata"]["name"]),
        (&json!("meta.k8s.io/v1beta1"), &json!("app"))
    );
}

#[rstest]
#[case::new(ApiVersion::V4_22, "v1", 200)]
#[case::of_old(ApiVersion::V4_2, "v1", 406)]
#[case::beta(ApiVersion::V4_2, "v1beta1", 200)]
#[tokio::test]
async fn views_have_versions(#[case] api_version: ApiVersion, #[case] version: &str, #[case] status: u16) {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    get(&reference, &format!("{NAMESPACE}/imagestreams"), &view("Table", version), status).await;
}

#[tokio::test]
async fn secrets_and_namespaces_are_shown_as_kubernetes_shows_them() {
    let reference = Reference::start().await;
    let secret = json!({ "metadata": { "name": "one" }, "type": "Opaque", "data": { "a": "", "b": "" } });
    reference.post("api/v1/namespaces/team/secrets", &secret).await;
    let table = get(&reference, "api/v1/namespaces/team/secrets", &view("Table", "v1"), 200).await;
    let names: Vec<&Value> = table["columnDefinitions"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Name", "Type", "Data", "Age"]);
    assert_eq!(table["rows"][0]["cells"].as_array().unwrap()[..3], [json!("one"), json!("Opaque"), json!(2)]);
    let table = get(&reference, "api/v1/namespaces/default", &view("Table", "v1"), 200).await;
    assert_eq!(table["rows"][0]["cells"].as_array().unwrap()[..2], [json!("default"), json!("Active")]);
    let metadata = get(&reference, "api/v1/namespaces/default", &view("PartialObjectMetadata", "v1"), 200).await;
    assert_eq!((&metadata["metadata"]["name"], &metadata["spec"]), (&json!("default"), &Value::Null));
}
