//! `isi-conformance report`: what can be made of JSON reports.

mod badge;
mod compare;
mod merge;
mod output;

use clap::Subcommand;

use self::{badge::BadgeArguments, compare::CompareArguments, merge::MergeArguments};
use super::exit::{CommandError, Exit};
use crate::report::ColorChoice;

/// Make something of the JSON reports that `run --report json=FILE` writes.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    Compare(CompareArguments),
    Merge(MergeArguments),
    Badge(BadgeArguments),
}

/// Runs the command.
///
/// # Errors
/// When a report cannot be read, or the result cannot be written.
pub(super) fn run(command: &ReportCommand, color: ColorChoice) -> Result<Exit, CommandError> {
    match command {
        ReportCommand::Compare(arguments) => compare::run(arguments, color),
        ReportCommand::Badge(arguments) => badge::run(arguments),
        ReportCommand::Merge(arguments) => merge::run(arguments),
    }
}
