//! Lists in strategic merge patches. Orders and texts are those of openshift-apiserver 4.22.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

fn owner(uid: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "name": format!("name-{uid}"), "uid": uid })
}

/// A reference with the stream `app`, which has three finalizers and three owners.
async fn start() -> Reference {
    let reference = Reference::start().await;
    let metadata = json!({
        "name": "app", "finalizers": ["x/a", "x/b", "x/c"], "ownerReferences": [owner("1"), owner("2"), owner("3")],
    });
    reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": metadata })).await;
    reference
}

async fn patched(metadata: &Value, status: u16) -> Value {
    let reference = start().await;
    let request = reference.request(Method::PATCH, &format!("{NAMESPACE}/imagestreams/app"));
    let request = request.header("content-type", "application/strategic-merge-patch+json");
    read(request.body(json!({ "metadata": metadata }).to_string()).send().await.unwrap(), status).await
}

#[rstest]
#[case::a_new_one_comes_first(json!({ "finalizers": ["x/d"] }), &["d", "a", "b", "c"])]
#[case::one_after_a_known_one(json!({ "finalizers": ["x/b", "x/d"] }), &["a", "b", "d", "c"])]
#[case::the_order_is_set(json!({ "$setElementOrder/finalizers": ["x/c", "x/a"] }), &["b", "c", "a"])]
#[case::the_order_is_set_with_a_new_one(
    json!({ "$setElementOrder/finalizers": ["x/c", "x/d", "x/a"], "finalizers": ["x/d"] }),
    &["b", "c", "d", "a"]
)]
#[case::one_is_deleted(json!({ "$deleteFromPrimitiveList/finalizers": ["x/b"] }), &["a", "c"])]
#[case::only_some_keys_are_retained(json!({ "$retainKeys": ["name", "resourceVersion", "finalizers"] }), &["a", "b", "c"])]
#[tokio::test]
async fn finalizers_are_merged_in_the_order_of_servers(#[case] metadata: Value, #[case] expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|name| format!("x/{name}")).collect();
    assert_eq!(patched(&metadata, 200).await["metadata"]["finalizers"], json!(expected));
}

#[rstest]
#[case::a_new_one_comes_first(json!({ "ownerReferences": [owner("4")] }), &["4", "1", "2", "3"])]
#[case::one_before_a_known_one(json!({ "ownerReferences": [owner("4"), { "uid": "2", "name": "n" }] }), &["4", "1", "2", "3"])]
#[case::the_order_is_set(json!({ "$setElementOrder/ownerReferences": [{ "uid": "3" }, { "uid": "1" }] }), &["2", "3", "1"])]
#[case::one_is_deleted(json!({ "ownerReferences": [{ "$patch": "delete", "uid": "1" }] }), &["2", "3"])]
#[case::all_are_replaced(json!({ "ownerReferences": [{ "$patch": "replace" }, owner("9")] }), &["9"])]
#[tokio::test]
async fn owners_are_merged_in_the_order_of_servers(#[case] metadata: Value, #[case] expected: &[&str]) {
    let stream = patched(&metadata, 200).await;
    let owners = stream["metadata"]["ownerReferences"].as_array().unwrap();
    let uids: Vec<&str> = owners.iter().map(|owner| owner["uid"].as_str().unwrap()).collect();
    assert_eq!(uids, expected);
}

#[rstest]
#[case::another_order(
    json!({ "$setElementOrder/finalizers": ["x/c", "x/a"], "finalizers": ["x/d"] }),
    500,
    "The order in patch list:\n[x/d]\n doesn't match $setElementOrder list:\n[x/c x/a]\n"
)]
#[case::an_order_that_is_no_list(
    json!({ "$setElementOrder/finalizers": "x" }),
    500,
    "expected a []interface {}, but received a string"
)]
#[case::an_order_of_nothing(
    json!({ "$setElementOrder/foo": ["x"] }),
    500,
    "unable to find api field in struct ObjectMeta for the json field \"foo\""
)]
#[case::an_unknown_directive(
    json!({ "ownerReferences": [{ "$patch": "foo", "uid": "1" }] }),
    500,
    "unknown patch type: foo in map: map[$patch:foo uid:1]"
)]
#[case::items_of_two_types(
    json!({ "finalizers": [5] }),
    500,
    "list element types are not identical: [[x/a x/b x/c] [5]]"
)]
#[case::a_key_that_is_not_retained(
    json!({ "$retainKeys": ["name"], "labels": { "a": "b" } }),
    400,
    "invalid patch format of retainKeys"
)]
#[tokio::test]
async fn what_cannot_be_merged_is_refused(#[case] metadata: Value, #[case] status: u16, #[case] message: &str) {
    assert_eq!(patched(&metadata, status).await["message"], message);
}
