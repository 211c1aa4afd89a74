//! The import controller: what is imported without being asked for.

use std::time::Duration;

use isi_reference::{ImportController, Options};
use oci_mock_registry::registry::Registry;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    Reference,
    watch::{Events, STREAMS},
};

#[tokio::test]
async fn scheduled_tags_are_imported_again_and_the_others_are_not() {
    let registry =
        Registry::builder().tag("lib/app", "v1", "s2-basic").tag("lib/app", "v2", "s2-basic").start().await.unwrap();
    let import_controller = ImportController::Present { interval: Duration::from_millis(100) };
    let reference = Reference::start_with(Options { import_controller, ..Options::default() }, Vec::new()).await;
    let tag = |name: &str, scheduled: bool| {
        let from = json!({ "kind": "DockerImage", "name": format!("{}/lib/app:{name}", registry.host()) });
        json!({ "name": name, "from": from, "importPolicy": { "insecure": true, "scheduled": scheduled } })
    };
    let object = json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": { "name": "app" },
        "spec": { "tags": [tag("v1", true), tag("v2", false)] },
    });
    reference.post(STREAMS, &object).await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true")).await;
    let first = events.until(|stream| images(stream).len() == 2).await;
    for tag in ["v1", "v2"] {
        registry.state().tag_image("lib/app", tag, "s2-second").unwrap();
    }
    let second = events.until(|stream| images(stream)[0] != images(&first)[0]).await;
    assert_eq!(images(&second)[1], images(&first)[1], "a tag without a schedule stays");
    assert_eq!(second["status"]["tags"][0]["items"].as_array().unwrap().len(), 2, "{second}");
}

/// The newest image of each tag.
fn images(stream: &Value) -> Vec<String> {
    let tags = stream["status"]["tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| tag["items"][0]["image"].as_str()).map(str::to_owned).collect()
}

#[tokio::test]
async fn registries_that_do_not_answer_hold_up_no_other_stream() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    // Takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options { import_controller: ImportController::DEFAULT, ..Options::default() };
    let reference = Reference::start_with(options, Vec::new()).await;
    let stream = |name: &str, from: String| {
        let from = json!({ "kind": "DockerImage", "name": from });
        json!({
            "kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": { "name": name },
            "spec": { "tags": [{ "name": "v1", "from": from, "importPolicy": { "insecure": true } }] },
        })
    };
    let mut held = Vec::new();
    for index in 0..3 {
        let from = format!("{}/lib/app:v1", silent.local_addr().unwrap());
        reference.post(STREAMS, &stream(&format!("silent-{index}"), from)).await;
        // Its import has begun, before the next stream is there.
        held.push(silent.accept().await.unwrap());
    }
    reference.post(STREAMS, &stream("talks", format!("{}/lib/app:v1", registry.host()))).await;
    let mut events = Events::of(&reference, &format!("{STREAMS}?watch=true&timeoutSeconds=20")).await;
    let imported = events.until(|stream| !images(stream).is_empty()).await;
    assert_eq!(imported["metadata"]["name"], "talks");
    for index in 0..3 {
        let waiting = reference.get(&format!("{STREAMS}/silent-{index}")).await;
        assert_eq!(waiting["status"].get("tags"), None, "{waiting}");
    }
}
