//! The example runs, as it stands in `examples`.

#[path = "../../examples/reference.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod reference;

#[tokio::test]
async fn a_client_imports_from_a_mock_registry() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reference::example().await.unwrap();
}
