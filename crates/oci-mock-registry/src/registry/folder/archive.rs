//! Archives: `.tar` of a folder with images, plain or compressed, as `docker save`, `docker-archive` and `oci-archive` write it.

use std::{
    cell::Cell,
    fs::{self, File},
    io::{self, BufReader, Cursor, Read},
    path::{Component, Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::{
    error::{ENTRY_HEAD_LIMIT, FolderError, at},
    tree::Tree,
};
use crate::registry::store::Unpacked;

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// How an archive is compressed, none if it is no archive; and the bytes that were read to know it.
    fn of(archive: &mut impl Read) -> io::Result<(Option<Self>, Vec<u8>)> {
        let (position, magic) = TAR_MAGIC;
        let mut start = Vec::new();
        archive.take((position + magic.len()) as u64).read_to_end(&mut start)?;
        let compression = match start.as_slice() {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            start if start.get(position..) == Some(magic) => Some(Self::None),
            _ => None,
        };
        Ok((compression, start))
    }
}

/// Where a tar archive says that it is one (POSIX.1-1988, `ustar`), and what comes of reading so far.
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");

/// Whether a file is an archive that may hold images.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    path.is_file() && compression(path).ok().flatten().is_some()
}

/// How the archive is compressed; none if the file is no archive.
fn compression(path: &Path) -> io::Result<Option<Compression>> {
    Compression::of(&mut File::open(path)?).map(|(compression, _)| compression)
}

/// How many bytes an archive may unpack to whatever its size.
const SMALL: u64 = 1 << 30;

/// How many times its size a larger archive may unpack to. Layers compress to a half or a third; an archive that is made to fill
/// disks compresses to a thousandth.
const LARGEST_RATIO: u64 = 100;

/// What an entry takes of the limit at least: a file without content takes room, too.
const SMALLEST_ENTRY: u64 = 4096;

/// How many bytes an archive of so many bytes may unpack to, unless another limit is set.
pub(super) fn usual_limit(length: u64) -> u64 {
    length.saturating_mul(LARGEST_RATIO).max(SMALL)
}

/// Unpacks an archive into a temporary folder. It may unpack to `limit` bytes.
pub(super) fn unpack(path: &Path, limit: Option<u64>) -> Result<Tree, FolderError> {
    let metadata = path.metadata().map_err(at(path))?;
    if !metadata.is_file() {
        return Err(FolderError::NoFile(path.to_owned()));
    }
    unpack_from(File::open(path).map_err(at(path))?, path, limit.unwrap_or_else(|| usual_limit(metadata.len())))
}

/// Unpacks the archive that `reader` reads into a temporary folder. Messages call it `shown`.
pub(super) fn unpack_from(mut reader: impl Read, shown: &Path, limit: u64) -> Result<Tree, FolderError> {
    let (compression, start) = Compression::of(&mut reader).map_err(at(shown))?;
    let Some(compression) = compression else {
        return Err(FolderError::Unknown(shown.to_owned()));
    };
    let archive = BufReader::new(Cursor::new(start).chain(reader));
    let unpacked = Unpacked::new().map_err(at(shown))?;
    match compression {
        Compression::None => unpack_tar(shown, archive, unpacked.path(), limit)?,
        Compression::Gzip => unpack_tar(shown, MultiGzDecoder::new(archive), unpacked.path(), limit)?,
        #[cfg(feature = "zstd")]
        Compression::Zstd => {
            let decoder =
                ruzstd::decoding::StreamingDecoder::new(archive).map_err(|error| at(shown)(io::Error::other(error)))?;
            unpack_tar(shown, decoder, unpacked.path(), limit)?;
        }
        #[cfg(not(feature = "zstd"))]
        Compression::Zstd => return Err(FolderError::NoZstd(shown.to_owned())),
    }
    Tree::of_archive(shown, unpacked)
}

/// A reader that ends with an error behind so many bytes. The limit is raised while it is read.
struct Limited<'a, R> {
    reader: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        if wanted == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.reader.read(&mut buffer[..wanted])?;
        self.left.set(self.left.get() - count as u64);
        Ok(count)
    }
}

fn unpack_tar(archive: &Path, reader: impl Read, root: &Path, limit: u64) -> Result<(), FolderError> {
    let (mut links, mut unpacked) = (Vec::new(), 0_u64);
    let left = Cell::new(ENTRY_HEAD_LIMIT);
    let mut entries = tar::Archive::new(Limited { reader, left: &left });
    for entry in entries.entries().map_err(at(archive))? {
        let mut entry = entry.map_err(|error| match error.kind() {
            _ if left.get() == 0 => FolderError::LargeArchiveHead(archive.to_owned()),
            _ => unreadable(archive)(error),
        })?;
        // What is sparse has fewer bytes in the archive than unpacked; a file cannot be told by its head alone.
        let size = entry.size().max(entry.header().entry_size().map_err(at(archive))?);
        unpacked = unpacked.saturating_add(size.max(SMALLEST_ENTRY));
        if unpacked > limit {
            return Err(FolderError::LargeArchive { archive: archive.to_owned(), limit });
        }
        // The content of this entry, and the head of the next one.
        left.set(size.saturating_add(ENTRY_HEAD_LIMIT));
        let name = entry.path().map_err(at(archive))?.into_owned();
        let inside = inside(archive, Path::new(""), &name)?;
        let path = root.join(&inside);
        match entry.header().entry_type() {
            EntryType::Directory => fs::create_dir_all(&path).map_err(at(archive))?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let parent = path.parent().unwrap_or(root);
                fs::create_dir_all(parent).map_err(at(archive))?;
                // Nothing here is a link yet, so that nothing outside is written. The last of two equal names counts.
                let mut file = File::create(&path).map_err(at(archive))?;
                io::copy(&mut entry, &mut file).map_err(unreadable(archive))?;
            }
            kind @ (EntryType::Symlink | EntryType::Link) => {
                let target = entry.link_name().map_err(at(archive))?.unwrap_or_default().into_owned();
                // A symbolic link is read from its own folder, a hard link from that of the archive.
                let from =
                    if kind == EntryType::Symlink { inside.parent().unwrap_or(Path::new("")) } else { Path::new("") };
                links.push((path, root.join(self::inside(archive, from, &target)?)));
            }
            EntryType::XGlobalHeader | EntryType::XHeader => {}
            _ => {
                let name = name.display().to_string();
                return Err(FolderError::NoArchiveFile { archive: archive.to_owned(), name });
            }
        }
    }
    // The check sum of what was compressed comes behind the end of the archive.
    left.set(limit.saturating_sub(unpacked).saturating_add(ENTRY_HEAD_LIMIT));
    io::copy(&mut entries.into_inner(), &mut io::sink()).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => FolderError::LargeArchive { archive: archive.to_owned(), limit },
        _ => unreadable(archive)(error),
    })?;
    // Links become files, once what they mean is there. `docker save` of old linked layers that are the same.
    for (path, target) in links {
        fs::create_dir_all(path.parent().unwrap_or(root)).map_err(at(archive))?;
        if target.is_file() && path.symlink_metadata().is_err() {
            fs::hard_link(&target, &path).map_err(at(archive))?;
        }
    }
    Ok(())
}

/// What to say where the bytes of an archive are not those of one.
fn unreadable(archive: &Path) -> impl FnOnce(io::Error) -> FolderError + use<> {
    let archive = archive.to_owned();
    move |source| match source.raw_os_error() {
        Some(_) => FolderError::File { path: archive, source },
        None => FolderError::BrokenArchive { archive, source },
    }
}

/// The path below the root that a name means, read from a folder below the root.
fn inside(archive: &Path, from: &Path, name: &Path) -> Result<PathBuf, FolderError> {
    let outside = || FolderError::Outside { folder: archive.to_owned(), name: name.display().to_string() };
    let mut path = from.to_owned();
    for part in name.components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return Err(outside()),
        }
    }
    Ok(path)
}
