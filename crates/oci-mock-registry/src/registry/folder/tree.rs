//! A folder that may come from anywhere: nothing outside it is read, nothing that is no file is opened.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use serde::de::DeserializeOwned;

use super::error::{FolderError, at};
use crate::registry::store::{Content, MANIFEST_LIMIT, Unpacked};
use oci_types::Digest;

/// A folder, and where its files may lie.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// The folder.
    pub(super) folder: PathBuf,
    /// The folder that files and what links lead to have to lie in, without links.
    boundary: Arc<PathBuf>,
    /// The temporary folder that it is part of, where it was unpacked from an archive.
    unpacked: Option<Arc<Unpacked>>,
    /// The archive that it was unpacked from, for messages.
    archive: Option<Arc<PathBuf>>,
}

impl Tree {
    pub(super) fn of_folder(folder: &Path) -> Result<Self, FolderError> {
        let boundary = folder.canonicalize().map_err(at(folder))?;
        Ok(Self { folder: folder.to_owned(), boundary: Arc::new(boundary), unpacked: None, archive: None })
    }

    /// What was unpacked from an archive. It is kept for as long as content of it is.
    pub(super) fn of_archive(archive: &Path, unpacked: Unpacked) -> Result<Self, FolderError> {
        let mut tree = Self::of_folder(unpacked.path())?;
        (tree.unpacked, tree.archive) = (Some(Arc::new(unpacked)), Some(Arc::new(archive.to_owned())));
        Ok(tree)
    }

    /// A folder in this folder.
    pub(super) fn below(&self, path: &Path) -> Self {
        Self { folder: path.to_owned(), ..self.clone() }
    }

    /// The folder for a message: the archive, if it is from one.
    pub(super) fn shown(&self) -> PathBuf {
        self.archive.as_ref().map_or_else(|| self.folder.clone(), |archive| archive.to_path_buf())
    }

    /// The path of a file that the folder names.
    pub(super) fn path(&self, name: &str) -> Result<PathBuf, FolderError> {
        let is_inside =
            Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if is_inside { Ok(self.folder.join(name)) } else { Err(self.outside(name)) }
    }

    /// Whether something of this name is there, be it what it may.
    pub(super) fn has(&self, name: &str) -> bool {
        self.folder.join(name).symlink_metadata().is_ok()
    }

    /// The regular file at a path, which links do not lead out of the boundary.
    fn file(&self, path: &Path) -> Result<u64, FolderError> {
        self.check_inside(path)?;
        let metadata = path.metadata().map_err(at(path))?;
        if metadata.is_file() { Ok(metadata.len()) } else { Err(FolderError::NoFile(path.to_owned())) }
    }

    /// Refuses a path that links lead out of the boundary.
    pub(super) fn check_inside(&self, path: &Path) -> Result<(), FolderError> {
        if path.canonicalize().map_err(at(path))?.starts_with(&*self.boundary) {
            return Ok(());
        }
        let name = path.strip_prefix(&self.folder).unwrap_or(path).display().to_string();
        Err(self.outside(&name))
    }

    fn outside(&self, name: &str) -> FolderError {
        FolderError::Outside { folder: self.shown(), name: name.to_owned() }
    }

    /// The bytes of a manifest or an index.
    pub(super) fn manifest(&self, path: &Path) -> Result<Vec<u8>, FolderError> {
        if self.file(path)? > MANIFEST_LIMIT as u64 {
            return Err(FolderError::LargeManifest(path.to_owned()));
        }
        fs::read(path).map_err(at(path))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, FolderError> {
        let path = self.folder.join(name);
        let text = self.manifest(&path)?;
        serde_json::from_slice(&text).map_err(|source| FolderError::Json { path, source })
    }

    /// A file as content, which stays where it is, and its digest by the algorithm of `expected`, which it has to have.
    pub(super) fn blob(&self, path: &Path, expected: &Digest) -> Result<Content, FolderError> {
        let (content, found) = self.hashed(path, expected.algorithm())?;
        if found == *expected {
            Ok(content)
        } else {
            Err(FolderError::OtherContent { path: path.to_owned(), digest: expected.clone() })
        }
    }

    /// A file as content, and its digest.
    pub(super) fn hashed(
        &self,
        path: &Path,
        algorithm: oci_types::Algorithm,
    ) -> Result<(Content, Digest), FolderError> {
        self.file(path)?;
        let content = Content::of_file(path, self.unpacked.clone()).map_err(at(path))?;
        let mut hasher = algorithm.hasher();
        content.read(|piece| hasher.update(piece)).map_err(at(path))?;
        Ok((content, hasher.finish()))
    }

    /// What is in a folder of this folder, sorted; nothing if it is not there.
    pub(super) fn entries(&self, folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        self.check_inside(folder)?;
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(at(folder))?;
        entries.sort();
        Ok(entries)
    }
}

/// The last part of a path as text.
pub(super) fn last(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
