//! `imagestreams/status`, and whole collections that are deleted. The expectations were recorded from openshift-apiserver 4.22.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

async fn stream(reference: &Reference, name: &str, label: &str) -> Value {
    let object = json!({ "metadata": { "name": name, "labels": { "k": label } } });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &object).await
}

#[tokio::test]
async fn a_write_of_the_status_changes_status_and_metadata_only() {
    let reference = Reference::start().await;
    let mut app = stream(&reference, "app", "a").await;
    let path = format!("{NAMESPACE}/imagestreams/app/status");
    assert_eq!(reference.get(&path).await["metadata"]["uid"], app["metadata"]["uid"]);
    app["spec"]["tags"] = json!([{ "name": "v1", "from": { "kind": "DockerImage", "name": "r/a" } }]);
    app["status"]["tags"] = json!([{ "tag": "v1", "items": [
        { "created": "2020-01-01T00:00:00Z", "dockerImageReference": "a/b", "image": "sha256:1", "generation": 0 },
    ] }]);
    app["metadata"]["labels"] = json!({ "k": "b" });
    let written = read(reference.send(Method::PUT, &path, &app).await, 200).await;
    assert_eq!(written["spec"]["tags"], Value::Null);
    assert_eq!(written["status"]["tags"][0]["items"][0]["generation"], 1);
    assert_eq!((&written["metadata"]["labels"]["k"], &written["metadata"]["generation"]), (&json!("b"), &json!(1)));
    let entries = written["metadata"]["managedFields"].as_array().unwrap();
    assert!(entries.iter().any(|entry| entry["subresource"] == "status"), "{entries:?}");
    read(reference.send(Method::PUT, &path, &app).await, 409).await;
    read(reference.send(Method::DELETE, &path, &json!({})).await, 405).await;
}

#[tokio::test]
async fn the_selected_streams_of_a_namespace_are_deleted_together() {
    let reference = Reference::start().await;
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        stream(&reference, name, label).await;
    }
    let delete = |query: &str| reference.request(Method::DELETE, &format!("{NAMESPACE}/imagestreams?{query}")).send();
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let tried = read(delete("labelSelector=k%3Dx&dryRun=All").await.unwrap(), 200).await;
    assert_eq!(names(&tried), ["a", "c"]);
    let deleted = read(delete("labelSelector=k%3Dx&limit=1").await.unwrap(), 200).await;
    assert_eq!((&deleted["kind"], names(&deleted)), (&json!("ImageStreamList"), vec!["a".to_owned()]));
    assert_eq!(deleted["items"][0]["kind"], Value::Null);
    assert_eq!(names(&reference.get(&format!("{NAMESPACE}/imagestreams")).await), ["b", "c"]);
    let everywhere = reference.request(Method::DELETE, "apis/image.openshift.io/v1/imagestreams").send().await.unwrap();
    read(everywhere, 405).await;
}

#[tokio::test]
async fn a_patch_of_the_status_goes_on_from_the_repositories_that_were_written() {
    let reference = Reference::start().await;
    let app = stream(&reference, "app", "a").await;
    let path = format!("{NAMESPACE}/imagestreams/app/status");
    let patch = async |status: Value| {
        let request = reference.request(Method::PATCH, &path).header("content-type", "application/merge-patch+json");
        read(request.body(json!({ "status": status }).to_string()).send().await.unwrap(), 200).await["status"].take()
    };
    let written = json!({ "dockerImageRepository": "q", "publicDockerImageRepository": "x.example/z" });
    assert_eq!(patch(written.clone()).await, written);
    assert_eq!(reference.get(&path).await["status"], written);
    let shown = reference.get(&format!("{NAMESPACE}/imagestreams/app")).await;
    assert_eq!(shown["status"], app["status"], "a read of the stream says where it is");
    assert_eq!(patch(json!({ "tags": [] })).await, written);
    let labels = json!({ "metadata": { "labels": { "k": "b" } } });
    let request = reference.request(Method::PATCH, &format!("{NAMESPACE}/imagestreams/app"));
    let request = request.header("content-type", "application/merge-patch+json").body(labels.to_string());
    read(request.send().await.unwrap(), 200).await;
    assert_eq!(patch(json!({ "tags": [] })).await, app["status"], "a write of the stream sets them again");
}

#[tokio::test]
async fn a_status_with_the_repositories_that_are_there_leaves_nothing_to_the_next_write() {
    let reference = Reference::start().await;
    stream(&reference, "app", "a").await;
    let path = format!("{NAMESPACE}/imagestreams/app");
    let patch = async |path: &str, kind: &str, body: &str| {
        let request = reference.request(Method::PATCH, path).header("content-type", kind).body(body.to_owned());
        read(request.send().await.unwrap(), 200).await["metadata"]["resourceVersion"].clone()
    };
    let labelled = r#"{"metadata":{"labels":{"k":"b"}},"status":{}}"#;
    let written = patch(&format!("{path}/status"), "application/merge-patch+json", labelled).await;
    assert_eq!(patch(&path, "application/json-patch+json", "[]").await, written);
}
