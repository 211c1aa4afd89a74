//! Writing tags of streams, and updating and deleting streams.
//!
//! Texts and statuses as openshift-apiserver 4.22 answered the same requests.

use isi_reference::{Options, version::ApiVersion};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

pub(super) fn tags(rest: &str) -> String {
    format!("{NAMESPACE}/imagestreamtags{rest}")
}

pub(super) fn streams(rest: &str) -> String {
    format!("{NAMESPACE}/imagestreams{rest}")
}

pub(super) fn tag(name: &str, from: &str) -> Value {
    json!({ "metadata": { "name": name }, "tag": { "from": { "kind": "DockerImage", "name": from } } })
}

pub(super) async fn merge(reference: &Reference, path: &str, patch: &Value, status: u16) -> Value {
    let request = reference.request(Method::PATCH, path).header("content-type", "application/merge-patch+json");
    read(request.body(patch.to_string()).send().await.unwrap(), status).await
}

#[tokio::test]
async fn a_tag_is_created_with_its_stream() {
    let reference = Reference::start().await;
    let created = reference.post(&tags(""), &tag("app:x", "r.example/a:v1")).await;
    assert_eq!(
        (&created["kind"], &created["tag"]["name"], &created["generation"]),
        (&json!("ImageStreamTag"), &json!("x"), &json!(0))
    );
    assert_eq!(created["image"]["metadata"], json!({}));
    let stream = reference.get(&streams("/app")).await;
    assert_eq!(stream["metadata"]["resourceVersion"], created["metadata"]["resourceVersion"]);
    let spec = json!([{
        "name": "x", "annotations": null, "from": { "kind": "DockerImage", "name": "r.example/a:v1" }, "generation": 1,
        "importPolicy": { "importMode": "Legacy" }, "referencePolicy": { "type": "Source" },
    }]);
    assert_eq!(stream["spec"]["tags"], spec);

    let again = read(reference.send(Method::POST, &tags(""), &tag("app:x", "r.example/b")).await, 409).await;
    assert_eq!(again["message"], "imagestreamtag.image.openshift.io \"app:x\" already exists");
}

/// Answered by openshift-apiserver 4.12 and 4.22, which read such a tag from the spec of the stream only.
#[tokio::test]
async fn a_tag_is_all_that_is_behind_the_first_colon() {
    let reference = Reference::start().await;
    let created = read(reference.send(Method::POST, &tags(""), &tag("app:x:y", "r.example/a")).await, 201).await;
    assert_eq!((&created["metadata"]["name"], &created["tag"]["name"]), (&json!("app:x:y"), &json!("x:y")));
    assert_eq!(reference.get(&streams("/app")).await["spec"]["tags"][0]["name"], "x:y");
}

#[rstest]
#[case::no_tag(json!({ "metadata": { "name": "app" } }), 500, "\"app\" must be of the form <stream_name>:<tag>")]
#[case::no_name(
    json!({ "metadata": {} }),
    422,
    "ImageStreamTag.image.openshift.io \"\" is invalid: metadata.name: Required value: name or generateName is required"
)]
#[case::other_annotations(
    json!({ "metadata": { "name": "app:x" }, "tag": { "annotations": { "a": "b" } } }),
    422,
    "ImageStreamTag.image.openshift.io \"app:x\" is invalid: tag.annotations: Invalid value: \"<map>\": tag annotations must \
     not be provided or must be equal to the object meta annotations"
)]
#[case::from_nothing_known(
    json!({ "metadata": { "name": "app:x" }, "tag": { "from": { "kind": "Foo", "name": "b" } } }),
    422,
    "ImageStreamTag.image.openshift.io \"app:x\" is invalid: tag.from.kind: Required value: valid values are 'DockerImage', \
     'ImageStreamImage', 'ImageStreamTag'"
)]
#[tokio::test]
async fn a_tag_that_cannot_be_is_not_created(#[case] tag: Value, #[case] status: u16, #[case] message: &str) {
    let reference = Reference::start().await;
    assert_eq!(read(reference.send(Method::POST, &tags(""), &tag).await, status).await["message"], message);
    assert_eq!(reference.get(&streams("")).await["items"], json!([]));
}

#[tokio::test]
async fn a_dry_run_changes_no_tag() {
    let reference = Reference::start().await;
    read(reference.send(Method::POST, &tags("?dryRun=All"), &tag("app:x", "r.example/a")).await, 201).await;
    read(reference.request(Method::GET, &streams("/app")).send().await.unwrap(), 404).await;
    reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    let stream = reference.get(&streams("/app")).await;
    read(reference.send(Method::PUT, &tags("/app:x?dryRun=All"), &tag("app:x", "r.example/b")).await, 200).await;
    read(reference.request(Method::DELETE, &tags("/app:x?dryRun=All")).send().await.unwrap(), 200).await;
    assert_eq!(reference.get(&streams("/app")).await, stream);
}

#[rstest]
#[case::one_that_is_there("/app:x", "app:x", 200)]
#[case::one_that_is_not("/app:new", "app:new", 201)]
#[case::one_of_a_stream_that_is_not("/other:new", "other:new", 201)]
#[tokio::test]
async fn a_tag_is_replaced_or_created(#[case] path: &str, #[case] name: &str, #[case] status: u16) {
    let reference = Reference::start().await;
    reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    let put = read(reference.send(Method::PUT, &tags(path), &tag(name, "r.example/b")).await, status).await;
    assert_eq!(put["tag"]["from"]["name"], "r.example/b");
}

#[rstest]
#[case::another_name(json!({ "metadata": { "name": "app:y" } }), 400, "the name of the object (app:y) does not match the name on the URL (app:x)")]
#[case::another_uid(
    json!({ "metadata": { "name": "app:x", "uid": "1" } }),
    422,
    "ImageStreamTag.image.openshift.io \"app:x\" is invalid: [metadata.uid: Invalid value: \"1\": field is immutable, \
     metadata: Invalid value: \"\": may not update fields other than metadata.annotations]"
)]
#[case::labels(
    json!({ "metadata": { "name": "app:x", "labels": { "a": "b" } } }),
    422,
    "ImageStreamTag.image.openshift.io \"app:x\" is invalid: metadata: Invalid value: \"\": may not update fields other than \
     metadata.annotations"
)]
#[tokio::test]
async fn only_the_tag_and_its_annotations_are_replaced(
    #[case] tag_: Value,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = Reference::start().await;
    reference.post(&tags(""), &tag("app:x", "r.example/a")).await;
    assert_eq!(read(reference.send(Method::PUT, &tags("/app:x"), &tag_).await, status).await["message"], message);
}

#[tokio::test]
async fn a_tag_that_has_changed_since_is_not_replaced() {
    let reference = Reference::start().await;
    let version = reference.post(&tags(""), &tag("app:x", "r.example/a")).await["metadata"]["resourceVersion"].clone();
    let mut changed = tag("app:x", "r.example/b");
    changed["metadata"]["resourceVersion"] = "0".into();
    let refusal = read(reference.send(Method::PUT, &tags("/app:x"), &changed).await, 409).await;
    let message = format!(
        "Operation cannot be fulfilled on imagestreamtags.image.openshift.io \"app:x\": another caller has updated the \
         resource version to {}",
        version.as_str().unwrap()
    );
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn tags_are_applied_to_new_streams_only() {
    let reference = Reference::start().await;
    let apply = async |name: &str, status: u16| {
        let request = reference.request(Method::PATCH, &tags(&format!("/{name}?fieldManager=m")));
        let mut object = tag(name, "r.example/a");
        object["kind"] = "ImageStreamTag".into();
        object["apiVersion"] = "image.openshift.io/v1".into();
        let request = request.header("content-type", "application/apply-patch+yaml").body(object.to_string());
        read(request.send().await.unwrap(), status).await
    };
    apply("app:x", 201).await;
    let message = "ImageStreamTag.image.openshift.io \"app:y\" is invalid: metadata: Invalid value: \"\": may not update \
                   fields other than metadata.annotations";
    assert_eq!(apply("app:y", 422).await["message"], message);
}

#[rstest]
#[case::older(ApiVersion::V4_18, "0x0")]
#[case::newest(ApiVersion::V4_22, "0")]
#[tokio::test]
async fn a_replacement_names_the_version_that_it_replaces(#[case] api_version: ApiVersion, #[case] zero: &str) {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    let stream = json!({ "metadata": { "name": "app" } });
    reference.post(&streams(""), &stream).await;
    let refusal = read(reference.send(Method::PUT, &streams("/app"), &stream).await, 422).await;
    let message = format!(
        "imagestreams.image.openshift.io \"app\" is invalid: metadata.resourceVersion: Invalid value: {zero}: must be \
         specified for an update"
    );
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn a_stream_is_not_created_with_a_version() {
    let reference = Reference::start().await;
    let stream = json!({ "metadata": { "name": "app", "resourceVersion": "5" } });
    let refusal = read(reference.send(Method::POST, &streams(""), &stream).await, 500).await;
    assert_eq!(refusal["message"], "resourceVersion should not be set on objects to be created");
}

#[tokio::test]
async fn a_finalizer_holds_a_stream_until_it_is_taken_away() {
    let reference = Reference::start().await;
    let stream = json!({ "metadata": { "name": "app", "finalizers": ["x/y"] } });
    reference.post(&streams(""), &stream).await;
    let path = streams("/app");
    let marked = read(reference.request(Method::DELETE, &path).send().await.unwrap(), 200).await;
    assert_eq!(
        (&marked["metadata"]["deletionGracePeriodSeconds"], &marked["metadata"]["generation"]),
        (&json!(0), &json!(2))
    );
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(reference.get(&path).await, marked);

    let again = read(reference.send(Method::POST, &streams(""), &stream).await, 409).await;
    assert_eq!(again["message"], "object is being deleted: imagestreams.image.openshift.io \"app\" already exists");
    let more = merge(&reference, &path, &json!({ "metadata": { "finalizers": ["a/b", "x/y"] } }), 422).await;
    let message = "ImageStream.image.openshift.io \"app\" is invalid: metadata.finalizers: Forbidden: no new finalizers can \
                   be added if the object is being deleted, found new finalizers []string{\"a/b\"}";
    assert_eq!(more["message"], message);

    let last = merge(&reference, &path, &json!({ "metadata": { "finalizers": null } }), 200).await;
    assert_eq!(last["metadata"]["resourceVersion"], marked["metadata"]["resourceVersion"]);
    read(reference.request(Method::GET, &path).send().await.unwrap(), 404).await;
}

#[rstest]
#[case::foreground("Foreground", Some("foregroundDeletion"))]
#[case::orphan("Orphan", Some("orphan"))]
#[case::background("Background", None)]
#[tokio::test]
async fn what_happens_to_dependents_is_the_garbage_collectors_to_do(
    #[case] policy: &str,
    #[case] finalizer: Option<&str>,
) {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "app" } })).await;
    let path = streams("/app");
    let options = json!({ "propagationPolicy": policy });
    let answer = read(reference.send(Method::DELETE, &path, &options).await, 200).await;
    match finalizer {
        Some(finalizer) => assert_eq!(answer["metadata"]["finalizers"], json!([finalizer])),
        None => assert_eq!(answer["status"], "Success"),
    }
}

#[rstest]
#[case::unknown_policy(
    json!({ "propagationPolicy": "Frob" }),
    422,
    "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Frob\": supported values: \
     \"Foreground\", \"Background\", \"Orphan\", \"nil\""
)]
#[case::two_policies(
    json!({ "propagationPolicy": "Orphan", "orphanDependents": true }),
    422,
    "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\": orphanDependents and \
     deletionPropagation cannot be both set"
)]
#[case::another_kind(
    json!({ "kind": "Foo" }),
    500,
    "no kind \"Foo\" is registered for version \"meta.k8s.io/v1\" in scheme \
     \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\""
)]
#[case::kind_of_another_type(
    json!({ "kind": 7 }),
    500,
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string"
)]
#[case::another_type(
    json!({ "gracePeriodSeconds": "x" }),
    500,
    "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64"
)]
#[tokio::test]
async fn a_deletion_with_options_that_cannot_be_deletes_nothing(
    #[case] options: Value,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "app" } })).await;
    let refusal = read(reference.send(Method::DELETE, &streams("/app"), &options).await, status).await;
    assert_eq!(refusal["message"], message);
    reference.get(&streams("/app")).await;
}

#[rstest]
#[case::finalizer(
    json!({ "finalizers": ["bad"] }),
    2,
    "metadata.finalizers[0]: Invalid value: \"bad\": name is neither a standard finalizer name nor is it fully qualified"
)]
#[case::label(
    json!({ "labels": { "bad key": "x" } }),
    4,
    "metadata.labels: Invalid value: \"bad key\": name part must consist of alphanumeric characters"
)]
#[case::owner(
    json!({ "ownerReferences": [{ "apiVersion": "v1", "kind": "Event", "name": "e", "uid": "u" }] }),
    4,
    "metadata.ownerReferences: Invalid value: {\"apiVersion\":\"v1\",\"kind\":\"Event\",\"name\":\"e\",\"uid\":\"u\"}: /v1, \
     Kind=Event is disallowed from being an owner"
)]
#[case::time_of_deletion(
    json!({ "deletionTimestamp": "2020-01-01T00:00:00Z" }),
    2,
    "metadata.deletionTimestamp: Invalid value: \"2020-01-01T00:00:00Z\": field is immutable"
)]
#[tokio::test]
async fn a_patch_keeps_the_rules_of_metadata(#[case] metadata: Value, #[case] causes: usize, #[case] why: &str) {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "app" } })).await;
    let refusal = merge(&reference, &streams("/app"), &json!({ "metadata": metadata }), 422).await;
    assert_eq!(refusal["details"]["causes"].as_array().unwrap().len(), causes);
    let message = refusal["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("ImageStream.image.openshift.io \"app\" is invalid: {why}")), "{message}");
}

#[rstest]
#[case::a_version_that_is_no_number(
    Method::GET,
    "/app?resourceVersion=x",
    500,
    "resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax"
)]
#[case::export(
    Method::GET,
    "/app?export=true",
    400,
    "the export parameter, deprecated since v1.14, is no longer supported"
)]
#[case::no_name(Method::GET, "/a%25b", 400, "Name parameter invalid: \"a%b\": may not contain '%'")]
#[case::an_empty_dry_run(
    Method::DELETE,
    "/app?dryRun=",
    422,
    "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"\"]: supported values: \"All\""
)]
#[tokio::test]
async fn options_of_requests_for_one_stream_are_checked(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "app" } })).await;
    let refusal = read(reference.request(method, &streams(path)).send().await.unwrap(), status).await;
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn objects_have_no_head() {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "app" } })).await;
    assert_eq!(reference.request(Method::HEAD, &streams("/app")).send().await.unwrap().status(), 405);
}
