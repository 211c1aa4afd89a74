//! `isi-conformance explore`: random scenarios on an implementation and on the reference.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Args, FromArgMatches};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::watch;

use super::{
    exit::{CommandError, Exit, finish, notice, printed},
    run::{ExecutionArguments, Plan, RegistryArguments, RunArguments, TargetArguments, know_secrets, open_files},
    signals::Signals,
};
use crate::{
    explore::{Compared, Comparison, Coverage, Findings, Generator, PROBE_SUITE, Scenario, shrink, write_bug_folder},
    report::Destination,
    runner::RunId,
    verdict::{CaseResult, Level, cause::Cause},
    version::ApiVersion,
};

/// How many scenarios are loaded at once.
const BATCH: u64 = 128;
/// How many failures of the harness end an exploration.
const MOST_FAILURES: usize = 20;

/// Find differences that no suite asks for: random scenarios on an implementation and on the embedded reference. Every
/// difference is made as small as it can be, and differences are grouped by cause.
#[derive(Debug, Args)]
pub(super) struct ExploreArguments {
    /// The API version that the implementation is held against.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// The seed of the first scenario; each next one has the next seed. A fresh one if absent; it is said at the beginning.
    #[arg(long, value_name = "N", value_parser = seed_value())]
    seed: Option<u64>,
    /// How many scenarios to try.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = seed_value(), conflicts_with = "time")]
    scenarios: u64,
    /// Try scenarios for this long: `90s`, `10m`, `1h`.
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

    /// Where the implementation is, and who asks.
    #[command(flatten)]
    target: TargetArguments,
    /// How the implementation reaches the mock registries.
    #[command(flatten)]
    registry: RegistryArguments,
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

async fn execute(mut arguments: ExploreArguments) -> Result<Exit, CommandError> {
    know_secrets(&arguments.target);
    if let Some(out) = &arguments.out {
        fs::create_dir_all(out).map_err(|error| CommandError::usage(format!("{}: {error}", out.display())))?;
    }
    let json = arguments.json.take().map(Destination::from);
    Destination::prepare(&json).map_err(CommandError::usage)?;
    arguments.jobs = open_files::jobs(arguments.jobs)?;
    let signals = Signals::listen(|| {
        notice("stopping: what was made is taken back; a second signal ends the exploration at once");
    });
    tokio::select! {
        exit = explore(arguments, json, signals.first()) => exit,
        () = signals.second() => Err(CommandError::harness("stopped at once by a second signal")
            .hint("`isi-conformance clean` removes what was left behind")),
    }
}

async fn explore(
    mut arguments: ExploreArguments,
    json: Option<Destination>,
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
    let oracle = planned(TargetArguments::default(), RegistryArguments::default())?;
    let oracle = RunArguments { update: true, deviations: Vec::new(), ..oracle };
    let of_target = planned(of_target.0, of_target.1)?;
    let reference = Plan::of(&oracle, &stop).await?;
    let target = match Plan::of(&of_target, &stop).await {
        Ok(target) => target,
        Err(error) => {
            reference.end().await;
            return Err(error);
        }
    };
    let found = compare(&arguments, work.path(), (&reference, &target), &stop).await;
    for left in reference.end().await.into_iter().chain(target.end().await) {
        notice(format_args!("warning: left behind: {left}"));
    }
    let found = found?;
    found.report(&arguments, json.as_ref())?;
    Ok(found.exit(*stop.borrow()))
}

/// The arguments of a run that asks `target` for what scenarios need.
fn plan(
    arguments: &ExploreArguments,
    folder: &Path,
    run: &RunId,
    target: TargetArguments,
    registry: RegistryArguments,
) -> Result<RunArguments, CommandError> {
    let command = RunArguments::augment_args(clap::Command::new("run"));
    let folder = format!("{}/", folder.display());
    let matches = command.try_get_matches_from(["run", &folder]).map_err(CommandError::usage)?;
    let defaults = RunArguments::from_arg_matches(&matches).map_err(CommandError::usage)?;
    Ok(RunArguments {
        api_version: arguments.api_version,
        level: arguments.level,
        profile: None,
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

/// What an exploration found out.
struct Found {
    first_seed: u64,
    findings: Findings,
    coverage: Coverage,
    skipped: usize,
    failures: Vec<(u64, String)>,
    /// Differences that were not there when the scenario was tried again.
    unstable: Vec<(u64, Cause)>,
    duration: Duration,
}

async fn compare(
    arguments: &ExploreArguments,
    work: &Path,
    (reference, target): (&Plan, &Plan),
    stop: &watch::Receiver<bool>,
) -> Result<Found, CommandError> {
    let session = |plan: &Plan| plan.planned.first().map(|planned| planned.session.clone());
    let (Some(oracle), Some(session)) = (session(reference), session(target)) else {
        return Err(CommandError::harness("nothing was planned"));
    };
    let comparison = Comparison::new(oracle, session, work.join("golden"));
    let declare = |result: &mut CaseResult| {
        target.declare(result);
        result.hold_to(arguments.level);
    };
    let generator = Generator::default();
    // Seeds that a person can type.
    let first_seed = arguments.replay.or(arguments.seed).unwrap_or_else(|| u64::from(rand_seed()));
    if arguments.replay.is_none() {
        notice(format_args!("the first seed is {first_seed}"));
    }
    let begun = Instant::now();
    let is_over = |seed: u64| match (arguments.replay, arguments.time) {
        (Some(_), _) => seed > first_seed,
        (None, Some(time)) => begun.elapsed() >= time,
        (None, None) => seed - first_seed >= arguments.scenarios,
    };
    let mut found = Found {
        first_seed,
        findings: Findings::default(),
        coverage: Coverage::default(),
        skipped: 0,
        failures: Vec::new(),
        unstable: Vec::new(),
        duration: Duration::ZERO,
    };
    let mut next = first_seed;
    while !is_over(next) && !*stop.borrow() && found.failures.len() < MOST_FAILURES {
        let last = match (arguments.replay, arguments.time) {
            (Some(_), _) => next + 1,
            (None, Some(_)) => next.saturating_add(BATCH),
            (None, None) => next.saturating_add(BATCH).min(first_seed.saturating_add(arguments.scenarios)),
        };
        let scenarios: Vec<(String, Scenario)> =
            (next..last).map(|seed| (format!("seed-{seed}"), generator.draw(seed).current())).collect();
        let cases = Comparison::cases(&comparison.target.images, &scenarios).map_err(CommandError::harness)?;
        let mut running = stream::iter((next..last).zip(&cases))
            .map(|(seed, case)| {
                let stop = stop.clone();
                let comparison = &comparison;
                async move { (seed, comparison.compare(case, stop, declare).await) }
            })
            .buffer_unordered(usize::from(arguments.jobs));
        let mut different = Vec::new();
        while let Some((seed, compared)) = running.next().await {
            if *stop.borrow() {
                continue;
            }
            found.coverage.count(&scenarios[usize::try_from(seed - next).unwrap_or_default()].1);
            match compared.map_err(CommandError::harness)? {
                Compared::Same => {}
                Compared::Skipped(_) => found.skipped += 1,
                Compared::Failed(problem) => found.failures.push((seed, problem)),
                Compared::Different { cause, .. } => different.push((seed, cause)),
            }
        }
        drop(running);
        different.sort_by_key(|(seed, _)| *seed);
        for (seed, cause) in different {
            if found.findings.count(&cause) || *stop.borrow() {
                continue;
            }
            let mut tree = generator.draw(seed);
            let smallest = shrink(tree.as_mut(), async |attempt, scenario| {
                let scenarios = [(format!("seed-{seed}-{attempt}"), scenario.clone())];
                let case = Comparison::cases(&comparison.target.images, &scenarios)?;
                let Some(case) = case.first() else { return Ok(None) };
                match comparison.compare(case, stop.clone(), declare).await? {
                    Compared::Different { cause: other, result, golden } if other == cause => {
                        Ok::<_, crate::explore::ComparisonError>(Some((result, golden)))
                    }
                    _ => Ok(None),
                }
            });
            match smallest.await.map_err(CommandError::harness)? {
                Some((scenario, (result, golden))) => found.findings.add(seed, scenario, *cause, &result, *golden),
                None => found.unstable.push((seed, *cause)),
            }
        }
        next = last;
    }
    found.duration = begun.elapsed();
    Ok(found)
}

/// Seeds and numbers of scenarios, far enough from the largest number that sums of them are one too.
fn seed_value() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..1 << 53)
}

/// A seed that differs from run to run.
fn rand_seed() -> u32 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    u32::try_from(high >> 32).unwrap_or_default()
}

impl Found {
    fn report(&self, arguments: &ExploreArguments, json: Option<&Destination>) -> Result<(), CommandError> {
        let sorted = self.findings.sorted();
        if let Some(folder) = &arguments.out {
            for (index, finding) in sorted.iter().enumerate() {
                let written = write_bug_folder(folder, index + 1, finding, arguments.api_version);
                notice(format_args!("wrote {}", written.map_err(CommandError::harness)?.display()));
            }
        }
        let to_stdout = json.is_some_and(Destination::is_standard_output);
        let written =
            if to_stdout { self.write(&mut io::stderr().lock()) } else { self.write(&mut io::stdout().lock()) };
        printed(written)?;
        let document = json!({
            "apiVersion": arguments.api_version.to_string(), "seed": self.first_seed,
            "scenarios": self.coverage.scenarios, "skipped": self.skipped, "unstable": self.unstable.len(),
            "failures": self.failures.len(), "causes": sorted, "coverage": self.coverage,
        });
        let Some(json) = json else { return Ok(()) };
        match json.write(|out| writeln!(out, "{document:#}")) {
            Err(error) if to_stdout => printed(Err(error)),
            written => written.map_err(|error| CommandError::harness(format!("cannot write to {json}: {error}"))),
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.findings.write(out)?;
        let Self { coverage, findings, skipped, unstable, failures, duration, first_seed } = self;
        let seconds = duration.as_secs_f64();
        for (seed, problem) in failures.iter().take(3) {
            writeln!(out, "error: seed {seed} could not be judged: {problem}")?;
        }
        for (seed, cause) in unstable.iter().take(3) {
            writeln!(out, "not repeatable: seed {seed} differed once and not again: {cause}")?;
        }
        self.coverage.write(out)?;
        let causes = findings.sorted().len();
        writeln!(
            out,
            "{} scenarios with {} steps in {seconds:.1}s, first seed {first_seed}: {causes} causes of differences, \
            {skipped} skipped, {} not repeatable, {} not judged",
            coverage.scenarios,
            coverage.steps,
            unstable.len(),
            failures.len()
        )
    }

    fn exit(&self, stopped: bool) -> Exit {
        if !self.findings.sorted().is_empty() || !self.unstable.is_empty() {
            Exit::Failure
        } else if stopped || !self.failures.is_empty() {
            Exit::Harness
        } else {
            Exit::Success
        }
    }
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
