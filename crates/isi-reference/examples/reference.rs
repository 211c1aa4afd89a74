//! A test of a client of the image API: the reference takes the place of a cluster, and imports from a mock registry.
//!
//! Run it with `cargo run --example reference`.

use std::{error::Error, time::Duration};

use isi_reference::{Options, version::ApiVersion};
use oci_mock_registry::registry::Registry;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // reqwest is built without a provider of cryptography here; with its default features this line is not needed.
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    example().await
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<(), Box<dyn Error>> {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await?;
    let reference = isi_reference::start(Options { api_version: ApiVersion::V4_18, ..Options::default() }).await?;

    // The code under test: here, a client that imports an image as user alice and reads the stream.
    let client = reqwest::Client::new();
    let namespace = format!("{}/apis/image.openshift.io/v1/namespaces/team", reference.url());
    let import = json!({
        "kind": "ImageStreamImport",
        "apiVersion": "image.openshift.io/v1",
        "metadata": { "name": "app" },
        "spec": { "import": true, "images": [{
            "from": { "kind": "DockerImage", "name": format!("{}/lib/app:v1", registry.host()) },
            "to": { "name": "latest" },
            "importPolicy": { "insecure": true },
        }] },
    });
    let request = client.post(format!("{namespace}/imagestreamimports")).bearer_auth("user-alice");
    let response = request.header("content-type", "application/json").body(import.to_string()).send().await?;
    assert_eq!(response.status(), 201);
    let stream = client.get(format!("{namespace}/imagestreams/app")).bearer_auth("user-alice").send().await?;
    let stream: Value = serde_json::from_slice(&stream.bytes().await?)?;
    assert_eq!(stream["status"]["tags"][0]["tag"], "latest");

    reference.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
