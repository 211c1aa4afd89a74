//! Several reports side by side: cases and requirements by implementation, differences first.
//!
//! ```text
//! Report, Report, … → Comparison → text, markdown, html
//! ```

mod html;
mod markdown;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::{html::write as html, markdown::write as markdown, text::write as text};

use super::{Report, ReportCase};
use crate::verdict::Verdict;

/// A report under the name that its column has.
#[derive(Debug)]
pub struct NamedReport {
    /// The name.
    pub name: String,
    /// The report.
    pub report: Report,
}

/// Several reports side by side, in the order in which they were given.
#[derive(Debug)]
pub struct ReportComparison<'a> {
    /// The reports.
    pub reports: &'a [NamedReport],
    /// Every case of any of them, differences first.
    pub cases: Vec<CaseRow<'a>>,
    /// Every requirement that their cases point to, differences first.
    pub requirements: Vec<RequirementRow<'a>>,
}

/// How the verdicts of a row differ, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKind {
    /// Passed in the first report, and fails in a later one.
    Regression,
    /// Was judged in several reports, and did not come out the same.
    Differs,
    /// Was not judged in some of the reports, and came out the same in the others.
    Partly,
    /// Came out the same in all of them.
    Same,
}

impl RowKind {
    /// Every kind, the most telling first.
    pub const ALL: [Self; 4] = [Self::Regression, Self::Differs, Self::Partly, Self::Same];

    /// One word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Differs => "differs",
            Self::Partly => "partly",
            Self::Same => "same",
        }
    }

    fn of(verdicts: &[Option<Verdict>]) -> Self {
        let judged = |verdict: &Verdict| *verdict != Verdict::Skip;
        let fails = |verdict: &Option<Verdict>| matches!(verdict, Some(Verdict::Fail | Verdict::Error));
        if verdicts.first() == Some(&Some(Verdict::Pass)) && verdicts.iter().any(fails) {
            return Self::Regression;
        }
        let different: BTreeSet<Verdict> = verdicts.iter().flatten().copied().filter(judged).collect();
        let all_judged = verdicts.iter().all(|verdict| verdict.as_ref().is_some_and(judged));
        match different.len() {
            0 if verdicts.windows(2).all(|pair| pair[0] == pair[1]) => Self::Same,
            0 => Self::Partly,
            1 if all_judged => Self::Same,
            1 => Self::Partly,
            _ => Self::Differs,
        }
    }
}

/// A case, and what came out of it in each report.
#[derive(Debug)]
pub struct CaseRow<'a> {
    /// The name: `suite::case`.
    pub name: String,
    /// How its verdicts differ.
    pub kind: RowKind,
    /// The case in each report; nothing where a report does not have it.
    pub cells: Vec<Option<&'a ReportCase>>,
}

impl<'a> CaseRow<'a> {
    fn of(name: String, cells: Vec<Option<&'a ReportCase>>) -> Self {
        let kind = RowKind::of(&verdicts(&cells));
        Self { name, kind, cells }
    }

    /// The verdict in each report.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Option<Verdict>> {
        verdicts(&self.cells)
    }

    /// The first report that has the case.
    fn first(&self) -> Option<&'a ReportCase> {
        self.cells.iter().flatten().next().copied()
    }
}

/// What came out of a case that decides over its run.
fn verdicts(cells: &[Option<&ReportCase>]) -> Vec<Option<Verdict>> {
    cells.iter().map(|cell| cell.filter(|case| case.not_scored.is_none()).map(|case| case.verdict)).collect()
}

/// A requirement, and what came out of the cases that point to it.
#[derive(Debug)]
pub struct RequirementRow<'a> {
    /// The id.
    pub id: &'a str,
    /// How the verdicts differ.
    pub kind: RowKind,
    /// The verdict in each report: that of its cases together, nothing if none was judged.
    pub verdicts: Vec<Option<Verdict>>,
    /// How many cases point to it, in the report that has most of them.
    pub cases: usize,
}

impl<'a> ReportComparison<'a> {
    /// Compares `reports`. Cases stay in the order of the reports, the first one's first.
    #[must_use]
    pub fn of(reports: &'a [NamedReport]) -> Self {
        let mut rows: Vec<(String, Vec<Option<&ReportCase>>)> = Vec::new();
        let mut positions: HashMap<String, usize> = HashMap::new();
        for (column, named) in reports.iter().enumerate() {
            for case in &named.report.cases {
                let position = *positions.entry(case.name()).or_insert_with(|| {
                    rows.push((case.name(), vec![None; reports.len()]));
                    rows.len() - 1
                });
                rows[position].1[column] = Some(case);
            }
        }
        let mut cases: Vec<CaseRow<'_>> = rows.into_iter().map(|(name, cells)| CaseRow::of(name, cells)).collect();
        cases.sort_by_key(|row| row.kind);
        Self { reports, requirements: requirements(reports), cases }
    }

    /// The cases of one kind.
    pub fn of_kind(&self, kind: RowKind) -> impl Iterator<Item = &CaseRow<'a>> {
        self.cases.iter().filter(move |row| row.kind == kind)
    }

    /// Whether a case that passed in the first report fails in a later one.
    #[must_use]
    pub fn has_regression(&self) -> bool {
        self.of_kind(RowKind::Regression).next().is_some()
    }

    /// Why a case did not come out as expected in the first report in which it did not: its first cause, or the reason why it
    /// was skipped.
    fn explanation(&self, row: &CaseRow<'a>) -> Option<String> {
        let failing = row.cells.iter().zip(self.reports).find_map(|(cell, named)| {
            let case = cell.filter(|case| case.verdict.is_failure())?;
            explanation_of(case, &named.report)
        });
        let declared =
            || row.cells.iter().flatten().find_map(|case| case.declared.as_ref()).map(|one| one.reason.clone());
        let skipped = || row.cells.iter().flatten().find_map(|case| case.skipped.clone());
        failing.or_else(declared).or_else(skipped)
    }
}

/// Why a case of `report` did not come out as expected.
fn explanation_of(case: &ReportCase, report: &Report) -> Option<String> {
    let cause = case.causes.first().and_then(|position| report.causes.get(*position));
    let message = || case.checks.iter().find_map(|check| check.message.clone());
    cause.map(|cause| cause.says.clone()).or_else(message).or_else(|| case.skipped.clone())
}

fn requirements(reports: &[NamedReport]) -> Vec<RequirementRow<'_>> {
    let mut by_id: BTreeMap<&str, Vec<Vec<Verdict>>> = BTreeMap::new();
    let mut cases: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (column, named) in reports.iter().enumerate() {
        for case in named.report.cases.iter().filter(|case| case.not_scored.is_none()) {
            for id in &case.requirements {
                cases.entry(id).or_insert_with(|| vec![0; reports.len()])[column] += 1;
                let verdicts = by_id.entry(id).or_insert_with(|| vec![Vec::new(); reports.len()]);
                if case.verdict != Verdict::Skip {
                    verdicts[column].push(case.verdict);
                }
            }
        }
    }
    let mut rows: Vec<RequirementRow<'_>> = Vec::new();
    for (id, verdicts) in by_id {
        let together = |verdicts: Vec<Verdict>| (!verdicts.is_empty()).then(|| Verdict::of_parts(verdicts));
        let verdicts: Vec<Option<Verdict>> = verdicts.into_iter().map(together).collect();
        let cases = cases.get(id).and_then(|counts| counts.iter().copied().max()).unwrap_or_default();
        rows.push(RequirementRow { id, kind: RowKind::of(&verdicts), verdicts, cases });
    }
    rows.sort_by_key(|row| row.kind);
    rows
}

/// A text of a report as a terminal may get it: a JSON report keeps every character.
fn clean(text: &str) -> String {
    let mut text = text.to_owned();
    super::escape_for_terminal(&mut text);
    text
}

/// The verdict in a cell of a matrix.
const fn cell(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(verdict) => verdict.as_str(),
        None => "–",
    }
}

/// The row's kinds in words, for headings.
fn heading(kind: RowKind, first: &str) -> String {
    match kind {
        RowKind::Regression => format!("passed in {first} and fail later"),
        RowKind::Differs => "came out differently".to_owned(),
        RowKind::Partly => "were not judged everywhere".to_owned(),
        RowKind::Same => "came out the same".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::RedactedRun;
    use crate::report::sample;

    const PASS: Option<Verdict> = Some(Verdict::Pass);
    const FAIL: Option<Verdict> = Some(Verdict::Fail);
    const SKIP: Option<Verdict> = Some(Verdict::Skip);

    #[rstest]
    #[case::broken(&[PASS, FAIL], RowKind::Regression)]
    #[case::broken_later(&[PASS, PASS, FAIL], RowKind::Regression)]
    #[case::broken_between(&[PASS, FAIL, PASS], RowKind::Regression)]
    #[case::error(&[PASS, Some(Verdict::Error)], RowKind::Regression)]
    #[case::mended(&[FAIL, PASS], RowKind::Differs)]
    #[case::declared(&[PASS, Some(Verdict::Known)], RowKind::Differs)]
    #[case::stale(&[Some(Verdict::Known), Some(Verdict::Stale)], RowKind::Differs)]
    #[case::skipped(&[PASS, SKIP], RowKind::Partly)]
    #[case::absent(&[None, FAIL], RowKind::Partly)]
    #[case::nowhere_judged(&[SKIP, None], RowKind::Partly)]
    #[case::same(&[FAIL, FAIL], RowKind::Same)]
    #[case::same_skip(&[SKIP, SKIP], RowKind::Same)]
    fn a_row_tells_how_its_verdicts_differ(#[case] verdicts: &[Option<Verdict>], #[case] expected: RowKind) {
        assert_eq!(RowKind::of(verdicts), expected);
    }

    /// Three builds: in the second one case fails and another is gone, the third has many failures.
    pub(super) fn reports() -> Vec<NamedReport> {
        let named = |name: &str, run: &crate::verdict::RunResult| NamedReport {
            name: name.to_owned(),
            report: Report::for_tools(&RedactedRun::of(run)),
        };
        let mut broken = sample::run();
        broken.cases[0] = crate::verdict::CaseResult {
            requirements: broken.cases[0].requirements.clone(),
            ..crate::verdict::CaseResult::of_checks(
                &broken.cases[0].suite,
                &broken.cases[0].case,
                vec![crate::verdict::CheckResult::fail_status(crate::verdict::Level::Required, 200, 500)],
            )
        };
        broken.cases.remove(3);
        vec![named("old", &sample::run()), named("new", &broken), named("other", &sample::many_failures())]
    }

    #[test]
    fn differences_come_first_and_no_case_is_lost() {
        let reports = reports();
        let comparison = ReportComparison::of(&reports);
        assert!(comparison.has_regression());
        let kinds: Vec<RowKind> = comparison.cases.iter().map(|row| row.kind).collect();
        assert!(kinds.is_sorted(), "{kinds:?}");
        let names: BTreeSet<&String> = comparison.cases.iter().map(|row| &row.name).collect();
        let all: BTreeSet<String> =
            reports.iter().flat_map(|named| &named.report.cases).map(ReportCase::name).collect();
        assert_eq!(names.len(), comparison.cases.len());
        assert_eq!(names, all.iter().collect());
        assert!(!ReportComparison::of(&reports[..1]).has_regression());
    }

    #[test]
    fn a_requirement_has_the_verdict_of_its_cases_together() {
        let reports = reports();
        let comparison = ReportComparison::of(&reports);
        let failing = reports[0].report.cases.iter().find(|case| case.verdict == Verdict::Fail);
        let id = failing.and_then(|case| case.requirements.first());
        let row = comparison.requirements.iter().find(|row| Some(row.id) == id.map(String::as_str));
        assert_eq!(row.map(|row| row.verdicts[0]), Some(FAIL));
    }
}
