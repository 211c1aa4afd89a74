//! Writing the files of a folder. A file is written beside its place and moved there, so that it is never half of itself.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::Duration,
};

use tempfile::NamedTempFile;

use super::error::{FolderError, at};

/// How the name of a file begins that is being written. One that a killed process has left behind is no blob.
const PARTIAL: &str = ".partial-";

/// A partial file that was not written to for this long was left behind by a killed process.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// A file in `folder` to write to until its place is known.
pub(crate) fn partial_file(folder: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::with_prefix_in(PARTIAL, folder)
}

/// Writes a file beside its place, and moves it there once it is on the disk.
pub(crate) fn write(path: &Path, content: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), FolderError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut file = partial_file(folder).map_err(at(path))?;
    content(file.as_file_mut()).map_err(at(path))?;
    persist(file, path)
}

/// Moves a file that is written to its place, once it is on the disk.
pub(crate) fn persist(file: NamedTempFile, path: &Path) -> Result<(), FolderError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(at(folder))?;
    file.as_file().sync_all().map_err(at(path))?;
    make_readable(file.as_file()).map_err(at(path))?;
    file.persist(path).map_err(|error| at(path)(error.error))?;
    Ok(())
}

/// Removes what killed processes have left of files that they were writing. One that cannot be removed does no harm.
pub(super) fn remove_left_behind(folder: &Path) {
    let algorithms = fs::read_dir(folder.join("blobs")).into_iter().flatten().flatten().map(|entry| entry.path());
    for folder in algorithms.chain([folder.to_owned()]) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
            let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
            if is_partial && age().is_some_and(|age| age > LEFT_BEHIND) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Temporary files are for their owner alone; what is saved is for those that the process lets read its files.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}
