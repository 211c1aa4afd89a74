//! The report for tools: [`Report`] as JSON.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    escape::is_harmful,
    model::{FORMAT, Report},
    redact::RedactedRun,
    view::ViewLimits,
};

/// How large the details may be, in bytes.
const DETAILS: usize = 150_000;
/// How many causes are told apart.
const CAUSES: usize = 100;

/// A file that is no report of this format.
#[derive(Debug, thiserror::Error)]
pub enum ReadReportError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// It is no JSON report.
    #[error("{path}:{line}:{column}: this is no JSON report of `isi-conformance run --report json=FILE`: {message}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It is of another format.
    #[error("{path}: the report is of format {format}, expected {FORMAT}; write it again with this version", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
}

/// Writes the report of `run`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RedactedRun, out: impl Write) -> io::Result<()> {
    write_report(&Report::for_tools(run), out)
}

/// Writes `report`, a line a case: indented, the cases would take twice the space.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_report(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut head = report.clone();
    let cases = std::mem::take(&mut head.cases);
    let head = serde_json::to_string_pretty(&head)?;
    let head = head.strip_suffix("[]\n}").unwrap_or(&head);
    write!(out, "{}[", escaped(head))?;
    for (position, case) in cases.iter().enumerate() {
        let separator = if position == 0 { "" } else { "," };
        write!(out, "{separator}\n    {}", escaped(&serde_json::to_string(case)?))?;
    }
    writeln!(out, "\n  ]\n}}")?;
    out.flush()
}

impl Report {
    /// What the JSON report of `run` says.
    #[must_use]
    pub fn for_tools(run: &RedactedRun) -> Self {
        Self::of(run, ViewLimits { details: DETAILS, causes: CAUSES, escapes: false })
    }

    /// Reads a JSON report.
    ///
    /// # Errors
    /// When the file cannot be read, or is no report of this format.
    pub fn read(path: &Path) -> Result<Self, ReadReportError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ReadReportError::Io { path: path.to_owned(), error })?;
        let malformed = |error: serde_json::Error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            ReadReportError::Malformed { path: path.to_owned(), line: error.line(), column: error.column(), message }
        };
        #[derive(Deserialize)]
        struct ReportHead {
            format: u32,
        }
        let ReportHead { format } = serde_json::from_str(&text).map_err(malformed)?;
        if format != FORMAT {
            return Err(ReadReportError::Format { path: path.to_owned(), format });
        }
        serde_json::from_str(&text).map_err(malformed)
    }
}

/// JSON whose texts hold no character that would change what a terminal shows. It means the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmful(character) {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        report::sample,
        verdict::{RunResult, Verdict},
    };

    fn written(run: &RunResult) -> String {
        let mut written = Vec::new();
        write(&RedactedRun::of(run), &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn holds_what_explains_the_failures_and_no_credentials() {
        insta::assert_snapshot!(written(&sample::run()));
    }

    #[test]
    fn counts_add_up() {
        let report: Value = serde_json::from_str(&written(&sample::run())).unwrap();
        let summary = &report["summary"];
        let by_verdict: u64 =
            Verdict::ALL.iter().map(|verdict| summary["cases"][verdict.as_str()].as_u64().unwrap()).sum();
        let cases = report["cases"].as_array().unwrap();
        assert_eq!(cases.len() as u64, by_verdict + summary["not_scored"].as_u64().unwrap());
        assert!(cases.iter().all(|case| case["passed"].is_object() && case["verdict"] != Value::Null));
    }

    #[test]
    fn cases_name_their_causes_by_position() {
        let report: Value = serde_json::from_str(&written(&sample::many_failures())).unwrap();
        for (position, cause) in report["causes"].as_array().unwrap().iter().enumerate() {
            let of_cause = |case: &&Value| case["causes"].as_array().is_some_and(|own| own.contains(&position.into()));
            let cases = report["cases"].as_array().unwrap().iter().filter(of_cause).count();
            assert_eq!(cause["cases"], cases, "{cause}");
        }
    }

    #[test]
    fn harmful_characters_are_escaped_and_mean_the_same() {
        let mut run = sample::run();
        let message = "evil\u{202e}txt \u{9b} \u{e0041} \u{fffe}";
        run.cases[1].checks[0].message = Some(message.to_owned());
        let written = written(&run);
        assert!(!written.contains(is_harmful), "{written}");
        let report: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(report["cases"][1]["checks"][0]["message"], message);
    }

    #[test]
    fn a_report_is_read_as_it_is_written() {
        for run in [sample::run(), sample::many_failures()] {
            let report =
                Report::of(&RedactedRun::of(&run), ViewLimits { details: DETAILS, causes: CAUSES, escapes: false });
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("report.json");
            std::fs::write(&path, written(&run)).unwrap();
            let read = Report::read(&path).unwrap();
            let mut again = Vec::new();
            write_report(&read, &mut again).unwrap();
            assert_eq!(String::from_utf8(again).unwrap(), written(&run));
            assert_eq!((read.cases.len(), read.summary), (report.cases.len(), report.summary));
        }
    }

    #[test]
    fn the_schema_for_editors_and_tools_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report.schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap() + "\n";
        if std::env::var_os("ISI_UPDATE").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == schema,
            "schemas/report.schema.json is out of date; ISI_UPDATE=1 cargo test --lib schema_for_editors writes it"
        );
    }

    #[test]
    fn reports_are_valid_by_the_published_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for run in [sample::run(), sample::passing_run(), sample::many_failures()] {
            let mut report: Value = serde_json::from_str(&written(&run)).unwrap();
            let problems: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
            assert_eq!(problems, [""; 0]);
            report["cases"][0]["verdict"] = "great".into();
            assert!(!validator.is_valid(&report));
        }
    }

    #[rstest::rstest]
    #[case::other_format(r#"{"format": 2}"#, "is of format 2, expected 3")]
    #[case::no_report("{}", "this is no JSON report")]
    #[case::no_json("<html>", ":1:1: this is no JSON report")]
    fn what_is_no_report_is_refused_with_its_place(#[case] text: &str, #[case] expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, text).unwrap();
        let error = Report::read(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
