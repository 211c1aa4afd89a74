//! Images that clients write, alone and into streams. The expectations were recorded from openshift-apiserver 4.22.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NAMESPACE, Reference, read};

const IMAGES: &str = "apis/image.openshift.io/v1/images";

fn image(name: &str) -> Value {
    json!({
        "kind": "Image", "apiVersion": "image.openshift.io/v1", "metadata": { "name": name },
        "dockerImageReference": "r/x/y:1",
    })
}

#[tokio::test]
async fn an_image_is_created_changed_and_deleted_with_its_collection() {
    let reference = Reference::start().await;
    let created = reference.post(IMAGES, &image("one")).await;
    let metadata = json!({
        "kind": "DockerImage", "apiVersion": "image.openshift.io/1.0", "Id": "", "Created": null, "ContainerConfig": {},
    });
    assert_eq!(created["dockerImageMetadata"], metadata);
    let fields =
        json!({ "f:dockerImageMetadata": {}, "f:dockerImageMetadataVersion": {}, "f:dockerImageReference": {} });
    assert_eq!(created["metadata"]["managedFields"][0]["fieldsV1"], fields);

    let mut changed = created.clone();
    changed["dockerImageReference"] = "r/x/y:2".into();
    changed["dockerImageLayers"] = json!([{ "name": "x", "size": 1, "mediaType": "m" }]);
    let changed = read(reference.send(Method::PUT, &format!("{IMAGES}/one"), &changed).await, 200).await;
    assert_eq!((&changed["dockerImageReference"], &changed["dockerImageLayers"]), (&json!("r/x/y:2"), &Value::Null));
    read(reference.send(Method::PUT, &format!("{IMAGES}/one"), &created).await, 409).await;

    reference.post(IMAGES, &image("two")).await;
    let request = reference.request(Method::DELETE, &format!("{IMAGES}?fieldSelector=metadata.name%3Done"));
    let deleted = read(request.send().await.unwrap(), 200).await;
    assert_eq!((&deleted["kind"], &deleted["items"][0]["metadata"]["name"]), (&json!("ImageList"), &json!("one")));
    let left = reference.get(IMAGES).await;
    assert_eq!((left["items"].as_array().unwrap().len(), &left["items"][0]["metadata"]["name"]), (1, &json!("two")));
}

#[tokio::test]
async fn an_image_without_a_reference_is_refused() {
    let reference = Reference::start().await;
    let refusal = read(reference.send(Method::POST, IMAGES, &json!({ "metadata": { "name": "x" } })).await, 422).await;
    assert_eq!(refusal["message"], "Image.image.openshift.io \"x\" is invalid: dockerImageReference: Required value");
}

#[rstest]
#[case::number(
    json!(7),
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go value of type struct { APIVersion string \
     \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
)]
#[case::kind(
    json!({ "kind": 7 }),
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string"
)]
#[case::size(json!({ "Size": "x" }), "json: cannot unmarshal string into Go struct field DockerImage.Size of type int64")]
#[tokio::test]
async fn metadata_of_a_docker_image_that_is_none_is_refused(#[case] metadata: Value, #[case] why: &str) {
    let reference = Reference::start().await;
    let mut posted = image("one");
    posted["dockerImageMetadata"] = metadata.clone();
    let refusal = read(reference.send(Method::POST, IMAGES, &posted).await, 400).await;
    assert_eq!(refusal["message"], format!("Image in version \"v1\" cannot be handled as a Image: {why}"));

    let import = json!({ "status": { "images": [{ "image": { "dockerImageMetadata": metadata } }] } });
    let path = format!("{NAMESPACE}/imagestreamimports");
    let refusal = read(reference.send(Method::POST, &path, &import).await, 400).await;
    let handled = "ImageStreamImport in version \"v1\" cannot be handled as a ImageStreamImport";
    assert_eq!(refusal["message"], format!("{handled}: {why}"));
}

fn mapping(stream: &str, tag: &str) -> Value {
    json!({
        "kind": "ImageStreamMapping", "apiVersion": "image.openshift.io/v1", "metadata": { "name": stream },
        "image": { "metadata": { "name": "sha256:0000000000000000000000000000000000000000000000000000000000000000" } }, "tag": tag,
    })
}

#[tokio::test]
async fn a_mapping_makes_an_image_the_newest_of_a_tag() {
    let reference = Reference::start().await;
    reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "app" } })).await;
    let mapped = reference.post(&format!("{NAMESPACE}/imagestreammappings"), &mapping("app", "v1")).await;
    let success = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    assert_eq!(mapped, success);
    let tag = reference.get(&format!("{NAMESPACE}/imagestreamtags/app:v1")).await;
    assert_eq!((&tag["tag"], &tag["generation"]), (&Value::Null, &json!(1)));
    let place = "image-registry.openshift-image-registry.svc:5000/team/app@sha256:0000000000000000000000000000000000000000000000000000000000000000";
    assert_eq!(tag["image"]["dockerImageReference"], place);
}

#[rstest]
#[case::no_stream("none", "v1", 404, "imagestreammappings.image.openshift.io \"none\" not found")]
#[case::no_tag("app", "", 422, "ImageStreamMapping.image.openshift.io \"app\" is invalid: tag: Required value")]
#[tokio::test]
async fn a_mapping_to_nothing_is_refused(
    #[case] stream: &str,
    #[case] tag: &str,
    #[case] status: u16,
    #[case] why: &str,
) {
    let reference = Reference::start().await;
    reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "app" } })).await;
    let path = format!("{NAMESPACE}/imagestreammappings");
    let refusal = read(reference.send(Method::POST, &path, &mapping(stream, tag)).await, status).await;
    assert_eq!(refusal["message"], why);
}

#[tokio::test]
async fn the_content_of_a_signature_is_base64() {
    let reference = Reference::start().await;
    reference.post(IMAGES, &image("one")).await;
    let signature = json!({
        "kind": "ImageSignature", "apiVersion": "image.openshift.io/v1", "metadata": { "name": "one@a" },
        "type": "atomic", "content": "!!",
    });
    let path = "apis/image.openshift.io/v1/imagesignatures";
    let refusal = read(reference.send(Method::POST, path, &signature).await, 400).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.ends_with("illegal base64 data at input byte 0"), "{message}");
}

#[tokio::test]
async fn signatures_have_owners_and_the_image_of_one_has_none() {
    let reference = Reference::start().await;
    let digest = format!("sha256:{}", "1".repeat(64));
    let created = reference.post(IMAGES, &image(&digest)).await;
    assert_eq!(created["metadata"]["managedFields"].as_array().map(Vec::len), Some(1));
    let signature = json!({
        "kind": "ImageSignature", "apiVersion": "image.openshift.io/v1", "metadata": { "name": format!("{digest}@one") },
        "type": "atomic", "content": "aGVsbG8=", "imageIdentity": "x",
        "conditions": [{ "type": "Trusted", "status": "True" }],
    });
    let path = "apis/image.openshift.io/v1/imagesignatures?fieldManager=signer";
    let signature = reference.post(path, &signature).await;
    let entry = &signature["metadata"]["managedFields"][0];
    assert_eq!((&entry["manager"], &entry["operation"]), (&json!("signer"), &json!("Update")));
    // Also what the server does not keep.
    let condition = json!({ ".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {} });
    let fields = json!({
        "f:conditions": { ".": {}, "k:{\"type\":\"Trusted\"}": condition },
        "f:content": {}, "f:imageIdentity": {}, "f:type": {},
    });
    assert_eq!(entry["fieldsV1"], fields);
    let signed = reference.get(&format!("{IMAGES}/{digest}")).await;
    assert_eq!(signed["metadata"].get("managedFields"), None, "{signed}");
    assert_eq!(signed["signatures"][0]["metadata"]["managedFields"][0]["manager"], "signer");

    let patch =
        json!({ "signatures": [{ "metadata": { "name": format!("{digest}@two") }, "type": "t", "content": "eA==" }] });
    let request = reference.request(Method::PATCH, &format!("{IMAGES}/{digest}"));
    let request = request.header("content-type", "application/strategic-merge-patch+json").body(patch.to_string());
    let refused = read(request.send().await.unwrap(), 500).await;
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.starts_with("map: map[content:eA==") && message.ends_with("does not contain declared merge key: name"),
        "{message}"
    );
}

#[tokio::test]
async fn applying_an_image_that_is_not_there_creates_it() {
    let reference = Reference::start().await;
    let apply = |object: Value| {
        let path = format!("{IMAGES}/{}?fieldManager=m", object["metadata"]["name"].as_str().unwrap());
        let request = reference.request(Method::PATCH, &path);
        request.header("content-type", "application/apply-patch+yaml").body(object.to_string()).send()
    };
    let created = read(apply(image("one")).await.unwrap(), 201).await;
    assert_eq!(created["metadata"]["managedFields"][0]["operation"], "Apply");
    let again = read(apply(image("one")).await.unwrap(), 200).await;
    assert_eq!(again["metadata"]["uid"], created["metadata"]["uid"]);
    let mut other = image("two");
    other["metadata"]["uid"] = "x".into();
    let refusal = read(apply(other).await.unwrap(), 409).await;
    let why = "uid mismatch: the provided object specified uid x, and no existing object was found";
    let message = format!("Operation cannot be fulfilled on images.image.openshift.io \"two\": {why}");
    assert_eq!(refusal["message"], message);
}

/// Patches an image that has metadata by merging.
async fn patched(patch: Value, status: u16) -> Value {
    let reference = Reference::start().await;
    reference.post(IMAGES, &image("one")).await;
    let request = reference.request(Method::PATCH, &format!("{IMAGES}/one"));
    let request = request.header("content-type", "application/merge-patch+json").body(patch.to_string());
    read(request.send().await.unwrap(), status).await
}

#[rstest]
#[case::version(json!({ "dockerImageMetadataVersion": "2.0" }), "no kind \"DockerImage\" is registered for version \"image.openshift.io/2.0\"")]
#[case::group(json!({ "dockerImageMetadataVersion": "image.openshift.io/1.0" }), "no kind \"DockerImage\" is registered for version \"image.openshift.io/image.openshift.io/1.0\"")]
#[case::kind_of_core(json!({ "dockerImageMetadata": { "kind": "Pod", "apiVersion": "v1" } }), "converting (v1.Pod) to (docker10.DockerImage): unknown conversion")]
#[case::image(json!({ "dockerImageMetadata": { "kind": "Image", "apiVersion": "image.openshift.io/v1" } }), "converting (v1.Image) to (docker10.DockerImage): unknown conversion")]
#[case::unknown_kind(json!({ "dockerImageMetadata": { "kind": "Foo", "apiVersion": "image.openshift.io/v1" } }), "no kind \"Foo\" is registered for version \"image.openshift.io/v1\"")]
#[case::unknown_version(json!({ "dockerImageMetadata": { "apiVersion": "2.0" } }), "no kind \"DockerImage\" is registered for version \"2.0\"")]
#[tokio::test]
async fn metadata_of_another_kind_or_version_is_refused(#[case] patch: Value, #[case] why: &str) {
    let refusal = patched(patch, 422).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains(&format!("}}\": {why}")), "{message}");
}

#[rstest]
#[case(json!({ "dockerImageMetadataVersion": "" }))]
#[case(json!({ "dockerImageMetadata": { "kind": "", "apiVersion": "" } }))]
#[case(json!({ "dockerImageMetadata": { "apiVersion": "1.0" } }))]
#[tokio::test]
async fn metadata_need_not_say_what_it_is(#[case] patch: Value) {
    let image = patched(patch, 200).await;
    assert_eq!(
        (&image["dockerImageMetadataVersion"], &image["dockerImageMetadata"]["apiVersion"]),
        (&json!("1.0"), &json!("image.openshift.io/1.0"))
    );
}

#[tokio::test]
async fn a_new_image_without_metadata_cannot_have_another_version_of_it() {
    let reference = Reference::start().await;
    let mut body = image("one");
    body["dockerImageMetadataVersion"] = "2.0".into();
    let refusal = read(reference.send(Method::POST, IMAGES, &body).await, 500).await;
    let message = refusal["message"].as_str().unwrap();
    assert!(message.starts_with("no kind \"DockerImage\" is registered for version \"image.openshift.io/2.0\""));
}

#[tokio::test]
async fn signatures_of_old_are_written_once() {
    let reference = Reference::start().await;
    let created = reference.post(IMAGES, &image("one")).await;
    let mut signed = created.clone();
    signed["dockerImageSignatures"] = json!(["YQ=="]);
    let mut signed = read(reference.send(Method::PUT, &format!("{IMAGES}/one"), &signed).await, 200).await;
    assert_eq!(signed["dockerImageSignatures"], json!(["YQ=="]));
    signed["dockerImageSignatures"] = json!(["Yg=="]);
    let again = read(reference.send(Method::PUT, &format!("{IMAGES}/one"), &signed).await, 200).await;
    assert_eq!(again["dockerImageSignatures"], json!(["YQ=="]));
}

#[rstest]
#[case::none(json!([[]]), "")]
#[case::numbers(json!([[1, 255, null]]), "Af8A")]
#[tokio::test]
async fn bytes_may_be_a_list_of_numbers(#[case] signatures: Value, #[case] expected: &str) {
    let reference = Reference::start().await;
    let mut body = image("one");
    body["dockerImageSignatures"] = signatures;
    assert_eq!(reference.post(IMAGES, &body).await["dockerImageSignatures"], json!([expected]));
}

#[rstest]
#[case::large(json!([[300]]), "number 300", "uint8")]
#[case::no_integer(json!([[1.5]]), "number 1.5", "uint8")]
#[case::text(json!([["a"]]), "string", "uint8")]
#[case::first_of_several(json!([[true, 300]]), "bool", "uint8")]
#[case::object(json!([{}]), "object", "[]uint8")]
#[tokio::test]
async fn what_is_no_list_of_bytes_is_told(#[case] signatures: Value, #[case] found: &str, #[case] go: &str) {
    let reference = Reference::start().await;
    let mut body = image("one");
    body["dockerImageSignatures"] = signatures;
    let refusal = read(reference.send(Method::POST, IMAGES, &body).await, 400).await;
    let why = format!("json: cannot unmarshal {found} into Go struct field Image.dockerImageSignatures of type {go}");
    assert_eq!(refusal["message"], format!("Image in version \"v1\" cannot be handled as a Image: {why}"));
}
