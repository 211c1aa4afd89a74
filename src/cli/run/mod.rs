//! `isi-conformance run`: suites against an implementation.

mod absence;
mod against;
mod aim;
mod arguments;
mod deviations;
mod github;
mod last_run;
mod list;
mod plan;
mod progress;
mod repeat;
mod shard;
mod suite_sources;
mod update;

use std::{io, ops::ControlFlow, process::ExitCode, time::Instant};

use jiff::Timestamp;
use tokio::sync::watch;

pub(super) use self::{
    against::{generator, unusable},
    arguments::{CaseArguments, ExecutionArguments, RegistryAddressArguments, level, profile},
    suite_sources::read_folders,
};
pub use self::{arguments::RunArguments, plan::Plan};
use self::{last_run::LastRun, plan::Unfinished, progress::Progress};
use crate::{
    cli::{
        exit::{CommandError, Exit, finish, notice, printed, warn_of_remains},
        open_files,
        signals::Signals,
    },
    report::{
        ColorChoice, Destination, Paint, RedactedRun,
        terminal::{self, Details},
    },
    runner::{self, CaseOutcome},
    traits::Traits,
    verdict::{CaseResult, RunResult, Verdict},
};

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: RunArguments, given: &[String], color: ColorChoice) -> ExitCode {
    if let Err(error) = arguments.check(given) {
        return finish(Err(error));
    }
    let ended = super::runtime().and_then(|runtime| {
        let ended = runtime.block_on(execute(arguments, given, color));
        // Work that a second signal has cut off is not waited for.
        runtime.shutdown_background();
        ended
    });
    finish(ended)
}

async fn execute(mut arguments: RunArguments, given: &[String], color: ColorChoice) -> Result<Exit, CommandError> {
    if arguments.proposes() && std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        return Err(CommandError::usage("goldens are never proposed where CI is set")
            .hint("run with `--update` on your own machine, and review what it proposes"));
    }
    arguments.target.know_secrets();
    against::apply(&mut arguments, given)?;
    if !arguments.list {
        // Now, and not when the results are there and would be lost.
        let reports = arguments.report.iter().map(|report| &report.destination);
        Destination::prepare(reports.chain(&arguments.write_deviations)).map_err(CommandError::usage)?;
    }
    let jobs = open_files::jobs(arguments.execution.jobs)?;
    // Signals are listened to before anything is made, so that whatever is made is also taken back.
    let signals = Signals::listen(|| {
        notice("stopping: what was made is taken back; a second signal ends the run at once");
    });
    let mut before: Option<RunResult> = None;
    let mut number = 0;
    loop {
        number += 1;
        let first = signals.first();
        let plan = tokio::select! {
            plan = Plan::of(&arguments, &first) => plan?,
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
        let execution = Execution { arguments: &arguments, color, jobs, number };
        let ended = tokio::select! {
            ended = carry_out(&execution, plan, before.take(), first) => ended?,
            () = signals.second() => return Err(at_once(&unfinished)),
        };
        match ended {
            RunEnd::Done(exit) => return Ok(exit),
            RunEnd::Again(result) => before = Some(*result),
        }
    }
}

/// One execution of the cases.
struct Execution<'a> {
    arguments: &'a RunArguments,
    color: ColorChoice,
    jobs: u16,
    /// Which repetition it is, counted from one.
    number: u32,
}

/// What comes of an execution.
enum RunEnd {
    /// Everything is done and said.
    Done(Exit),
    /// There are more repetitions to come, and their results are joined with these.
    Again(Box<RunResult>),
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
    execution: &Execution<'_>,
    mut plan: Plan,
    before: Option<RunResult>,
    stopped: watch::Receiver<bool>,
) -> Result<RunEnd, CommandError> {
    let ended = if execution.arguments.list {
        list::list(&plan, execution.arguments.api_version, execution.arguments.format)
            .map(|()| RunEnd::Done(Exit::Success))
    } else {
        match judge(execution, &mut plan, stopped).await {
            Err(error) => Err(error),
            Ok(result) => {
                let result = match before {
                    None => result,
                    Some(before) => repeat::join(before, result, execution.number),
                };
                if execution.number < execution.arguments.repeat && !result.interrupted {
                    Ok(RunEnd::Again(Box::new(result)))
                } else {
                    publish(execution, &plan, &result).map(|()| RunEnd::Done(exit(execution.arguments, &result)))
                }
            }
        }
    };
    let unfinished = plan.unfinished();
    let left = plan.end().await;
    warn_of_remains(&left);
    if let Some(hint) = unfinished.hint().filter(|_| !left.is_empty()) {
        notice(format_args!("\nhint: {hint}"));
    }
    ended
}

/// Runs the cases of `plan`.
async fn judge(
    execution: &Execution<'_>,
    plan: &mut Plan,
    stopped: watch::Receiver<bool>,
) -> Result<RunResult, CommandError> {
    let Execution { arguments, color, jobs, number } = *execution;
    let planned = std::mem::take(&mut plan.planned);
    let count = planned.len();
    let (started, begun) = (Timestamp::now(), Instant::now());
    let goldens = planned.first().map(|planned| planned.session.goldens.clone());
    let target = planned.first().map(|planned| planned.session.target.clone());
    let progress = Progress::begin(count, color, arguments, number);
    let most = arguments.most_failures();
    let outcomes = runner::run(planned, usize::from(jobs), stopped.clone(), |outcome| {
        plan.held.judge(&mut outcome.result, arguments.level);
        plan.declare(&mut outcome.result);
        outcome.result.hold_to(arguments.level);
        update::decide(outcome, arguments.accept);
        progress.finished(&outcome.result);
        if outcome.result.verdict == Verdict::Pass {
            // No report shows them, and those of all cases are most of what a run would keep.
            outcome.result.exchanges = Vec::new();
        }
        if most.is_some_and(|most| progress.failed() >= most) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
    .await;
    progress.end();
    let left: Vec<String> = outcomes.iter().flat_map(|outcome| outcome.left_behind.clone()).collect();
    warn_of_remains(&left);
    if let Some(goldens) = goldens.filter(|_| arguments.proposes()) {
        update::propose(&goldens, arguments.api_version, &outcomes, arguments.accept)?;
    }
    let not_run = count - outcomes.len();
    if let Some(target) = target.as_ref().filter(|target| not_run > 0 && target.presence.is_gone()) {
        notice(format_args!("warning: {} takes no connections any more: no further case is begun", target.url));
    }
    let mut cases: Vec<CaseResult> = outcomes.into_iter().map(|outcome: CaseOutcome| outcome.result).collect();
    let is_whole = not_run == 0;
    if is_whole {
        plan.declare_stale(&mut cases);
    }
    Ok(RunResult {
        target: plan.target.clone(),
        api_version: arguments.api_version,
        level: arguments.level,
        profiles: if is_whole { plan.judge_profiles(arguments.api_version, &cases) } else { Vec::new() },
        absent_features: std::mem::take(&mut plan.absent_features),
        traits: Traits {
            requests_put_off: target.map_or(0, |target| target.throttling.count()),
            ..plan.traits.clone()
        },
        started,
        duration: begun.elapsed(),
        interrupted: *stopped.borrow() || !is_whole,
        not_run,
        shard: plan.shard.clone(),
        against: plan.held.against.clone(),
        cases,
    })
}

/// Writes the results everywhere they are asked for.
///
/// # Errors
/// When something cannot be written; every report is tried, whatever becomes of the others.
fn publish(execution: &Execution<'_>, plan: &Plan, result: &RunResult) -> Result<(), CommandError> {
    let arguments = execution.arguments;
    let shown = RedactedRun::of(result);
    let mut written = vec![printed(print(arguments, execution.color, &shown))];
    for report in &arguments.report {
        let failed = |error| CommandError::harness(format!("cannot write to {}: {error}", report.destination));
        written.push(match report.write(&shown) {
            Err(error) if report.destination.is_standard_output() => printed(Err(error)),
            outcome => outcome.map_err(failed),
        });
    }
    if let Some(file) = &arguments.write_deviations {
        written.push(plan.write_deviations(file, result));
    }
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        github::annotate(&shown);
    }
    LastRun::remember(result, plan.folders.clone(), plan.rerun.as_ref());
    written.into_iter().collect()
}

/// Writes the results for people: to standard output, or to standard error where a report takes that.
fn print(arguments: &RunArguments, color: ColorChoice, result: &RedactedRun) -> io::Result<()> {
    let details = match (arguments.verbose, arguments.quiet) {
        (true, _) => Details::EveryCase,
        (false, true) => Details::Failures,
        (false, false) => Details::ByCause,
    };
    let destinations = arguments.report.iter().map(|report| &report.destination).chain(&arguments.write_deviations);
    if destinations.into_iter().any(Destination::is_standard_output) {
        terminal::write(result, Paint::choose(color, &io::stderr()), details, io::stderr().lock())
    } else {
        terminal::write(result, Paint::choose(color, &io::stdout()), details, io::stdout().lock())
    }
}

/// Maps the verdict of a run to an exit code.
fn exit(arguments: &RunArguments, result: &RunResult) -> Exit {
    match result.verdict() {
        Verdict::Fail | Verdict::Stale if arguments.exit_zero && !result.interrupted => Exit::Success,
        Verdict::Fail | Verdict::Stale => Exit::Failure,
        Verdict::Error => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known if result.interrupted => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known => Exit::Success,
    }
}
