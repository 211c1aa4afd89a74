//! Patching tags of streams: what may change, and which mistake is told.
//!
//! Texts and statuses as openshift-apiserver 4.22 answered the same requests.

use rstest::rstest;
use serde_json::{Value, json};

use super::{
    Reference,
    tags::{merge, tag, tags},
};

/// The generic part of a server and the image API both look at metadata: most causes are told twice, some three times.
#[rstest]
#[case::owner(
    json!({ "ownerReferences": [{ "apiVersion": "a" }] }),
    "[metadata.ownerReferences.kind: Invalid value: \"\": must not be empty, metadata.ownerReferences.name: Invalid value: \
     \"\": must not be empty, metadata.ownerReferences.uid: Invalid value: \"\": must not be empty, metadata: Invalid value: \
     \"\": may not update fields other than metadata.annotations]",
    10
)]
#[case::finalizer(
    json!({ "finalizers": ["x"] }),
    "[metadata.finalizers[0]: Invalid value: \"x\": name is neither a standard finalizer name nor is it fully qualified, \
     metadata: Invalid value: \"\": may not update fields other than metadata.annotations]",
    2
)]
#[case::annotation(
    json!({ "annotations": { "-": "b" } }),
    "metadata.annotations: Invalid value: \"-\": name part must consist of alphanumeric characters, '-', '_' or '.', and must \
     start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
     '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    3
)]
#[case::deletion(
    json!({ "deletionGracePeriodSeconds": 5 }),
    "[metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable, metadata: Invalid value: \"\": may not update \
     fields other than metadata.annotations]",
    3
)]
#[tokio::test]
async fn what_is_wrong_with_the_metadata_of_a_tag_is_told(
    #[case] metadata: Value,
    #[case] why: &str,
    #[case] causes: usize,
) {
    let reference = Reference::start().await;
    reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    let refusal = merge(&reference, &tags("/app:x"), &json!({ "metadata": metadata }), 422).await;
    assert_eq!(refusal["message"], format!("ImageStreamTag.image.openshift.io \"app:x\" is invalid: {why}"));
    assert_eq!(refusal["details"]["causes"].as_array().unwrap().len(), causes);
}

#[rstest]
#[case::generation(json!({ "generation": -5 }))]
#[case::creation(json!({ "creationTimestamp": "2020-01-01T00:00:00Z" }))]
#[case::identity(json!({ "uid": null }))]
#[case::owners_of_fields_that_cannot_be_read(json!({ "managedFields": [{ "apiVersion": "a" }] }))]
#[tokio::test]
async fn what_only_the_server_sets_of_a_tag_stays_as_it_is(#[case] metadata: Value) {
    let reference = Reference::start().await;
    let created = reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    let patched = merge(&reference, &tags("/app:x"), &json!({ "metadata": metadata }), 200).await;
    assert_eq!(patched["metadata"], created["metadata"]);
}

/// Go stops decoding at the first time that it cannot read, and reports it before any other mistake.
#[rstest]
#[case::time(
    json!({ "tag": { "from": 7 }, "metadata": { "annotations": [], "creationTimestamp": "" } }),
    "parsing time \"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"2006\""
)]
#[case::time_of_another_type(
    json!({ "metadata": { "annotations": [], "creationTimestamp": 7 } }),
    "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string"
)]
#[case::no_time(
    json!({ "metadata": { "annotations": [], "name": 7 } }),
    "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.annotations of type map[string]string"
)]
#[tokio::test]
async fn the_first_time_that_is_wrong_is_told_before_other_mistakes(#[case] patch: Value, #[case] why: &str) {
    let reference = Reference::start().await;
    reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    let refusal = merge(&reference, &tags("/app:x"), &patch, 422).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.ends_with(why), "{message}");
}

#[tokio::test]
async fn annotations_of_a_tag_are_those_of_its_metadata() {
    let reference = Reference::start().await;
    reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    let annotated =
        merge(&reference, &tags("/app:x"), &json!({ "metadata": { "annotations": { "p": "q" } } }), 200).await;
    assert_eq!(annotated["tag"]["annotations"], json!({ "p": "q" }));
    let ignored = merge(&reference, &tags("/app:x"), &json!({ "tag": { "annotations": { "p": "z" } } }), 200).await;
    assert_eq!(ignored["tag"]["annotations"], json!({ "p": "q" }));
}
