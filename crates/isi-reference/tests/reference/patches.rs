//! The four kinds of patches, server-side apply, and whose the fields of an object are.
//!
//! Texts, statuses and owners as openshift-apiserver 4.22 answered the same requests.

use isi_reference::{Options, version::ApiVersion};
use reqwest::{Method, Response};
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const REJECTED: &str = "the server rejected our request due to an error in our request";

async fn patch(reference: &Reference, path: &str, content_type: &str, body: &str) -> Response {
    let request =
        reference.request(Method::PATCH, path).header("content-type", content_type).header("user-agent", "cli/1");
    request.body(body.to_owned()).send().await.unwrap()
}

fn stream(query: &str) -> String {
    format!("{NAMESPACE}/imagestreams/app{query}")
}

/// A reference with the stream `app`, which has the tags `a` and `b` and a label.
async fn start() -> Reference {
    let reference = Reference::start().await;
    let tag = |name: &str| json!({ "name": name, "from": { "kind": "DockerImage", "name": "r.example/x" } });
    let object = json!({
        "metadata": { "name": "app", "labels": { "l": "1" } }, "spec": { "tags": [tag("a"), tag("b")] },
    });
    let request = reference.request(Method::POST, &format!("{NAMESPACE}/imagestreams")).header("user-agent", "cli/1");
    read(request.header("content-type", "application/json").body(object.to_string()).send().await.unwrap(), 201).await;
    reference
}

fn names(stream: &Value) -> Vec<&str> {
    stream["spec"]["tags"].as_array().into_iter().flatten().map(|tag| tag["name"].as_str().unwrap()).collect()
}

#[rstest]
#[case::adds(r#"[{"op":"add","path":"/metadata/labels/m","value":"2"}]"#, json!({ "l": "1", "m": "2" }))]
#[case::moves(r#"[{"op":"move","from":"/metadata/labels/l","path":"/metadata/labels/m"}]"#, json!({ "m": "1" }))]
#[case::tests_and_replaces(
    r#"[{"op":"test","path":"/metadata/labels/l","value":"1"},{"op":"replace","path":"/metadata/labels/l","value":"3"}]"#,
    json!({ "l": "3" })
)]
#[case::a_value_that_is_missing_is_null(r#"[{"op":"add","path":"/metadata/labels/m"}]"#, json!({ "l": "1", "m": "" }))]
#[case::no_operation("[]", json!({ "l": "1" }))]
#[case::null("null", json!({ "l": "1" }))]
#[tokio::test]
async fn a_json_patch_is_applied(#[case] body: &str, #[case] labels: Value) {
    let reference = start().await;
    let patched = read(patch(&reference, &stream(""), JSON, body).await, 200).await;
    assert_eq!(patched["metadata"]["labels"], labels);
    assert_eq!(reference.get(&stream("")).await, patched);
}

#[tokio::test]
async fn a_negative_index_counts_from_the_end_of_a_list() {
    let reference = start().await;
    let patched =
        read(patch(&reference, &stream(""), JSON, r#"[{"op":"remove","path":"/spec/tags/-1"}]"#).await, 200).await;
    assert_eq!(names(&patched), ["a"]);
}

#[rstest]
#[case::failing_test(r#"[{"op":"test","path":"/metadata/labels/l","value":"2"}]"#, 422, REJECTED)]
#[case::nothing_to_remove(r#"[{"op":"remove","path":"/metadata/labels/none"}]"#, 422, REJECTED)]
#[case::unknown_operation(r#"[{"op":"frob","path":"/metadata/labels"}]"#, 422, REJECTED)]
#[case::no_operation(r#"[{"path":"/metadata/labels"}]"#, 422, REJECTED)]
#[case::whole_document(r#"[{"op":"add","path":"","value":{}}]"#, 422, REJECTED)]
#[case::no_pointer(r#"[{"op":"add","path":"metadata","value":{}}]"#, 422, REJECTED)]
#[case::no_list(
    "{}",
    400,
    "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
)]
#[case::no_object(
    "[1]",
    400,
    "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"
)]
#[case::broken("[", 400, "error decoding patch: unexpected end of JSON input")]
#[case::empty("", 400, "error decoding patch: unexpected end of JSON input")]
#[case::another_name(
    r#"[{"op":"add","path":"/metadata/name","value":"other"}]"#,
    400,
    "the name of the object (other) does not match the name on the URL (app)"
)]
#[case::another_version(
    r#"[{"op":"add","path":"/metadata/resourceVersion","value":"99999"}]"#,
    409,
    "Operation cannot be fulfilled on imagestreams.image.openshift.io \"app\": the object has been modified; please apply \
     your changes to the latest version and try again"
)]
#[case::no_version(
    r#"[{"op":"remove","path":"/metadata/resourceVersion"}]"#,
    422,
    "imagestreams.image.openshift.io \"app\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for \
     an update"
)]
#[case::another_uid(
    r#"[{"op":"replace","path":"/metadata/uid","value":"x"}]"#,
    422,
    "ImageStream.image.openshift.io \"app\" is invalid: metadata.uid: Invalid value: \"x\": field is immutable"
)]
#[tokio::test]
async fn a_json_patch_that_cannot_be_applied_changes_nothing(
    #[case] body: &str,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = start().await;
    let before = reference.get(&stream("")).await;
    assert_eq!(read(patch(&reference, &stream(""), JSON, body).await, status).await["message"], message);
    assert_eq!(reference.get(&stream("")).await, before);
}

/// Answered by openshift-apiserver 4.22.
#[rstest]
#[case::list(
    "image.openshift.io/v1",
    "ImageStreamList",
    "converting (v1.ImageStreamList) to (image.ImageStream): unknown conversion"
)]
#[case::of_another_version_of_the_api(
    "v1",
    "Image",
    "converting (v1.Image) to (image.ImageStream): unknown conversion"
)]
#[case::status(
    "meta.k8s.io/v1",
    "Status",
    "json: cannot unmarshal object into Go struct field Status.status of type string"
)]
#[case::unknown(
    "v1",
    "Other",
    "no kind \"Other\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:110\""
)]
#[tokio::test]
async fn a_patch_does_not_make_another_kind_of_an_object(#[case] version: &str, #[case] kind: &str, #[case] why: &str) {
    let reference = start().await;
    let body = json!({ "apiVersion": version, "kind": kind }).to_string();
    let refusal = read(patch(&reference, &stream(""), MERGE, &body).await, 422).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.ends_with(&format!("}}\": {why}")), "{message}");
}

/// Answered by openshift-apiserver 4.22: Go's own type has the fields of metadata, of which `generation` is one, at the top.
#[tokio::test]
async fn a_tag_of_no_version_is_read_as_the_type_that_go_has_of_it() {
    let reference = start().await;
    let tag =
        json!({ "apiVersion": "", "tag": { "name": "a", "from": { "kind": "DockerImage", "name": "r.example/y" } } });
    let answer = patch(&reference, &format!("{NAMESPACE}/imagestreamtags/app:x"), MERGE, &tag.to_string()).await;
    let warnings: Vec<&str> =
        answer.headers().get_all("warning").iter().map(|warning| warning.to_str().unwrap()).collect();
    let expected = ["image", "lookupPolicy", "metadata", "tag"];
    assert_eq!(warnings, expected.map(|field| format!(r#"299 - "unknown field \"{field}\"""#)));
}

/// Recorded from openshift-apiserver 4.22: a patch whose fields are not validated is not read before it is applied.
#[rstest]
#[case::no_list(JSON, "{}", "json: cannot unmarshal object into Go value of type jsonpatch.Patch")]
#[case::no_object(JSON, "[1]", "json: cannot unmarshal number into Go value of type jsonpatch.Operation")]
#[case::broken(JSON, "[", "unexpected end of JSON input")]
#[case::broken_merge(MERGE, "[", "Invalid JSON Patch")]
#[case::no_merge(MERGE, "1", "Invalid JSON Patch")]
#[tokio::test]
async fn a_patch_without_validation_is_refused_by_what_applies_it(
    #[case] kind: &str,
    #[case] body: &str,
    #[case] message: &str,
) {
    let reference = start().await;
    let path = format!("{}?fieldValidation=Ignore", stream(""));
    assert_eq!(read(patch(&reference, &path, kind, body).await, 400).await["message"], message);
}

#[rstest]
#[case::allowed(10_000, 200)]
#[case::too_many(10_001, 413)]
#[tokio::test]
async fn a_json_patch_has_ten_thousand_operations_at_most(#[case] count: usize, #[case] status: u16) {
    let reference = start().await;
    let operations = vec![json!({ "op": "test", "path": "/kind", "value": "ImageStream" }); count];
    let answer = read(patch(&reference, &stream(""), JSON, &json!(operations).to_string()).await, status).await;
    if status == 413 {
        let message = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
        assert_eq!(answer["message"], message);
    }
}

#[tokio::test]
async fn copies_do_not_multiply_without_limit() {
    let reference = start().await;
    let copy = json!({ "op": "copy", "from": "/metadata/annotations", "path": "/metadata/annotations/x" });
    let first = json!({ "op": "add", "path": "/metadata/annotations", "value": { "long": "x".repeat(1000) } });
    let operations: Vec<Value> = std::iter::once(first).chain(vec![copy; 100]).collect();
    let answer = read(patch(&reference, &stream(""), JSON, &json!(operations).to_string()).await, 413).await;
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("Unable to complete the copy, the accumulated size increase of copy is"), "{message}");
}

#[rstest]
#[case::merge_list(
    MERGE,
    "[]",
    400,
    "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
)]
#[case::merge_null(MERGE, "null", 400, "Invalid JSON Patch")]
#[case::strategic_list(
    STRATEGIC,
    "[]",
    400,
    "json: cannot unmarshal array into Go value of type map[string]interface {}"
)]
#[case::strategic_without_key(
    STRATEGIC,
    r#"{"spec":{"tags":[{"annotations":{}}]}}"#,
    500,
    "map: map[annotations:map[]] does not contain declared merge key: name"
)]
#[case::strategic_without_key_of_another_type(
    STRATEGIC,
    r#"{"spec":{"tags":[{"from":{"kind":7}}]}}"#,
    500,
    "map: map[from:map[kind:7]] does not contain declared merge key: name"
)]
#[case::strategic_of_another_type(
    STRATEGIC,
    r#"{"spec":{"tags":{}}}"#,
    422,
    " \"\" is invalid: patch: Invalid value: \"map[spec:map[tags:map[]]]\": cannot restore slice from map"
)]
#[case::strategic_with_nulls_in_what_is_new(
    STRATEGIC,
    r#"{"metadata":{"annotations":[],"labels":null},"status":{"tags":[{"tag":null,"items":{"$patch":"delete"}}]}}"#,
    422,
    " \"\" is invalid: patch: Invalid value: \"map[metadata:map[annotations:[] labels:<nil>] status:map[tags:[map[]]]]\": cannot restore map from slice"
)]
#[case::strategic_with_nulls_in_what_is_known(
    STRATEGIC,
    r#"{"metadata":{"annotations":[]},"spec":{"tags":[{"name":"a","from":null,"annotations":{"x":null}},{"name":"c","from":{"name":null}}]}}"#,
    422,
    " \"\" is invalid: patch: Invalid value: \"map[metadata:map[annotations:[]] spec:map[tags:[map[annotations:map[] from:<nil> name:a] map[from:map[name:<nil>] name:c]]]]\": cannot restore map from slice"
)]
#[case::strategic_directive(
    STRATEGIC,
    r#"{"$patch":"frob"}"#,
    500,
    "unknown patch type: frob in map: map[$patch:frob]"
)]
#[case::none_of_the_four("application/json", "{}", 415, "415: Unsupported Media Type")]
#[tokio::test]
async fn what_is_no_patch_is_refused(
    #[case] content_type: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = start().await;
    assert_eq!(read(patch(&reference, &stream(""), content_type, body).await, status).await["message"], message);
}

#[tokio::test]
async fn a_media_type_is_refused_before_the_stream_is_looked_up() {
    let reference = Reference::start().await;
    let refusal = patch(&reference, &stream(""), "text/plain", "{}").await;
    assert_eq!(refusal.status(), 415);
}

#[rstest]
#[case::merges_by_name(r#"[{"name":"a","annotations":{"k":"v"}},{"name":"c","from":{"kind":"DockerImage","name":"x/y"}}]"#, &["a", "b", "c"])]
#[case::deletes(r#"[{"name":"a","$patch":"delete"}]"#, &["b"])]
#[case::replaces(r#"[{"$patch":"replace"},{"name":"c","from":{"kind":"DockerImage","name":"x/y"}}]"#, &["c"])]
#[case::nothing("[]", &["a", "b"])]
#[tokio::test]
async fn a_strategic_merge_patch_merges_tags_by_name(#[case] tags: &str, #[case] expected: &[&str]) {
    let reference = start().await;
    let patched = patch(&reference, &stream(""), STRATEGIC, &format!(r#"{{"spec":{{"tags":{tags}}}}}"#)).await;
    assert_eq!(names(&read(patched, 200).await), expected);
}

#[rstest]
#[case::merge(MERGE, r#"{"spec":{"bogus":1,"bogus":2}}"#, &["duplicate field \\\"spec.bogus\\\"", "unknown field \\\"spec.bogus\\\""])]
#[case::json(JSON, r#"[{"op":"add","path":"/spec/bogus","value":1,"more":2}]"#, &["json patch unknown field \\\"[0].more\\\"", "unknown field \\\"spec.bogus\\\""])]
#[tokio::test]
async fn fields_that_a_stream_has_not_are_warned_of_or_refused(
    #[case] content_type: &str,
    #[case] body: &str,
    #[case] expected: &[&str],
) {
    let reference = start().await;
    let patched = patch(&reference, &stream(""), content_type, body).await;
    assert_eq!(patched.status(), 200);
    let warnings: Vec<_> = patched.headers().get_all("warning").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(warnings, expected.iter().map(|text| format!("299 - \"{text}\"")).collect::<Vec<_>>());
    let strict = patch(&reference, &stream("?fieldValidation=Strict"), content_type, body).await;
    let message = read(strict, 422).await["message"].as_str().unwrap().to_owned();
    let end = format!("strict decoding error: {}", expected.join(", ").replace('\\', ""));
    assert!(message.ends_with(&end), "{message}");
}

#[tokio::test]
async fn warnings_come_with_failures_too() {
    let reference = Reference::start().await;
    let body = json!({ "metadata": { "name": "app" }, "spec": { "bogus": 1, "tags": [{ "name": "x", "from": { "kind": "Foo", "name": "b" } }] } });
    let refusal = reference.send(Method::POST, &format!("{NAMESPACE}/imagestreams"), &body).await;
    assert_eq!(refusal.status(), 422);
    assert_eq!(refusal.headers()["warning"], "299 - \"unknown field \\\"spec.bogus\\\"\"");
}

fn configuration(spec: &Value) -> String {
    let mut object =
        json!({ "kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": { "name": "app" } });
    for (key, value) in spec.as_object().unwrap() {
        object[key] = value.clone();
    }
    object["metadata"]["name"] = "app".into();
    object.to_string()
}

async fn apply(reference: &Reference, query: &str, spec: Value) -> Response {
    patch(reference, &stream(query), APPLY, &configuration(&spec)).await
}

/// The managers of an object with what each owns.
fn owners(object: &Value) -> Vec<(String, Value)> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries.map(|entry| (format!("{} {}", entry["manager"], entry["operation"]), entry["fieldsV1"].clone())).collect()
}

fn tags(names: &[&str]) -> Value {
    let tag = |name: &&str| json!({ "name": name, "from": { "kind": "DockerImage", "name": "r.example/x" } });
    json!({ "spec": { "tags": names.iter().map(tag).collect::<Vec<_>>() } })
}

#[tokio::test]
async fn applying_a_stream_that_is_not_there_creates_it() {
    let reference = Reference::start().await;
    let created = read(apply(&reference, "?fieldManager=m", tags(&["x"])).await, 201).await;
    let owned = json!({ "f:spec": { "f:tags": { "k:{\"name\":\"x\"}": { ".": {}, "f:from": {}, "f:name": {} } } } });
    assert_eq!(owners(&created), [("\"m\" \"Apply\"".to_owned(), owned)]);
    let again = read(apply(&reference, "?fieldManager=m", tags(&["x"])).await, 200).await;
    assert_eq!(again, created);
}

#[tokio::test]
async fn a_dry_run_creates_nothing() {
    let reference = Reference::start().await;
    read(apply(&reference, "?fieldManager=m&dryRun=All", json!({})).await, 201).await;
    read(reference.request(Method::GET, &stream("")).send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn what_a_manager_does_not_apply_again_goes_unless_others_own_it() {
    let reference = Reference::start().await;
    read(apply(&reference, "?fieldManager=m", tags(&["x", "y"])).await, 201).await;
    read(apply(&reference, "?fieldManager=n", tags(&["y", "z"])).await, 200).await;
    let left = read(apply(&reference, "?fieldManager=m", json!({})).await, 200).await;
    assert_eq!(names(&left), ["y", "z"]);
    assert_eq!(owners(&left).len(), 1);
}

#[tokio::test]
async fn conflicts_name_the_managers_and_the_fields() {
    let reference = Reference::start().await;
    let of = |label: &str, from: &str| {
        json!({
            "metadata": { "labels": { "l": label } },
            "spec": { "tags": [{ "name": "x", "from": { "kind": "DockerImage", "name": from } }] },
        })
    };
    read(apply(&reference, "?fieldManager=m", of("1", "a/b")).await, 201).await;
    let conflict = read(apply(&reference, "?fieldManager=n", of("2", "c/d")).await, 409).await;
    let message =
        "Apply failed with 2 conflicts: conflicts with \"m\":\n- .metadata.labels.l\n- .spec.tags[name=\"x\"].from";
    assert_eq!(conflict["message"], message);
    let cause =
        |field: &str| json!({ "reason": "FieldManagerConflict", "message": "conflict with \"m\"", "field": field });
    let causes = json!([cause(".metadata.labels.l"), cause(".spec.tags[name=\"x\"].from")]);
    assert_eq!(conflict["details"], json!({ "causes": causes }));

    let forced = read(apply(&reference, "?fieldManager=n&force=true", of("2", "c/d")).await, 200).await;
    let left = json!({ "f:spec": { "f:tags": { "k:{\"name\":\"x\"}": { ".": {}, "f:name": {} } } } });
    assert_eq!(owners(&forced)[0], ("\"m\" \"Apply\"".to_owned(), left));
    assert_eq!(forced["metadata"]["labels"]["l"], "2");
}

#[tokio::test]
async fn what_was_updated_conflicts_with_its_version() {
    let reference = start().await;
    let conflict =
        read(apply(&reference, "?fieldManager=m", json!({ "metadata": { "labels": { "l": "2" } } })).await, 409).await;
    let message = "Apply failed with 1 conflict: conflict with \"cli\" using image.openshift.io/v1: .metadata.labels.l";
    assert_eq!(conflict["message"], message);
}

#[rstest]
#[case::without_manager("", json!({}), 422, "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")]
#[case::another_kind("?fieldManager=m", json!({ "kind": "Foo" }), 400, "invalid object type: image.openshift.io/v1, Kind=Foo")]
#[case::a_core_kind("?fieldManager=m", json!({ "apiVersion": "v1" }), 400, "invalid object type: /v1, Kind=ImageStream")]
#[case::managed_fields(
    "?fieldManager=m",
    json!({ "metadata": { "managedFields": [{ "manager": "x" }] } }),
    400,
    "metadata.managedFields must be nil"
)]
#[case::unknown_field(
    "?fieldManager=m",
    json!({ "spec": { "bogus": 1 } }),
    500,
    "failed to create typed patch object (/app; image.openshift.io/v1, Kind=ImageStream): .spec.bogus: field not declared in \
     schema"
)]
#[case::a_tag_twice(
    "?fieldManager=m",
    json!({ "spec": { "tags": [{ "name": "x" }, { "name": "x" }] } }),
    500,
    "failed to create typed patch object (/app; image.openshift.io/v1, Kind=ImageStream): .spec.tags: duplicate entries for \
     key [name=\"x\"]"
)]
#[case::another_type(
    "?fieldManager=m",
    json!({ "spec": { "lookupPolicy": { "local": "x" } } }),
    500,
    "failed to create typed patch object (/app; image.openshift.io/v1, Kind=ImageStream): .spec.lookupPolicy.local: expected \
     boolean, got &{x}"
)]
#[tokio::test]
async fn what_cannot_be_applied_is_refused(
    #[case] query: &str,
    #[case] spec: Value,
    #[case] status: u16,
    #[case] message: &str,
) {
    let reference = Reference::start().await;
    assert_eq!(read(apply(&reference, query, spec).await, status).await["message"], message);
}

#[tokio::test]
async fn force_is_for_apply_alone() {
    let reference = start().await;
    let refusal = read(patch(&reference, &stream("?force=true"), MERGE, "{}").await, 422).await;
    let message =
        "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch";
    assert_eq!(refusal["message"], message);
}

#[tokio::test]
async fn versions_before_server_side_apply_have_three_kinds_of_patches() {
    let options = Options { api_version: ApiVersion::V4_2, ..Options::default() };
    let reference = Reference::start_with(options, Vec::new()).await;
    assert_eq!(apply(&reference, "?fieldManager=m", json!({})).await.status(), 415);
}

#[tokio::test]
async fn who_changes_a_field_owns_it() {
    let reference = start().await;
    let tag = json!({
        ".": {}, "f:annotations": {}, "f:from": {}, "f:generation": {}, "f:importPolicy": { ".": {}, "f:importMode": {} },
        "f:name": {}, "f:referencePolicy": { ".": {}, "f:type": {} },
    });
    let tags = json!({ ".": {}, "k:{\"name\":\"a\"}": tag, "k:{\"name\":\"b\"}": tag });
    let first = json!({ "f:metadata": { "f:labels": { ".": {}, "f:l": {} } }, "f:spec": { "f:tags": tags } });
    assert_eq!(owners(&reference.get(&stream("")).await), [("\"cli\" \"Update\"".to_owned(), first.clone())]);

    let change = r#"{"metadata":{"labels":{"l":"2","m":"3"}}}"#;
    let patched = read(patch(&reference, &stream("?fieldManager=other"), MERGE, change).await, 200).await;
    let mut left = first;
    left["f:metadata"]["f:labels"] = json!({});
    let other = json!({ "f:metadata": { "f:labels": { "f:l": {}, "f:m": {} } } });
    let mut found = owners(&patched);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, [("\"cli\" \"Update\"".to_owned(), left), ("\"other\" \"Update\"".to_owned(), other)]);
}

#[tokio::test]
async fn secrets_are_patched_and_applied_like_streams() {
    let reference = Reference::start().await;
    let secret = "api/v1/namespaces/team/secrets/one";
    let configuration = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"one"},"data":{"a":"Yg=="}}"#;
    let created = read(patch(&reference, &format!("{secret}?fieldManager=m"), APPLY, configuration).await, 201).await;
    assert_eq!(owners(&created), [("\"m\" \"Apply\"".to_owned(), json!({ "f:data": { "f:a": {} } }))]);
    let change = r#"[{"op":"add","path":"/data/b","value":"Yg=="}]"#;
    let patched = read(patch(&reference, secret, JSON, change).await, 200).await;
    assert_eq!(patched["data"], json!({ "a": "Yg==", "b": "Yg==" }));
    read(patch(&reference, &format!("{secret}?dryRun=All"), MERGE, r#"{"data":null}"#).await, 200).await;
    assert_eq!(reference.get(secret).await, patched);
}

#[tokio::test]
async fn custom_resources_take_no_strategic_merge_patch() {
    let reference = Reference::start().await;
    let path = "apis/config.openshift.io/v1/images/cluster";
    assert_eq!(patch(&reference, path, STRATEGIC, "{}").await.status(), 415);
    assert_eq!(patch(&reference, path, MERGE, r#"{"spec":{}}"#).await.status(), 200);
}

/// A stream whose tag `b` follows `a`.
async fn following() -> Reference {
    let reference = Reference::start().await;
    let tags = json!([
        { "name": "a", "reference": true, "from": { "kind": "DockerImage", "name": "r/a" } },
        { "name": "b", "from": { "kind": "ImageStreamTag", "name": "a" } },
    ]);
    reference
        .post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "app" }, "spec": { "tags": tags } }))
        .await;
    reference
}

/// The generation of the newest image of each tag.
fn generations(stream: &Value) -> Vec<&Value> {
    stream["status"]["tags"].as_array().unwrap().iter().map(|tag| &tag["items"][0]["generation"]).collect()
}

async fn patched(reference: &Reference, content_type: &str, patch: &Value, status: u16) -> Value {
    let request = reference.request(Method::PATCH, &format!("{NAMESPACE}/imagestreams/app"));
    read(request.header("content-type", content_type).body(patch.to_string()).send().await.unwrap(), status).await
}

// What follows was recorded from openshift-apiserver 4.22.

#[tokio::test]
async fn a_directive_in_what_is_new_is_dropped_with_its_map() {
    let reference = following().await;
    let strategic = "application/strategic-merge-patch+json";
    let tags = json!({ "spec": { "tags": [{ "name": "a", "annotations": { "$patch": "replace", "x": "y" } }] } });
    let stream = patched(&reference, strategic, &tags, 200).await;
    assert_eq!(
        (&stream["spec"]["tags"][0]["annotations"], &stream["metadata"]["generation"]),
        (&Value::Null, &json!(1))
    );
    let labels = json!({ "metadata": { "labels": { "$patch": "bad", "a": "b" } } });
    assert_eq!(patched(&reference, strategic, &labels, 200).await["metadata"]["labels"], Value::Null);
}

#[tokio::test]
async fn an_event_that_is_followed_takes_the_generation_of_its_follower() {
    let reference = following().await;
    let tags = json!({ "spec": { "tags": [{ "name": "c", "from": { "kind": "ImageStreamTag", "name": "b" } }] } });
    let stream = patched(&reference, "application/strategic-merge-patch+json", &tags, 200).await;
    assert_eq!(generations(&stream), [1, 2, 2]);
}

#[tokio::test]
async fn tags_follow_a_tag_whose_event_changes_with_a_write_of_another_tag() {
    let reference = following().await;
    let tag = json!({ "metadata": { "name": "app:c" }, "tag": { "name": "c", "from": { "kind": "ImageStreamTag", "name": "a" } } });
    reference.post(&format!("{NAMESPACE}/imagestreamtags"), &tag).await;
    let stream = reference.get(&format!("{NAMESPACE}/imagestreams/app")).await;
    assert_eq!(generations(&stream), [2, 2, 2]);
}

#[tokio::test]
async fn an_error_shows_the_patched_object_as_go_writes_json_and_with_the_repository_that_was_written() {
    let reference = following().await;
    let merge = "application/merge-patch+json";
    let path = format!("{NAMESPACE}/imagestreams/app/status");
    let written = json!({ "status": { "dockerImageRepository": "q" } });
    let request = reference.request(Method::PATCH, &path).header("content-type", merge).body(written.to_string());
    read(request.send().await.unwrap(), 200).await;
    let patch =
        json!({ "metadata": { "annotations": { "a": "<b>" } }, "status": { "publicDockerImageRepository": 7 } });
    let refusal = patched(&reference, merge, &patch, 422).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains(r#"\"a\":\"\\u003cb\\u003e\""#), "{message}");
    assert!(message.contains(r#"\"dockerImageRepository\":\"q\""#), "{message}");
}

#[tokio::test]
async fn tags_do_not_follow_what_a_client_changes_in_the_same_stream() {
    let reference = following().await;
    let from = json!({ "kind": "DockerImage", "name": "r/z" });
    let tags = json!({ "spec": { "tags": [{ "name": "a", "from": from }] } });
    let stream = patched(&reference, "application/strategic-merge-patch+json", &tags, 200).await;
    let references: Vec<&Value> = stream["status"]["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["items"][0]["dockerImageReference"])
        .collect();
    assert_eq!(references, ["r/z", "r/a"]);
}

#[tokio::test]
async fn an_object_without_a_version_has_no_name() {
    let reference = following().await;
    let patch = json!([{ "op": "remove", "path": "/apiVersion" }]);
    let refusal = patched(&reference, "application/json-patch+json", &patch, 400).await;
    let message = "the name of the object (app based on URL) was undeterminable: name must be provided";
    assert_eq!(refusal["message"], message);
    let old_name = json!({ "apiVersion": "v1" });
    patched(&reference, "application/merge-patch+json", &old_name, 200).await;
}

/// `kubectl apply --server-side` of what was applied by the client before: its fields are taken over, and the annotation is renewed.
/// As openshift-apiserver 4.22 answered to `oc`.
#[tokio::test]
async fn kubectl_takes_over_what_it_applied_before() {
    const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let reference = Reference::start().await;
    let configuration = |labels: Value, annotations: Value| {
        json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": { "name": "app", "labels": labels, "annotations": annotations },
        })
    };
    let applied = configuration(json!({ "l": "1", "m": "1" }), json!({})).to_string();
    let created = configuration(json!({ "l": "1", "m": "2" }), json!({ ANNOTATION: applied }));
    let request =
        reference.request(Method::POST, &format!("{NAMESPACE}/imagestreams?fieldManager=kubectl-client-side-apply"));
    read(request.header("content-type", "application/json").body(created.to_string()).send().await.unwrap(), 201).await;

    let own = configuration(json!({ "l": "2" }), json!({})).to_string();
    let other = read(patch(&reference, &stream("?fieldManager=other"), APPLY, &own).await, 409).await;
    assert_eq!(other["details"]["causes"][0]["field"], ".metadata.labels.l");
    // What was changed since is not the client's own.
    let changed = configuration(json!({ "m": "3" }), json!({})).to_string();
    let changed = read(patch(&reference, &stream("?fieldManager=kubectl"), APPLY, &changed).await, 409).await;
    assert_eq!(changed["details"]["causes"][0]["field"], ".metadata.labels.m");

    let taken = read(patch(&reference, &stream("?fieldManager=kubectl"), APPLY, &own).await, 200).await;
    assert_eq!(taken["metadata"]["labels"], json!({ "l": "2", "m": "2" }));
    let renewed = configuration(json!({ "l": "2" }), json!({}));
    assert_eq!(taken["metadata"]["annotations"][ANNOTATION], format!("{renewed}\n"));
}

/// Keys that are there twice are only looked for once the rest is right.
#[rstest]
#[case(
    "spec: {foo: bar}\n",
    500,
    "failed to create typed patch object (/app; image.openshift.io/v1, Kind=ImageStream): .spec.foo: field not declared in schema"
)]
#[case(
    "",
    400,
    "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key \"name\" already set in map"
)]
#[tokio::test]
async fn a_key_that_is_applied_twice_is_told_last(#[case] more: &str, #[case] status: u16, #[case] message: &str) {
    let reference = start().await;
    let body =
        format!("kind: ImageStream\napiVersion: image.openshift.io/v1\nmetadata:\n  name: app\n  name: app\n{more}");
    let answer = patch(&reference, &stream("?fieldManager=m&fieldValidation=Strict"), APPLY, &body).await;
    assert_eq!(read(answer, status).await["message"], message);
}
