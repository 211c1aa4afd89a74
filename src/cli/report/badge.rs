//! `isi-conformance report badge`: a badge for a README.

use std::path::PathBuf;

use clap::Args;

use super::output::{OutputArguments, write_to};
use crate::{
    cli::exit::{CommandError, Exit},
    report::{Report, badge::Badge},
};

/// Make a badge of a report: the profile that the implementation conforms to, the API version, and declared deviations.
///
/// As JSON it is an endpoint of shields.io; `--format svg` makes a picture that needs nothing else.
#[derive(Debug, Args)]
pub(in crate::cli) struct BadgeArguments {
    /// The JSON report of a run.
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Speak of this profile; of the largest ones that the implementation conforms to if absent.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// How to write: `json` for shields.io, or `svg`.
    #[arg(
        help_heading = "Output",
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    format: BadgeFormat,
    /// Where to write.
    #[command(flatten)]
    output: OutputArguments,
}

/// How a badge is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum BadgeFormat {
    /// An endpoint of shields.io.
    #[default]
    Json,
    /// A picture.
    Svg,
}

/// Runs the command.
///
/// # Errors
/// When the report cannot be read, does not judge the profile, or the badge cannot be written.
pub(super) fn run(arguments: &BadgeArguments) -> Result<Exit, CommandError> {
    let out = arguments.output.prepared()?;
    let report = Report::read(&arguments.report).map_err(CommandError::usage)?;
    let badge = Badge::of(&report, arguments.profile.as_deref()).map_err(CommandError::usage)?;
    write_to(&out, |file| match arguments.format {
        BadgeFormat::Json => badge.write_json(file),
        BadgeFormat::Svg => badge.write_svg(file),
    })?;
    Ok(Exit::Success)
}
