//! A test of a client that has to retry: the registry limits it once, breaks the connection once, and cuts a body once.
//!
//! Run it with `cargo run --example faults`.

use std::error::Error;

use oci_mock_registry::{
    fixture::{ConnectionFault, Fault},
    http::StatusCode,
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
        .fault(Fault::when("GET manifests/v1").nth(2).connection(ConnectionFault::Reset))
        .fault(Fault::when("GET manifests/v1").nth(3).truncate(100))
        .start()
        .await?;

    let manifest = with_retries(&format!("http://{}/v2/lib/app/manifests/v1", registry.host())).await?;
    assert!(manifest.starts_with('{'));

    // What the client got each time; nothing stands for an answer that did not arrive.
    let statuses: Vec<_> = registry.state().journal(0).into_iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(StatusCode::TOO_MANY_REQUESTS), None, None, Some(StatusCode::OK)]);
    // Fails if a fault has not fired.
    assert_eq!(registry.state().findings(), []);
    Ok(())
}

/// The code under test: a client that tries four times.
async fn with_retries(url: &str) -> Result<String, Box<dyn Error>> {
    let client = reqwest::Client::new();
    let mut last: Option<Box<dyn Error>> = None;
    for _ in 0..4 {
        let text = async { client.get(url).send().await?.error_for_status()?.text().await };
        match text.await {
            Ok(text) => return Ok(text),
            Err(error) => last = Some(error.into()),
        }
    }
    Err(last.expect("it was tried"))
}
