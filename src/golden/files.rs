//! The files of goldens: part of the binary, or in a folder.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::StoreError;

/// Where the files of goldens are; they are named by their path in it: `single-image/content-s2-basic.snap`.
#[derive(Debug, Clone)]
pub(super) enum GoldenFiles {
    /// In the binary, by path.
    Embedded(Arc<BTreeMap<String, &'static str>>),
    /// In a folder, in which goldens can be proposed too.
    Folder(PathBuf),
    /// In several places, by suite.
    BySuite(BTreeMap<String, Self>),
}

impl GoldenFiles {
    /// The files of a folder that the binary carries in itself.
    pub(super) fn embedded(root: &'static include_dir::Dir<'static>) -> Self {
        let files = root
            .find("**/*.snap")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.as_file())
            .filter_map(|file| Some((file.path().display().to_string(), file.contents_utf8()?)))
            .collect();
        Self::Embedded(Arc::new(files))
    }

    /// The files of `suites` here, and those of `other_suites` in `other`.
    pub(super) fn and(self, suites: Vec<String>, other: Self, other_suites: Vec<String>) -> Self {
        let mut by_suite = BTreeMap::new();
        for (files, suites) in [(self, suites), (other, other_suites)] {
            match files {
                Self::BySuite(known) => by_suite.extend(known),
                files => by_suite.extend(suites.into_iter().map(|suite| (suite, files.clone()))),
            }
        }
        Self::BySuite(by_suite)
    }

    /// Whether the files of this suite are part of the binary.
    pub(super) fn are_embedded(&self, suite: &str) -> bool {
        match self {
            Self::Embedded(_) => true,
            Self::Folder(_) => false,
            Self::BySuite(by_suite) => by_suite.get(suite).is_some_and(|files| files.are_embedded(suite)),
        }
    }

    /// The place that has the file `path`.
    fn of_suite<'a>(by_suite: &'a BTreeMap<String, Self>, path: &str) -> Option<&'a Self> {
        path.split_once('/').and_then(|(suite, _)| by_suite.get(suite))
    }

    /// The text of a file, if it is there.
    pub(super) fn read(&self, path: &str) -> Result<Option<Cow<'static, str>>, StoreError> {
        match self {
            Self::Embedded(files) => Ok(files.get(path).map(|text| Cow::Borrowed(*text))),
            Self::Folder(folder) => match std::fs::read_to_string(folder.join(path)) {
                Ok(text) => Ok(Some(Cow::Owned(text))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(StoreError::Io { path: self.display(path), source }),
            },
            Self::BySuite(by_suite) => Self::of_suite(by_suite, path).map_or(Ok(None), |files| files.read(path)),
        }
    }

    /// Writes a proposal of the text of a file beside it, and returns its path. The file itself stays as it is.
    ///
    /// # Errors
    /// When the files are part of the binary, or the proposal cannot be written.
    pub(super) fn propose(&self, path: &str, text: &str) -> Result<PathBuf, StoreError> {
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::Embedded(_) => return Err(StoreError::ReadOnly),
            Self::BySuite(by_suite) => {
                return Self::of_suite(by_suite, path).ok_or(StoreError::ReadOnly)?.propose(path, text);
            }
        };
        let path = folder.join(format!("{path}.new"));
        write_atomically(&path, text).map_err(|source| StoreError::Io { path: path.display().to_string(), source })?;
        Ok(path)
    }

    /// The paths of all files, sorted.
    pub(super) fn paths(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Embedded(files) => Ok(files.keys().cloned().collect()),
            Self::Folder(folder) => {
                let mut found = Vec::new();
                list(folder, folder, &mut found)
                    .map_err(|source| StoreError::Io { path: folder.display().to_string(), source })?;
                found.sort_unstable();
                Ok(found)
            }
            Self::BySuite(by_suite) => {
                let mut found = Vec::new();
                for (suite, files) in by_suite {
                    let in_suite = |path: &String| path.split_once('/').is_some_and(|(folder, _)| folder == suite);
                    found.extend(files.paths()?.into_iter().filter(in_suite));
                }
                Ok(found)
            }
        }
    }

    /// The path of a file as messages show it.
    pub(super) fn display(&self, path: &str) -> String {
        match self {
            Self::Embedded(_) => format!("golden/{path}"),
            Self::Folder(folder) => folder.join(path).display().to_string(),
            Self::BySuite(by_suite) => {
                Self::of_suite(by_suite, path).map_or_else(|| format!("golden/{path}"), |files| files.display(path))
            }
        }
    }
}

/// Whether a file or folder is hidden: what editors and systems leave behind (`._bug.yaml`, `.#bug.yaml`) is.
#[must_use]
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if is_hidden(&path) {
            continue;
        }
        if path.is_dir() {
            list(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "snap")
            && let Ok(inside) = path.strip_prefix(root)
        {
            found.push(inside.display().to_string());
        }
    }
    Ok(())
}

/// Writes a file and its folders so that a reader never sees half of it.
fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, path)
}
