//! `isi-conformance run`: suites against an implementation.

mod absence;
mod arguments;
mod deviations;
mod kubeconfig;
mod open_files;
mod plan;
mod progress;
mod reach;
mod target;
mod tls;
mod transport;
mod update;
mod what;

use std::{io, process::ExitCode, time::Instant};

use jiff::Timestamp;
use tokio::sync::watch;

pub use self::{arguments::RunArguments, plan::Plan};
pub(super) use self::{arguments::TargetArguments, reach::reach, target::connect};
use self::{plan::Unfinished, progress::Progress};
use crate::{
    cli::{
        exit::{CommandError, Exit, finish},
        signals::Signals,
    },
    report::{Paint, terminal},
    runner::{self, CaseOutcome, Planned},
    verdict::{CaseResult, RunResult, Verdict},
};

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: RunArguments, given: &[String]) -> ExitCode {
    if let Err(error) = arguments.check(given) {
        return finish(Err(error));
    }
    let ended = super::runtime().and_then(|runtime| {
        let ended = runtime.block_on(execute(arguments));
        // Work that a second signal has cut off is not waited for.
        runtime.shutdown_background();
        ended
    });
    finish(ended)
}

async fn execute(arguments: RunArguments) -> Result<Exit, CommandError> {
    if arguments.update && std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        return Err(CommandError::usage("goldens are never proposed where CI is set")
            .hint("run with `--update` on your own machine, then `cargo insta review`"));
    }
    let jobs = open_files::jobs(arguments.jobs)?;
    // Signals are listened to before anything is made, so that whatever is made is also taken back.
    let signals = Signals::listen(|| {
        eprintln!("stopping: what was made is taken back; a second signal ends the run at once");
    });
    let plan = tokio::select! {
        plan = Plan::of(&arguments) => plan?,
        () = signals.second() => {
            let error = CommandError::harness("stopped at once by a second signal, before the first case");
            return Err(if arguments.target.is_embedded() {
                error
            } else {
                error.hint("`isi-conformance clean` removes a namespace that was made already")
            });
        }
    };
    let unfinished = plan.unfinished();
    tokio::select! {
        exit = carry_out(&arguments, jobs, plan, signals.first()) => exit,
        () = signals.second() => Err(at_once(&unfinished)),
    }
}

/// Why the run ends before it has taken back what it made.
fn at_once(unfinished: &Unfinished) -> CommandError {
    let left = unfinished.left_behind();
    let lines: Vec<String> = left.iter().map(|left| format!("\nwarning: left behind: {left}")).collect();
    let error = CommandError::harness(format!("stopped at once by a second signal{}", lines.concat()));
    match unfinished.hint() {
        Some(hint) if !left.is_empty() => error.hint(hint),
        _ => error,
    }
}

async fn carry_out(
    arguments: &RunArguments,
    jobs: u16,
    mut plan: Plan,
    stopped: watch::Receiver<bool>,
) -> Result<Exit, CommandError> {
    let exit = if arguments.list {
        list(&plan);
        Ok(Exit::Success)
    } else {
        judge(arguments, jobs, &mut plan, stopped).await
    };
    let unfinished = plan.unfinished();
    let left = plan.end().await;
    for left in &left {
        eprintln!("warning: left behind: {left}");
    }
    if let Some(hint) = unfinished.hint().filter(|_| !left.is_empty()) {
        eprintln!("\nhint: {hint}");
    }
    exit
}

async fn judge(
    arguments: &RunArguments,
    jobs: u16,
    plan: &mut Plan,
    stopped: watch::Receiver<bool>,
) -> Result<Exit, CommandError> {
    let planned = std::mem::take(&mut plan.planned);
    let (started, begun) = (Timestamp::now(), Instant::now());
    let goldens = planned.first().map(|planned| planned.session.goldens.clone());
    let progress = Progress::begin(planned.len());
    let outcomes = runner::run(planned, usize::from(jobs), stopped.clone(), |outcome| {
        plan.declare(&mut outcome.result);
        outcome.result.hold_to(arguments.level);
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
    let cases: Vec<CaseResult> = outcomes.into_iter().map(|outcome: CaseOutcome| outcome.result).collect();
    let result = RunResult {
        target: plan.target.clone(),
        api_version: arguments.api_version,
        level: arguments.level,
        profiles: plan.judge_profiles(arguments.api_version, &cases),
        absent_features: std::mem::take(&mut plan.absent_features),
        traits: plan.traits.clone(),
        started,
        duration: begun.elapsed(),
        interrupted: *stopped.borrow(),
        cases,
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
    Ok(exit(&result))
}

/// Maps the verdict of a run to an exit code.
fn exit(result: &RunResult) -> Exit {
    match result.verdict() {
        Verdict::Fail | Verdict::Stale => Exit::Failure,
        Verdict::Error => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known if result.interrupted => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known => Exit::Success,
    }
}

fn list(plan: &Plan) {
    let planned = &plan.planned;
    for Planned { case, skip, .. } in planned {
        let name = case.full_name();
        let absent: Vec<&str> = plan
            .absent_features
            .iter()
            .filter(|feature| feature.cases_partly_judged.contains(&name))
            .map(|feature| feature.name)
            .collect();
        match skip {
            Some(reason) => println!("{name} (skip: {reason})"),
            None if absent.is_empty() => println!("{name}"),
            None => println!("{name} (without the steps that need {})", absent.join(", ")),
        }
    }
    let skipped = planned.iter().filter(|planned| planned.skip.is_some()).count();
    eprintln!("{} cases, of which {skipped} would be skipped", planned.len());
    for feature in &plan.absent_features {
        eprintln!("absent: {}: {}", feature.name, feature.reason);
    }
}
