//! Reports in files: `--report FORMAT=PATH`.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    str::FromStr,
};

use super::{html, json, junit};
use crate::verdict::RunResult;

/// A format of report files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Everything, for tools.
    Json,
    /// What continuous integration shows.
    Junit,
    /// One self-contained page.
    Html,
}

/// A report to be written when the run is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// What to write.
    pub format: ReportFormat,
    /// Where to write it. A file that is there is replaced.
    pub path: PathBuf,
}

/// A text that is no `FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown report `{0}`, expected json=PATH, junit=PATH or html=PATH")]
pub struct UnknownReport(String);

impl FromStr for ReportFile {
    type Err = UnknownReport;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownReport(text.to_owned());
        let (format, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(unknown)?;
        let format = match format {
            "json" => ReportFormat::Json,
            "junit" => ReportFormat::Junit,
            "html" => ReportFormat::Html,
            _ => return Err(unknown()),
        };
        Ok(Self { format, path: path.into() })
    }
}

impl ReportFile {
    /// Writes the report. Whoever looks at the path sees the old file or the whole new one, never a part.
    ///
    /// # Errors
    /// When the file cannot be written; what was at the path before is still there then.
    pub fn write(&self, run: &RunResult) -> io::Result<()> {
        atomically(&self.path, |file| match self.format {
            ReportFormat::Json => json::write(run, file),
            ReportFormat::Junit => junit::write(run, file),
            ReportFormat::Html => html::write(run, file),
        })
    }
}

fn atomically(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
    name.push(format!(".{}.part", process::id()));
    let part = path.with_file_name(name);
    let written = (|| {
        let mut file = BufWriter::new(fs::File::create(&part)?);
        write(&mut file)?;
        file.into_inner()?.sync_all()?;
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
    use rstest::rstest;

    use super::*;

    #[test]
    fn reads_format_and_path() {
        let file = ReportFile { format: ReportFormat::Junit, path: "a=b.xml".into() };
        assert_eq!("junit=a=b.xml".parse(), Ok(file));
    }

    #[rstest]
    #[case("junit")]
    #[case("junit=")]
    #[case("pdf=report.pdf")]
    fn says_what_a_report_looks_like(#[case] text: &str) {
        let error = text.parse::<ReportFile>().unwrap_err().to_string();
        assert_eq!(error, format!("unknown report `{text}`, expected json=PATH, junit=PATH or html=PATH"));
    }

    #[test]
    fn a_report_that_cannot_be_finished_leaves_the_old_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        atomically(&path, |file| {
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
