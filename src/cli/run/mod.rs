//! `isi-conformance run`: suites against an implementation.

mod absence;
mod arguments;
mod deviations;
mod kubeconfig;
pub(super) mod open_files;
mod plan;
mod progress;
mod reach;
mod target;
mod tls;
mod transport;
mod update;
mod what;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use jiff::Timestamp;
use tokio::sync::watch;

pub use self::{arguments::RunArguments, plan::Plan};
pub(super) use self::{
    arguments::{RegistryArguments, TargetArguments, level},
    reach::reach,
    target::connect,
};
use self::{plan::Unfinished, progress::Progress};
use crate::{
    cli::{
        exit::{CommandError, Exit, finish, notice, printed},
        signals::Signals,
    },
    redaction::Secrets,
    report::{
        ColorChoice, Destination, Paint,
        terminal::{self, Details},
    },
    runner::{self, CaseOutcome, Planned},
    verdict::{CaseResult, RunResult, Verdict},
};

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: RunArguments, given: &[String], color: ColorChoice) -> ExitCode {
    if let Err(error) = arguments.check(given) {
        return finish(Err(error));
    }
    let ended = super::runtime().and_then(|runtime| {
        let ended = runtime.block_on(execute(arguments, color));
        // Work that a second signal has cut off is not waited for.
        runtime.shutdown_background();
        ended
    });
    finish(ended)
}

async fn execute(arguments: RunArguments, color: ColorChoice) -> Result<Exit, CommandError> {
    if arguments.update && std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        return Err(CommandError::usage("goldens are never proposed where CI is set")
            .hint("run with `--update` on your own machine, then `cargo insta review`"));
    }
    know_secrets(&arguments.target);
    if !arguments.list {
        // Now, and not when the results are there and would be lost.
        let reports = arguments.report.iter().map(|report| &report.destination);
        Destination::prepare(reports.chain(&arguments.write_deviations)).map_err(CommandError::usage)?;
    }
    let jobs = open_files::jobs(arguments.jobs)?;
    // Signals are listened to before anything is made, so that whatever is made is also taken back.
    let signals = Signals::listen(|| {
        notice("stopping: what was made is taken back; a second signal ends the run at once");
    });
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
    tokio::select! {
        exit = carry_out(&arguments, color, jobs, plan, first) => exit,
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
    color: ColorChoice,
    jobs: u16,
    mut plan: Plan,
    stopped: watch::Receiver<bool>,
) -> Result<Exit, CommandError> {
    let exit = if arguments.list {
        list(&plan).map(|()| Exit::Success)
    } else {
        judge(arguments, color, jobs, &mut plan, stopped).await
    };
    let unfinished = plan.unfinished();
    let left = plan.end().await;
    for left in &left {
        notice(format_args!("warning: left behind: {left}"));
    }
    if let Some(hint) = unfinished.hint().filter(|_| !left.is_empty()) {
        notice(format_args!("\nhint: {hint}"));
    }
    exit
}

async fn judge(
    arguments: &RunArguments,
    color: ColorChoice,
    jobs: u16,
    plan: &mut Plan,
    stopped: watch::Receiver<bool>,
) -> Result<Exit, CommandError> {
    let planned = std::mem::take(&mut plan.planned);
    let (started, begun) = (Timestamp::now(), Instant::now());
    let goldens = planned.first().map(|planned| planned.session.goldens.clone());
    let progress = Progress::begin(planned.len(), color, arguments.verbose);
    let outcomes = runner::run(planned, usize::from(jobs), stopped.clone(), |outcome| {
        plan.declare(&mut outcome.result);
        outcome.result.hold_to(arguments.level);
        progress.finished(&outcome.result);
    })
    .await;
    progress.end();
    for left in outcomes.iter().flat_map(|outcome| &outcome.left_behind) {
        notice(format_args!("warning: left behind: {left}"));
    }
    if let Some(goldens) = goldens.filter(|_| arguments.update) {
        update::propose(&goldens, arguments.api_version, &outcomes)?;
    }
    let mut cases: Vec<CaseResult> = outcomes.into_iter().map(|outcome: CaseOutcome| outcome.result).collect();
    plan.declare_stale(&mut cases);
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
    // Every report is tried, whatever becomes of the others.
    let mut written = vec![printed(print(arguments, color, &result))];
    for report in &arguments.report {
        let failed = |error| CommandError::harness(format!("cannot write to {}: {error}", report.destination));
        written.push(match report.write(&result) {
            Err(error) if report.destination.is_standard_output() => printed(Err(error)),
            outcome => outcome.map_err(failed),
        });
    }
    if let Some(file) = &arguments.write_deviations {
        written.push(plan.write_deviations(file, &result));
    }
    written.into_iter().collect::<Result<(), _>>()?;
    Ok(exit(&result))
}

/// Writes the results for people: to standard output, or to standard error where a report takes that.
fn print(arguments: &RunArguments, color: ColorChoice, result: &RunResult) -> io::Result<()> {
    let details = if arguments.verbose { Details::EveryCase } else { Details::ByCause };
    let destinations = arguments.report.iter().map(|report| &report.destination).chain(&arguments.write_deviations);
    if destinations.into_iter().any(Destination::is_standard_output) {
        terminal::write(result, Paint::choose(color, &io::stderr()), details, io::stderr().lock())
    } else {
        terminal::write(result, Paint::choose(color, &io::stdout()), details, io::stdout().lock())
    }
}

/// Makes known what must be written nowhere.
pub(super) fn know_secrets(target: &TargetArguments) {
    let secrets = Secrets::of_this_process();
    [&target.token, &target.admin_token, &target.restricted_token].into_iter().flatten().for_each(|token| {
        secrets.add(token.trim());
    });
    target.target.iter().for_each(|url| secrets.add_url(url));
    let files = target.kubeconfig.iter().flat_map(|paths| std::env::split_paths(paths).collect::<Vec<_>>());
    // Whether they can be read is said where they are used.
    files.filter_map(|path| std::fs::read_to_string(path).ok()).for_each(|text| secrets.add_kubeconfig(&text));
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

fn list(plan: &Plan) -> Result<(), CommandError> {
    let planned = &plan.planned;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = planned.iter().try_for_each(|Planned { case, skip, .. }| {
        let name = case.full_name();
        let absent: Vec<&str> = plan
            .absent_features
            .iter()
            .filter(|feature| feature.cases_partly_judged.contains(&name))
            .map(|feature| feature.name)
            .collect();
        match skip {
            Some(reason) => writeln!(out, "{name} (skip: {reason})"),
            None if absent.is_empty() => writeln!(out, "{name}"),
            None => writeln!(out, "{name} (without the steps that need {})", absent.join(", ")),
        }
    });
    printed(written.and_then(|()| out.flush()))?;
    let skipped = planned.iter().filter(|planned| planned.skip.is_some()).count();
    let cases = if planned.len() == 1 { "case" } else { "cases" };
    notice(format_args!("{} {cases}, of which {skipped} would be skipped", planned.len()));
    for feature in &plan.absent_features {
        notice(format_args!("absent: {}: {}", feature.name, feature.reason));
    }
    Ok(())
}
