//! The bytes of an answer on their way to the client: what is to be kept is written beside, small content in memory, large
//! content in a temporary file of the captured folder.

use std::{io, path::Path};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::{fs::File, io::AsyncWriteExt};

use crate::registry::store::SPILL_THRESHOLD;
use oci_types::{Algorithm, Digest, Hasher};

/// Bytes that arrive.
#[derive(Debug)]
pub(super) struct Collected {
    place: Place,
    length: u64,
    limit: u64,
    hasher: Hasher,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    File {
        temporary: NamedTempFile,
        file: File,
    },
    /// There were more than are to be kept.
    Dropped,
}

/// All that has arrived.
#[derive(Debug)]
pub(super) enum Kept {
    Memory(Bytes),
    File(NamedTempFile),
    Dropped,
}

impl Collected {
    /// Keeps as many as `limit` bytes. If there are more, none is kept.
    pub(super) fn new(limit: u64, algorithm: Algorithm) -> Self {
        let place = if limit == 0 { Place::Dropped } else { Place::Memory(Vec::new()) };
        Self { place, length: 0, limit, hasher: algorithm.hasher() }
    }

    /// Whether what arrives is still of use.
    pub(super) const fn is_kept(&self) -> bool {
        !matches!(self.place, Place::Dropped)
    }

    /// How many bytes have arrived.
    pub(super) const fn len(&self) -> u64 {
        self.length
    }

    pub(super) async fn push(&mut self, piece: &Bytes, folder: &Path) -> io::Result<()> {
        self.length += piece.len() as u64;
        if self.length > self.limit {
            self.place = Place::Dropped;
        }
        if let Place::Memory(bytes) = &self.place
            && self.length > SPILL_THRESHOLD
        {
            let temporary = NamedTempFile::with_prefix_in(".partial-", folder)?;
            let mut file = File::from_std(temporary.reopen()?);
            file.write_all(bytes).await?;
            self.place = Place::File { temporary, file };
        }
        match &mut self.place {
            Place::Memory(bytes) => bytes.extend_from_slice(piece),
            Place::File { file, .. } => file.write_all(piece).await?,
            Place::Dropped => return Ok(()),
        }
        self.hasher.update(piece);
        Ok(())
    }

    /// What was kept, and the digest of it.
    pub(super) async fn finish(self) -> io::Result<(Kept, Digest)> {
        let kept = match self.place {
            Place::Memory(bytes) => Kept::Memory(bytes.into()),
            Place::File { temporary, mut file } => {
                file.flush().await?;
                Kept::File(temporary)
            }
            Place::Dropped => Kept::Dropped,
        };
        Ok((kept, self.hasher.finish()))
    }
}
