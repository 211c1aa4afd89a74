//! Names that are generated, and owners that are named. The expectations are those of openshift-apiserver 4.22.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

async fn refusal(path: &str, object: &Value, status: u16) -> Value {
    let reference = Reference::start().await;
    read(reference.send(Method::POST, path, object).await, status).await
}

#[tokio::test]
async fn a_generated_name_ends_in_five_letters_and_has_63_in_all() {
    let long = "a-".repeat(100);
    let object = json!({ "metadata": { "generateName": long } });
    let refusal = refusal(&format!("{NAMESPACE}/imagestreams"), &object, 422).await;
    let name = refusal["details"]["name"].as_str().unwrap();
    let (prefix, end) = name.split_at(58);
    assert_eq!((prefix, end.len()), (&long[..58], 5));
    assert!(end.chars().all(|letter| "bcdfghjklmnpqrstvwxz2456789".contains(letter)), "{end}");
}

#[tokio::test]
async fn the_name_of_an_image_is_generated() {
    let reference = Reference::start().await;
    let object = json!({ "metadata": { "generateName": "image" }, "dockerImageReference": "r/x/y:1" });
    let image = reference.post("apis/image.openshift.io/v1/images", &object).await;
    let name = image["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("image") && name.len() == 10, "{name}");
}

#[rstest]
#[case("imagestreamtags")]
#[case("imagetags")]
#[case("imagestreammappings")]
#[tokio::test]
async fn the_name_of_a_tag_is_not_generated(#[case] resource: &str) {
    let object = json!({ "metadata": { "generateName": "a:" } });
    let refusal = refusal(&format!("{NAMESPACE}/{resource}"), &object, 500).await;
    assert_eq!(refusal["message"], "Internal error occurred: metadata.name was not generated");
}

#[rstest]
#[case("a/b/c")]
#[case("a/")]
#[case("/")]
#[case("")]
#[tokio::test]
async fn an_owner_needs_a_version(#[case] api_version: &str) {
    let owner = json!({ "apiVersion": api_version, "kind": "K", "name": "n", "uid": "u" });
    let object = json!({ "metadata": { "name": "app", "ownerReferences": [owner] } });
    let refusal = refusal(&format!("{NAMESPACE}/imagestreams"), &object, 422).await;
    let cause = json!({
        "reason": "FieldValueInvalid", "field": "metadata.ownerReferences.apiVersion",
        "message": format!("Invalid value: {api_version:?}: version must not be empty"),
    });
    assert_eq!(refusal["details"]["causes"][0], cause);
}
