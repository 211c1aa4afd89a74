//! What spec tags of a stream may follow, and what comes of it.
//!
//! Texts and statuses as openshift-apiserver 4.22 answered the same requests.

use isi_reference::{Options, version::ApiVersion};
use oci_mock_registry::registry::Registry;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Reference, read, tags::streams};

fn following(kind: &str, name: &str) -> Value {
    json!({ "metadata": { "name": "app" }, "spec": { "tags": [{ "name": "x", "from": { "kind": kind, "name": name } }] } })
}

#[rstest]
#[case::a_stream_that_is_not("ImageStreamTag", "nope:v1", "Not found: \"nope:v1\"")]
#[case::an_image_of_it("ImageStreamImage", "nope@sha256:abc", "Not found: \"nope@sha256:abc\"")]
#[case::too_many_parts(
    "ImageStreamTag",
    "a:b:c",
    "Invalid value: \"a:b:c\": must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>"
)]
#[case::an_image_that_is_not(
    "ImageStreamImage",
    "other@sha256:abc",
    "Invalid value: \"other@sha256:abc\": error generating tag event: imagestreamimage.image.openshift.io \"sha256:abc\" not \
     found"
)]
#[tokio::test]
async fn a_spec_tag_follows_only_what_is_there(#[case] kind: &str, #[case] name: &str, #[case] why: &str) {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "other" } })).await;
    let refusal = read(reference.send(Method::POST, &streams(""), &following(kind, name)).await, 422).await;
    let message = format!(
        "ImageStream.image.openshift.io \"app\" is invalid: []: Internal error: imagestreams \"app\" is invalid: \
         spec.tags[x].from.name: {why}"
    );
    assert_eq!(refusal["message"], message);
}

#[rstest]
#[case::of_another_stream("other:v1")]
#[case::of_the_same_stream("v1")]
#[tokio::test]
async fn a_tag_that_is_not_there_yet_may_be_followed(#[case] name: &str) {
    let reference = Reference::start().await;
    reference.post(&streams(""), &json!({ "metadata": { "name": "other" } })).await;
    reference.post(&streams(""), &following("ImageStreamTag", name)).await;
}

/// Recorded from openshift-apiserver 4.22 by an exploration (image); its `LatestTaggedImage` hands out the event itself (tag).
#[rstest]
#[case::image("ImageStreamImage", "app@{digest}", 1)]
#[case::tag("ImageStreamTag", "app:v1", 2)]
#[tokio::test]
async fn the_event_of_a_followed_tag_is_renewed_and_that_of_an_image_copied(
    #[case] kind: &str,
    #[case] name: &str,
    #[case] generation: i64,
) {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let reference = Reference::start().await;
    reference.import(&format!("{}/lib/app:v1", registry.host()), "v1").await;
    let mut stream = reference.get(&streams("/app")).await;
    let digest = stream["status"]["tags"][0]["items"][0]["image"].as_str().unwrap().to_owned();
    let from = json!({ "kind": kind, "name": name.replace("{digest}", &digest) });
    stream["spec"]["tags"].as_array_mut().unwrap().push(json!({ "name": "x", "from": from }));
    let written = read(reference.send(Method::PUT, &streams("/app"), &stream).await, 200).await;
    let tags = &written["status"]["tags"];
    assert_eq!((&tags[0]["tag"], &tags[0]["items"][0]["generation"]), (&json!("v1"), &json!(generation)));
    assert_eq!((&tags[1]["tag"], &tags[1]["items"][0]["generation"]), (&json!("x"), &json!(2)));
}

/// Answered by openshift-apiserver 4.12 and 4.22.
#[rstest]
#[case::several(
    "012",
    Err(
        "Operation cannot be fulfilled on imagestreamimage.image.openshift.io \"012\": multiple images match \
     the prefix \"012\": sha256:0123, sha256:0124"
    )
)]
#[case::none("4", Err("imagestreamimage.image.openshift.io \"4\" not found"))]
#[case::digits("0123", Ok("sha256:0123"))]
#[case::digest("sha256:0124", Ok("sha256:0124"))]
#[tokio::test]
async fn an_image_is_followed_by_the_beginning_of_its_digest(#[case] id: &str, #[case] expected: Result<&str, &str>) {
    let reference = Reference::start().await;
    let mut stream = reference.post(&streams(""), &json!({ "metadata": { "name": "app" } })).await;
    let full = |end: &str| format!("sha256:012{end}{}", "0".repeat(60));
    let history = |tag: &str, end: &str| {
        let event = json!({
            "created": "2024-01-02T03:04:05Z", "dockerImageReference": format!("r.example/{tag}"), "image": full(end),
            "generation": 1,
        });
        json!({ "tag": tag, "items": [event] })
    };
    stream["status"] = json!({ "tags": [history("a", "3"), history("b", "4")] });
    let mut stream = read(reference.send(Method::PUT, &streams("/app/status"), &stream).await, 200).await;
    let from = json!({ "kind": "ImageStreamImage", "name": format!("app@{id}") });
    stream["spec"]["tags"] = json!([{ "name": "x", "from": from }]);
    let answer = reference.send(Method::PUT, &streams("/app"), &stream).await;
    let digests = |text: &str| text.replace("sha256:0123", &full("3")).replace("sha256:0124", &full("4"));
    match expected {
        Ok(digest) => {
            let event = &read(answer, 200).await["status"]["tags"][2]["items"][0];
            assert_eq!(event["image"], digests(digest));
            assert_ne!(event["created"], "2024-01-02T03:04:05Z");
        }
        Err(why) => {
            let message = read(answer, 422).await["message"].as_str().unwrap().to_owned();
            assert!(message.ends_with(&format!("error generating tag event: {}", digests(why))), "{message}");
        }
    }
}

#[rstest]
#[case::until_4_2(ApiVersion::V4_2, 422)]
#[case::since(ApiVersion::V4_8, 201)]
#[tokio::test]
async fn a_digest_of_a_stream_is_scheduled_since_4_3(#[case] api_version: ApiVersion, #[case] status: u16) {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    let from = format!("r.example/a@sha256:{}", "a".repeat(64));
    let mut stream = following("DockerImage", &from);
    stream["spec"]["tags"][0]["importPolicy"] = json!({ "scheduled": true });
    let answer = read(reference.send(Method::POST, &streams(""), &stream).await, status).await;
    if status == 422 {
        let cause = json!({
            "reason": "FieldValueInvalid", "field": "spec.tags[x].from.name",
            "message": format!("Invalid value: \"{from}\": only tags can be scheduled for import"),
        });
        assert_eq!(answer["details"]["causes"], json!([cause]));
    }
}
