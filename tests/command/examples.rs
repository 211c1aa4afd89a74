//! The example runs, as it stands in `examples`.

#[path = "../../examples/run_suites.rs"]
#[allow(dead_code, reason = "`main` is for `cargo run --example`")]
mod run_suites;

#[tokio::test(flavor = "multi_thread")]
async fn suites_run_from_rust() {
    run_suites::example().await.unwrap();
}
