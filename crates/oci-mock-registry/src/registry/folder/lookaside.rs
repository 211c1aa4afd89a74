//! Lookaside folders on disk, read once and as a whole: no request ever touches them.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    error::{FolderError, LOOKASIDE_LIMIT, at},
    write::write,
};
use crate::{
    fixture::SignatureWay,
    registry::{
        api::signatures::Signature,
        lookaside,
        store::MANIFEST_LIMIT,
        store::{Signatures, Store},
    },
};
use oci_types::Digest;

/// Adds the signatures of a folder, which has to hold some; clients find them in every way.
pub(crate) fn load(signatures: &mut Signatures, root: &Path) -> Result<(), FolderError> {
    match load_below(signatures, root)? {
        0 => Err(FolderError::NoSignatures(root.to_owned())),
        _ => Ok(()),
    }
}

/// Adds the signatures of a folder that may have none; returns how many there are.
pub(super) fn load_below(signatures: &mut Signatures, root: &Path) -> Result<usize, FolderError> {
    let mut reading = Reading { root: root.canonicalize().map_err(at(root))?, signatures, count: 0 };
    reading.folder(root, "")?;
    Ok(reading.count)
}

struct Reading<'a> {
    root: PathBuf,
    signatures: &'a mut Signatures,
    count: usize,
}

impl Reading<'_> {
    /// Looks for signatures in a folder, whose path below the root is `name`.
    fn folder(&mut self, folder: &Path, name: &str) -> Result<(), FolderError> {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(at(folder))?;
        entries.sort();
        let is_layout = folder.join("oci-layout").exists();
        for path in entries {
            let last = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if is_layout && last == "blobs" {
                continue;
            }
            let name = if name.is_empty() { last } else { format!("{name}/{last}") };
            match lookaside::image(&name) {
                Some((repository, digest)) => self.image(&path, repository, &digest)?,
                // A link may lead in a circle.
                None if path.is_symlink() || !path.is_dir() => {}
                None => self.folder(&path, &name)?,
            }
        }
        Ok(())
    }

    /// Reads the signatures of an image in their order, up to the first number that is not there, as clients do.
    fn image(&mut self, folder: &Path, repository: &str, digest: &Digest) -> Result<(), FolderError> {
        for number in 1.. {
            let name = lookaside::file(number);
            let path = folder.join(&name);
            if !path.is_file() {
                break;
            }
            // A folder may come from anywhere: what it links to has to be its own.
            if !path.canonicalize().map_err(at(&path))?.starts_with(&self.root) {
                return Err(FolderError::Outside { folder: folder.to_owned(), name });
            }
            if path.metadata().map_err(at(&path))?.len() > MANIFEST_LIMIT as u64 {
                return Err(FolderError::TooLarge(path));
            }
            self.count += 1;
            if self.count > LOOKASIDE_LIMIT {
                return Err(FolderError::TooMany(self.root.clone()));
            }
            let signature = Signature::new(digest, fs::read(&path).map_err(at(&path))?.into());
            self.signatures.add(repository, &digest.to_string(), signature, &SignatureWay::ALL.into());
        }
        Ok(())
    }
}

/// Writes the signatures of every image, so that the folder above the repositories' folders is a lookaside folder, too.
pub(crate) fn save(store: &Store, root: &Path) -> Result<(), FolderError> {
    for (repository, digest, signatures) in store.signatures.iter() {
        let Ok(digest) = digest.parse::<Digest>() else { continue };
        let folder = root.join(lookaside::folder(repository, &digest));
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let mut next = 1;
        for signature in signatures {
            let path = folder.join(lookaside::file(next));
            write(&path, |file| file.write_all(&signature.content))?;
            next += 1;
        }
        // What an earlier save left behind would be taken for signatures of today.
        for path in (next..).map(|number| folder.join(lookaside::file(number))).take_while(|path| path.exists()) {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}
