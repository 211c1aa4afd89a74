//! Imports against registries that behave.

use oci_mock_registry::registry::Registry;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, import_of, read};

#[tokio::test]
async fn what_an_import_says_is_what_can_be_read_back() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    let imported = reference.import(&format!("{}/lib/app:v1", registry.host()), "v1").await;
    let mut stream = reference.get(&format!("{NAMESPACE}/imagestreams/app")).await;
    for key in ["kind", "apiVersion"] {
        stream.as_object_mut().unwrap().remove(key);
    }
    assert_eq!(imported["status"]["import"], stream);
}

#[tokio::test]
async fn the_same_import_again_changes_nothing() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    let from = format!("{}/lib/app:v1", registry.host());
    let first = reference.import(&from, "v1").await;
    let second = reference.import(&from, "v1").await;
    assert_eq!(first["status"]["import"], second["status"]["import"]);
}

#[tokio::test]
async fn many_imports_at_once_do_not_get_in_each_others_way() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    let from = format!("{}/lib/app:v1", registry.host());
    let imports = (0..20).map(|number| {
        let (reference, from) = (&reference, &from);
        async move {
            let import = import_of(&format!("app-{number}"), from, "v1");
            reference.post(&format!("{NAMESPACE}/imagestreamimports"), &import).await
        }
    });
    let answers: Vec<Value> = futures_util::future::join_all(imports).await;
    assert!(answers.iter().all(|answer| answer["status"]["images"][0]["status"]["status"] == "Success"));
}

#[tokio::test]
async fn a_tag_that_follows_an_imported_tag_gets_its_image() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    let stream = json!({
        "metadata": { "name": "app" },
        "spec": { "tags": [{ "name": "stable", "from": { "kind": "ImageStreamTag", "name": "v1" } }] },
    });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    reference.import(&format!("{}/lib/app:v1", registry.host()), "v1").await;
    let tag = reference.get(&format!("{NAMESPACE}/imagestreamtags/app:stable")).await;
    let followed = reference.get(&format!("{NAMESPACE}/imagestreamtags/app:v1")).await;
    assert_eq!(tag["image"]["metadata"]["name"], followed["image"]["metadata"]["name"]);
}

#[tokio::test]
async fn an_update_needs_the_version_that_it_updates() {
    let reference = Reference::start().await;
    let path = format!("{NAMESPACE}/imagestreams/app");
    let created = reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "app" } })).await;
    let mut update = created.clone();
    update["metadata"]["labels"] = json!({ "a": "b" });
    read(reference.send(Method::PUT, &path, &update).await, 200).await;
    let stale = read(reference.send(Method::PUT, &path, &update).await, 409).await;
    assert_eq!(stale["reason"], "Conflict");
}

/// Answered by openshift-apiserver 4.22, but for the words of its YAML library.
#[tokio::test]
async fn what_is_no_yaml_is_refused_as_what_cannot_be_recognized() {
    let reference = Reference::start().await;
    let request = reference.request(Method::POST, &format!("{NAMESPACE}/imagestreamimports"));
    let answer = request.header("content-type", "application/yaml").body("a: [1").send().await.unwrap();
    let message = read(answer, 400).await["message"].as_str().unwrap().to_owned();
    let start = "the object provided is unrecognized (must be of type ImageStreamImport): yaml: ";
    assert!(message.starts_with(start) && message.ends_with(" (613a205b31)"), "{message}");
}

// Answered by openshift-apiserver 4.22.
#[rstest]
#[case::list(
    "image.openshift.io/v1",
    "ImageStreamList",
    "converting (v1.ImageStreamList) to (image.ImageStreamImport): unknown conversion"
)]
#[case::layers(
    "image.openshift.io/v1",
    "ImageStreamLayers",
    "converting (v1.ImageStreamLayers) to (image.ImageStreamImport): unknown conversion"
)]
#[case::secrets(
    "image.openshift.io/v1",
    "SecretList",
    "converting (v1.SecretList) to (image.ImageStreamImport): unknown conversion"
)]
#[case::status("apps/v1", "Status", "converting (v1.Status) to (image.ImageStreamImport): unknown conversion")]
#[case::options(
    "image.openshift.io/v1",
    "ListOptions",
    "converting (v1.ListOptions) to (image.ImageStreamImport): unknown conversion"
)]
#[case::table(
    "image.openshift.io/v1",
    "Table",
    "no kind \"Table\" is registered for version \"image.openshift.io/v1\" in scheme \"pkg/runtime/scheme.go:110\""
)]
#[case::signatures(
    "image.openshift.io/v1",
    "ImageSignatureList",
    "no kind \"ImageSignatureList\" is registered for version \"image.openshift.io/v1\" in scheme \"pkg/runtime/scheme.go:110\""
)]
#[case::legacy_list(
    "v1",
    "ImageStreamList",
    "converting (v1.ImageStreamList) to (image.ImageStreamImport): unknown conversion"
)]
#[case::legacy_layers(
    "v1",
    "ImageStreamLayers",
    "no kind \"ImageStreamLayers\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:110\""
)]
#[case::legacy_list_of_image_tags(
    "v1",
    "ImageTagList",
    "no kind \"ImageTagList\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:110\""
)]
#[tokio::test]
async fn an_object_of_another_kind_is_refused_in_the_words_of_a_server(
    #[case] version: &str,
    #[case] kind: &str,
    #[case] why: &str,
) {
    let reference = Reference::start().await;
    let object = json!({ "kind": kind, "apiVersion": version, "metadata": {} });
    let answer = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamimports"), &object).await;
    let expected = format!("{kind} in version \"v1\" cannot be handled as a ImageStreamImport: {why}");
    assert_eq!(read(answer, 400).await["message"], expected);
}

// Answered by openshift-apiserver 4.22.
#[tokio::test]
async fn an_owner_that_lacks_something_is_named_without_its_number() {
    let reference = Reference::start().await;
    let mut import = import_of("app", "r.example/a:v1", "v1");
    import["metadata"]["ownerReferences"] = json!([{ "apiVersion": "a", "name": "b", "uid": "c" }]);
    let answer = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let causes = read(answer, 422).await["details"]["causes"].clone();
    assert_eq!(causes[0]["field"], "metadata.ownerReferences.kind", "{causes}");
}

/// Every object is decoded as what it says that it is, in the words of openshift-apiserver 4.22.
#[rstest]
#[case::time("ImageStream", json!({ "metadata": { "creationTimestamp": "x" } }), NO_TIME)]
#[case::time_of_a_tag("ImageStreamTag", json!({ "metadata": { "creationTimestamp": "x" } }), NO_TIME)]
#[case::time_of_an_image("Image", json!({ "metadata": { "creationTimestamp": "x" } }), NO_TIME)]
#[case::tags(
    "ImageStream",
    json!({ "spec": { "tags": 7 } }),
    "json: cannot unmarshal number into Go struct field ImageStreamSpec.spec.tags of type []v1.TagReference"
)]
#[case::status("Status", json!({ "status": 7 }), "json: cannot unmarshal number into Go struct field Status.status of type string")]
#[tokio::test]
async fn a_mistake_in_an_object_of_another_kind_is_told_before_the_kind_is_refused(
    #[case] kind: &str,
    #[case] mut object: Value,
    #[case] why: &str,
) {
    let reference = Reference::start().await;
    object["kind"] = kind.into();
    let answer = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamimports"), &object).await;
    let expected = format!("{kind} in version \"v1\" cannot be handled as a ImageStreamImport: {why}");
    assert_eq!(read(answer, 400).await["message"], expected);
}

const NO_TIME: &str = "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"";

/// As Go's `mime` package reads content types.
#[rstest]
#[case("application/JSON", 201)]
#[case("application/json; charset=utf-8", 201)]
#[case("application/json;;", 415)]
#[case("text/plain", 415)]
#[tokio::test]
async fn content_types_are_read_as_go_does(#[case] content_type: &str, #[case] status: u16) {
    let reference = Reference::start().await;
    let request = reference.request(Method::POST, &format!("{NAMESPACE}/imagestreams"));
    let request =
        request.header("content-type", content_type).body(json!({ "metadata": { "name": "app" } }).to_string());
    read(request.send().await.unwrap(), status).await;
}
