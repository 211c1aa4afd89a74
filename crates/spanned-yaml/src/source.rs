//! A text and places in it.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::Arc,
};

/// How many bytes a file has at most: one without an end would take all memory.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// A file: its name as a person knows it, and its text. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    inner: Arc<Inner>,
}

#[derive(PartialEq, Eq)]
struct Inner {
    name: String,
    text: String,
}

impl Source {
    /// A source called `name` (usually a path) with this text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { inner: Arc::new(Inner { name: name.into(), text: text.into() }) }
    }

    /// Reads a file; its path becomes the name.
    ///
    /// # Errors
    /// When the file cannot be read, is a pipe or a device (other than the standard input), is not UTF-8, or has more than
    /// 64 MiB.
    pub fn read(path: &Path) -> io::Result<Self> {
        let kind = fs::metadata(path)?.file_type();
        if !kind.is_file() && !kind.is_dir() && !is_given(path) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no regular file, but a pipe or a device (hint: `/dev/stdin` is the standard input)",
            ));
        }
        let mut text = String::new();
        File::open(path)?.take(LARGEST_FILE + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {LARGEST_FILE} bytes")));
        }
        Ok(Self::new(path.display().to_string(), text))
    }

    /// The name, as it stands in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text().get(..offset).unwrap_or(self.text());
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A range of bytes in a [`Source`], end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte behind it.
    pub end: usize,
}

impl Span {
    /// The range from `start` to before `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// Whether a path names a file that was open when the process started, such as standard input or a shell's `<(…)`, which have a
/// writer. Opening a pipe of a file system waits until another process opens it for writing.
fn is_given(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc/self/fd"].iter().any(|given| path.starts_with(given))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_unless_it_is_open_already() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = Source::read(&pipe).unwrap_err().to_string();
        assert!(error.starts_with("it is no regular file"), "{error}");
        assert!(Source::read(Path::new("/dev/zero")).is_err());
        let (reader, writer) = io::pipe().unwrap();
        io::Write::write_all(&mut &writer, b"a: 1").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        assert_eq!(Source::read(Path::new(&path)).unwrap().text(), "a: 1");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LARGEST_FILE + 1).unwrap();
        let error = Source::read(file.path()).unwrap_err().to_string();
        assert_eq!(error, "it has more than 67108864 bytes");
        file.as_file().set_len(LARGEST_FILE).unwrap();
        assert!(Source::read(file.path()).is_ok());
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a.yaml", "é: 1\nb: 2\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position("é: ".len()), (1, 4));
        assert_eq!(source.position("é: 1\nb".len()), (2, 2));
    }
}
