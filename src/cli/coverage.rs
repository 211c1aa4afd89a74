//! `isi-conformance coverage`: requirements and schema fields against the cases that exercise them.

use std::io::{self, Write};

use clap::Args;

use super::exit::{CommandError, Exit};
use crate::{
    requirement::{Coverage, Index, Item, Reasons, exercises},
    suite::Folder,
    version::ApiVersion,
};

/// What `coverage` takes.
#[derive(Debug, Args)]
pub struct CoverageArguments {
    /// The API version whose requirements and schema are covered.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Show what is covered, too, and by which cases.
    #[arg(long)]
    all: bool,
}

/// Runs the command. It fails when something is covered by no case without a reason, or a reason has become idle.
///
/// # Errors
/// When the built-in suites cannot be read, or standard output is closed.
pub fn run(arguments: &CoverageArguments) -> Result<Exit, CommandError> {
    let index = Index::builtin();
    let ids: Vec<&str> = index.ids().collect();
    let folder = Folder::builtin(&ids).map_err(CommandError::usage)?;
    let exercises = exercises(&folder, arguments.api_version).map_err(CommandError::usage)?;
    let coverage = Coverage::of(arguments.api_version, index, &exercises, Reasons::builtin());
    write(&coverage, arguments.all, &mut io::stdout().lock()).map_err(CommandError::harness)?;
    Ok(if coverage.is_complete() { Exit::Success } else { Exit::Failure })
}

fn write(coverage: &Coverage<'_>, all: bool, out: &mut impl Write) -> io::Result<()> {
    for (area, items) in &coverage.areas {
        let covered = items.iter().filter(|item| !item.cases.is_empty()).count();
        writeln!(out, "{area}: {covered} of {} covered", items.len())?;
        let width = items.iter().map(|item| item.name.len()).max().unwrap_or(0);
        for item in items.iter().filter(|item| all || item.cases.is_empty()) {
            let Item { name, says, cases, reason } = item;
            match (cases.first(), reason) {
                (Some(first), _) if cases.len() == 1 => writeln!(out, "  {name:width$}  {first}")?,
                (Some(first), _) => writeln!(out, "  {name:width$}  {first} and {} more", cases.len() - 1)?,
                (None, Some(reason)) => writeln!(out, "  {name:width$}  none: {reason}")?,
                (None, None) if says.is_empty() => writeln!(out, "  {name:width$}  MISSING")?,
                (None, None) => writeln!(out, "  {name:width$}  MISSING: {says}")?,
            }
        }
        writeln!(out)?;
    }
    for reason in &coverage.idle_reasons {
        writeln!(out, "a reason that nothing needs: {reason}")?;
    }
    let missing = coverage.areas.iter().flat_map(|(_, items)| items).filter(|item| item.is_missing()).count();
    match missing {
        0 => writeln!(out, "nothing is uncovered without a reason"),
        _ => writeln!(
            out,
            "{missing} uncovered without a reason\n\nhint: write a case, or a reason in requirements/uncovered.yaml"
        ),
    }
}
