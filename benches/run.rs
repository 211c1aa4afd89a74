//! How long a run on the embedded reference takes, how that grows with the number of cases, and how much of it is the
//! harness's own: `cargo bench --bench run`.
//!
//! Quote ratios: the machine's speed is in every number.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use clap::{Args, Command, FromArgMatches};
use isi_conformance::{
    cli::{Plan, RunArguments},
    runner::{self, Planned},
};
use tokio::{runtime::Runtime, sync::watch};

fn main() {
    let runtime = Runtime::new().expect("the system has threads for a runtime");
    let command = RunArguments::augment_args(Command::new("run"));
    let arguments = RunArguments::from_arg_matches(&command.get_matches_from(["run", "--keep"]))
        .unwrap_or_else(|error| panic!("{error}"));
    let begun = Instant::now();
    let (_stop, stopped) = watch::channel(false);
    let mut plan = runtime.block_on(Plan::of(&arguments, &stopped)).unwrap_or_else(|error| panic!("{error}"));
    println!("{:>8.3} s  reading suites and goldens, starting the reference", begun.elapsed().as_secs_f64());

    // Cases whose registry makes the implementation wait would measure the waiting.
    let waiting = |planned: &Planned| planned.case.suite == "fault" || planned.case.runs_alone();
    let cases: Vec<Planned> = std::mem::take(&mut plan.planned).into_iter().filter(|case| !waiting(case)).collect();
    run(&runtime, cases.clone());
    let (once, answering) = run(&runtime, cases.clone());
    report(&cases, once, answering);
    let ten_times: Vec<Planned> = cases.iter().cycle().take(cases.len() * 10).cloned().collect();
    let (ten, answering) = run(&runtime, ten_times.clone());
    report(&ten_times, ten, answering);
    println!("{:>8.2}    times as long for ten times the cases", ten.as_secs_f64() / once.as_secs_f64());
    if let Some(kilobytes) = peak_memory() {
        println!("{:>8.1} MB at most, reference and registries included", kilobytes as f64 / 1024.0);
    }
    runtime.block_on(plan.end());
}

/// Runs the cases; how long it took, and how long the implementation had requests to answer, added up.
fn run(runtime: &Runtime, cases: Vec<Planned>) -> (Duration, Duration) {
    let (_stop, stopped) = watch::channel(false);
    let begun = Instant::now();
    let outcomes = runtime.block_on(runner::run(cases, 16, stopped, |_| ControlFlow::Continue(())));
    let exchanges = outcomes.iter().flat_map(|outcome| &outcome.result.exchanges);
    (begun.elapsed(), exchanges.map(|exchange| exchange.duration).sum())
}

fn report(cases: &[Planned], took: Duration, answering: Duration) {
    let seconds = took.as_secs_f64();
    // Sixteen cases run at a time, so that time spent waiting for answers is counted sixteen times.
    let harness = 1.0 - answering.as_secs_f64() / 16.0 / seconds;
    println!("{seconds:>8.3} s  {} cases, {:.0} % of it the harness's own", cases.len(), harness.max(0.0) * 100.0);
}

/// The most memory that this process had, in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
