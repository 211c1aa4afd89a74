//! A test that pulls an image from a registry of its own, and looks at what was requested.
//!
//! Run it with `cargo run --example pull`.

use std::error::Error;

use oci_mock_registry::registry::Registry;
use reqwest::header::ACCEPT;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // reqwest is built without a provider of cryptography here; with its default features this line is not needed.
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    example().await
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<(), Box<dyn Error>> {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await?;

    // The code under test: here, a client that reads a manifest and its config.
    let client = reqwest::Client::new();
    let url = format!("http://{}/v2/lib/app", registry.host());
    let accepted = "application/vnd.docker.distribution.manifest.v2+json";
    let manifest = client.get(format!("{url}/manifests/v1")).header(ACCEPT, accepted).send().await?;
    assert_eq!(manifest.headers()["content-type"], accepted);
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.bytes().await?)?;
    let digest = manifest["config"]["digest"].as_str().expect("a manifest names its config");
    let config = client.get(format!("{url}/blobs/{digest}")).send().await?;
    assert_eq!(config.status(), 200);

    // What the client requested, and whether it was what registries answer.
    let requested: Vec<String> = registry.state().journal(0).into_iter().map(|entry| entry.path).collect();
    assert_eq!(requested, ["/v2/lib/app/manifests/v1".to_owned(), format!("/v2/lib/app/blobs/{digest}")]);
    assert_eq!(registry.state().findings(), []);
    Ok(())
}
