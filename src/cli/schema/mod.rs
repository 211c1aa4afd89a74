//! `isi-conformance schema`: judge files by a published schema, or compare two schemas.

mod validate;

use std::io::{self, Write};

use clap::{Args, Subcommand};

use self::validate::ValidateArguments;
use super::exit::{CommandError, Exit, printed};
use crate::{
    schema::{Diff, Schema},
    version::ApiVersion,
};

/// Look into the published schema of an API version.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Judge objects by the published schema: types, required fields, unknown fields.
    Validate(ValidateArguments),
    /// Say in words what changed between two API versions.
    Diff(DiffArguments),
}

/// What `schema diff` takes.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The API version to start from.
    #[arg(value_name = "FROM")]
    older: ApiVersion,
    /// The API version to arrive at.
    #[arg(value_name = "TO")]
    newer: ApiVersion,
}

/// Runs the command. `validate` fails when an object breaks the schema.
///
/// # Errors
/// When something cannot be judged, or standard output cannot be written.
pub fn run(command: &SchemaCommand) -> Result<Exit, CommandError> {
    match command {
        SchemaCommand::Validate(arguments) => validate::run(arguments),
        SchemaCommand::Diff(arguments) => {
            printed(diff(arguments, &mut io::stdout().lock()))?;
            Ok(Exit::Success)
        }
    }
}

fn diff(arguments: &DiffArguments, out: &mut impl Write) -> io::Result<()> {
    let DiffArguments { older, newer } = *arguments;
    let diff = Diff::between(Schema::for_version(older).document(), Schema::for_version(newer).document());
    if diff.changes.is_empty() {
        return writeln!(out, "nothing changed from {older} to {newer}");
    }
    writeln!(out, "from {older} to {newer}\n\n{}", diff.to_string().trim_end())
}
