//! Files with content: those of folders, and temporary ones, which leave nothing behind.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::{NamedTempFile, TempPath};

use super::unpacked::Unpacked;

/// How many temporary files have no name at a time, so that not even a killed process leaves them behind. Each costs an open
/// descriptor; those beyond have a name, and go with their content.
const UNNAMED_LIMIT: usize = 256;

/// How many temporary files have no name now.
static UNNAMED: AtomicUsize = AtomicUsize::new(0);

/// The right to one file without a name.
#[derive(Debug)]
pub(super) struct Unnamed(());

impl Unnamed {
    fn new() -> Option<Self> {
        let more = |count: usize| (count < UNNAMED_LIMIT).then_some(count + 1);
        UNNAMED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self(()))
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        UNNAMED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A file with content: a temporary one, which is gone when it is not used any more, or one that stays where it is.
#[derive(Debug)]
pub struct StoredFile(Backing);

#[derive(Debug)]
enum Backing {
    Unnamed(Arc<File>, Unnamed),
    Temporary(TempPath),
    /// A file that stays, or goes with the folder that an archive was unpacked into.
    Kept {
        path: PathBuf,
        _unpacked: Option<Arc<Unpacked>>,
    },
    /// Another file with one byte inverted, the one at this position.
    Inverted(Arc<StoredFile>, u64),
}

impl StoredFile {
    /// A file that stays where it is; in a temporary folder, for as long as any content of it is kept.
    pub(crate) fn at(path: &Path, unpacked: Option<Arc<Unpacked>>) -> Self {
        Self(Backing::Kept { path: path.to_owned(), _unpacked: unpacked })
    }

    /// This file with the byte at `position` inverted.
    pub(super) const fn inverted(self: Arc<Self>, position: u64) -> Self {
        Self(Backing::Inverted(self, position))
    }

    /// The file, open for reading at any position.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn reader(&self) -> io::Result<FileReader> {
        let file = match &self.0 {
            Backing::Unnamed(file, _) => file.clone(),
            Backing::Temporary(path) => Arc::new(File::open(path)?),
            Backing::Kept { path, .. } => Arc::new(File::open(path)?),
            Backing::Inverted(file, position) => return Ok(FileReader { inverted: Some(*position), ..file.reader()? }),
        };
        Ok(FileReader { file, inverted: None })
    }
}

/// A file that is open. Several readers do not move each other's position.
#[derive(Debug, Clone)]
pub(crate) struct FileReader {
    file: Arc<File>,
    /// The position of a byte that is read inverted.
    inverted: Option<u64>,
}

impl FileReader {
    /// Reads from `position` on, and returns how many bytes that were: none at the end.
    pub(crate) fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let count = read_at(&self.file, buffer, position)?;
        self.invert(&mut buffer[..count], position);
        Ok(count)
    }

    /// The same if the bytes are in memory: none if the disk would have to be waited for, or that cannot be told.
    pub(crate) fn read_without_waiting(&self, buffer: &mut [u8], position: u64) -> Option<io::Result<usize>> {
        let read = read_cached_at(&self.file, buffer, position)?;
        if let Ok(count) = read {
            self.invert(&mut buffer[..count], position);
        }
        Some(read)
    }

    /// Inverts the byte that is to be read inverted, if it is among these, which begin at `position`.
    fn invert(&self, read: &mut [u8], position: u64) {
        let inverted = self.inverted.and_then(|inverted| usize::try_from(inverted.checked_sub(position)?).ok());
        if let Some(byte) = inverted.and_then(|offset| read.get_mut(offset)) {
            *byte = !*byte;
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, position)
}

/// Reads what is in the page cache; none if nothing is, or if the file system cannot tell.
#[cfg(target_os = "linux")]
fn read_cached_at(file: &File, buffer: &mut [u8], position: u64) -> Option<io::Result<usize>> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    let read = preadv2(file, &mut [io::IoSliceMut::new(buffer)], position, ReadWriteFlags::NOWAIT);
    match read {
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR) => None,
        read => Some(read.map_err(io::Error::from)),
    }
}

#[cfg(not(target_os = "linux"))]
fn read_cached_at(_: &File, _: &mut [u8], _: u64) -> Option<io::Result<usize>> {
    None
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, position)
}

/// A temporary file that is being written.
#[derive(Debug)]
pub(super) enum TemporaryFile {
    Unnamed(File, Unnamed),
    Named(NamedTempFile),
}

impl TemporaryFile {
    pub(super) fn new() -> io::Result<Self> {
        Ok(match Unnamed::new() {
            Some(right) => Self::Unnamed(tempfile::tempfile()?, right),
            None => Self::Named(NamedTempFile::new()?),
        })
    }

    /// The file for those that read it.
    pub(super) fn into_stored(self) -> StoredFile {
        StoredFile(match self {
            Self::Unnamed(file, right) => Backing::Unnamed(Arc::new(file), right),
            Self::Named(file) => Backing::Temporary(file.into_temp_path()),
        })
    }
}

impl Write for TemporaryFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unnamed(file, _) => file.write(buffer),
            Self::Named(file) => file.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unnamed(file, _) => file.flush(),
            Self::Named(file) => file.flush(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_beyond_the_limit_have_a_name_until_they_are_dropped() {
        // Tests beside this one have some files, too.
        let mut files: Vec<TemporaryFile> = (0..2 * UNNAMED_LIMIT).map(|_| TemporaryFile::new().unwrap()).collect();
        let mut last = files.pop().unwrap();
        last.write_all(b"named").unwrap();
        let TemporaryFile::Named(file) = &last else { panic!("{last:?} has no name") };
        let path = file.path().to_owned();
        let stored = last.into_stored();
        let mut buffer = [0; 8];
        assert_eq!(stored.reader().unwrap().read_at(&mut buffer, 1).unwrap(), 4);
        assert_eq!(&buffer[..4], b"amed");
        drop(stored);
        assert!(!path.exists());
        drop(files);
        assert!(matches!(TemporaryFile::new().unwrap(), TemporaryFile::Unnamed(..)));
    }

    #[test]
    fn a_byte_is_read_inverted_wherever_the_reading_begins() {
        let mut file = TemporaryFile::new().unwrap();
        file.write_all(&[0; 10]).unwrap();
        let inverted = Arc::new(file.into_stored()).inverted(5);
        let reader = inverted.reader().unwrap();
        for start in 0..10 {
            let mut buffer = [7; 4];
            let count = reader.read_at(&mut buffer, start).unwrap();
            let expected: Vec<u8> = (start..start + count as u64).map(|at| if at == 5 { 0xff } else { 0 }).collect();
            assert_eq!(buffer[..count], expected, "from {start}");
        }
    }

    #[test]
    fn readers_of_a_file_without_a_name_do_not_move_each_other() {
        let mut file = TemporaryFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let stored = file.into_stored();
        let (first, second) = (stored.reader().unwrap(), stored.reader().unwrap());
        let (mut one, mut other) = ([0; 4], [0; 4]);
        first.read_at(&mut one, 0).unwrap();
        second.read_at(&mut other, 6).unwrap();
        assert_eq!([&one, &other], [b"0123", b"6789"]);
    }
}
