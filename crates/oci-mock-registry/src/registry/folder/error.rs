//! Why a folder or an archive cannot be served or written.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::registry::store::MANIFEST_LIMIT;

/// How many signatures a lookaside folder may hold.
pub const LOOKASIDE_LIMIT: usize = 10_000;

/// Why a folder or an archive with images cannot be served or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file has another form than its name promises.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The folder holds no images in a form that is known.
    #[error(
        "{} holds no images: expected an OCI layout (`oci-layout`), an unpacked `docker save` or a skopeo `dir:` \
         (`manifest.json`), folders with one of these, or a `.tar` of one (plain, gzip or zstd)",
        .0.display()
    )]
    Unknown(PathBuf),
    /// A path in a folder's own index, or a link, leads out of the folder.
    #[error("{}: `{name}` leads out of the folder", folder.display())]
    Outside {
        /// The folder.
        folder: PathBuf,
        /// The path.
        name: String,
    },
    /// A line of the log of a captured folder is no exchange.
    #[error("{}:{line}: {source}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The log of a captured folder has another format.
    #[error("{}: the log is of format {format}, expected {expected} (hint: capture again with this version)", path.display())]
    LogFormat {
        /// The log.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// The format that this version reads.
        expected: u32,
    },
    /// A registry is to replay two captured folders.
    #[error("{}: a registry replays one captured folder, and this one has one already", .0.display())]
    SecondCapture(PathBuf),
    /// Something that should be a file is a folder, a pipe, a device or the like.
    #[error("{} is no regular file", .0.display())]
    NoFile(PathBuf),
    /// The content of a file is not what its name or the index says.
    #[error("{}: the content does not have the digest `{digest}` that it is kept under; it was cut or changed", path.display())]
    OtherContent {
        /// The file.
        path: PathBuf,
        /// The digest.
        digest: oci_types::Digest,
    },
    /// An index names an index, that one another, and so on.
    #[error("{}: indexes name one another more than {DEEPEST} deep", .0.display())]
    TooDeep(PathBuf),
    /// A manifest is too large for one.
    #[error("{} is too large for a manifest, which has at most {MANIFEST_LIMIT} bytes", .0.display())]
    LargeManifest(PathBuf),
    /// Two images would have the same tag.
    #[error(
        "{}: two images would be `{tag}`: {first} and {second} (hint: keep each in a folder of its own, or name them apart)",
        folder.display()
    )]
    TwoImages {
        /// The folder.
        folder: PathBuf,
        /// The tag.
        tag: String,
        /// The first image, as the folder names it.
        first: String,
        /// The second.
        second: String,
    },
    /// A folder would be a repository whose name no client can ask for.
    #[error(
        "{} cannot be served as the repository `{name}`: no client can ask for such a name (hint: rename it, or say \
         `folders: {{ REPOSITORY: PATH }}` in a fixture)",
        path.display()
    )]
    Name {
        /// The folder.
        path: PathBuf,
        /// The name that it would have.
        name: String,
    },
    /// An archive is compressed in a way that this build does not know.
    #[error("{} is compressed with zstd, which this build cannot read (hint: enable the feature `zstd`)", .0.display())]
    NoZstd(PathBuf),
    /// An archive holds something that images have no use for.
    #[error("{}: `{name}` is neither a file, nor a folder, nor a link", archive.display())]
    NoArchiveFile {
        /// The archive.
        archive: PathBuf,
        /// The entry.
        name: String,
    },
    /// An archive ends too early, or has other bytes than an archive.
    #[error("{} cannot be unpacked, it is cut or damaged: {source}", archive.display())]
    BrokenArchive {
        /// The archive.
        archive: PathBuf,
        /// Where reading it ended.
        source: io::Error,
    },
    /// An archive unpacks to more than is allowed.
    #[error(
        "{} unpacks to more than {limit} bytes (hint: `archiveLimit` of a fixture and `--archive-limit` allow more)",
        archive.display()
    )]
    LargeArchive {
        /// The archive.
        archive: PathBuf,
        /// How many bytes it may unpack to.
        limit: u64,
    },
    /// The name or the attributes of an entry of an archive are too large.
    #[error("{}: the head of an entry has more than {ENTRY_HEAD_LIMIT} bytes", .0.display())]
    LargeArchiveHead(PathBuf),
    /// A lookaside folder holds no signatures.
    #[error("{} holds no signatures: expected files `REPOSITORY@ALGORITHM=HEX/signature-N`, counted from 1", .0.display())]
    NoSignatures(PathBuf),
    /// A signature is too large for one.
    #[error("{} is too large for a signature, which has at most {MANIFEST_LIMIT} bytes", .0.display())]
    TooLarge(PathBuf),
    /// A lookaside folder holds too many signatures.
    #[error("{} holds more than {LOOKASIDE_LIMIT} signatures", .0.display())]
    TooMany(PathBuf),
}

/// How many bytes the head of an entry of an archive may have, with its long name and its attributes: these are read into
/// memory.
pub(super) const ENTRY_HEAD_LIMIT: u64 = 1024 * 1024;

/// How deep indexes may name one another. Real ones do so twice.
pub(super) const DEEPEST: usize = 16;

impl FolderError {
    /// The file or folder in question.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } | Self::Json { path, .. } | Self::OtherContent { path, .. } => path,
            Self::Outside { folder: path, .. } | Self::TwoImages { folder: path, .. } | Self::Name { path, .. } => path,
            Self::NoArchiveFile { archive: path, .. }
            | Self::BrokenArchive { archive: path, .. }
            | Self::LargeArchive { archive: path, .. } => path,
            Self::Unknown(path) | Self::NoFile(path) | Self::TooDeep(path) | Self::LargeManifest(path) => path,
            Self::Log { path, .. } | Self::LogFormat { path, .. } | Self::SecondCapture(path) => path,
            Self::LargeArchiveHead(path)
            | Self::NoZstd(path)
            | Self::NoSignatures(path)
            | Self::TooLarge(path)
            | Self::TooMany(path) => path,
        }
    }
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |source| FolderError::File { path, source }
}
