//! Content of any size: small content in memory, large content in a temporary file.

use std::{
    io::{self, BufReader, Read, Write},
    ops::Range,
    path::Path,
    sync::Arc,
};

use bytes::{Buf, Bytes};

use super::{
    stored_file::{FileReader, StoredFile, TemporaryFile},
    unpacked::Unpacked,
};

use oci_types::{Algorithm, Digest, Hasher};

/// Content larger than this many bytes is kept in a temporary file instead of memory.
pub const SPILL_THRESHOLD: u64 = 1024 * 1024;

/// How many bytes are read at a time.
const PIECE: usize = 64 * 1024;

/// Bytes in memory or in a file; cheap to clone. The file goes with the last clone.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Memory(Bytes),
    /// A part of a file.
    File {
        /// The file.
        file: Arc<StoredFile>,
        /// The bytes of the file that are meant.
        range: Range<u64>,
    },
}

impl Content {
    /// The content of a file, which stays where it is; in a temporary folder, for as long as any content of it is kept.
    ///
    /// # Errors
    /// When the file is not there.
    pub(crate) fn of_file(path: &Path, unpacked: Option<Arc<Unpacked>>) -> io::Result<Self> {
        let length = path.metadata()?.len();
        Ok(Self::File { file: Arc::new(StoredFile::at(path, unpacked)), range: 0..length })
    }

    /// Writes all of it.
    pub(crate) fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        io::copy(&mut BufReader::with_capacity(PIECE, self.reader()?), out).map(drop)
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { range, .. } => range.end - range.start,
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A part of it. The range has to lie within.
    pub(crate) fn slice(&self, part: Range<u64>) -> Self {
        match self {
            Self::Memory(bytes) => {
                let [start, end] = [part.start, part.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
                Self::Memory(bytes.slice(start..end))
            }
            Self::File { file, range } => {
                Self::File { file: file.clone(), range: range.start + part.start..range.start + part.end }
            }
        }
    }

    /// The same with the byte at `position` inverted; a byte that it does not have stays as it is.
    pub(crate) fn with_inverted_byte(&self, position: u64) -> Self {
        match self {
            Self::Memory(bytes) => {
                let mut bytes = bytes.to_vec();
                if let Some(byte) = usize::try_from(position).ok().and_then(|position| bytes.get_mut(position)) {
                    *byte = !*byte;
                }
                Self::Memory(bytes.into())
            }
            Self::File { file, range } => {
                let file = Arc::new(file.clone().inverted(range.start.saturating_add(position)));
                Self::File { file, range: range.clone() }
            }
        }
    }

    /// All of it in memory.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn bytes(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::File { .. } => {
                let mut bytes = Vec::new();
                self.read(|piece| bytes.extend_from_slice(piece))?;
                Ok(bytes.into())
            }
        }
    }

    /// Hands out the content piece by piece.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        if let Self::Memory(bytes) = self {
            take(bytes);
            return Ok(());
        }
        let mut reader = self.reader()?;
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece)? {
                0 => return Ok(()),
                count => take(&piece[..count]),
            }
        }
    }

    /// The content from its start, as a stream.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn reader(&self) -> io::Result<ContentReader> {
        Ok(match self {
            Self::Memory(bytes) => ContentReader::Memory(bytes.clone().reader()),
            Self::File { file, range } => ContentReader::File { file: file.reader()?, rest: range.clone() },
        })
    }
}

/// Content that is being read.
#[derive(Debug)]
pub(crate) enum ContentReader {
    Memory(bytes::buf::Reader<Bytes>),
    File {
        file: FileReader,
        /// The bytes of the file that have not been read.
        rest: Range<u64>,
    },
}

impl Read for ContentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read(buffer),
            Self::File { file, rest } => {
                let wanted = buffer.len().min(usize::try_from(rest.end - rest.start).unwrap_or(usize::MAX));
                let count = file.read_at(&mut buffer[..wanted], rest.start)?;
                if count == 0 && wanted > 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                rest.start += count as u64;
                Ok(count)
            }
        }
    }
}

impl<T: Into<Bytes>> From<T> for Content {
    fn from(bytes: T) -> Self {
        Self::Memory(bytes.into())
    }
}

/// Content that is being received.
#[derive(Debug)]
pub(crate) struct Writer {
    place: WriterPlace,
    length: u64,
    sha256: Hasher,
}

#[derive(Debug)]
enum WriterPlace {
    Memory(Vec<u8>),
    File(TemporaryFile),
}

impl Default for Writer {
    fn default() -> Self {
        Self { place: WriterPlace::Memory(Vec::new()), length: 0, sha256: Algorithm::Sha256.hasher() }
    }
}

impl Writer {
    pub(crate) const fn len(&self) -> u64 {
        self.length
    }

    pub(crate) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if let WriterPlace::Memory(bytes) = &self.place
            && self.length + piece.len() as u64 > SPILL_THRESHOLD
        {
            let mut file = TemporaryFile::new()?;
            file.write_all(bytes)?;
            self.place = WriterPlace::File(file);
        }
        match &mut self.place {
            WriterPlace::Memory(bytes) => bytes.extend_from_slice(piece),
            WriterPlace::File(file) => file.write_all(piece)?,
        }
        self.sha256.update(piece);
        self.length += piece.len() as u64;
        Ok(())
    }

    /// The content, and its digest by `algorithm`.
    pub(crate) fn finish(self, algorithm: Algorithm) -> io::Result<(Content, Digest)> {
        let content = match self.place {
            WriterPlace::Memory(bytes) => Content::Memory(bytes.into()),
            WriterPlace::File(file) => Content::File { file: Arc::new(file.into_stored()), range: 0..self.length },
        };
        let digest = if algorithm == Algorithm::Sha256 {
            self.sha256.finish()
        } else {
            let mut hasher = algorithm.hasher();
            content.read(|piece| hasher.update(piece))?;
            hasher.finish()
        };
        Ok((content, digest))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn large_content_goes_to_a_file_and_comes_back() {
        let mut writer = Writer::default();
        let piece = vec![7; 1024 * 1024];
        for _ in 0..17 {
            writer.write(&piece).unwrap();
        }
        let (content, digest) = writer.finish(Algorithm::Sha512).unwrap();
        assert!(matches!(content, Content::File { .. }));
        assert_eq!(content.len(), 17 * 1024 * 1024);
        assert!(digest.matches(&content.bytes().unwrap()));
        assert_eq!(content.slice(5..8).bytes().unwrap(), [7, 7, 7].as_slice());
    }
}
