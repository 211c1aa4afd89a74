//! `isi-conformance export`: the built-in suites as files to start from.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::exit::{CommandError, Exit, printed};
use crate::{fixture, suite};

/// Write the built-in suites, their goldens, image recipes and the JSON Schemas for editors into a new folder.
///
/// `isi-conformance run ./DIR` runs what is in it.
#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// The folder; it is made, and has to be empty if it is there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The schemas that the suites name for editors.
const SCHEMAS: [(&str, &str); 3] = [
    ("schemas/suite.schema.json", include_str!("../../schemas/suite.schema.json")),
    ("schemas/images.schema.json", include_str!("../../schemas/images.schema.json")),
    ("schemas/registry.schema.json", include_str!("../../schemas/registry.schema.json")),
];

/// Runs the command.
///
/// # Errors
/// When the folder is not empty, or a file cannot be written.
pub(super) fn run(arguments: &ExportArguments) -> Result<Exit, CommandError> {
    let folder = &arguments.folder;
    let failed =
        |path: &Path, error: io::Error| CommandError::harness(format!("cannot write {}: {error}", path.display()));
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            return Err(CommandError::usage(format!("{} is not empty", folder.display())).hint("name a new folder"));
        }
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(folder, error)),
    }
    let recipes = fixture::builtin_files().map(|(path, text)| (PathBuf::from(path), text.as_bytes()));
    let schemas = SCHEMAS.into_iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes()));
    let mut count = 0;
    for (path, bytes) in suite::builtin_files().chain(recipes).chain(schemas) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        fs::write(&path, bytes).map_err(|error| failed(&path, error))?;
        count += 1;
    }
    printed(writeln!(io::stdout().lock(), "{count} files in {}", folder.display()))?;
    Ok(Exit::Success)
}
