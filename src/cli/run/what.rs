//! What to run: the built-in suites, or a folder of one's own.

use std::path::Path;

use super::{RunArguments, arguments::is_folder};
use crate::{
    cli::exit::CommandError,
    document,
    requirement::{FrozenSets, Index},
    runner::Selection,
    suite::Folder,
    version::ApiVersion,
};

/// The suites to run from, and which of their cases.
pub(super) struct What {
    /// Suites, image fixtures and goldens.
    pub(super) folder: Folder,
    /// Which cases.
    pub(super) selection: Selection,
}

impl What {
    /// Finds out what the command line means.
    ///
    /// # Errors
    /// When suites are malformed, or a name is none.
    pub(super) fn read(arguments: &RunArguments) -> Result<Self, CommandError> {
        let (folders, suites): (Vec<&String>, Vec<&String>) = arguments.what.iter().partition(|text| is_folder(text));
        let requirements: Vec<&str> = Index::builtin().ids().collect();
        let folder = match folders.as_slice() {
            [] if arguments.update => Folder::open(Path::new("."), &requirements),
            [] => Folder::builtin(&requirements),
            [file] if Path::new(file).is_file() => Folder::open_file(Path::new(file), &requirements),
            [folder] => Folder::open(Path::new(folder), &requirements),
            _ => return Err(CommandError::usage("one folder can be run at a time")),
        }
        .map_err(CommandError::usage)?;
        if folders.is_empty() && !arguments.update {
            no_case_lost(&folder)?;
        }
        for suite in &suites {
            let names = || folder.suites.iter().map(|suite| suite.name.as_str());
            if !names().any(|name| name == *suite) {
                let error = CommandError::usage(format!("there is no suite `{suite}`"));
                let known = names().collect::<Vec<_>>().join(", ");
                return Err(match document::nearest(suite, names()) {
                    _ if Path::new(suite).is_dir() => error.hint(format!("`./{suite}` runs the folder of this name")),
                    Some(name) => error.hint(format!("did you mean `{name}`? The suites are {known}")),
                    None => error.hint(format!("the suites are {known}")),
                });
            }
        }
        let selection = Selection {
            suites: suites.into_iter().cloned().collect(),
            run: arguments.selected.clone(),
            skip: arguments.skip.clone(),
        };
        Ok(Self { folder, selection })
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
