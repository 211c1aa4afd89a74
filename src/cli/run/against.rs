//! `--against DIR`: a recording of another build, in place of suites and goldens.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::arguments::RunArguments;
use crate::{
    cli::exit::{CommandError, notice},
    recording::{Recording, RecordingError},
    report::plural,
    runner::{Absence, AbsenceSource, Baseline, CasePattern, Features, Remainder},
    suite::Case,
    verdict::{CaseResult, CheckKind, CheckResult, RecordedBuild},
};

/// Reads the recording and lets it decide what the command line leaves open: the API version and the selection.
///
/// # Errors
/// When the folder has no recording, or the recording is of another API version than the command line asks for.
pub(super) fn apply(arguments: &mut RunArguments, given: &[String]) -> Result<(), CommandError> {
    let Some(folder) = &arguments.against else { return Ok(()) };
    let recording = Recording::read(folder).map_err(|error| unusable(&error))?;
    let manifest = &recording.manifest;
    if given.iter().any(|name| name == "api_version") && arguments.api_version != manifest.api_version {
        let (folder, recorded, asked) = (folder.display(), manifest.api_version, arguments.api_version);
        return Err(CommandError::usage(format!("{folder} is a recording of API version {recorded}, not of {asked}"))
            .hint(format!("leave out `--api-version`, or record {asked}")));
    }
    arguments.api_version = manifest.api_version;
    if arguments.cases.what.is_empty() {
        arguments.cases.what.clone_from(&manifest.selection.what);
    }
    if arguments.cases.selected.is_empty() && arguments.cases.skip.is_empty() {
        arguments.cases.selected = patterns(folder, &manifest.selection.run)?;
        arguments.cases.skip = patterns(folder, &manifest.selection.skip)?;
    }
    notice(format_args!(
        "held against the recording of {} from {} ({})",
        manifest.target,
        manifest.started,
        plural(manifest.cases.len(), "case")
    ));
    let generator = generator();
    if manifest.generator != generator {
        notice(format_args!("note: it was recorded by {}, this is {generator}", manifest.generator));
    }
    arguments.baseline = Baseline::Recording(Arc::new(recording));
    Ok(())
}

/// What this program writes into files as their generator.
pub(in crate::cli) fn generator() -> String {
    concat!("isi-conformance ", env!("CARGO_PKG_VERSION")).to_owned()
}

/// Why a recording cannot be used, with what to do about it.
pub(in crate::cli) fn unusable(error: &RecordingError) -> CommandError {
    let told = CommandError::usage(error);
    match error.hint() {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

fn patterns(folder: &Path, texts: &[String]) -> Result<Vec<CasePattern>, CommandError> {
    let pattern = |text: &String| {
        text.parse()
            .map_err(|error| CommandError::usage(format!("{}: {error}", folder.join("recording.json").display())))
    };
    texts.iter().map(pattern).collect()
}

/// What a recording says about the cases of a run.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The recording, as reports show it.
    pub(super) against: Option<RecordedBuild>,
    /// Cases that the recorded build answers and that this one cannot be asked, and why.
    lost: BTreeMap<String, String>,
}

impl Held {
    /// Compares the recording of `baseline` with all `cases` that there are.
    pub(super) fn of(baseline: &Baseline, cases: &[Case]) -> Self {
        let Some(Recording { manifest, .. }) = baseline.recording() else { return Self::default() };
        let known: std::collections::BTreeSet<String> = cases.iter().map(Case::full_name).collect();
        let gone: Vec<String> = manifest.cases.iter().filter(|name| !known.contains(*name)).cloned().collect();
        if !gone.is_empty() {
            let count = plural(gone.len(), "recorded case");
            notice(format_args!("warning: {count} is in none of the suites and not compared: {}", gone.join(", ")));
        }
        let against = RecordedBuild {
            target: manifest.target.clone(),
            recorded: manifest.started.clone(),
            generator: manifest.generator.clone(),
            only_recorded: gone,
        };
        Self { against: Some(against), lost: BTreeMap::new() }
    }

    /// Why a case is not compared, if the recording does not have it.
    pub(super) fn reason_to_skip(&self, baseline: &Baseline, case: &str) -> Option<String> {
        let Recording { manifest, cases, .. } = baseline.recording()?;
        if cases.contains_key(case) {
            return None;
        }
        let known = manifest.not_recorded.iter().find(|not_recorded| not_recorded.case == case);
        Some(match known {
            Some(not_recorded) => format!("not recorded: {}", not_recorded.reason),
            None => "the recording does not have it".to_owned(),
        })
    }

    /// Notes a case that cannot be run because this build was found to lack something of the API that the recorded one has.
    pub(super) fn note_lost(&mut self, case: &Case, remainder: &Remainder, features: &Features) {
        let was_found = |absence: &Absence| absence.source == AbsenceSource::Probe;
        let is_lost = remainder
            .absent
            .iter()
            .any(|feature| feature.is_of_api() && features.absence(*feature).is_some_and(was_found));
        if let Some(reason) = remainder.skip.as_ref().filter(|_| self.against.is_some() && is_lost) {
            self.lost.insert(case.full_name(), reason.clone());
        }
    }

    /// Turns a case that was lost from skipped to failed.
    pub(super) fn judge(&self, result: &mut CaseResult, level: crate::verdict::Level) {
        let Some(reason) = self.lost.get(&result.name()) else { return };
        let message = format!("the recorded build answers this case, and this one cannot be asked: {reason}");
        let check = CheckResult::fail(CheckKind::Status, level, message);
        let about = std::mem::take(&mut result.about);
        let requirements = std::mem::take(&mut result.requirements);
        let failed = CaseResult::of_checks(&result.suite, &result.case, vec![check]);
        *result = CaseResult { about, requirements, location: result.location.take(), ..failed };
    }
}
