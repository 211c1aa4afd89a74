//! Loading what a registry holds from folders and archives, and saving it to folders.

use std::{path::Path, sync::PoisonError, time::Duration};

#[cfg(feature = "control")]
use super::store::Content;
use super::{
    capture::{Replay, is_captured},
    fixture_error::FixtureError,
    folder::{self, FolderError, Loading},
    hold::check_repository,
    state::RegistryState,
};

/// How long a replayed answer lets a client wait at most, unless something else is said.
pub const LONGEST_REPLAYED_DELAY: Duration = Duration::from_secs(1);

impl RegistryState {
    /// Adds the images of every folder and archive below `root`, each as the repository that its path names: what
    /// [`save`](Self::save) writes, and OCI layouts, `docker save`s and skopeo `dir:`s of other tools, unpacked or as `.tar`.
    /// `root` may be one of these itself. Signatures beside them, as in a lookaside folder, are found in every way. A captured
    /// folder is [replayed](Self::replay).
    ///
    /// # Errors
    /// When nothing below `root` is such a folder, or one cannot be read.
    pub fn load(&self, root: &Path) -> Result<(), FolderError> {
        if is_captured(root) {
            return self.replay(root, LONGEST_REPLAYED_DELAY);
        }
        let mut loading = self.loading();
        loading.all(root)?;
        self.hold_all(loading);
        self.announce_signatures();
        Ok(())
    }

    /// Answers every request from now on as a captured folder says; what was not captured is an error and a finding. Delays
    /// are replayed up to `longest_delay`. Armed faults come first.
    ///
    /// # Errors
    /// When the folder is no captured one or cannot be read, or another one is replayed already.
    pub fn replay(&self, folder: &Path, longest_delay: Duration) -> Result<(), FolderError> {
        let replay = Replay::of_folder(folder, longest_delay)?;
        let mut loading = self.loading();
        loading.captured(folder)?;
        self.hold_all(loading);
        self.replay.set(replay).map_err(|_| FolderError::SecondCapture(folder.to_owned()))
    }

    /// Adds the images of a folder or an archive to a repository.
    ///
    /// # Errors
    /// When no client can ask for a repository of this name, or the folder cannot be read.
    pub fn load_into(&self, repository: &str, path: &Path) -> Result<(), FixtureError> {
        check_repository(repository)?;
        let mut loading = self.loading();
        loading.repository(repository, path)?;
        self.hold_all(loading);
        Ok(())
    }

    /// Adds the images of an archive that was received to a repository.
    #[cfg(feature = "control")]
    pub(crate) fn load_archive(&self, repository: &str, archive: &Content) -> Result<(), FixtureError> {
        check_repository(repository)?;
        let mut loading = self.loading();
        loading.archive(repository, archive, Path::new("the archive"))?;
        self.hold_all(loading);
        Ok(())
    }

    /// Begins to read folders and archives; requests are answered meanwhile.
    fn loading(&self) -> Loading {
        Loading::new(self.archive_limit)
    }

    /// Holds what was read.
    fn hold_all(&self, loading: Loading) {
        self.store_mut().absorb(loading.store);
        self.note(loading.missing);
    }

    /// What the images of loaded folders name and the folders do not hold, a line each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, notes: Vec<String>) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).extend(notes);
    }

    /// Writes all repositories as OCI layouts, each into the folder of its name below `root`, and the signatures of their
    /// images beside them, so that `root` is a lookaside folder, too.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, root: &Path) -> Result<(), FolderError> {
        // Writing takes its time, and requests are answered meanwhile.
        let store = self.store().clone();
        folder::save(&store, root)
    }
}
