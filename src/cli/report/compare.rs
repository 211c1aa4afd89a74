//! `isi-conformance report compare`: several reports side by side.

use std::{io, path::Path};

use clap::Args;

use super::output::{OutputArguments, write_to};
use crate::{
    cli::exit::{CommandError, Exit},
    report::{
        ColorChoice, Paint, Report,
        compare::{self, NamedReport, ReportComparison},
    },
};

/// Compare the reports of several implementations, or of several builds: cases and requirements, differences first.
///
/// Exit codes: 0 compared; 1 with `--fail-on-regression`, when a case that passed in the first report fails in a later one;
/// 2 a file that is no report.
#[derive(Debug, Args)]
pub(in crate::cli) struct CompareArguments {
    /// JSON reports; `NAME=FILE` names the column, which is the file's name otherwise.
    #[arg(value_name = "[NAME=]REPORT", required = true, num_args = 2..)]
    reports: Vec<String>,
    /// How to write: `text`, `markdown`, or `html` for a page with what the reports have of each case.
    #[arg(
        help_heading = "Output",
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    format: CompareFormat,
    /// Where to write.
    #[command(flatten)]
    output: OutputArguments,
    /// End with 1 when a case that passed in the first report fails in a later one.
    #[arg(help_heading = "Output", long)]
    fail_on_regression: bool,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum CompareFormat {
    /// For people.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// One self-contained page.
    Html,
}

/// Runs the command.
///
/// # Errors
/// When a report cannot be read, or the comparison cannot be written.
pub(super) fn run(arguments: &CompareArguments, color: ColorChoice) -> Result<Exit, CommandError> {
    let out = arguments.output.prepared()?;
    let reports = read(&arguments.reports)?;
    let comparison = ReportComparison::of(&reports);
    let paint = if out.is_standard_output() { Paint::choose(color, &io::stdout()) } else { Paint::Plain };
    write_to(&out, |file| match arguments.format {
        CompareFormat::Text => compare::text(&comparison, paint, file),
        CompareFormat::Markdown => file.write_all(compare::markdown(&comparison).as_bytes()),
        CompareFormat::Html => compare::html(&comparison, file),
    })?;
    Ok(if arguments.fail_on_regression && comparison.has_regression() { Exit::Failure } else { Exit::Success })
}

/// Reads the reports; those whose files have the same name are told apart by their whole paths.
fn read(given: &[String]) -> Result<Vec<NamedReport>, CommandError> {
    let split = |text: &String| match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !Path::new(text).exists() => (Some(name.to_owned()), path.to_owned()),
        _ => (None, text.clone()),
    };
    let given: Vec<(Option<String>, String)> = given.iter().map(split).collect();
    let stem =
        |path: &str| Path::new(path).file_stem().map_or_else(|| path.to_owned(), |stem| stem.display().to_string());
    let named = |(name, path): &(Option<String>, String)| {
        let of_file = stem(path);
        let is_unique = given.iter().filter(|(name, other)| name.is_none() && stem(other) == of_file).count() == 1;
        let name = name.clone().unwrap_or(if is_unique { of_file } else { path.clone() });
        Report::read(Path::new(path)).map(|report| NamedReport { name, report }).map_err(CommandError::usage)
    };
    given.iter().map(named).collect()
}
