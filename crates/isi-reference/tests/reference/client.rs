//! What the real client sends, in the order in which it sends it: `oc import-image`, `oc get`.

use oci_mock_registry::registry::Registry;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, import_of, read};

/// What `oc get` accepts.
const TABLE: &str =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
/// What `oc` accepts when it asks which resources there are.
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

async fn get_as(reference: &Reference, accept: &str, path: &str) -> (String, Value) {
    let response = reference.request(Method::GET, path).header("accept", accept).send().await.unwrap();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (content_type, read(response, 200).await)
}

#[tokio::test]
async fn import_image_finds_no_stream_and_makes_one_then_names_its_version() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    let stream = format!("{NAMESPACE}/imagestreams/app");
    let missing = reference.request(Method::GET, &stream).send().await.unwrap();
    assert_eq!(missing.status(), 404);

    let from = format!("{}/lib/app", registry.host());
    let first = reference.import(&format!("{from}:v1"), "v1").await;
    let version = first["status"]["import"]["metadata"]["resourceVersion"].clone();
    assert_eq!(reference.get(&stream).await["metadata"]["resourceVersion"], version);

    let mut all = import_of("app", "", "");
    all["metadata"]["resourceVersion"] = version;
    all["spec"] = json!({ "import": true, "repository": {
        "from": { "kind": "DockerImage", "name": from }, "importPolicy": { "insecure": true, "importMode": "Legacy" },
        "referencePolicy": { "type": "Source" },
    } });
    let second = reference.post(&format!("{NAMESPACE}/imagestreamimports"), &all).await;
    assert_eq!(second["status"]["repository"]["status"]["status"], "Success");

    let imports = format!("{NAMESPACE}/imagestreamimports");
    all["metadata"]["resourceVersion"] = "1".into();
    let refusal = read(reference.send(Method::POST, &imports, &all).await, 409).await;
    assert_eq!(refusal["reason"], "Conflict");
}

#[tokio::test]
async fn get_finds_resources_by_their_short_names_and_shows_tables() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    let imported = reference.import(&format!("{}/lib/app:v1", registry.host()), "v1").await;
    let digest = &imported["status"]["images"][0]["image"]["metadata"]["name"];

    let (content_type, groups) = get_as(&reference, DISCOVERY, "apis?timeout=32s").await;
    assert_eq!(content_type, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    let group =
        groups["items"].as_array().unwrap().iter().find(|group| group["metadata"]["name"] == "image.openshift.io");
    let resources = group.unwrap()["versions"][0]["resources"].as_array().unwrap();
    let short = |name: &str| resources.iter().any(|resource| resource["shortNames"] == json!([name]));
    assert!(short("is") && short("istag"));

    let (_, streams) = get_as(&reference, TABLE, &format!("{NAMESPACE}/imagestreams?limit=500")).await;
    assert_eq!(streams["kind"], "Table");
    let cells = &streams["rows"][0]["cells"];
    let repository = "image-registry.openshift-image-registry.svc:5000/team/app";
    assert_eq!([&cells[0], &cells[1], &cells[2]], ["app", repository, "v1"]);
    assert!(cells[3].as_str().unwrap().ends_with(" ago"));

    let (_, tags) = get_as(&reference, TABLE, &format!("{NAMESPACE}/imagestreamtags?limit=500")).await;
    assert_eq!(tags["rows"][0]["cells"][0], "app:v1");
    assert_eq!(tags["rows"][0]["cells"][3], *digest);
    assert_eq!(tags["rows"][0]["object"]["kind"], "PartialObjectMetadata");
}

#[tokio::test]
async fn lists_come_in_pages_and_by_selectors() {
    let reference = Reference::start().await;
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let stream = json!({ "metadata": { "name": name, "labels": { "kind": label } } });
        reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    }
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = reference.get(&format!("{NAMESPACE}/imagestreams?limit=2")).await;
    let next = first["metadata"]["continue"].as_str().unwrap();
    let second = reference.get(&format!("{NAMESPACE}/imagestreams?limit=2&continue={next}")).await;
    assert_eq!((names(&first), names(&second)), (vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]));
    let labelled = reference.get(&format!("{NAMESPACE}/imagestreams?labelSelector=kind%3Dx")).await;
    assert_eq!(names(&labelled), ["a", "c"]);
    let named = reference.get(&format!("{NAMESPACE}/imagestreams?fieldSelector=metadata.name%3Db")).await;
    assert_eq!(names(&named), ["b"]);
}
