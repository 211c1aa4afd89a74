//! `isi-conformance registry DIR --write-fixture FILE`: a captured folder as a fixture.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use crate::{
    cli::exit::{CommandError, Exit, notice},
    registry::{CapturedFixture, is_captured},
    report::plural,
};

/// Writes what a captured folder answers as a fixture into a new file, and lists what a fixture cannot express.
///
/// # Errors
/// When the folder is no captured one, or the file exists.
pub(super) fn write(captured: &Path, file: &Path, strict: bool) -> Result<Exit, CommandError> {
    if !is_captured(captured) {
        return Err(CommandError::usage(format!("{} is no captured folder", captured.display()))
            .hint("`isi-conformance registry --upstream URL --capture DIR` makes one"));
    }
    // Paths of the fixture are relative to its file, wherever the command was started.
    let whole = |path: &Path| path.canonicalize().map_err(|error| unusable(path, &error));
    let base = whole(file.parent().filter(|base| *base != Path::new("")).unwrap_or(Path::new(".")))?;
    let found = CapturedFixture::of_folder(&whole(captured)?).map_err(CommandError::usage)?;
    let yaml = found.to_yaml(&base);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .and_then(|mut file| file.write_all(yaml.as_bytes()))
        .map_err(|error| unusable(file, &error))?;
    let (folder, shown) = (captured.display(), file.display());
    let exchanges = plural(found.exchanges, "exchange");
    let faults = plural(found.fixture.faults.len(), "fault");
    notice(format_args!("{shown} answers {exchanges} of {folder}, with {faults}"));
    if !found.differences.is_empty() {
        notice(format_args!("answered in another way: {}", plural(found.differences.len(), "exchange")));
    }
    for difference in &found.differences {
        notice(format_args!("  {difference}"));
    }
    notice(format_args!("`isi-conformance registry {shown}` serves it"));
    Ok(if strict && !found.differences.is_empty() { Exit::Failure } else { Exit::Success })
}

fn unusable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::harness(format!("cannot write a fixture: {}: {error}", path.display()))
}
