//! Where a command about reports writes.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use crate::{
    cli::exit::{CommandError, printed},
    report::Destination,
};

/// Where a command about reports writes.
#[derive(Debug, Args)]
pub(super) struct OutputArguments {
    /// Where to write; `-` is standard output.
    #[arg(help_heading = "Output", long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

impl OutputArguments {
    /// The destination, which can be written to.
    ///
    /// # Errors
    /// When it cannot.
    pub(super) fn prepared(&self) -> Result<Destination, CommandError> {
        let out = Destination::from(self.out.clone());
        Destination::prepare([&out]).map_err(CommandError::usage)?;
        Ok(out)
    }
}

/// Writes what `content` writes to `out`. A reader of standard output that has gone away is no error.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_to(
    out: &Destination,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let written = out.write(content);
    if out.is_standard_output() {
        printed(written)
    } else {
        written.map_err(|error| CommandError::harness(format!("cannot write to {out}: {error}")))
    }
}
