//! Writing a captured folder: content as it comes, a line of the log for each exchange, and the indexes at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{
    collect::CollectedBytes,
    log::{CapturedBody, CapturedEnd, CapturedExchange, LOG, LogHead},
    options::{CaptureError, CaptureSummary},
    secrets::KnownSecrets,
};
use crate::{
    fixture::canonical_digest,
    registry::{
        folder::{FolderError, IndexedManifest, blob_path, folder_of, persist, write_file, write_index},
        store::MANIFEST_LIMIT,
    },
};
use oci_types::Digest;

/// How many manifests a repository has while its index is written with each of them; later it is written at the end.
const INDEXED_AT_ONCE: usize = 100;

/// The folder, while it is being written.
#[derive(Debug)]
pub(super) struct Recorder {
    folder: PathBuf,
    log: Mutex<File>,
    secrets: Mutex<KnownSecrets>,
    content: Mutex<BTreeMap<String, RepositoryContent>>,
    summary: Mutex<CaptureSummary>,
}

/// The content of one repository.
#[derive(Debug, Default)]
struct RepositoryContent {
    manifests: BTreeMap<Digest, HeldManifest>,
    tags: BTreeMap<String, Digest>,
    blobs: BTreeSet<Digest>,
}

impl RepositoryContent {
    /// The manifests with their tags.
    fn indexed(&self) -> impl Iterator<Item = IndexedManifest<'_>> {
        self.manifests.iter().map(|(digest, HeldManifest { media_type, size })| IndexedManifest {
            digest,
            media_type,
            size: *size,
            tags: self.tags.iter().filter(|(_, tagged)| *tagged == digest).map(|(tag, _)| tag.as_str()).collect(),
        })
    }
}

#[derive(Debug)]
struct HeldManifest {
    media_type: String,
    size: u64,
}

/// What the body of an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The manifest of a repository, under a tag or a digest.
    Manifest { repository: String, reference: String },
    /// A blob of a repository.
    Blob { repository: String, digest: String },
    /// Anything else: a list, an error, a token.
    Message,
}

impl Recorder {
    /// Makes the folder, and begins the log.
    pub(super) fn start(folder: &Path) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::Folder { folder: folder.to_owned(), source };
        match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(CaptureError::NotEmpty(folder.to_owned())),
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(folder).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
        let mut log = OpenOptions::new().append(true).create_new(true).open(folder.join(LOG)).map_err(failed)?;
        log.write_all(&line(&LogHead::default())).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            log: Mutex::new(log),
            secrets: Mutex::default(),
            content: Mutex::default(),
            summary: Mutex::default(),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn secrets(&self) -> MutexGuard<'_, KnownSecrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn summary(&self) -> MutexGuard<'_, CaptureSummary> {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn content(&self) -> MutexGuard<'_, BTreeMap<String, RepositoryContent>> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something is not in the folder that should be.
    pub(super) fn problem(&self, problem: String) {
        self.summary().problems.push(problem);
    }

    /// Writes an exchange into the log. It is there as a whole line or not at all, unless the process is killed meanwhile.
    pub(super) fn write(&self, exchange: &CapturedExchange) {
        let written = {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            log.write_all(&line(exchange))
        };
        let mut summary = self.summary();
        match written {
            Ok(()) => summary.exchanges += 1,
            Err(error) => summary.problems.push(format!("{}: {error}", self.folder.join(LOG).display())),
        }
        let omitted = exchange.response.as_ref().is_some_and(|it| matches!(it.body, CapturedBody::Omitted(_)));
        summary.left_out += u64::from(omitted);
        summary.unfinished += u64::from(exchange.end != CapturedEnd::Complete);
    }

    /// Puts the content of an answer into the layout of its repository, if it is content and kept. What is there already is
    /// not written again.
    pub(super) fn keep(
        &self,
        purpose: &Purpose,
        media_type: &str,
        kept: CollectedBytes,
        found: Digest,
        length: u64,
        whole: bool,
    ) -> Result<CapturedBody, FolderError> {
        let (repository, digest) = match (purpose, &kept) {
            (_, CollectedBytes::Dropped) | (Purpose::Message, _) => return Ok(CapturedBody::Omitted(length)),
            (Purpose::Manifest { repository, .. }, CollectedBytes::Memory(bytes)) => {
                (repository, canonical_digest(media_type, found.algorithm(), bytes))
            }
            (Purpose::Blob { repository, .. } | Purpose::Manifest { repository, .. }, _) => (repository, found),
        };
        let folder = self.folder.join(folder_of(repository));
        let path = blob_path(&folder, &digest);
        let first = !self.content().contains_key(repository);
        if first {
            write_index(&folder, [])?;
        }
        if path.symlink_metadata().is_err() {
            store(&path, kept)?;
        }
        let mut content = self.content();
        let held = content.entry(repository.clone()).or_default();
        match purpose {
            Purpose::Manifest { reference, .. } if whole && length <= MANIFEST_LIMIT as u64 => {
                held.manifests.insert(digest.clone(), HeldManifest { media_type: media_type.to_owned(), size: length });
                if !reference.contains(':') {
                    held.tags.insert(reference.clone(), digest.clone());
                }
                // A process that is killed writes none at the end.
                if held.manifests.len() <= INDEXED_AT_ONCE {
                    write_index(&folder, held.indexed())?;
                }
            }
            _ => {
                held.blobs.insert(digest.clone());
            }
        }
        Ok(CapturedBody::Content { repository: repository.clone(), digest })
    }

    /// Writes the indexes, and the log without what has become known as a secret only later. Returns what was captured.
    pub(super) fn finish(&self) -> CaptureSummary {
        let mut problems = Vec::new();
        let content = self.content();
        for (repository, held) in &*content {
            if let Err(error) = write_index(&self.folder.join(folder_of(repository)), held.indexed()) {
                problems.push(error.to_string());
            }
        }
        if let Err(error) = self.rewrite_log() {
            problems.push(error.to_string());
        }
        let mut summary = self.summary();
        summary.problems.extend(problems);
        summary.repositories = content.len();
        summary.manifests = content.values().map(|held| held.manifests.len()).sum();
        summary.blobs = content.values().map(|held| held.blobs.len()).sum();
        summary.clone()
    }

    fn rewrite_log(&self) -> Result<(), FolderError> {
        let path = self.folder.join(LOG);
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let secrets = self.secrets();
        write_file(&path, |out| {
            log.sync_all()?;
            for text in BufReader::new(File::open(&path)?).lines() {
                let text = text?;
                let mut value: Value = serde_json::from_str(&text)?;
                if redact(&mut value, &secrets) {
                    out.write_all(&line(&value))?;
                } else {
                    writeln!(out, "{text}")?;
                }
            }
            Ok(())
        })
    }
}

/// Takes secrets out of every text; whether there was one.
fn redact(value: &mut Value, secrets: &KnownSecrets) -> bool {
    match value {
        Value::String(text) => {
            let redacted = secrets.redacted(text);
            let changed = redacted != *text;
            *text = redacted;
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| redact(item, secrets) | changed),
        Value::Object(fields) => fields.values_mut().fold(false, |changed, field| redact(field, secrets) | changed),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A line of the log.
fn line(value: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Puts content in its place, whole or not at all.
fn store(path: &Path, kept: CollectedBytes) -> Result<(), FolderError> {
    match kept {
        CollectedBytes::Memory(bytes) => write_file(path, |file| file.write_all(&bytes)),
        CollectedBytes::File(file) => persist(file, path),
        CollectedBytes::Dropped => Ok(()),
    }
}
