//! `--deviations` and `--write-deviations`.

use std::path::Path;

use jiff::{Zoned, civil::Date};

use super::arguments::RunArguments;
use crate::{
    cli::exit::{CommandError, notice},
    deviation::{self, Deviations, MissingReasons, Update},
    document::{self, Source},
    redaction::Secrets,
    report::Destination,
    suite::Case,
    verdict::{CaseResult, RunResult},
};

/// The declarations of a run, as of today.
#[derive(Debug)]
pub(super) struct Declarations {
    deviations: Deviations,
    /// Whether any file was given, an empty one included.
    are_given: bool,
    /// What `--write-deviations` names, as it was before the run.
    written_before: Option<Source>,
    today: Date,
}

impl Declarations {
    /// Reads the declarations about some of `cases`: those of every `--deviations`, files or those that are built in, and of
    /// the file that is to be updated. A run of the built-in suites against the embedded reference takes those of the server
    /// that it answers like: they are about what suites expect, and not about a recording. Those that expired are told on standard error.
    pub(super) fn read(arguments: &RunArguments, cases: &[Case]) -> Result<Self, CommandError> {
        let today = Zoned::now().date();
        let of_server = arguments.target.is_embedded() && !arguments.has_folder() && arguments.baseline.is_suites();
        let written_before = arguments.write_deviations.as_ref().map(existing).transpose()?.flatten();
        let mut sources: Vec<(Source, MissingReasons)> = Vec::new();
        for given in &arguments.deviations {
            let source = source(given)?;
            if written_before.as_ref().is_none_or(|written| written.name() != source.name()) {
                sources.push((source, MissingReasons::Required));
            }
        }
        if arguments.deviations.is_empty() && of_server {
            let own = Deviations::builtin(&format!("openshift-apiserver-{}", arguments.api_version));
            sources.extend(own.map(|source| (source, MissingReasons::Required)));
        }
        sources.extend(written_before.clone().map(|source| (source, MissingReasons::MayBeMissing)));
        let names: Vec<String> = cases.iter().map(Case::full_name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let are_given = !sources.is_empty();
        let mut deviations = Deviations::default();
        for (source, reasons) in sources {
            let read = Deviations::read(&source, &names, reasons).map_err(CommandError::usage)?;
            deviations = deviations.and(read);
        }
        for sentence in deviations.expired(today) {
            notice(format_args!("warning: {sentence}"));
        }
        Ok(Self { deviations, are_given, written_before, today })
    }

    /// Whether anything was said about what the target gets wrong.
    pub(super) const fn are_given(&self) -> bool {
        self.are_given
    }

    /// Whether something is declared about the case of this name.
    pub(super) fn concern(&self, case: &str) -> bool {
        self.deviations.concern(case)
    }

    /// Turns what is declared into `known` or `stale`.
    pub(super) fn apply(&self, case: &mut CaseResult) {
        self.deviations.apply(case, self.today);
    }

    /// Turns declarations of several cases that nothing fails under into `stale`, when all cases have come out.
    pub(super) fn finish(&self, cases: &mut [CaseResult]) {
        self.deviations.finish(cases, self.today);
    }

    /// Writes what failed into a file, which keeps what it says of failures that are still there.
    pub(super) fn write(&self, file: &Destination, result: &RunResult) -> Result<(), CommandError> {
        let update = self.written_before.as_ref().map(|source| Update { source, deviations: &self.deviations });
        let mut text = Vec::new();
        let failed = |error| CommandError::harness(format!("cannot write {file}: {error}"));
        deviation::write(result, update, &mut text).map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        let text = Secrets::of_this_process().redactor().text(&text).into_owned();
        file.write(|out| out.write_all(text.as_bytes())).map_err(failed)
    }
}

/// The file that is to be updated, if it is there.
fn existing(destination: &Destination) -> Result<Option<Source>, CommandError> {
    let Destination::Path(path) = destination else { return Ok(None) };
    if !path.is_file() || destination.is_standard_output() {
        return Ok(None);
    }
    let source =
        Source::read(path).map_err(|error| CommandError::usage(format!("cannot read {}: {error}", path.display())))?;
    // A file that was only just made says nothing.
    Ok(Some(source).filter(|source| !source.text().trim().is_empty()))
}

fn source(given: &Path) -> Result<Source, CommandError> {
    let name = given.to_string_lossy();
    if let Some(source) = Deviations::builtin(&name) {
        return Ok(source);
    }
    Source::read(given).map_err(|error| {
        let is_path = name.contains(['/', std::path::MAIN_SEPARATOR])
            || given.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_path || given.exists() {
            return CommandError::usage(format!("cannot read {name}: {error}"))
                .hint("`--write-deviations` starts such a file from a run");
        }
        let mut names: Vec<&str> = Deviations::builtin_names().collect();
        names.sort_unstable();
        let unknown = CommandError::usage(format!("there is no file `{name}`, and no built-in file of that name"));
        let known = format!("built in are {}", names.join(", "));
        match document::nearest(&name, names.iter().copied()) {
            Some(nearest) => unknown.hint(format!("did you mean `{nearest}`? {known}")),
            None => unknown.hint(known),
        }
    })
}
