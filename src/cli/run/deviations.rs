//! `--deviations` and `--write-deviations`.

use std::{fs, path::Path};

use jiff::{Zoned, civil::Date};

use crate::{
    cli::exit::CommandError,
    deviation::{self, Deviations},
    document::Source,
    suite::Case,
    verdict::{CaseResult, RunResult},
};

/// The declarations of a run, as of today.
pub(super) struct Declarations {
    deviations: Deviations,
    today: Date,
}

impl Declarations {
    /// Reads the declarations about some of `cases`; none if there is no file. Those that expired are told on standard error.
    pub(super) fn read(file: Option<&Path>, cases: &[Case]) -> Result<Self, CommandError> {
        let today = Zoned::now().date();
        let Some(file) = file else { return Ok(Self { deviations: Deviations::default(), today }) };
        let source = Source::read(file).map_err(|error| {
            CommandError::usage(format!("cannot read {}: {error}", file.display()))
                .hint("`--write-deviations` starts such a file from a run")
        })?;
        let names: Vec<String> = cases.iter().map(Case::full_name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let deviations = Deviations::read(&source, &names).map_err(CommandError::usage)?;
        for sentence in deviations.expired(today) {
            eprintln!("warning: {sentence}");
        }
        Ok(Self { deviations, today })
    }

    /// Turns what is declared into `known` or `stale`.
    pub(super) fn apply(&self, case: &mut CaseResult) {
        self.deviations.apply(case, self.today);
    }
}

/// Starts a file of deviations from what failed. A file that is there is never overwritten.
pub(super) fn write(file: &Path, result: &RunResult) -> Result<(), CommandError> {
    let failed = |error| CommandError::harness(format!("cannot write {}: {error}", file.display()));
    let out = fs::File::create_new(file).map_err(failed)?;
    deviation::write(result, out).map_err(failed)
}
