//! Objects that the server only keeps: which versions of them a write or a deletion is for.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

const IMAGES: &str = "apis/config.openshift.io/v1/images/cluster";
const SECRETS: &str = "api/v1/namespaces/team/secrets";

#[tokio::test]
async fn an_object_that_has_changed_since_is_not_replaced() {
    let reference = Reference::start().await;
    let first = reference.get(IMAGES).await;
    let mut changed = first.clone();
    changed["spec"] = json!({ "additionalTrustedCA": { "name": "ca" } });
    read(reference.send(Method::PUT, IMAGES, &changed).await, 200).await;
    let refusal = read(reference.send(Method::PUT, IMAGES, &first).await, 409).await;
    assert_eq!(refusal["reason"], "Conflict");
    let message = "Operation cannot be fulfilled on images.config.openshift.io \"cluster\": the object has been modified; \
                   please apply your changes to the latest version and try again";
    assert_eq!(refusal["message"], message);
    assert_eq!(reference.get(IMAGES).await["spec"], changed["spec"]);
}

#[tokio::test]
async fn a_custom_resource_is_not_replaced_without_a_version_and_a_secret_is() {
    let reference = Reference::start().await;
    let mut images = reference.get(IMAGES).await;
    images["metadata"] = json!({ "name": "cluster" });
    let refusal = read(reference.send(Method::PUT, IMAGES, &images).await, 422).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(
        message.ends_with("metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"),
        "{message}"
    );

    let secret = json!({ "metadata": { "name": "one" }, "data": {} });
    reference.post(SECRETS, &secret).await;
    read(reference.send(Method::PUT, &format!("{SECRETS}/one"), &secret).await, 200).await;
}

#[rstest]
#[case::another_object("uid", "UID", "deleted and then recreated")]
#[case::another_version("resourceVersion", "ResourceVersion", "modified")]
#[tokio::test]
async fn only_the_object_that_is_meant_is_deleted(#[case] field: &str, #[case] word: &str, #[case] cause: &str) {
    let reference = Reference::start().await;
    let secret = reference.post(SECRETS, &json!({ "metadata": { "name": "one" }, "data": {} })).await;
    let path = format!("{SECRETS}/one");
    let options = |value: &Value| json!({ "preconditions": { field: value } });
    let refusal = read(reference.send(Method::DELETE, &path, &options(&"other".into())).await, 409).await;
    let found = secret["metadata"][field].as_str().unwrap();
    let message = format!(
        "Operation cannot be fulfilled on Secret \"one\": the {word} in the precondition (other) does not match the {word} in \
         record ({found}). The object might have been {cause}"
    );
    assert_eq!(refusal["message"], message);
    read(reference.send(Method::DELETE, &path, &options(&secret["metadata"][field])).await, 200).await;
}

#[tokio::test]
async fn a_project_is_asked_for_and_is_a_namespace() {
    let reference = Reference::start().await;
    let projects = "apis/project.openshift.io/v1/projects";
    let requests = "apis/project.openshift.io/v1/projectrequests";
    assert_eq!(reference.get(requests).await["status"], "Success", "alice may ask for projects");
    let request = json!({ "metadata": { "name": "mine" }, "displayName": "Mine", "description": "For me." });
    let project = reference.post(requests, &request).await;
    assert_eq!(project["kind"], "Project");
    let annotations = json!({
        "openshift.io/description": "For me.", "openshift.io/display-name": "Mine", "openshift.io/requester": "alice",
    });
    assert_eq!(project["metadata"]["annotations"], annotations);
    assert_eq!(reference.get("api/v1/namespaces/mine").await["metadata"]["annotations"], annotations);
    let again = read(reference.send(Method::POST, requests, &request).await, 409).await;
    assert_eq!(again["message"], "project.project.openshift.io \"mine\" already exists");
    read(reference.request(Method::DELETE, &format!("{projects}/mine")).send().await.unwrap(), 200).await;
    read(reference.request(Method::GET, &format!("{projects}/mine")).send().await.unwrap(), 404).await;
}

#[rstest]
#[case::replaces(Method::PUT, "?dryRun=All", true)]
#[case::patches(Method::PATCH, "?dryRun=All", true)]
#[case::deletes_by_query(Method::DELETE, "?dryRun=All", false)]
#[case::deletes_by_body(Method::DELETE, "", true)]
#[tokio::test]
async fn a_dry_run_leaves_the_stream_as_it_is(#[case] method: Method, #[case] query: &str, #[case] with_body: bool) {
    let reference = Reference::start().await;
    let streams = format!("{NAMESPACE}/imagestreams");
    let stored = reference.post(&streams, &json!({ "metadata": { "name": "one" } })).await;
    let path = format!("{streams}/one");
    let mut body = stored.clone();
    if method == Method::DELETE {
        body = json!({ "dryRun": ["All"] });
    } else {
        body["metadata"]["labels"] = json!({ "a": "b" });
    }
    let is_patch = method == Method::PATCH;
    let mut request = reference.request(method, &format!("{path}{query}"));
    if with_body {
        let content_type = if is_patch { "application/merge-patch+json" } else { "application/json" };
        request = request.header("content-type", content_type).body(body.to_string());
    }
    read(request.send().await.unwrap(), 200).await;
    assert_eq!(reference.get(&path).await, stored);
}

#[rstest]
#[case::another_object("uid", "UID", "deleted and then recreated")]
#[case::another_version("resourceVersion", "ResourceVersion", "modified")]
#[tokio::test]
async fn only_the_stream_that_the_preconditions_name_is_deleted(
    #[case] field: &str,
    #[case] word: &str,
    #[case] cause: &str,
) {
    let reference = Reference::start().await;
    let streams = format!("{NAMESPACE}/imagestreams");
    let stored = reference.post(&streams, &json!({ "metadata": { "name": "one" } })).await;
    let path = format!("{streams}/one");
    let options = |value: &Value| json!({ "preconditions": { field: value } });
    let refusal = read(reference.send(Method::DELETE, &path, &options(&"x".into())).await, 409).await;
    let found = stored["metadata"][field].as_str().unwrap();
    let message = format!(
        "Operation cannot be fulfilled on ImageStream.image.openshift.io \"one\": the {word} in the precondition (x) does \
         not match the {word} in record ({found}). The object might have been {cause}"
    );
    assert_eq!(refusal["message"], message);
    assert_eq!(reference.get(&path).await, stored);
    read(reference.send(Method::DELETE, &path, &options(&stored["metadata"][field])).await, 200).await;
}

#[tokio::test]
async fn a_deletion_with_an_unknown_dry_run_is_refused_before_the_stream_is_looked_up() {
    let reference = Reference::start().await;
    let path = format!("{NAMESPACE}/imagestreams/missing");
    let refusal = read(reference.send(Method::DELETE, &path, &json!({ "dryRun": ["x"] })).await, 422).await;
    let message =
        "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"x\"]: supported values: \"All\"";
    assert_eq!(refusal["message"], message);
}
