//! The examples run, as they stand in `examples`.

#[path = "../../examples/reference.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod reference;

#[path = "../../examples/import_tool.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod import_tool;

#[tokio::test]
async fn a_tool_is_tested_by_what_it_asked_for() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    import_tool::example().await.unwrap();
}

#[tokio::test]
async fn a_client_imports_from_a_mock_registry() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reference::example().await.unwrap();
}
