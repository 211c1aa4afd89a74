//! A comparison as Markdown, for a pull request or the summary of a CI step.

use std::fmt::{self, Write};

use super::{ReportComparison, RowKind, cell, clean, heading};
use crate::{
    report::{excerpt::beginning, markdown::cell as text_cell, summary::plural},
    verdict::Verdict,
};

/// How many cases of a kind are listed.
const CASES: usize = 100;
/// The longest explanation.
const EXPLANATION: usize = 200;

/// The comparison as Markdown.
#[must_use]
pub fn write(comparison: &ReportComparison<'_>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_tables(comparison, &mut text);
    clean(&text)
}

fn write_tables(comparison: &ReportComparison<'_>, out: &mut String) -> fmt::Result {
    let ReportComparison { reports, .. } = comparison;
    let regressions = comparison.of_kind(RowKind::Regression).count();
    let differing = comparison.of_kind(RowKind::Differs).count();
    writeln!(
        out,
        "## {}, {} came out differently\n",
        plural(regressions, "regression"),
        plural(differing, "more case")
    )?;
    let verdicts = Verdict::ALL.map(Verdict::as_str).join(" | ");
    writeln!(out, "| | target | API version | {verdicts} |\n|---|---|---|{}", "---:|".repeat(Verdict::ALL.len()))?;
    for named in *reports {
        let report = &named.report;
        let counts = Verdict::ALL.map(|verdict| report.summary.cases.of(verdict).to_string()).join(" | ");
        let (name, target) = (text_cell(&named.name), text_cell(&report.target));
        writeln!(out, "| {name} | {target} | {} | {counts} |", report.api_version)?;
    }
    for kind in [RowKind::Regression, RowKind::Differs, RowKind::Partly] {
        let rows: Vec<_> = comparison.of_kind(kind).collect();
        if rows.is_empty() {
            continue;
        }
        let first = reports.first().map_or("", |named| &named.name);
        writeln!(out, "\n### {} {}\n", plural(rows.len(), "case"), text_cell(&heading(kind, first)))?;
        header(comparison, "case", Some("why"), out)?;
        for row in rows.iter().take(CASES) {
            let why = comparison.explanation(row).unwrap_or_default();
            let why = text_cell(&beginning(&why.replace('`', ""), EXPLANATION));
            writeln!(out, "| `{}` | {} | {why} |", row.name, cells(&row.verdicts()))?;
        }
        if rows.len() > CASES {
            writeln!(out, "\nand {} more", rows.len() - CASES)?;
        }
    }
    let requirements: Vec<_> = comparison.requirements.iter().filter(|row| row.kind <= RowKind::Differs).collect();
    if !requirements.is_empty() {
        writeln!(out, "\n### {} came out differently\n", plural(requirements.len(), "requirement"))?;
        header(comparison, "requirement", None, out)?;
        for row in requirements {
            writeln!(out, "| `{}` | {} |", row.id, cells(&row.verdicts))?;
        }
    }
    writeln!(out, "\n{} came out the same.", plural(comparison.of_kind(RowKind::Same).count(), "case"))
}

fn header(comparison: &ReportComparison<'_>, what: &str, last: Option<&str>, out: &mut String) -> fmt::Result {
    let names: Vec<String> = comparison.reports.iter().map(|named| text_cell(&named.name)).collect();
    let last_name = last.map(|last| format!(" {last} |")).unwrap_or_default();
    let last_rule = if last.is_some() { "---|" } else { "" };
    writeln!(out, "| {what} | {} |{last_name}\n|---|{}{last_rule}", names.join(" | "), "---|".repeat(names.len()))
}

fn cells(verdicts: &[Option<Verdict>]) -> String {
    let cells: Vec<String> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Some(verdict) if verdict.is_failure() => format!("**{verdict}**"),
            verdict => cell(*verdict).to_owned(),
        })
        .collect();
    cells.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::{super::tests::reports, *};

    #[test]
    fn has_a_table_for_each_kind() {
        let reports = reports();
        insta::assert_snapshot!(write(&ReportComparison::of(&reports)));
    }
}
