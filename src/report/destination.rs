//! Where something is written to: a file, standard output, or a device.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
};

/// Where something is written to.
///
/// A regular file is replaced as a whole: a reader sees the old content or the new one, never a part. What is no regular file
/// (a device, a pipe) is written to and stays what it is, and so does a file that other names or open descriptors share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// `-`: standard output.
    Standard,
    /// A path.
    Path(PathBuf),
}

/// A destination that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// It is a folder.
    #[error("cannot write to {0}: it is a folder")]
    Folder(PathBuf),
    /// Two things would be written to the same place.
    #[error("{0} is given twice")]
    Twice(Destination),
    /// It cannot be written to.
    #[error("cannot write to {path}: {error}")]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
}

impl From<PathBuf> for Destination {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Standard } else { Self::Path(path) }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => formatter.write_str("standard output"),
            Self::Path(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// How a path is written to.
enum Manner {
    /// Beside it, then renamed onto it.
    Replace(PathBuf),
    /// Opened and written to.
    InPlace,
}

impl Destination {
    /// Whether it is standard output, by whatever name.
    #[must_use]
    pub fn is_standard_output(&self) -> bool {
        match self {
            Self::Standard => true,
            Self::Path(path) => is_standard_output(path),
        }
    }

    /// Makes sure, before the work is done, that what will be known can be written: makes missing folders, and refuses what
    /// cannot be written to and what is named twice.
    ///
    /// # Errors
    /// When one of the destinations cannot be used.
    pub fn prepare<'a>(destinations: impl IntoIterator<Item = &'a Self>) -> Result<(), DestinationError> {
        let mut known: BTreeMap<PathBuf, ()> = BTreeMap::new();
        let mut standard = false;
        for destination in destinations {
            if destination.is_standard_output() {
                if std::mem::replace(&mut standard, true) {
                    return Err(DestinationError::Twice(destination.clone()));
                }
                continue;
            }
            let Self::Path(path) = destination else { continue };
            let unwritable = |error| DestinationError::Unwritable { path: path.clone(), error };
            if path.is_dir() || path.as_os_str().to_string_lossy().ends_with(std::path::MAIN_SEPARATOR) {
                return Err(DestinationError::Folder(path.clone()));
            }
            if let Some(parent) = parent(path) {
                fs::create_dir_all(parent).map_err(unwritable)?;
            }
            match manner(path) {
                Manner::InPlace => {
                    // Opening a pipe would wait for its reader.
                    if path.is_file() {
                        fs::OpenOptions::new().append(true).open(path).map_err(unwritable)?;
                    }
                }
                Manner::Replace(path) => {
                    let part = part(&path);
                    fs::File::create(&part).map_err(unwritable)?;
                    fs::remove_file(&part).map_err(unwritable)?;
                    let whole = fs::canonicalize(parent(&path).unwrap_or(Path::new("."))).ok();
                    let place = whole.unwrap_or_default().join(path.file_name().unwrap_or_default());
                    if known.insert(place, ()).is_some() {
                        return Err(DestinationError::Twice(destination.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes what `write` writes.
    ///
    /// # Errors
    /// When that is not possible; what was in a regular file before is still there then.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Standard => {
                let mut out = io::stdout().lock();
                write(&mut out)?;
                out.flush()
            }
            Self::Path(path) if is_standard_output(path) => Self::Standard.write(write),
            Self::Path(path) => match manner(path) {
                Manner::Replace(path) => atomically(&path, write),
                Manner::InPlace => {
                    let mut file =
                        BufWriter::new(fs::OpenOptions::new().write(true).create(true).truncate(true).open(path)?);
                    write(&mut file)?;
                    file.flush()
                }
            },
        }
    }
}

fn parent(path: &Path) -> Option<&Path> {
    path.parent().filter(|parent| !parent.as_os_str().is_empty())
}

/// A link is followed, so that it stays a link.
fn manner(path: &Path) -> Manner {
    let Ok(metadata) = fs::metadata(path) else {
        // Nothing is there; a link that leads nowhere makes what it names.
        return if path.is_symlink() { Manner::InPlace } else { Manner::Replace(path.to_owned()) };
    };
    if !metadata.is_file() || is_shared(&metadata) {
        return Manner::InPlace;
    }
    match fs::canonicalize(path) {
        // A file in a folder that takes no others is written to as well as can be.
        Ok(whole) if fs::File::create(part(&whole)).is_ok() => {
            // It was only to see whether it can be made.
            let _ = fs::remove_file(part(&whole));
            Manner::Replace(whole)
        }
        _ => Manner::InPlace,
    }
}

#[cfg(unix)]
fn is_shared(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn is_shared(_: &fs::Metadata) -> bool {
    false
}

/// Whether a path leads to what standard output is connected to, be it a pipe, a terminal or a file.
#[cfg(unix)]
fn is_standard_output(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    if let Ok(link) = fs::read_link(path)
        && ["/proc/self/fd/1", "/dev/fd/1", "/dev/stdout"].iter().any(|name| link == Path::new(name))
    {
        return true;
    }
    if path == Path::new("/dev/fd/1") || path == Path::new("/proc/self/fd/1") {
        return true;
    }
    let file = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file);
    match (file(path), file(Path::new("/dev/fd/1"))) {
        (Some(one), Some(other)) => one.dev() == other.dev() && one.ino() == other.ino(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_standard_output(_: &Path) -> bool {
    false
}

/// The name under which a file is written before it is renamed.
fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", process::id()));
    path.with_file_name(name)
}

fn atomically(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if let Some(parent) = parent(path) {
        fs::create_dir_all(parent)?;
    }
    let part = part(path);
    let written = (|| {
        let mut file = BufWriter::new(fs::File::create(&part)?);
        write(&mut file)?;
        let file = file.into_inner()?;
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&part, path)
    })();
    if written.is_err() {
        // Already failing for a reason that matters more than a part that is left behind.
        let _ = fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        Destination::from(path.to_owned()).write(|out| out.write_all(text.as_bytes())).unwrap();
    }

    #[test]
    fn what_cannot_be_finished_leaves_the_old_content_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let failed = Destination::from(path.clone()).write(|file| {
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        failed.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_its_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, dangling, new] = ["file", "link", "dangling", "new"].map(|name| folder.path().join(name));
        fs::write(&file, "a long old text").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        std::os::unix::fs::symlink("new", &dangling).unwrap();
        write(&link, "1");
        write(&dangling, "2");
        assert!(link.is_symlink() && dangling.is_symlink());
        assert_eq!([fs::read_to_string(&file).unwrap(), fs::read_to_string(&new).unwrap()], ["1", "2"]);
    }

    #[cfg(unix)]
    #[test]
    fn other_names_of_a_file_and_its_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [file, other, private] = ["file", "other", "private"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::hard_link(&file, &other).unwrap();
        write(&file, "new");
        assert_eq!(fs::read_to_string(&other).unwrap(), "new");
        fs::write(&private, "old").unwrap();
        fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
        write(&private, "new");
        assert_eq!(fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to_and_stays() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        Destination::prepare([&Destination::from(pipe.clone())]).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write(&pipe, "through the pipe");
        assert_eq!(reader.join().unwrap(), "through the pipe");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to() {
        write(Path::new("/dev/null"), "nothing");
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let full = Destination::from(PathBuf::from("/dev/full")).write(|out| out.write_all(b"text"));
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn folders_are_made_and_what_cannot_be_written_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Destination::from(folder.path().join(name));
        Destination::prepare([&at("a/b/report.json")]).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 0, "nothing is left of the attempt");
        fs::write(folder.path().join("file"), "").unwrap();
        let refused = |destinations: &[&Destination]| {
            Destination::prepare(destinations.iter().copied())
                .unwrap_err()
                .to_string()
                .replace(&folder.path().display().to_string(), "[folder]")
        };
        assert_eq!(refused(&[&at("a")]), "cannot write to [folder]/a: it is a folder");
        assert_eq!(refused(&[&at("new/")]), "cannot write to [folder]/new/: it is a folder");
        assert!(refused(&[&at("file/report.json")]).starts_with("cannot write to [folder]/file/report.json: "));
        assert_eq!(refused(&[&at("x"), &at("a/../x")]), "[folder]/a/../x is given twice");
        let bare = |name: &str| Destination::from(PathBuf::from(name));
        assert_eq!(refused(&[&bare("report.tmp"), &bare("./report.tmp")]), "./report.tmp is given twice");
        let standard = Destination::Standard;
        assert_eq!(refused(&[&standard, &standard]), "standard output is given twice");
    }
}
