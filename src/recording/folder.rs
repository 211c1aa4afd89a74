//! Recordings as folders.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Manifest, RecordedCase};
use crate::redaction::Secrets;

/// The version of the format; it rises with every change that an older version would misread.
const FORMAT: u32 = 1;
const MANIFEST: &str = "recording.json";

/// A recording that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Where it is.
    pub folder: PathBuf,
    /// What was recorded.
    pub manifest: Manifest,
    /// The responses, by the names of cases.
    pub cases: BTreeMap<String, RecordedCase>,
}

/// A folder that cannot be read or written as a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is no recording in it.
    #[error("{} is not there: {} is no recording", folder.join(MANIFEST).display(), folder.display())]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// The recording has another format.
    #[error("{}: the recording is of format {format}, expected {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// A file is not what it should be.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// Something is in the folder already.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
}

impl RecordingError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Absent { .. } => Some("`isi-conformance record --target URL --out DIR` makes a recording"),
            Self::Format { .. } | Self::Malformed { .. } => Some("record again with this version"),
            Self::NotEmpty(_) => Some("name a new folder: a recording is never overwritten"),
            Self::Io { .. } => None,
        }
    }
}

impl Manifest {
    /// The version of the format that this version writes.
    pub const FORMAT: u32 = FORMAT;
}

impl Recording {
    /// Reads the recording in `folder`.
    ///
    /// # Errors
    /// When the folder is absent, or one of its files is invalid.
    pub fn read(folder: &Path) -> Result<Self, RecordingError> {
        #[derive(Deserialize)]
        struct RecordingHead {
            format: u32,
        }
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            return Err(RecordingError::Absent { folder: folder.to_owned() });
        }
        let RecordingHead { format } = read(&path)?;
        if format != FORMAT {
            return Err(RecordingError::Format { path, format });
        }
        let manifest: Manifest = read(&path)?;
        let case = |name: &String| Ok((name.clone(), read(&folder.join(file_of(name)))?));
        let cases = manifest.cases.iter().map(case).collect::<Result<_, RecordingError>>()?;
        Ok(Self { folder: folder.to_owned(), manifest, cases })
    }
}

/// Makes sure, before the work is done, that a recording can be written to `folder`.
///
/// # Errors
/// When something is in it already, or nothing can be written beside it.
pub fn prepare(folder: &Path) -> Result<(), RecordingError> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(RecordingError::NotEmpty(folder.to_owned())),
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(RecordingError::Io { path: folder.to_owned(), error }),
    }
    beside(folder).map(drop)
}

/// Writes a recording, so that `folder` has all of it or is not there. Secrets of the process are taken out.
///
/// # Errors
/// When a file cannot be written, or something is in the folder by now.
pub fn write(folder: &Path, manifest: &Manifest, cases: &BTreeMap<String, RecordedCase>) -> Result<(), RecordingError> {
    let temporary = beside(folder)?;
    let root = temporary.path();
    // Made once: it takes longer than everything else.
    let redactor = Secrets::of_this_process().redactor();
    write_file(&root.join(MANIFEST), &manifest.redacted(&redactor))?;
    for (name, case) in cases {
        write_file(&root.join(file_of(name)), &case.redacted(&redactor))?;
    }
    let failed = |error| RecordingError::Io { path: folder.to_owned(), error };
    set_readable(root).map_err(failed)?;
    // An empty folder is replaced; one with something in it is not.
    match fs::rename(root, folder) {
        Ok(()) => {
            // Nothing is left at its path.
            let _ = temporary.keep();
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            Err(RecordingError::NotEmpty(folder.to_owned()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// A temporary folder beside `folder`, from which it can be renamed.
fn beside(folder: &Path) -> Result<tempfile::TempDir, RecordingError> {
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = |error| RecordingError::Io { path: parent.to_owned(), error };
    fs::create_dir_all(parent).map_err(failed)?;
    tempfile::Builder::new().prefix(".recording-").tempdir_in(parent).map_err(failed)
}

/// Gives the folder the permissions that one made in the usual way has: temporary ones are for their owner alone.
#[cfg(unix)]
fn set_readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let inside = folder.join(".permissions");
    fs::create_dir(&inside)?;
    let usual = fs::metadata(&inside)?.permissions().mode();
    fs::remove_dir(&inside)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(usual))
}

#[cfg(not(unix))]
fn set_readable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn write_file(path: &Path, content: &impl Serialize) -> Result<(), RecordingError> {
    let failed = |error| RecordingError::Io { path: path.to_owned(), error };
    let text = serde_json::to_string_pretty(content).map_err(|error| failed(error.into()))?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, text + "\n").map_err(failed)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, RecordingError> {
    let text = fs::read_to_string(path).map_err(|error| RecordingError::Io { path: path.to_owned(), error })?;
    serde_json::from_str(&text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        RecordingError::Malformed { path: path.to_owned(), line: error.line(), column: error.column(), message }
    })
}

/// Where the responses of a case are: `suite/case.json`.
fn file_of(name: &str) -> PathBuf {
    let (suite, case) = name.split_once("::").unwrap_or(("", name));
    Path::new(suite).join(format!("{case}.json"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::{super::RecordedStep, *};
    use crate::version::ApiVersion;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            generator: "isi-conformance".to_owned(),
            target: "http://127.0.0.1:1".to_owned(),
            api_version: ApiVersion::NEWEST,
            traits: BTreeMap::new(),
            started: "2026-01-02T03:04:05Z".to_owned(),
            selection: super::super::RecordingSelection::default(),
            cases: vec!["own::case".to_owned()],
            not_recorded: Vec::new(),
        }
    }

    fn cases(body: serde_json::Value) -> BTreeMap<String, RecordedCase> {
        let step = RecordedStep { status: Some(200), body, ..RecordedStep::default() };
        [("own::case".to_owned(), RecordedCase { responses: [(0, step)].into() })].into()
    }

    #[test]
    fn a_recording_is_read_as_it_was_written_and_never_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        prepare(&folder).unwrap();
        write(&folder, &manifest(), &cases(json!({"a": 1}))).unwrap();
        let read = Recording::read(&folder).unwrap();
        assert_eq!((read.manifest, read.cases), (manifest(), cases(json!({"a": 1}))));
        assert!(matches!(prepare(&folder), Err(RecordingError::NotEmpty(_))));
        assert!(matches!(write(&folder, &manifest(), &cases(json!(2))), Err(RecordingError::NotEmpty(_))));
        assert_eq!(fs::read_dir(parent.path().join("a")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn secrets_are_not_written() {
        Secrets::of_this_process().add("a-token-of-a-recording");
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("recording");
        write(&folder, &manifest(), &cases(json!({"echo": "Bearer a-token-of-a-recording"}))).unwrap();
        let text = fs::read_to_string(folder.join("own/case.json")).unwrap();
        assert!(text.contains("[redacted]") && !text.contains("a-token-of-a-recording"), "{text}");
    }

    #[rstest]
    #[case::no_manifest("other.json", "{}", "is no recording")]
    #[case::other_format(
        "recording.json",
        r#"{"format": 7}"#,
        "recording.json: the recording is of format 7, expected 1"
    )]
    #[case::no_json("recording.json", "{\n  x", "recording.json:2:3: key must be a string")]
    fn what_is_no_recording_is_told_with_its_place(#[case] file: &str, #[case] content: &str, #[case] expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(file), content).unwrap();
        let error = Recording::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.hint().is_some());
    }

    #[test]
    fn a_case_that_is_missing_or_malformed_is_told_with_its_place() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("recording");
        write(&folder, &manifest(), &cases(json!(1))).unwrap();
        fs::write(folder.join("own/case.json"), "{\"answers\": 1}").unwrap();
        let error = Recording::read(&folder).unwrap_err().to_string();
        assert!(error.contains("own/case.json:1:10: unknown field `answers`"), "{error}");
        fs::remove_file(folder.join("own/case.json")).unwrap();
        assert!(matches!(Recording::read(&folder), Err(RecordingError::Io { .. })));
    }
}
