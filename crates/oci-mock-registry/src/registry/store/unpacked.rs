//! The temporary folder that an archive is unpacked into. A process that is killed meanwhile cannot remove it: the next one
//! that unpacks an archive does.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::Duration,
};

use tempfile::{Builder, TempDir};

/// How the names of these folders begin.
const PREFIX: &str = "oci-mock-registry-";

/// A folder that is younger may be one that its process has not locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A temporary folder that is removed with its content when it is dropped.
#[derive(Debug)]
pub(crate) struct Unpacked {
    folder: TempDir,
    /// Says to other processes that the folder is in use. Where folders cannot be locked, none is left behind knowingly.
    _lock: Option<File>,
}

impl Unpacked {
    pub(crate) fn new() -> io::Result<Self> {
        let place = std::env::temp_dir();
        remove_abandoned(&place, YOUNG);
        let folder = Builder::new().prefix(PREFIX).tempdir_in(place)?;
        let lock = File::open(folder.path()).ok().filter(|folder| folder.lock_shared().is_ok());
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders that no process holds any more. One that cannot be removed stays.
fn remove_abandoned(place: &Path, young: Duration) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) && is_abandoned(&entry, young) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(entry: &fs::DirEntry, young: Duration) -> bool {
    // Not what a link leads to.
    let Ok(metadata) = entry.metadata() else { return false };
    let is_old = || metadata.modified().ok()?.elapsed().ok().map(|age| age >= young);
    metadata.is_dir()
        && is_old() == Some(true)
        && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_a_killed_process_left_is_removed_and_no_other() {
        let place = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("layer"), "layer").unwrap();
            path
        };
        let (abandoned, used) = (make("oci-mock-registry-1"), make("oci-mock-registry-2"));
        let others = make("of-another-program");
        let lock = File::open(&used).unwrap();
        lock.lock_shared().unwrap();
        remove_abandoned(place.path(), Duration::ZERO);
        assert_eq!([&abandoned, &used, &others].map(|path| path.exists()), [false, true, true]);
    }

    #[test]
    fn a_folder_that_was_made_just_now_stays() {
        let place = tempfile::tempdir().unwrap();
        let young = place.path().join("oci-mock-registry-1");
        fs::create_dir(&young).unwrap();
        remove_abandoned(place.path(), YOUNG);
        assert!(young.exists());
    }

    #[test]
    fn a_folder_is_held_and_goes_when_it_is_dropped() {
        let unpacked = Unpacked::new().unwrap();
        let path = unpacked.path().to_owned();
        assert!(File::open(&path).unwrap().try_lock().is_err());
        drop(unpacked);
        assert!(!path.exists());
    }
}
