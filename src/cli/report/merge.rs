//! `isi-conformance report merge`: the reports of shards as one.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use super::output::write_to;
use crate::{
    cli::exit::{CommandError, Exit, printed},
    report::{Destination, Report, ReportFile, json, merge},
    requirement::{Index, ProfileCase},
    suite::Folder,
    verdict::Verdict,
};

/// Join the reports of `run --shard K/N` into one of the whole, with the verdicts that one run would have.
///
/// Exit codes: that of the whole, as of `run` (0 all as expected, 1 a check failed, 3 something could not be judged); 2 when
/// reports are missing, are there twice, or are of different targets, versions or selections.
#[derive(Debug, Args)]
pub(in crate::cli) struct MergeArguments {
    /// The JSON reports of all shards, or folders that have them: every `.json` file in such a folder is one.
    #[arg(value_name = "SHARD", required = true)]
    shards: Vec<PathBuf>,
    /// Where to write the JSON report of the whole; `-` is standard output.
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    out: PathBuf,
    /// Write another report of the whole: `html=PATH` or `junit=PATH`; can be given again.
    #[arg(help_heading = "Output", long, value_name = "FORMAT=PATH")]
    report: Vec<ReportFile>,
}

/// Runs the command.
///
/// # Errors
/// When the reports make no whole, or it cannot be written.
pub(super) fn run(arguments: &MergeArguments) -> Result<Exit, CommandError> {
    let out = Destination::from(arguments.out.clone());
    let reports = arguments.report.iter().map(|report| &report.destination);
    Destination::prepare(reports.chain([&out])).map_err(CommandError::usage)?;
    let files: Vec<PathBuf> =
        arguments.shards.iter().map(files).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let read = |path: &PathBuf| Report::read(path).map(|report| (path.clone(), report)).map_err(CommandError::usage);
    let shards: Vec<(PathBuf, Report)> = files.iter().map(read).collect::<Result<_, _>>()?;
    let count = shards.len();
    let cases = profile_cases(&shards)?;
    let merged = merge::merge(shards, &cases).map_err(|error| {
        CommandError::usage(error).hint("`report merge` takes the reports of all shards of one run, each once")
    })?;
    let written = write_to(&out, |file| json::write_report(&merged, file));
    for report in &arguments.report {
        report
            .write_report(&merged)
            .map_err(|error| CommandError::harness(format!("cannot write to {}: {error}", report.destination)))?;
    }
    let counts = merged.summary.cases;
    let decided = counts.total() - counts.of(Verdict::Skip);
    let line = format!(
        "{}: {} of {decided} cases passed in {count} shards: {}",
        merged.summary.verdict,
        counts.of(Verdict::Pass),
        merged.target
    );
    written?;
    if !out.is_standard_output() {
        printed(writeln!(io::stdout().lock(), "{line}"))?;
    }
    Ok(exit(&merged))
}

/// The file itself, or the reports in a folder.
fn files(path: &PathBuf) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.clone()]);
    }
    let failed = |error: io::Error| CommandError::usage(format!("{}: {error}", path.display()));
    let paths = fs::read_dir(path).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(failed)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort_unstable();
    if paths.is_empty() {
        return Err(CommandError::usage(format!("{} has no JSON report in it", path.display())));
    }
    Ok(paths)
}

/// What profiles look at, if the shards judge any: then all of their cases are built in.
fn profile_cases(shards: &[(PathBuf, Report)]) -> Result<Vec<ProfileCase>, CommandError> {
    let Some((_, first)) = shards.first().filter(|(_, report)| !report.profiles.is_empty()) else {
        return Ok(Vec::new());
    };
    let requirements: Vec<&str> = Index::builtin().ids().collect();
    let folder = Folder::builtin(&requirements).map_err(CommandError::usage)?;
    let version = first.api_version;
    let cases = folder.suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.holds_for(version));
    Ok(cases.map(|case| ProfileCase::of(case, version)).collect())
}

fn exit(report: &Report) -> Exit {
    match report.summary.verdict {
        Verdict::Fail | Verdict::Stale => Exit::Failure,
        Verdict::Error => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known if report.interrupted => Exit::Harness,
        Verdict::Pass | Verdict::Skip | Verdict::Known => Exit::Success,
    }
}
