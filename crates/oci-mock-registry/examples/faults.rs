//! A test of a client that has to retry: the registry limits it once, and breaks the connection once.
//!
//! Run it with `cargo run --example faults`.

use std::error::Error;

use oci_mock_registry::{
    fixture::{ConnectionFault, Fault},
    registry::Registry,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // reqwest is built without a provider of cryptography here; with its default features this line is not needed.
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    example().await
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<(), Box<dyn Error>> {
    let registry = Registry::builder()
        .tag("lib/app", "v1", "s2-basic")
        .fault(Fault::when("GET manifests/v1").first(1).status(429).error("TOOMANYREQUESTS").header("Retry-After", "0"))
        .fault(Fault::when("GET manifests/v1").first(2).connection(ConnectionFault::Reset))
        .start()
        .await?;

    let manifest = with_retries(&format!("http://{}/v2/lib/app/manifests/v1", registry.host())).await?;
    assert!(manifest.starts_with('{'));

    assert_eq!(registry.state().journal(0).len(), 3);
    // Fails if a fault has not fired.
    assert_eq!(registry.state().findings(), []);
    Ok(())
}

/// The code under test: a client that tries three times.
async fn with_retries(url: &str) -> Result<String, Box<dyn Error>> {
    let client = reqwest::Client::new();
    let mut last: Option<Box<dyn Error>> = None;
    for _ in 0..3 {
        match client.get(url).send().await.and_then(reqwest::Response::error_for_status) {
            Ok(response) => return Ok(response.text().await?),
            Err(error) => last = Some(error.into()),
        }
    }
    Err(last.expect("it was tried"))
}
