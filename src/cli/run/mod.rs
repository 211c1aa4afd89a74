//! `isi-conformance run`: suites against an implementation.

mod arguments;
mod deviations;
mod kubeconfig;
mod plan;
mod progress;
mod target;
mod trust;
mod update;
mod what;

use std::{io, process::ExitCode, time::Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use self::progress::Progress;
pub use self::{arguments::RunArguments, plan::Plan};
use crate::{
    cli::exit::{CommandError, Exit, finish},
    report::{Paint, terminal},
    runner::{self, CaseOutcome, Planned},
    verdict::{CaseResult, Level, RunResult, Verdict},
};

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: RunArguments) -> ExitCode {
    finish(super::runtime().and_then(|runtime| runtime.block_on(execute(arguments))))
}

async fn execute(arguments: RunArguments) -> Result<Exit, CommandError> {
    if arguments.update && std::env::var_os("CI").is_some() {
        return Err(CommandError::usage("goldens are never proposed where CI is set")
            .hint("run with `--update` on your own machine, then `cargo insta review`"));
    }
    let mut plan = Plan::of(&arguments).await?;
    let exit = if arguments.list {
        list(&plan.planned);
        Ok(Exit::Success)
    } else {
        judge(&arguments, &mut plan).await
    };
    for left in plan.end().await {
        eprintln!("warning: left behind: {left}");
    }
    exit
}

async fn judge(arguments: &RunArguments, plan: &mut Plan) -> Result<Exit, CommandError> {
    let planned = std::mem::take(&mut plan.planned);
    let stopped = interrupts();
    let (started, begun) = (Timestamp::now(), Instant::now());
    let goldens = planned.first().map(|planned| planned.session.goldens.clone());
    let progress = Progress::begin(planned.len());
    let outcomes = runner::run(planned, usize::from(arguments.jobs), stopped.clone(), |outcome| {
        plan.declare(&mut outcome.result);
        progress.finished(&outcome.result);
    })
    .await;
    progress.end();
    for left in outcomes.iter().flat_map(|outcome| &outcome.left_behind) {
        eprintln!("warning: left behind: {left}");
    }
    if let Some(goldens) = goldens.filter(|_| arguments.update) {
        update::propose(&goldens, arguments.api_version, &outcomes)?;
    }
    let result = RunResult {
        target: plan.target.clone(),
        api_version: arguments.api_version,
        started,
        duration: begun.elapsed(),
        interrupted: *stopped.borrow(),
        cases: outcomes.into_iter().map(|outcome: CaseOutcome| outcome.result).collect(),
    };
    match terminal::write(&result, Paint::detect(&io::stdout()), io::stdout().lock()) {
        // Who reads no further, as `head` does, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.map_err(CommandError::harness)?,
    }
    for report in &arguments.report {
        report.write(&result).map_err(|error| CommandError::harness(format!("{}: {error}", report.path.display())))?;
    }
    if let Some(file) = &arguments.write_deviations {
        deviations::write(file, &result)?;
    }
    Ok(exit(&result, arguments.level))
}

/// Turns true when the person at the terminal, or whoever started the process, wants it to end.
fn interrupts() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        super::interrupted().await;
        eprintln!("stopping: what was made is taken back");
        // Nobody listens any more when the run has just ended; the sender lives on, so that nobody takes this for news.
        let _ = stop.send(true);
        std::future::pending::<()>().await;
    });
    stopped
}

/// What the run comes to, when only checks of `level` or a weightier one count.
fn exit(result: &RunResult, level: Level) -> Exit {
    let scored = result.cases.iter().filter(|case| case.not_scored.is_none());
    let verdict = match level {
        Level::Compatible => Verdict::of_parts(scored.map(|case| case.verdict)),
        Level::Required => Verdict::of_parts(scored.filter_map(|case: &CaseResult| case.verdict_at(level))),
    };
    match verdict {
        Verdict::Fail | Verdict::Stale => Exit::Failure,
        Verdict::Error => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known if result.interrupted => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known => Exit::Success,
    }
}

fn list(planned: &[Planned]) {
    for Planned { case, skip, .. } in planned {
        match skip {
            None => println!("{}", case.full_name()),
            Some(reason) => println!("{} (skip: {reason})", case.full_name()),
        }
    }
    let skipped = planned.iter().filter(|planned| planned.skip.is_some()).count();
    eprintln!("{} cases, of which {skipped} would be skipped", planned.len());
}
