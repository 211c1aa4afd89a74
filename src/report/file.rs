//! Reports in files: `--report FORMAT=PATH`.

use std::{io, str::FromStr};

use super::{Destination, Report, escape::escape, html, json, junit, redact::RedactedRun};

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
    /// Where to write it.
    pub destination: Destination,
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
        Ok(Self { format, destination: std::path::PathBuf::from(path).into() })
    }
}

impl ReportFile {
    /// Writes the report.
    ///
    /// # Errors
    /// When its destination cannot be written to.
    pub fn write(&self, run: &RedactedRun) -> io::Result<()> {
        self.destination.write(|file| match self.format {
            ReportFormat::Json => json::write(run, file),
            ReportFormat::Junit => junit::write(run, file),
            ReportFormat::Html => html::write(run, file),
        })
    }

    /// Writes what is known from a JSON report.
    ///
    /// # Errors
    /// When its destination cannot be written to.
    pub fn write_report(&self, report: &Report) -> io::Result<()> {
        self.destination.write(|file| {
            let mut text = Vec::new();
            match self.format {
                ReportFormat::Json => return json::write_report(report, file),
                ReportFormat::Junit => junit::write_report(report, &mut text)?,
                ReportFormat::Html => html::write_report(report, &mut text)?,
            }
            // A JSON report keeps characters that no page should show.
            let mut text = String::from_utf8(text).map_err(io::Error::other)?;
            escape(&mut text);
            file.write_all(text.as_bytes())
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("junit=a=b.xml", ReportFormat::Junit, Destination::Path("a=b.xml".into()))]
    #[case("json=-", ReportFormat::Json, Destination::Standard)]
    fn reads_format_and_path(#[case] text: &str, #[case] format: ReportFormat, #[case] destination: Destination) {
        assert_eq!(text.parse(), Ok(ReportFile { format, destination }));
    }

    #[rstest]
    #[case("junit")]
    #[case("junit=")]
    #[case("pdf=report.pdf")]
    fn says_what_a_report_looks_like(#[case] text: &str) {
        let error = text.parse::<ReportFile>().unwrap_err().to_string();
        assert_eq!(error, format!("unknown report `{text}`, expected json=PATH, junit=PATH or html=PATH"));
    }
}
