//! What the target lacks, at the head of the report on the terminal.

use std::io::{self, Write};

use super::{Paint, summary::plural};
use crate::verdict::{AbsentFeature, RunResult, Verdict};

/// Writes the features that are absent and that the target must have: one failure of the run, whatever the number of
/// cases.
pub(super) fn write(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let absent: Vec<&AbsentFeature> = run.failing_features().collect();
    if absent.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "{:>12} {} absent; {} could not be judged, or not wholly",
        paint.verdict(Verdict::Fail, "FAIL"),
        match absent.len() {
            1 => "a feature of the API is".to_owned(),
            count => format!("{count} features of the API are"),
        },
        plural(run.cases_kept_from_judgement(), "case"),
    )?;
    let width = absent.iter().map(|feature| feature.name.len()).max().unwrap_or_default();
    for feature in &absent {
        let cases = plural(feature.cases().count(), "case");
        writeln!(out, "  {} {cases:>9}  {}", paint.bold(format_args!("{:width$}", feature.name)), feature.reason)?;
    }
    let names: Vec<&str> = absent.iter().map(|feature| feature.name).collect();
    writeln!(out, "  hint: if this is intended, declare it: `--without {}`", names.join(","))?;
    writeln!(out)
}
