//! `isi-conformance record`: what a build answers, to hold another build against it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, FromArgMatches};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    exit::{CommandError, Exit, finish, notice, printed, warn_of_remains},
    open_files,
    run::{CaseArguments, ExecutionArguments, Plan, RegistryAddressArguments, RunArguments, generator, unusable},
    signals::Signals,
    target::TargetArguments,
};
use crate::{
    recording::{self, Manifest, NotRecorded, RecordedCase, RecordingSelection},
    redaction::Secrets,
    report::plural,
    runner::{self, Baseline, CaseOutcome},
    verdict::Verdict,
    version::ApiVersion,
};

/// Record everything that a build answers, to hold another build against it: `isi-conformance run --against DIR`.
///
/// Each case is run twice, and what comes out differently the second time is masked. Nothing is judged. The folder has
/// `recording.json` and a file for each case; secrets are not written.
#[derive(Debug, Args)]
pub(super) struct RecordArguments {
    /// Which cases are recorded.
    #[command(flatten)]
    cases: CaseArguments,
    /// The folder of the recording; it is made, and has to be empty if it is there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// The API version whose cases are recorded.
    #[arg(help_heading = "Selection", long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,

    /// How they are run.
    #[command(flatten)]
    execution: ExecutionArguments,

    /// Where the implementation is, and who asks.
    #[command(flatten)]
    target: TargetArguments,
    /// How the implementation reaches the mock registries.
    #[command(flatten)]
    registry: RegistryAddressArguments,
}

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: RecordArguments) -> ExitCode {
    let ended = super::runtime().and_then(|runtime| {
        let ended = runtime.block_on(execute(arguments));
        runtime.shutdown_background();
        ended
    });
    finish(ended)
}

async fn execute(arguments: RecordArguments) -> Result<Exit, CommandError> {
    arguments.target.know_secrets();
    recording::prepare(&arguments.out).map_err(|error| unusable(&error))?;
    let jobs = open_files::jobs(arguments.execution.jobs)?;
    let signals = Signals::listen(|| {
        notice("stopping: nothing is recorded, and what was made is taken back; a second signal ends it at once");
    });
    let out = arguments.out.clone();
    let selection = RecordingSelection {
        what: arguments.cases.what.clone(),
        run: arguments.cases.selected.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
        skip: arguments.cases.skip.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
    };
    let arguments = run_arguments(arguments)?;
    let first = signals.first();
    tokio::select! {
        recorded = record(&arguments, usize::from(jobs), &first) => {
            let recorded = recorded?;
            let (manifest, cases) = recorded.joined(&arguments, selection);
            finish_recording(&out, &manifest, &cases)
        }
        () = signals.second() => Err(CommandError::harness("stopped at once by a second signal; nothing is recorded")
            .hint("`isi-conformance clean` removes what was left behind")),
    }
}

/// The arguments of a run that sends what is recorded.
fn run_arguments(arguments: RecordArguments) -> Result<RunArguments, CommandError> {
    let command = RunArguments::augment_args(clap::Command::new("run"));
    let matches = command.try_get_matches_from(["run"]).map_err(CommandError::usage)?;
    let defaults = RunArguments::from_arg_matches(&matches).map_err(CommandError::usage)?;
    let RecordArguments { cases, execution, api_version, target, registry, out: _ } = arguments;
    Ok(RunArguments {
        cases,
        execution,
        api_version,
        target,
        registry,
        profile: None,
        shard: None,
        against: None,
        deviations: Vec::new(),
        baseline: Baseline::SuitesWhileRecording,
        ..defaults
    })
}

/// Both times that the cases were run.
struct Passes {
    started: Timestamp,
    target: String,
    traits: BTreeMap<String, String>,
    first: Vec<CaseOutcome>,
    second: Vec<CaseOutcome>,
}

async fn record(arguments: &RunArguments, jobs: usize, stop: &watch::Receiver<bool>) -> Result<Passes, CommandError> {
    let started = Timestamp::now();
    let (target, first) = pass(arguments, jobs, stop, Pass::First).await?;
    let (_, second) = pass(arguments, jobs, stop, Pass::Second).await?;
    let traits = target.traits.into_iter().map(|(name, value)| (name.replace('-', "_"), value)).collect();
    Ok(Passes { started, target: target.target, traits, first, second })
}

/// What reports say about the target of a plan.
struct RecordedTarget {
    target: String,
    traits: Vec<(&'static str, String)>,
}

/// Which time the cases are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    Second,
}

/// Runs every case once.
async fn pass(
    arguments: &RunArguments,
    jobs: usize,
    stop: &watch::Receiver<bool>,
    pass: Pass,
) -> Result<(RecordedTarget, Vec<CaseOutcome>), CommandError> {
    let mut plan = Plan::of(arguments, stop).await?;
    let mut planned = std::mem::take(&mut plan.planned);
    if pass == Pass::Second {
        // What a server counts for all of its clients has other values then.
        planned.reverse();
    }
    let which = match pass {
        Pass::First => "once",
        Pass::Second => "a second time, to find what is volatile",
    };
    let count = planned.len();
    notice(format_args!("{} of {} {which}", plural(count, "case"), plan.target));
    let outcomes = runner::run(planned, jobs, stop.clone(), |_| std::ops::ControlFlow::Continue(())).await;
    let target = RecordedTarget { target: plan.target.clone(), traits: plan.traits.named() };
    let left = plan.end().await;
    let of_cases = outcomes.iter().flat_map(|outcome| &outcome.left_behind);
    warn_of_remains(&of_cases.chain(&left).cloned().collect::<Vec<_>>());
    if *stop.borrow() || outcomes.len() < count {
        return Err(CommandError::harness("stopped before every case was done; nothing is recorded"));
    }
    Ok((target, outcomes))
}

impl Passes {
    /// What both have in common, as a recording.
    fn joined(
        self,
        arguments: &RunArguments,
        selection: RecordingSelection,
    ) -> (Manifest, BTreeMap<String, RecordedCase>) {
        let mut manifest = Manifest {
            format: Manifest::FORMAT,
            generator: generator(),
            target: self.target,
            api_version: arguments.api_version,
            traits: self.traits,
            started: self.started.to_string(),
            selection,
            cases: Vec::new(),
            not_recorded: Vec::new(),
        };
        let mut second: BTreeMap<String, CaseOutcome> =
            self.second.into_iter().map(|outcome| (outcome.result.name(), outcome)).collect();
        let mut cases = BTreeMap::new();
        for first in self.first {
            let case = first.result.name();
            know_bodies(&first);
            let recorded = answers(first).and_then(|first| {
                let second = second.remove(&case).ok_or_else(|| "it was run only once".to_owned())?;
                know_bodies(&second);
                Ok(recording::join(first, &answers(second)?))
            });
            match recorded {
                Ok(recorded) => {
                    manifest.cases.push(case.clone());
                    cases.insert(case, recorded);
                }
                Err(reason) => manifest.not_recorded.push(NotRecorded { case, reason }),
            }
        }
        (manifest, cases)
    }
}

/// Makes secrets known that a case sent or was answered, as reports do.
fn know_bodies(outcome: &CaseOutcome) {
    let secrets = Secrets::of_this_process();
    for exchange in &outcome.result.exchanges {
        secrets.add_body(&exchange.request.body);
        exchange.response.iter().for_each(|response| secrets.add_body(&response.body));
    }
}

/// What was answered in a case, or why that is not known.
fn answers(outcome: CaseOutcome) -> Result<RecordedCase, String> {
    let CaseOutcome { result, recorded, .. } = outcome;
    if let Some(reason) = result.skipped {
        return Err(reason);
    }
    match recorded {
        Some(recorded) if !recorded.responses.is_empty() => Ok(recorded),
        Some(_) => Err("no request of it is sent".to_owned()),
        None => {
            let failed = result.checks.iter().rev().find(|check| check.verdict != Verdict::Pass);
            let message = failed.and_then(|check| check.message.clone());
            Err(message.unwrap_or_else(|| "a request was not answered".to_owned()))
        }
    }
}

fn finish_recording(
    out: &std::path::Path,
    manifest: &Manifest,
    cases: &BTreeMap<String, RecordedCase>,
) -> Result<Exit, CommandError> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for NotRecorded { case, reason } in &manifest.not_recorded {
        reasons.entry(reason).or_default().push(case);
    }
    for (reason, cases) in &reasons {
        let example = if cases.len() > 1 { format!("{} and others", cases[0]) } else { cases.concat() };
        notice(format_args!("not recorded: {}, {example}: {reason}", plural(cases.len(), "case")));
    }
    if cases.is_empty() {
        return Err(CommandError::harness(format!("no case of {} could be recorded", manifest.target)));
    }
    recording::write(out, manifest, cases)
        .map_err(|error| CommandError::harness(format!("the recording cannot be written: {error}")))?;
    let volatile = cases.values().flat_map(|case| case.responses.values()).filter(|step| step.is_volatile()).count();
    let volatile = match volatile {
        0 => String::new(),
        count => {
            format!("; {} came out differently the second time, and what differs is masked", plural(count, "response"))
        }
    };
    let line =
        format!("recorded {} of {} in {}{volatile}", plural(cases.len(), "case"), manifest.target, out.display());
    printed(writeln!(io::stdout().lock(), "{line}"))?;
    notice(format_args!(
        "`isi-conformance run --target URL --against {}` compares another build with it",
        out.display()
    ));
    Ok(Exit::Success)
}
