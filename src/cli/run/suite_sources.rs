//! What to run: the built-in suites, folders and files of one's own, or some of each.

use std::path::{Path, PathBuf};

use super::{
    arguments::{RunArguments, is_folder},
    last_run::LastRun,
};
use crate::{
    cli::exit::CommandError,
    document::nearest,
    requirement::{FrozenSets, Index},
    runner::{CasePattern, Selection},
    suite::{Case, Folder},
    version::ApiVersion,
};

/// The suites to run from, and which of their cases.
pub(super) struct SuiteSources {
    /// Suites, image fixtures and goldens.
    pub(super) folder: Folder,
    /// Which cases.
    pub(super) selection: Selection,
    /// The folders and files among them that are not built in.
    pub(super) folders: Vec<PathBuf>,
    /// The run whose failures are run again.
    pub(super) rerun: Option<LastRun>,
    /// Whether built-in suites were left out that have nothing to do with the selection.
    pub(super) is_part: bool,
}

impl SuiteSources {
    /// Finds out what the command line means.
    ///
    /// # Errors
    /// When suites are malformed, or a name is unknown.
    pub(super) fn read(arguments: &RunArguments) -> Result<Self, CommandError> {
        let mut what = arguments.cases.what.clone();
        let rerun = match &arguments.rerun_failed {
            None => None,
            Some(report) => {
                // A word behind `--rerun-failed` that is no file is a suite.
                let (reports, suites): (Vec<&String>, Vec<_>) = report.iter().partition(|text| is_report(text));
                what.extend(suites.into_iter().cloned());
                let report = reports.first().map(Path::new);
                Some(LastRun::read(report, &arguments.target.name()?)?)
            }
        };
        if let Some(last) = rerun.as_ref().filter(|_| what.is_empty()) {
            what = last.what();
        }
        let (paths, suites): (Vec<&String>, Vec<&String>) = what.iter().partition(|text| is_folder(text));
        let mut folders: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
        if folders.is_empty() && arguments.proposes() {
            // The goldens of the binary cannot be written.
            folders.push(PathBuf::from("."));
        }
        let part = if folders.is_empty() { read_part(arguments, &suites)? } else { None };
        let is_part = part.is_some();
        let folder = part.map_or_else(|| read_folders(&folders, &suites), Ok)?;
        let mut selection = Selection {
            // Suites of folders have been chosen already.
            suites: if folders.is_empty() { suites.into_iter().cloned().collect() } else { Vec::new() },
            run: arguments.cases.selected.clone(),
            skip: arguments.cases.skip.clone(),
            only: None,
        };
        selection.only = rerun.as_ref().map(|last| last.failed.clone());
        Ok(Self { folder, selection, folders, rerun, is_part })
    }

    /// Makes sure that every pattern matches a case.
    ///
    /// # Errors
    /// When one matches none.
    pub(super) fn check_patterns(&self) -> Result<(), CommandError> {
        let unused = |folder: &Folder| -> Result<(), CommandError> {
            let cases: Vec<&Case> = folder.suites.iter().flat_map(|suite| &suite.cases).collect();
            let Some(pattern) = self.selection.unused(&cases).next() else { return Ok(()) };
            let names: Vec<String> = cases.iter().map(|case| case.full_name()).collect();
            Err(unused_pattern(pattern, names.iter().map(String::as_str)))
        };
        match unused(&self.folder) {
            // It may match a case of a suite that was left out, or be meant for one.
            Err(_) if self.is_part => unused(&Folder::builtin(&[]).map_err(CommandError::usage)?),
            checked => checked,
        }
    }
}

/// The cases of built-in suites that the run is about, where it is about whole suites or about cases of suites that it names, and
/// about nothing that concerns all suites: a few cases are run in the time that reading the others would take.
fn read_part(arguments: &RunArguments, suites: &[&String]) -> Result<Option<Folder>, CommandError> {
    let concerns_all = arguments.profile.is_some()
        || arguments.shard.is_some()
        || arguments.rerun_failed.is_some()
        || arguments.write_deviations.is_some()
        || !arguments.deviations.is_empty()
        || !arguments.baseline.is_suites();
    if concerns_all {
        return Ok(None);
    }
    let named: Vec<&str> = suites.iter().map(|name| name.as_str()).collect();
    let of_patterns: Option<Vec<&str>> = arguments.cases.selected.iter().map(CasePattern::suite).collect();
    let names = match of_patterns {
        _ if !named.is_empty() => named,
        Some(names) if !names.is_empty() => names,
        _ => return Ok(None),
    };
    let requirements: Vec<&str> = Index::builtin().ids().collect();
    let patterns = &arguments.cases.selected;
    let wanted =
        |suite: &str, case: &str| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(suite, case));
    Folder::builtin_part(&names, &wanted, &requirements).map_err(CommandError::usage)
}

fn is_report(text: &str) -> bool {
    Path::new(text).is_file() || text.contains(['/', std::path::MAIN_SEPARATOR]) || text.ends_with(".json")
}

/// The suites in `folders`, or those among them that `suites` names; a name that none of them has is that of a built-in
/// suite. All built-in suites where there is no folder.
pub(in crate::cli) fn read_folders(folders: &[PathBuf], suites: &[&String]) -> Result<Folder, CommandError> {
    let requirements: Vec<&str> = Index::builtin().ids().collect();
    if folders.is_empty() {
        let folder = Folder::builtin(&requirements).map_err(CommandError::usage)?;
        no_case_lost(&folder)?;
        known(suites, &folder)?;
        return Ok(folder);
    }
    let mut read: Option<Folder> = None;
    let mut left: Vec<&String> = suites.to_vec();
    for path in folders {
        let mut folder =
            if path.is_file() { Folder::open_file(path, &requirements) } else { Folder::open(path, &requirements) }
                .map_err(CommandError::usage)?;
        let named = |suite: &str| suites.iter().any(|name| name.as_str() == suite);
        left.retain(|name| !folder.suites.iter().any(|suite| suite.name == **name));
        if folder.suites.iter().any(|suite| named(&suite.name)) {
            folder.suites.retain(|suite| named(&suite.name));
        }
        read = Some(match read {
            None => folder,
            Some(others) => others.and(folder).map_err(CommandError::usage)?,
        });
    }
    let read = read.ok_or_else(|| CommandError::usage("there is no suite to run"))?;
    if left.is_empty() {
        return Ok(read);
    }
    let mut builtin = Folder::builtin(&requirements).map_err(CommandError::usage)?;
    known(&left, &builtin)?;
    builtin.suites.retain(|suite| left.iter().any(|name| **name == suite.name));
    read.and(builtin).map_err(CommandError::usage)
}

/// Makes sure that `folder` has suites of all these names.
fn known(suites: &[&String], folder: &Folder) -> Result<(), CommandError> {
    let names = || folder.suites.iter().map(|suite| suite.name.as_str());
    let Some(unknown) = suites.iter().find(|suite| !names().any(|name| name == suite.as_str())) else { return Ok(()) };
    let error = CommandError::usage(format!("there is no suite `{unknown}`"));
    let list = names().collect::<Vec<_>>().join(", ");
    Err(match nearest(unknown, names()) {
        _ if Path::new(unknown).is_dir() => error.hint(format!("`./{unknown}` runs the folder of this name")),
        _ if unknown.contains("::") => error.hint(format!("`--run '{unknown}'` runs the case of this name")),
        Some(name) => error.hint(format!("did you mean `{name}`? The suites are {list}")),
        None => error.hint(format!("the suites are {list}")),
    })
}

/// Why a pattern that matches no case is refused, with the name that is probably meant.
fn unused_pattern<'a>(pattern: &CasePattern, cases: impl Iterator<Item = &'a str> + Clone) -> CommandError {
    const LIST: &str = "`isi-conformance run --list` names all cases";
    let text = pattern.as_str();
    let error = CommandError::usage(format!("no case matches the pattern `{text}`"));
    let short = cases.clone().filter_map(|name| name.split_once("::")).map(|(_, case)| case);
    let near = if text.contains("::") { nearest(text, cases) } else { nearest(text, short) };
    match near {
        Some(near) if !text.contains(['*', '?', '[', '{']) => error.hint(format!("did you mean `{near}`? {LIST}")),
        _ => error.hint(LIST),
    }
}

/// Makes sure that the built-in suites have all cases of the frozen sets.
fn no_case_lost(folder: &Folder) -> Result<(), CommandError> {
    let missing: Vec<String> = FrozenSets::builtin()
        .missing(&folder.suites)
        .into_iter()
        .map(|(case, versions)| {
            let versions: Vec<&str> = versions.into_iter().map(ApiVersion::as_str).collect();
            format!("{case} (for {})", versions.join(", "))
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(CommandError::usage(format!("the frozen requirement sets have cases that are gone: {}", missing.join("; ")))
        .hint(
            "put them back; a case that is wrong for a version is a deviation of the set, not to be dropped silently",
        ))
}
