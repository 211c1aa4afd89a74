//! A client written with kube-rs, tested against the reference: it imports an image through the dynamic API, and follows the
//! stream with a watcher until its tag is there.
//!
//! Run it with `cargo run` in this folder.

use std::{error::Error, time::Duration};

use futures_util::{TryStreamExt, pin_mut};
use isi_reference::{Authority, Reference};
use kube::{
    Api, Client, Config,
    api::{ApiResource, DynamicObject, GroupVersionKind, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    discovery,
    runtime::{WatchStreamExt, watcher},
};
use oci_mock_registry::registry::Registry;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await?;
    let reference = Reference::builder().tls(Authority::generate()?).start().await?;

    // A client that reads a file would be given one: `Reference::builder().write_kubeconfig(path)`.
    let kubeconfig = Kubeconfig::from_yaml(&reference.kubeconfig().to_yaml())?;
    let options = KubeConfigOptions { context: Some("developer".to_owned()), ..KubeConfigOptions::default() };
    let client = Client::try_from(Config::from_custom_kubeconfig(kubeconfig, &options).await?)?;

    let image = format!("{}/lib/app:v1", registry.host());
    let digest = import_and_follow(client, &image).await?;
    println!("app:latest is {digest}");

    // What the client asked for is looked at afterwards: a watcher lists before it watches.
    let lists = reference.requests(|request| request.path.ends_with("/imagestreams"));
    assert_eq!(lists[0].user.as_deref(), Some("developer"));
    assert!(lists[0].query.contains("fieldSelector=metadata.name%3Dapp"), "{}", lists[0].query);
    assert!(reference.shutdown(Duration::from_secs(5)).await);
    Ok(())
}

/// The client under test: imports `image` into the stream `app`, and returns the digest of its tag once the stream has it.
async fn import_and_follow(client: Client, image: &str) -> Result<String> {
    let kind = GroupVersionKind::gvk("image.openshift.io", "v1", "ImageStream");
    let (streams, _) = discovery::pinned_kind(&client, &kind).await?;
    let streams: Api<DynamicObject> = Api::namespaced_with(client.clone(), "team", &streams);

    let kind = GroupVersionKind::gvk("image.openshift.io", "v1", "ImageStreamImport");
    let imports = ApiResource::from_gvk(&kind);
    let import = DynamicObject::new("app", &imports).data(json!({
        "spec": { "import": true, "images": [{
            "from": { "kind": "DockerImage", "name": image },
            "to": { "name": "latest" },
            "importPolicy": { "insecure": true },
        }] },
        "status": {},
    }));
    let imports: Api<DynamicObject> = Api::namespaced_with(client, "team", &imports);
    let answer = imports.create(&PostParams::default(), &import).await?;
    let status = &answer.data["status"]["images"][0]["status"];
    if status["status"] != "Success" {
        return Err(status["message"].as_str().unwrap_or("no status").into());
    }

    let events = watcher(streams, watcher::Config::default().fields("metadata.name=app")).applied_objects();
    pin_mut!(events);
    let found = async {
        while let Some(stream) = events.try_next().await? {
            let item = &stream.data["status"]["tags"][0]["items"][0]["image"];
            if let Some(digest) = item.as_str() {
                return Ok(digest.to_owned());
            }
        }
        Err("the watch has ended".into())
    };
    tokio::time::timeout(Duration::from_secs(10), found).await?
}
