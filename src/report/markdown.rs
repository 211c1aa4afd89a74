//! What a run found out, as Markdown for the summary of a CI step.

use std::fmt::Write;

use super::{Report, summary::plural};
use crate::verdict::Verdict;

/// How many causes are listed.
const CAUSES: usize = 15;

/// The summary of `report`.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_summary(report, &mut text);
    text
}

fn write_summary(report: &Report, out: &mut String) -> std::fmt::Result {
    let counts = report.summary.cases;
    let decided = counts.total() - counts.of(Verdict::Skip);
    writeln!(out, "## {}: `{}`, API version {}\n", report.summary.verdict, report.target, report.api_version)?;
    if let Some(conformance) = &report.conformance {
        writeln!(out, "**{}**\n", cell(conformance))?;
    }
    write!(out, "{} of {decided} cases passed", counts.of(Verdict::Pass))?;
    for verdict in [Verdict::Fail, Verdict::Error, Verdict::Stale, Verdict::Known, Verdict::Skip] {
        if counts.of(verdict) > 0 {
            write!(out, ", {} {verdict}", counts.of(verdict))?;
        }
    }
    writeln!(out, ", in {:.1} s.\n", report.seconds)?;
    for feature in report.failing_features() {
        writeln!(out, "- absent: `{}`: {}", feature.name, cell(&feature.reason))?;
    }
    if !report.causes.is_empty() {
        writeln!(out, "| cases | cause | example |\n|---:|---|---|")?;
        for cause in report.causes.iter().take(CAUSES) {
            writeln!(out, "| {} | {} | `{}` |", cause.cases, cell(&cause.says), cause.example)?;
        }
        let more = report.more_causes + report.causes.len().saturating_sub(CAUSES);
        if more > 0 {
            writeln!(out, "\nand {}", plural(more, "more cause"))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A text in one line, which is never taken for markup.
pub(super) fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => cell.push(' '),
            '|' | '<' | '>' | '*' | '_' | '[' | ']' | '\\' => {
                cell.push('\\');
                cell.push(character);
            }
            other => cell.push(other),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::RedactedRun;
    use crate::report::sample;

    #[test]
    fn says_what_failed_and_why() {
        insta::assert_snapshot!(summary(&Report::for_tools(&RedactedRun::of(&sample::many_failures()))));
    }

    #[test]
    fn a_text_is_never_markup() {
        assert_eq!(cell("a|b\n<c>"), "a\\|b \\<c\\>");
    }
}
