//! Runs a suite against a server from Rust, as the test of a server's own repository would.
//!
//! Run it with `cargo run --example run_suites`.

use std::{error::Error, ops::ControlFlow, time::Duration};

use clap::{Args, Command, FromArgMatches};
use isi_conformance::{
    cli::{Plan, RunArguments},
    reference::{self, Options},
    runner,
};
use tokio::sync::watch;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    example().await
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<(), Box<dyn Error>> {
    // The server under test: here the reference; yours is started in its place.
    let server = reference::start(Options::default()).await?;

    // The options are those of the command line: `isi-conformance run --help`.
    let options = ["run", "dry-run", "--target", server.url(), "--token", "user-alice", "--admin-token", "admin-token"];
    let command = RunArguments::augment_args(Command::new("run"));
    let arguments = RunArguments::from_arg_matches(&command.try_get_matches_from(options)?)?;
    let (_stop, stopped) = watch::channel(false);
    let plan = Plan::of(&arguments, &stopped).await.map_err(|error| error.to_string())?;

    let outcomes = runner::run(plan.planned.clone(), 8, stopped, |_| ControlFlow::Continue(())).await;
    assert!(!outcomes.is_empty());
    for mut outcome in outcomes {
        plan.declare(&mut outcome.result);
        assert!(!outcome.result.is_failure(), "{} failed", outcome.result.name());
    }

    // Deletes what the run made on the server.
    let left: Vec<String> = plan.end().await.iter().map(ToString::to_string).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    server.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
