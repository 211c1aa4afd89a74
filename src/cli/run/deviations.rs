//! `--deviations` and `--write-deviations`.

use std::{fs, path::Path};

use jiff::{Zoned, civil::Date};

use super::RunArguments;
use crate::{
    cli::exit::CommandError,
    deviation::{self, Deviations},
    document::Source,
    suite::Case,
    verdict::{CaseResult, RunResult},
};

/// The declarations of a run, as of today.
#[derive(Debug)]
pub(super) struct Declarations {
    deviations: Option<Deviations>,
    today: Date,
}

impl Declarations {
    /// Reads the declarations about some of `cases`: those of `--deviations`, a file or one of those that are built in. A
    /// run of the built-in suites against the embedded reference takes those of the server that it answers like. Those that
    /// expired are told on standard error.
    pub(super) fn read(arguments: &RunArguments, cases: &[Case]) -> Result<Self, CommandError> {
        let today = Zoned::now().date();
        let embedded = arguments.target.is_embedded() && !arguments.has_folder();
        let source = match &arguments.deviations {
            Some(given) => Some(match Deviations::builtin(&given.to_string_lossy()) {
                Some(source) => source,
                None => Source::read(given).map_err(|error| {
                    CommandError::usage(format!("cannot read {}: {error}", given.display()))
                        .hint("`--write-deviations` starts such a file from a run")
                })?,
            }),
            None if embedded => Deviations::builtin(&format!("openshift-apiserver-{}", arguments.api_version)),
            None => None,
        };
        let Some(source) = source else { return Ok(Self { deviations: None, today }) };
        let names: Vec<String> = cases.iter().map(Case::full_name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let deviations = Deviations::read(&source, &names).map_err(CommandError::usage)?;
        for sentence in deviations.expired(today) {
            eprintln!("warning: {sentence}");
        }
        Ok(Self { deviations: Some(deviations), today })
    }

    /// Whether anything was said about what the target gets wrong.
    pub(super) const fn are_given(&self) -> bool {
        self.deviations.is_some()
    }

    /// Whether something is declared about the case of this name.
    pub(super) fn concern(&self, case: &str) -> bool {
        self.deviations.as_ref().is_some_and(|deviations| deviations.concern(case))
    }

    /// Turns what is declared into `known` or `stale`.
    pub(super) fn apply(&self, case: &mut CaseResult) {
        if let Some(deviations) = &self.deviations {
            deviations.apply(case, self.today);
        }
    }
}

/// Starts a file of deviations from what failed. A file that is there is never overwritten.
pub(super) fn write(file: &Path, result: &RunResult) -> Result<(), CommandError> {
    let failed = |error| CommandError::harness(format!("cannot write {}: {error}", file.display()));
    let out = fs::File::create_new(file).map_err(failed)?;
    deviation::write(result, out).map_err(failed)
}
