//! A test that mounts a whole registry on a wiremock server, beside a mock of its own.
//!
//! Run it with `cargo run --example registry_on_wiremock`.

use std::error::Error;

use oci_client::{
    Client, Reference,
    client::{ClientConfig, ClientProtocol},
    secrets::RegistryAuth,
};
use oci_mock_registry::registry::{Registry, RegistryResponder};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    example().await
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<(), Box<dyn Error>> {
    let server = MockServer::start().await;

    // What the test is about: some service beside the registry.
    Mock::given(method("GET")).and(path("/health")).respond_with(ResponseTemplate::new(200)).mount(&server).await;

    // The registry that the code under test pulls from: one line.
    let registry = RegistryResponder::mount(&server, Registry::builder().tag("lib/app", "v1", "oci-basic")).await?;

    // The code under test: here, a client that pulls a manifest.
    let client = Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() });
    let image: Reference = format!("{}/lib/app:v1", server.address()).parse()?;
    let (manifest, digest) = client.pull_manifest(&image, &RegistryAuth::Anonymous).await?;
    assert!(digest.starts_with("sha256:"));
    assert!(!manifest.content_type().is_empty());

    // What the client requested of the registry.
    let requested: Vec<String> = registry.journal(0).into_iter().map(|entry| entry.path).collect();
    assert!(requested.contains(&"/v2/lib/app/manifests/v1".to_owned()), "{requested:?}");
    Ok(())
}
