//! `isi-conformance clean`: takes back what a run that was killed left behind.

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::Args;

use super::target::{TargetArguments, connect, reach};
use crate::{
    cli::exit::{CommandError, Exit, notice, printed},
    runner::{self, Cleaning, Mode, RunId},
};

/// How long an answer of the target may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Put back what runs that were killed changed on a target, and remove what they made.
///
/// Only objects with the mark of a run are touched: its label, its id in their name, or an entry in the lock on the
/// cluster's configuration. Runs that may still be going on are left alone unless `--run` names them.
#[derive(Debug, Args)]
pub(super) struct CleanArguments {
    /// Where to clean up.
    #[command(flatten)]
    target: TargetArguments,
    /// Clean up after this run only, even if it may still be going on. Streams in a namespace that `--namespace` names
    /// are found in no other way.
    #[arg(long, value_name = "ID")]
    run: Option<RunId>,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub(super) fn run(arguments: CleanArguments) -> Result<Exit, CommandError> {
    super::runtime()?.block_on(execute(arguments))
}

async fn execute(arguments: CleanArguments) -> Result<Exit, CommandError> {
    if arguments.target.is_embedded() {
        return Err(CommandError::usage("there is no target to clean up").hint(
            "`--target URL` or `--kubeconfig PATH` says where the run was; the embedded reference ends with its run",
        ));
    }
    let target = connect(&arguments.target, PATIENCE).await?;
    reach(&target, arguments.target.namespace.as_deref()).await?;
    let mode = if arguments.dry_run { Mode::Preview } else { Mode::Remove };
    let cleaning = Cleaning { run: arguments.run, namespace: arguments.target.namespace, mode };
    let report = runner::clean(&target, &cleaning).await;
    for line in &report.done {
        printed(writeln!(io::stdout().lock(), "{line}"))?;
    }
    for run in &report.spared {
        notice(format_args!("left alone: {run}"));
    }
    if !report.spared.is_empty() {
        notice("\nhint: `--run ID` cleans up after a run that is over, or that is to be ended");
    }
    if report.done.is_empty() && report.left.is_empty() && report.spared.is_empty() {
        printed(writeln!(io::stdout().lock(), "nothing to clean up on {}", target.url))?;
    }
    // All of it: no other command finds the rest.
    for left in &report.left {
        notice(format_args!("warning: left behind: {left}"));
    }
    Ok(if report.left.is_empty() { Exit::Success } else { Exit::Harness })
}
