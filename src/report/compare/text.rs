//! A comparison on the terminal: what differs, by how and why it differs.

use std::io::{self, Write};

use super::{CaseRow, ReportComparison, RowKind, cell, clean, heading};
use crate::{
    report::{Paint, excerpt::beginning, summary::plural},
    verdict::Verdict,
};

/// How many cases of a group are named.
const NAMED: usize = 3;
/// How many requirements are listed.
const REQUIREMENTS: usize = 20;
/// The longest name of a column.
const COLUMN: usize = 16;
/// The longest explanation.
const EXPLANATION: usize = 200;

/// Writes the comparison for people.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(comparison: &ReportComparison<'_>, paint: Paint, mut out: impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    for named in comparison.reports {
        let report = &named.report;
        let counts: Vec<String> = Verdict::ALL
            .into_iter()
            .filter(|verdict| report.summary.cases.of(*verdict) > 0)
            .map(|verdict| format!("{} {verdict}", report.summary.cases.of(verdict)))
            .collect();
        let stopped = if report.interrupted { ", stopped before every case was done" } else { "" };
        writeln!(
            text,
            "{}  {}, API version {}, level {}, {}: {}{stopped}",
            paint.bold(clean(&named.name)),
            clean(&report.target),
            report.api_version,
            report.level,
            report.started,
            counts.join(", ")
        )?;
    }
    for kind in [RowKind::Regression, RowKind::Differs, RowKind::Partly] {
        section(comparison, kind, paint, &mut text)?;
    }
    let differing: Vec<_> = comparison.requirements.iter().filter(|row| row.kind <= RowKind::Differs).collect();
    if !differing.is_empty() {
        let count = plural(differing.len(), "requirement");
        writeln!(text, "\n{}", paint.bold(format!("{count} came out differently (their cases together)")))?;
        columns(comparison, &mut text)?;
        for row in differing.iter().take(REQUIREMENTS) {
            cells(comparison, &row.verdicts, paint, &mut text)?;
            writeln!(text, "  {}", clean(row.id))?;
        }
        if differing.len() > REQUIREMENTS {
            writeln!(text, "and {} more; `--format html` has them all", differing.len() - REQUIREMENTS)?;
        }
    }
    let same = comparison.of_kind(RowKind::Same).count();
    writeln!(text, "\n{}", paint.bold(format!("{} came out the same", plural(same, "case"))))?;
    out.write_all(&text)?;
    out.flush()
}

/// The cases that came out alike for the same reason.
struct Group<'a> {
    verdicts: Vec<Option<Verdict>>,
    explanation: Option<String>,
    cases: Vec<&'a CaseRow<'a>>,
}

fn section(comparison: &ReportComparison<'_>, kind: RowKind, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in comparison.of_kind(kind) {
        let (verdicts, explanation) = (row.verdicts(), comparison.explanation(row).map(|text| clean(&text)));
        match groups.iter_mut().find(|group| group.verdicts == verdicts && group.explanation == explanation) {
            Some(group) => group.cases.push(row),
            None => groups.push(Group { verdicts, explanation, cases: vec![row] }),
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.cases.len()));
    let count = plural(comparison.of_kind(kind).count(), "case");
    let first = comparison.reports.first().map_or("", |named| &named.name);
    writeln!(out, "\n{}", paint.bold(clean(&format!("{count} {}", heading(kind, first)))))?;
    columns(comparison, out)?;
    for Group { verdicts, explanation, cases } in groups {
        cells(comparison, &verdicts, paint, out)?;
        let explanation = explanation.map(|text| format!("  {}", beginning(&text, EXPLANATION))).unwrap_or_default();
        writeln!(out, "  {:>4}{explanation}", cases.len())?;
        let named: Vec<&str> = cases.iter().take(NAMED).map(|row| row.name.as_str()).collect();
        let more = match cases.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let indent = comparison.reports.iter().map(|named| width(&named.name) + 1).sum::<usize>() + 7;
        writeln!(out, "{:indent$}{}", "", paint.dim(clean(&format!("{}{more}", named.join(", ")))))?;
    }
    Ok(())
}

fn width(name: &str) -> usize {
    name.chars().count().clamp(5, COLUMN)
}

fn columns(comparison: &ReportComparison<'_>, out: &mut impl Write) -> io::Result<()> {
    for named in comparison.reports {
        let short: String = clean(&named.name).chars().take(COLUMN).collect();
        write!(out, " {short:>width$}", width = width(&named.name))?;
    }
    writeln!(out)
}

fn cells(
    comparison: &ReportComparison<'_>,
    verdicts: &[Option<Verdict>],
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    for (named, verdict) in comparison.reports.iter().zip(verdicts) {
        let width = width(&named.name);
        match verdict {
            Some(verdict) => write!(out, " {:>width$}", paint.verdict(*verdict, verdict.as_str()))?,
            None => write!(out, " {:>width$}", cell(None))?,
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{super::tests::reports, *};

    #[test]
    fn says_what_differs_and_why() {
        let (reports, mut out) = (reports(), Vec::new());
        write(&ReportComparison::of(&reports), Paint::Plain, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
