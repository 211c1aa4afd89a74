//! `imagetags`: the wanted and the actual form of a tag in one object. The expectations were recorded from builds of
//! openshift-apiserver 4.22, 4.12 and 4.2.

use isi_reference::{Options, version::ApiVersion};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

fn tag(name: &str, spec: &Value) -> Value {
    json!({ "kind": "ImageTag", "apiVersion": "image.openshift.io/v1", "metadata": { "name": name }, "spec": spec })
}

fn from(tag: &str, image: &str) -> Value {
    json!({ "name": tag, "from": { "kind": "DockerImage", "name": image } })
}

fn path(name: &str) -> String {
    format!("{NAMESPACE}/imagetags/{name}")
}

#[tokio::test]
async fn a_tag_is_wanted_first_and_then_deleted() {
    let reference = Reference::start().await;
    let created = reference.post(&format!("{NAMESPACE}/imagetags"), &tag("app:v1", &from("v1", "r/a:1"))).await;
    let spec = json!({
        "name": "v1", "annotations": null, "from": { "kind": "DockerImage", "name": "r/a:1" }, "generation": 1,
        "importPolicy": { "importMode": "Legacy" }, "referencePolicy": { "type": "Source" },
    });
    assert_eq!((&created["spec"], &created["status"], &created["image"]), (&spec, &Value::Null, &Value::Null));
    assert_eq!(reference.get(&path("app:v1")).await["spec"], spec);
    let list = reference.get(&format!("{NAMESPACE}/imagetags")).await;
    assert_eq!((&list["kind"], &list["items"][0]["metadata"]["name"]), (&json!("ImageTagList"), &json!("app:v1")));
    read(reference.send(Method::DELETE, &path("app:v1"), &json!({})).await, 200).await;
    let missing = read(reference.request(Method::GET, &path("app:v1")).send().await.unwrap(), 404).await;
    assert_eq!(missing["message"], "imagetags.image.openshift.io \"app:v1\" not found");
}

#[rstest]
#[case::without_spec(json!(null), "spec: Required value: spec is a required field during creation")]
#[case::another_name(from("other", "r/a:1"), "spec.name: Invalid value: \"other\": must match image tag name")]
#[case::no_image(from("v1", ""), "spec.from.name: Required value")]
#[tokio::test]
async fn what_is_no_tag_is_not_created(#[case] spec: Value, #[case] why: &str) {
    let reference = Reference::start().await;
    let answer = reference.send(Method::POST, &format!("{NAMESPACE}/imagetags"), &tag("app:v1", &spec)).await;
    let refusal = read(answer, 422).await;
    assert_eq!(refusal["message"], format!("ImageTag.image.openshift.io \"app:v1\" is invalid: {why}"));
}

#[tokio::test]
async fn only_the_spec_of_a_tag_can_be_changed() {
    let reference = Reference::start().await;
    reference.post(&format!("{NAMESPACE}/imagetags"), &tag("app:v1", &from("v1", "r/a:1"))).await;
    let patch = |body: Value| {
        let request = reference.request(Method::PATCH, &path("app:v1"));
        request.header("content-type", "application/merge-patch+json").body(body.to_string()).send()
    };
    let patched = read(patch(json!({ "spec": { "annotations": { "a": "b" } } })).await.unwrap(), 200).await;
    assert_eq!(patched["spec"]["annotations"], json!({ "a": "b" }));
    let refusal = read(patch(json!({ "metadata": { "labels": { "a": "b" } } })).await.unwrap(), 422).await;
    let why = "metadata: Invalid value: \"\": may not update fields other than spec";
    assert_eq!(refusal["message"], format!("ImageTag.image.openshift.io \"app:v1\" is invalid: {why}"));
    let again = reference.send(Method::POST, &format!("{NAMESPACE}/imagetags"), &tag("app:v1", &from("v1", "r"))).await;
    let refusal = read(again, 409).await;
    assert_eq!(refusal["message"], "imagetags.image.openshift.io \"app:v1\" already exists");
}

#[tokio::test]
async fn old_servers_have_none() {
    let options = Options { api_version: ApiVersion::V4_2, ..Options::default() };
    let reference = Reference::start_with(options, Vec::new()).await;
    read(reference.request(Method::GET, &path("app:v1")).send().await.unwrap(), 404).await;
    let resources = reference.get("apis/image.openshift.io/v1").await;
    let names: Vec<&str> =
        resources["resources"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"imagestreamtags") && !names.contains(&"imagetags"), "{names:?}");
}

/// Writes of tags with `dryRun` were stored before 4.13.
#[rstest]
#[case(ApiVersion::V4_22, 404)]
#[case(ApiVersion::V4_12, 200)]
#[tokio::test]
async fn a_dry_run_leaves_tags_as_they_are_since_4_13(#[case] api_version: ApiVersion, #[case] found: u16) {
    let options = Options { api_version, ..Options::default() };
    let reference = Reference::start_with(options, Vec::new()).await;
    reference.post(&format!("{NAMESPACE}/imagetags?dryRun=All"), &tag("app:v1", &from("v1", "r/a:1"))).await;
    assert_eq!(reference.request(Method::GET, &path("app:v1")).send().await.unwrap().status(), found);
}

/// Such a change makes the client an owner of fields, which is a change of the metadata.
#[rstest]
#[case(json!({ "spec": { "reference": true } }), 422)]
#[case(json!({ "image": { "metadata": { "name": "x" } } }), 422)]
#[case(json!({ "spec": null }), 200)]
#[case(json!({}), 200)]
#[tokio::test]
async fn no_tag_is_changed_whose_stream_has_owners_of_fields(#[case] change: Value, #[case] status: u16) {
    let reference = Reference::start().await;
    let stream = json!({ "metadata": { "name": "app" }, "spec": { "tags": [from("v1", "r/a:1")] } });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    let request = reference.request(Method::PATCH, &path("app:v1"));
    let request = request.header("content-type", "application/merge-patch+json").body(change.to_string());
    let answer = read(request.send().await.unwrap(), status).await;
    if status == 422 {
        let why = "metadata: Invalid value: \"\": may not update fields other than spec";
        assert_eq!(answer["message"], format!("ImageTag.image.openshift.io \"app:v1\" is invalid: {why}"));
    }
}

#[tokio::test]
async fn a_tag_without_a_spec_replaces_one() {
    let reference = Reference::start().await;
    let stream = json!({ "metadata": { "name": "app" }, "spec": { "tags": [from("v1", "r/a:1")] } });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    let empty = tag("app:v1", &Value::Null);
    read(reference.send(Method::PUT, &path("app:v1"), &empty).await, 200).await;
    assert_eq!(reference.request(Method::GET, &path("app:v1")).send().await.unwrap().status(), 404);
}
