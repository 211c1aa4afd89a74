//! `isi-conformance explore`: random scenarios on an implementation and on the reference.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, FromArgMatches};
use tokio::sync::watch;

use super::{
    exit::{CommandError, Exit, finish, notice, printed, warn_of_remains},
    open_files,
    run::{ExecutionArguments, Plan, RegistryAddressArguments, RunArguments, profile},
    signals::Signals,
    target::TargetArguments,
};
use crate::{
    explore::{
        Amount, Comparison, Course, Exploration, ExplorationReport, Generator, Limits, PROBE_SUITE, write_bug_folder,
        write_page,
    },
    report::Destination,
    requirement::Profile,
    runner::RunId,
    verdict::{CaseResult, Level},
    version::ApiVersion,
};

/// Find differences that no suite asks for: random scenarios on an implementation and on the embedded reference. Every
/// difference is made as small as it can be, and differences are grouped by cause.
#[derive(Debug, Args)]
pub(super) struct ExploreArguments {
    /// The API version that the implementation is held against.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Ask only for what this profile needs.
    #[arg(long, value_name = "PROFILE", env = "ISI_PROFILE", value_parser = profile)]
    profile: Option<&'static Profile>,
    /// The seed of the first scenario; each next one has the next seed. A fresh one if absent; it is said at the beginning.
    #[arg(long, value_name = "N", value_parser = seed_value())]
    seed: Option<u64>,
    /// How many scenarios to try.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = seed_value(), conflicts_with = "time")]
    scenarios: u64,
    /// Begin scenarios for this long: `90s`, `10m`, `1h`.
    #[arg(long = "for", id = "time", value_name = "TIME", value_parser = length)]
    time: Option<Duration>,
    /// Try the scenario of this seed alone, and print it.
    #[arg(long, value_name = "SEED", value_parser = seed_value(), conflicts_with_all = ["seed", "scenarios", "time"])]
    replay: Option<u64>,
    /// How many scenarios run at a time.
    #[arg(long, value_name = "N", env = "ISI_JOBS", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: u16,
    /// How long a scenario may take, in seconds.
    #[arg(long, value_name = "SECONDS", env = "ISI_TIMEOUT", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Hold the target to checks of this level and higher ones.
    #[arg(long, env = "ISI_LEVEL", value_parser = super::run::level, default_value = "compatible")]
    level: Level,
    /// Declare what is known to fail, as for `run`; can be given again.
    #[arg(long, value_name = "FILE", env = "ISI_DEVIATIONS")]
    deviations: Vec<PathBuf>,
    /// Write each cause as a folder that `run` repeats, in this folder, which is made.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write causes and coverage as JSON to this file, `-` for standard output.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Write causes and coverage as a page to this file.
    #[arg(long, value_name = "PATH")]
    html: Option<PathBuf>,

    /// Where the implementation is, and who asks.
    #[command(flatten)]
    target: TargetArguments,
    /// How the implementation reaches the mock registries.
    #[command(flatten)]
    registry: RegistryAddressArguments,
}

/// Runs the command.
#[must_use]
pub(super) fn run(arguments: ExploreArguments) -> ExitCode {
    let ended = super::runtime().and_then(|runtime| {
        let ended = runtime.block_on(execute(arguments));
        runtime.shutdown_background();
        ended
    });
    finish(ended)
}

/// Where causes and coverage are written beside the terminal.
struct Destinations {
    json: Option<Destination>,
    html: Option<Destination>,
}

async fn execute(mut arguments: ExploreArguments) -> Result<Exit, CommandError> {
    arguments.target.know_secrets();
    if let Some(out) = &arguments.out {
        fs::create_dir_all(out).map_err(|error| CommandError::usage(format!("{}: {error}", out.display())))?;
    }
    let destinations = Destinations {
        json: arguments.json.take().map(Destination::from),
        html: arguments.html.take().map(Destination::from),
    };
    Destination::prepare(destinations.json.iter().chain(&destinations.html)).map_err(CommandError::usage)?;
    arguments.jobs = open_files::jobs(arguments.jobs)?;
    let signals = Signals::listen(|| {
        notice("stopping: what was made is taken back; a second signal ends the exploration at once");
    });
    tokio::select! {
        exit = explore(arguments, &destinations, signals.first()) => exit,
        () = signals.second() => Err(CommandError::harness("stopped at once by a second signal")
            .hint("`isi-conformance clean` removes what was left behind")),
    }
}

async fn explore(
    mut arguments: ExploreArguments,
    destinations: &Destinations,
    stop: watch::Receiver<bool>,
) -> Result<Exit, CommandError> {
    let work = tempfile::tempdir().map_err(CommandError::harness)?;
    let failed = |error: io::Error| CommandError::harness(format!("{}: {error}", work.path().display()));
    fs::create_dir(work.path().join("suites")).map_err(failed)?;
    fs::write(work.path().join("suites/explore.yaml"), PROBE_SUITE).map_err(failed)?;
    // Both use the same run: then streams have the same names, and images the same bytes.
    let run = RunId::random();
    let of_target = (std::mem::take(&mut arguments.target), std::mem::take(&mut arguments.registry));
    let planned = |target, registry| plan(&arguments, work.path(), &run, target, registry);
    let oracle = planned(TargetArguments::default(), RegistryAddressArguments::default())?;
    // Goldens are proposed from what the reference answers.
    let oracle = RunArguments { profile: None, deviations: Vec::new(), update: true, ..oracle };
    let of_target = planned(of_target.0, of_target.1)?;
    let reference = Plan::of(&oracle, &stop).await?;
    let target = match Plan::of(&of_target, &stop).await {
        Ok(target) => Arc::new(target),
        Err(error) => {
            reference.end().await;
            return Err(error);
        }
    };
    let ended = compare(&arguments, destinations, (&reference, &target), &stop).await;
    let mut left = reference.end().await;
    // What was explored has ended, and with it every other holder of the plan.
    if let Some(target) = Arc::into_inner(target) {
        left.extend(target.end().await);
    }
    warn_of_remains(&left);
    ended
}

/// The arguments of a run that asks `target` for what scenarios need.
fn plan(
    arguments: &ExploreArguments,
    folder: &Path,
    run: &RunId,
    target: TargetArguments,
    registry: RegistryAddressArguments,
) -> Result<RunArguments, CommandError> {
    let command = RunArguments::augment_args(clap::Command::new("run"));
    let folder = format!("{}/", folder.display());
    let matches = command.try_get_matches_from(["run", &folder]).map_err(CommandError::usage)?;
    let defaults = RunArguments::from_arg_matches(&matches).map_err(CommandError::usage)?;
    Ok(RunArguments {
        api_version: arguments.api_version,
        level: arguments.level,
        profile: arguments.profile,
        deviations: arguments.deviations.clone(),
        execution: ExecutionArguments {
            timeout: Duration::from_secs(arguments.timeout),
            // Scenarios change nothing of the cluster.
            allow: Vec::new(),
            ..defaults.execution
        },
        run: Some(run.clone()),
        target,
        registry,
        ..defaults
    })
}

async fn compare(
    arguments: &ExploreArguments,
    destinations: &Destinations,
    (reference, target): (&Plan, &Arc<Plan>),
    stop: &watch::Receiver<bool>,
) -> Result<Exit, CommandError> {
    let session = |plan: &Plan| plan.planned.first().map(|planned| planned.session.clone());
    let (Some(oracle), Some(session)) = (session(reference), session(target)) else {
        return Err(CommandError::harness("nothing was planned"));
    };
    let generator = Generator::new(Limits::of(arguments.api_version, &session.features));
    let (declaring, level) = (target.clone(), arguments.level);
    let declare = move |result: &mut CaseResult| {
        declaring.declare(result);
        result.hold_to(level);
    };
    let comparison = Arc::new(Comparison::new(oracle, session, Arc::new(declare)));
    // Seeds that a person can type.
    let first_seed = arguments.replay.or(arguments.seed).unwrap_or_else(|| u64::from(fresh_seed()));
    if arguments.replay.is_none() {
        notice(format_args!("the first seed is {first_seed}"));
    }
    let amount = match (arguments.replay, arguments.time) {
        (Some(_), _) => Amount::Scenarios(1),
        (None, Some(time)) => Amount::For(time),
        (None, None) => Amount::Scenarios(arguments.scenarios),
    };
    let course = Course { first_seed, amount, jobs: usize::from(arguments.jobs), first_difference: false };
    if arguments.replay.is_some() {
        notice(format_args!("{}", generator.draw(first_seed).current()));
    }
    let exploration = Exploration::new(comparison, &generator, stop.clone());
    let explored = exploration.run(&course, |seed, cause| notice(format_args!("seed {seed}: {cause}"))).await;
    let report = ExplorationReport {
        target: &target.target,
        api_version: arguments.api_version,
        first_seed,
        explored: &explored,
    };
    publish(arguments, destinations, &report)?;
    Ok(if !explored.findings.is_empty() || explored.unstable > 0 {
        Exit::Failure
    } else if *stop.borrow() || explored.failed > 0 {
        Exit::Harness
    } else {
        Exit::Success
    })
}

/// Writes what was found everywhere it is asked for.
fn publish(
    arguments: &ExploreArguments,
    Destinations { json, html }: &Destinations,
    report: &ExplorationReport<'_>,
) -> Result<(), CommandError> {
    if let Some(folder) = &arguments.out {
        for (index, finding) in report.explored.findings.sorted().iter().enumerate() {
            let written = write_bug_folder(folder, index + 1, finding, arguments.api_version);
            notice(format_args!("wrote {}", written.map_err(CommandError::harness)?.display()));
        }
    }
    let to_stdout = json.iter().chain(html).any(Destination::is_standard_output);
    let written =
        if to_stdout { report.write(&mut io::stderr().lock()) } else { report.write(&mut io::stdout().lock()) };
    printed(written)?;
    let ended = |destination: &Destination, written: io::Result<()>| match written {
        Err(error) if destination.is_standard_output() => printed(Err(error)),
        written => written.map_err(|error| CommandError::harness(format!("cannot write to {destination}: {error}"))),
    };
    if let Some(json) = json {
        ended(json, json.write(|out| writeln!(out, "{:#}", report.to_json())))?;
    }
    if let Some(html) = html {
        ended(html, html.write(|out| write_page(report, out)))?;
    }
    Ok(())
}

/// Seeds and numbers of scenarios, far enough from the largest number that sums of them are one too.
fn seed_value() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..1 << 53)
}

/// A seed that differs from run to run.
fn fresh_seed() -> u32 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    u32::try_from(high >> 32).unwrap_or_default()
}

/// A length of time: a number and `s`, `m` or `h`.
fn length(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number and a unit, such as `90s`, `10m` or `1h`".to_owned();
    let unit = text.chars().next_back().ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(expected()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| expected())?;
    number.checked_mul(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(expected)
}
