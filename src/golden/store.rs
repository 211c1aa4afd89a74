//! Where goldens are, and which of them holds for an API version.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Golden, Pattern, Piece};
use crate::{document::nearest, fixture::ImageCatalogue, version::ApiVersion};

/// The folder of goldens that belongs to a folder of suites.
///
/// `SUITE/CASE.snap` holds for the newest API version. `SUITE/CASE@4.18.snap` holds for 4.18 and every older version,
/// until a snapshot named for a still older version takes over.
#[derive(Debug, Clone)]
pub enum Store {
    /// The goldens that the binary carries in itself.
    Embedded(&'static include_dir::Dir<'static>),
    /// A folder, in which goldens can be proposed too.
    Folder(PathBuf),
}

/// A snapshot as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotFile {
    /// Its path inside the store: `single-image/content-s2-basic@4.18.snap`.
    pub path: String,
    /// What it says.
    pub golden: Golden,
}

/// Why a golden could not be read or proposed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is there and cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not an insta snapshot with a golden in it.
    #[error("{path}:{line}:{column}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// The goldens are part of the binary.
    #[error("the built-in goldens cannot be changed; run inside a folder that has `suites` and `golden`")]
    ReadOnly,
}

impl Store {
    /// The golden of a case that holds for `version`, if there is one.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is malformed.
    pub fn find(&self, suite: &str, case: &str, version: ApiVersion) -> Result<Option<SnapshotFile>, StoreError> {
        self.locate(suite, case, version)?.map(|(path, text)| self.parsed(path, &text)).transpose()
    }

    /// [`find`](Self::find), and makes sure that the golden names only images of the case.
    ///
    /// # Errors
    /// When the file is there and cannot be read, is malformed, or names an image that is none of `images`.
    pub fn checked(
        &self,
        suite: &str,
        case: &str,
        version: ApiVersion,
        images: &ImageCatalogue,
    ) -> Result<Option<SnapshotFile>, StoreError> {
        let Some((path, text)) = self.locate(suite, case, version)? else { return Ok(None) };
        let file = self.parsed(path, &text)?;
        for (index, line) in text.lines().enumerate() {
            for piece in Pattern::parse(line).pieces() {
                if let Piece::Variable(variable) = piece
                    && let Some(image) = variable.image()
                    && images.get(image).is_none()
                {
                    let near = nearest(image, images.names()).map(|name| format!(", did you mean `{name}`?"));
                    return Err(StoreError::Malformed {
                        path: self.display(&file.path),
                        line: index + 1,
                        column: line.find(&format!("[{variable}]")).unwrap_or_default() + 1,
                        message: format!("unknown image `{image}`{}", near.unwrap_or_default()),
                    });
                }
            }
        }
        Ok(Some(file))
    }

    /// Writes `golden` beside the snapshot at `path` in the store, which need not be there yet, for `cargo insta review`.
    /// No golden is overwritten.
    ///
    /// # Errors
    /// When the store is read-only, or the file cannot be written.
    pub fn propose(&self, suite: &str, case: &str, path: &str, golden: &Golden) -> Result<PathBuf, StoreError> {
        let Self::Folder(folder) = self else { return Err(StoreError::ReadOnly) };
        let path = folder.join(format!("{path}.new"));
        let failed = |source| StoreError::Io { path: path.display().to_string(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        write_atomically(&path, &render(suite, case, golden)).map_err(failed)?;
        Ok(path)
    }

    /// The paths of all snapshots, sorted; to find those that no case uses.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn paths(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = match self {
            Self::Embedded(root) => root
                .find("**/*.snap")
                .map(|entries| entries.map(|entry| entry.path().display().to_string()).collect())
                .unwrap_or_default(),
            Self::Folder(folder) => {
                let mut found = Vec::new();
                list(folder, folder, &mut found)
                    .map_err(|source| StoreError::Io { path: folder.display().to_string(), source })?;
                found
            }
        };
        paths.sort_unstable();
        Ok(paths)
    }

    /// Path and text of the snapshot that holds for `version`.
    fn locate(&self, suite: &str, case: &str, version: ApiVersion) -> Result<Option<(String, String)>, StoreError> {
        let versioned = ApiVersion::ALL.into_iter().filter(|candidate| *candidate >= version);
        let candidates = versioned
            .map(|candidate| format!("{suite}/{case}@{candidate}.snap"))
            .chain([format!("{suite}/{case}.snap")]);
        for path in candidates {
            if let Some(text) = self.read(&path)? {
                return Ok(Some((path, text)));
            }
        }
        Ok(None)
    }

    fn parsed(&self, path: String, text: &str) -> Result<SnapshotFile, StoreError> {
        let golden = parse(&self.display(&path), text)?;
        Ok(SnapshotFile { path, golden })
    }

    fn read(&self, path: &str) -> Result<Option<String>, StoreError> {
        match self {
            Self::Embedded(root) => Ok(root.get_file(path).and_then(|file| file.contents_utf8()).map(str::to_owned)),
            Self::Folder(folder) => match std::fs::read_to_string(folder.join(path)) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(StoreError::Io { path: self.display(path), source }),
            },
        }
    }

    fn display(&self, path: &str) -> String {
        match self {
            Self::Embedded(_) => format!("golden/{path}"),
            Self::Folder(folder) => folder.join(path).display().to_string(),
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

/// Splits an insta snapshot into its header and its body, and reads the body.
fn parse(path: &str, text: &str) -> Result<Golden, StoreError> {
    let malformed = |line, column, message| StoreError::Malformed { path: path.to_owned(), line, column, message };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let header = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.find("\n---\n").map(|end| end + "---\n".len() + "\n---\n".len()))
        .ok_or_else(|| malformed(1, 1, "expected an insta snapshot: `---`, a header, `---`, then JSON".to_owned()))?;
    let header_lines = text[..header].matches('\n').count();
    serde_json::from_str(&text[header..]).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        malformed(header_lines + error.line(), error.column(), message)
    })
}

fn render(suite: &str, case: &str, golden: &Golden) -> String {
    let body = serde_json::to_string_pretty(golden).expect("a golden has string keys only, so JSON can hold it");
    format!("---\nsource: suites/{suite}.yaml\nexpression: \"{suite}::{case}\"\n---\n{body}\n")
}

/// Writes a file so that nobody ever sees half of it.
fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::{super::GoldenStep, *};

    fn store_with(names: &[&str]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("demo")).unwrap();
        for name in names {
            let step = GoldenStep { request: (*name).to_owned(), ..GoldenStep::default() };
            let text = render("demo", "case", &Golden { steps: vec![step] });
            std::fs::write(folder.path().join("demo").join(name), text).unwrap();
        }
        let store = Store::Folder(folder.path().to_owned());
        (folder, store)
    }

    #[rstest]
    #[case(ApiVersion::V4_22, "case.snap")]
    #[case(ApiVersion::V4_18, "case@4.18.snap")]
    #[case(ApiVersion::V4_12, "case@4.18.snap")]
    #[case(ApiVersion::V4_8, "case@4.8.snap")]
    #[case(ApiVersion::V4_2, "case@4.8.snap")]
    fn a_snapshot_holds_for_its_version_and_older_ones(#[case] version: ApiVersion, #[case] expected: &str) {
        let (_folder, store) = store_with(&["case.snap", "case@4.18.snap", "case@4.8.snap"]);
        let found = store.find("demo", "case", version).unwrap().unwrap();
        assert_eq!(found.path, format!("demo/{expected}"));
        assert_eq!(found.golden.steps[0].request, expected);
    }

    #[rstest]
    #[case("\u{feff}")]
    #[case("")]
    fn a_byte_order_mark_is_skipped(#[case] mark: &str) {
        let golden = parse("case.snap", &format!("{mark}---\r\nsource: x\r\n---\r\n{{\"steps\": []}}\r\n")).unwrap();
        assert_eq!(golden, Golden::default());
    }

    #[test]
    fn a_case_without_a_snapshot_has_none() {
        let (_folder, store) = store_with(&["case.snap"]);
        assert_eq!(store.find("demo", "other", ApiVersion::NEWEST).unwrap(), None);
    }

    #[rstest]
    #[case("{}", "demo/case.snap:1:1: expected an insta snapshot")]
    #[case(
        "---\nsource: x\n---\n{\"steps\": [\n  {\"reqest\": \"x\"}]}\n",
        "demo/case.snap:5:11: unknown field `reqest`"
    )]
    fn a_malformed_snapshot_is_told_with_its_place(#[case] text: &str, #[case] expected: &str) {
        let (folder, store) = store_with(&[]);
        std::fs::write(folder.path().join("demo/case.snap"), text).unwrap();
        let error = store.find("demo", "case", ApiVersion::NEWEST).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn an_image_that_nobody_knows_is_told_with_its_place() {
        let (folder, store) = store_with(&["case.snap"]);
        let text = "---\nsource: x\n---\n{\"steps\": [\n  {\"request\": \"GET [digest s2-bsic]\"}]}\n";
        std::fs::write(folder.path().join("demo/case.snap"), text).unwrap();
        let images = crate::fixture::builtin();
        let error = store.checked("demo", "case", ApiVersion::NEWEST, images).unwrap_err().to_string();
        assert!(error.ends_with("demo/case.snap:5:20: unknown image `s2-bsic`, did you mean `s2-basic`?"), "{error}");
    }

    #[test]
    fn a_proposal_stands_beside_the_snapshot_and_is_listed_nowhere() {
        let (folder, store) = store_with(&["case.snap"]);
        store.propose("demo", "case", "demo/case.snap", &Golden::default()).unwrap();
        assert!(folder.path().join("demo/case.snap.new").is_file());
        assert_eq!(store.paths().unwrap(), ["demo/case.snap"]);
    }
}
