//! The bytes of an answer on their way to the client: what is to be kept is written beside, small content in memory, large
//! content in a temporary file of the captured folder.

use std::{io, path::Path};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::{fs::File, io::AsyncWriteExt};

use crate::registry::{folder::partial_file, store::SPILL_THRESHOLD};
use oci_types::{Algorithm, Digest, Hasher};

/// Bytes that arrive.
#[derive(Debug)]
pub(super) struct Collected {
    place: CollectedPlace,
    length: u64,
    limit: u64,
    hasher: Hasher,
    /// Why the content was dropped, where it could not be written.
    error: Option<io::Error>,
}

#[derive(Debug)]
enum CollectedPlace {
    Memory(Vec<u8>),
    File {
        temporary: NamedTempFile,
        file: File,
    },
    /// There were more bytes than are to be kept, or they could not be written.
    Dropped,
}

/// What has arrived.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) kept: CollectedBytes,
    /// The digest of what was kept.
    pub(super) digest: Digest,
    /// How many bytes have arrived.
    pub(super) length: u64,
    /// Why the content was dropped, where it could not be written.
    pub(super) error: Option<io::Error>,
}

/// The bytes that were kept: all of them, or none.
#[derive(Debug)]
pub(super) enum CollectedBytes {
    Memory(Bytes),
    File(NamedTempFile),
    Dropped,
}

impl Collected {
    /// Keeps as many as `limit` bytes. If there are more, none is kept.
    pub(super) fn new(limit: u64, algorithm: Algorithm) -> Self {
        let place = if limit == 0 { CollectedPlace::Dropped } else { CollectedPlace::Memory(Vec::new()) };
        Self { place, length: 0, limit, hasher: algorithm.hasher(), error: None }
    }

    /// Whether what arrives is still of use.
    pub(super) const fn is_kept(&self) -> bool {
        !matches!(self.place, CollectedPlace::Dropped)
    }

    /// How many bytes have arrived.
    pub(super) const fn len(&self) -> u64 {
        self.length
    }

    /// Takes the next bytes. What cannot be written is dropped as a whole: content is kept from its first byte to its last, or
    /// not at all.
    pub(super) async fn push(&mut self, piece: &Bytes, folder: &Path) {
        self.length += piece.len() as u64;
        if self.length > self.limit {
            self.place = CollectedPlace::Dropped;
        }
        if let Err(error) = self.write(piece, folder).await {
            self.place = CollectedPlace::Dropped;
            self.error = Some(error);
        }
    }

    async fn write(&mut self, piece: &Bytes, folder: &Path) -> io::Result<()> {
        if let CollectedPlace::Memory(bytes) = &self.place
            && self.length > SPILL_THRESHOLD
        {
            let temporary = partial_file(folder)?;
            let mut file = File::from_std(temporary.reopen()?);
            file.write_all(bytes).await?;
            self.place = CollectedPlace::File { temporary, file };
        }
        match &mut self.place {
            CollectedPlace::Memory(bytes) => bytes.extend_from_slice(piece),
            CollectedPlace::File { file, .. } => file.write_all(piece).await?,
            CollectedPlace::Dropped => return Ok(()),
        }
        self.hasher.update(piece);
        Ok(())
    }

    /// Ends the content.
    pub(super) async fn finish(self) -> Collection {
        let Self { place, mut error, hasher, length, .. } = self;
        let kept = match place {
            CollectedPlace::Memory(bytes) => CollectedBytes::Memory(bytes.into()),
            CollectedPlace::File { temporary, mut file } => match file.flush().await {
                Ok(()) => CollectedBytes::File(temporary),
                Err(failed) => {
                    error = Some(failed);
                    CollectedBytes::Dropped
                }
            },
            CollectedPlace::Dropped => CollectedBytes::Dropped,
        };
        Collection { kept, digest: hasher.finish(), length, error }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn content_that_cannot_be_written_is_dropped_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let mut collected = Collected::new(u64::MAX, Algorithm::Sha256);
        let piece = Bytes::from(vec![7; usize::try_from(SPILL_THRESHOLD).unwrap()]);
        collected.push(&piece, &gone).await;
        assert!(collected.is_kept());
        collected.push(&piece, &gone).await;
        assert!(!collected.is_kept());
        collected.push(&piece, folder.path()).await;
        let Collection { kept, length, error, .. } = collected.finish().await;
        assert!(matches!(kept, CollectedBytes::Dropped), "{kept:?}");
        assert_eq!(length, 3 * SPILL_THRESHOLD);
        assert_eq!(error.unwrap().kind(), io::ErrorKind::NotFound);
    }
}
