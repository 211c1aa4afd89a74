//! The examples run, as they stand in `examples`.

#[path = "../../examples/credentials.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod credentials;
#[path = "../../examples/faults.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod faults;
#[path = "../../examples/pull.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod pull;
#[cfg(feature = "wiremock")]
#[path = "../../examples/registry_on_wiremock.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod registry_on_wiremock;

/// The clients of the examples need one; another test may have installed it.
fn provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[tokio::test]
async fn a_client_pulls() {
    provider();
    pull::example().await.unwrap();
}

#[tokio::test]
async fn a_client_retries() {
    provider();
    faults::example().await.unwrap();
}

#[tokio::test]
async fn a_client_gets_a_token_over_tls() {
    provider();
    credentials::example().await.unwrap();
}

#[cfg(feature = "wiremock")]
#[tokio::test]
async fn a_registry_is_mounted_on_wiremock() {
    provider();
    registry_on_wiremock::example().await.unwrap();
}
