//! A comparison as a page: the matrix of cases and requirements by implementation, with what each report has of a case.

use std::io::{self, Write};

use minijinja::value::Serde;
use serde::Serialize;

use super::{CaseRow, NamedReport, ReportComparison, RowKind, cell, explanation_of};
use crate::{
    report::{
        html::{self, Check, ShownExchange},
        markup::page_environment,
        summary::plural,
    },
    verdict::{Counts, Declared, ProfileResult, Verdict},
    version::ApiVersion,
};

/// The name ends in `.html`, so that everything put into the template is escaped.
const TEMPLATE: &str = "compare.html";

#[derive(Serialize)]
struct ComparisonPage<'a> {
    style: &'static str,
    headline: String,
    implementations: Vec<Implementation<'a>>,
    verdicts: [Verdict; Verdict::ALL.len()],
    profiles: Vec<ProfileRow<'a>>,
    kinds: Vec<KindCount>,
    suites: Vec<&'a str>,
    cases: Vec<ComparedCase<'a>>,
    requirements: Vec<ComparedRequirement<'a>>,
}

#[derive(Serialize)]
struct Implementation<'a> {
    name: &'a str,
    target: &'a str,
    api_version: ApiVersion,
    level: crate::verdict::Level,
    /// To the second, in UTC.
    started: String,
    interrupted: bool,
    conformance: Option<&'a str>,
    counts: Vec<usize>,
}

#[derive(Serialize)]
struct ProfileRow<'a> {
    name: &'a str,
    cells: Vec<Option<&'a ProfileResult>>,
}

#[derive(Serialize)]
struct KindCount {
    name: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct Cell {
    text: &'static str,
    /// The class of the verdict; none where there is none.
    verdict: Option<Verdict>,
}

#[derive(Serialize)]
struct ComparedCase<'a> {
    name: &'a str,
    suite: &'a str,
    kind: &'static str,
    about: &'a str,
    location: Option<&'a str>,
    requirements: &'a [String],
    cells: Vec<Cell>,
    /// What each report has, where something is to be told.
    details: Vec<CaseDetails<'a>>,
}

#[derive(Serialize)]
struct CaseDetails<'a> {
    implementation: &'a str,
    verdict: Verdict,
    why: Option<String>,
    declared: Option<&'a Declared>,
    checks: Vec<Check<'a>>,
    exchanges: Vec<ShownExchange<'a>>,
}

#[derive(Serialize)]
struct ComparedRequirement<'a> {
    id: &'a str,
    kind: &'static str,
    count: usize,
    cells: Vec<Cell>,
}

/// Writes the page.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(comparison: &ReportComparison<'_>, mut out: impl Write) -> io::Result<()> {
    let mut environment = page_environment();
    environment.add_template(TEMPLATE, include_str!("compare.html")).map_err(io::Error::other)?;
    let mut text = environment
        .get_template(TEMPLATE)
        .and_then(|template| template.render(Serde(page(comparison))))
        .map_err(io::Error::other)?;
    // A JSON report may hold characters that no page should show.
    crate::report::escape_for_terminal(&mut text);
    writeln!(out, "{}", text.trim_end())?;
    out.flush()
}

fn page<'a>(comparison: &'a ReportComparison<'a>) -> ComparisonPage<'a> {
    let count = |kind| comparison.of_kind(kind).count();
    let mut suites: Vec<&str> =
        comparison.cases.iter().filter_map(CaseRow::first).map(|case| case.suite.as_str()).collect();
    suites.sort_unstable();
    suites.dedup();
    ComparisonPage {
        style: html::style(),
        headline: format!(
            "{}, {} came out differently, {} the same",
            plural(count(RowKind::Regression), "regression"),
            plural(count(RowKind::Differs), "more case"),
            count(RowKind::Same)
        ),
        implementations: comparison.reports.iter().map(implementation).collect(),
        verdicts: Verdict::ALL,
        profiles: profiles(comparison.reports),
        kinds: RowKind::ALL.into_iter().map(|kind| KindCount { name: kind.as_str(), count: count(kind) }).collect(),
        suites,
        cases: comparison.cases.iter().map(|row| case(comparison, row)).collect(),
        requirements: comparison
            .requirements
            .iter()
            .map(|row| ComparedRequirement {
                id: row.id,
                kind: row.kind.as_str(),
                count: row.cases,
                cells: cells(&row.verdicts),
            })
            .collect(),
    }
}

fn implementation(named: &NamedReport) -> Implementation<'_> {
    let report = &named.report;
    let counts: Counts = report.summary.cases;
    Implementation {
        name: &named.name,
        target: &report.target,
        api_version: report.api_version,
        level: report.level,
        started: report.started.split('.').next().unwrap_or_default().replace('T', " "),
        interrupted: report.interrupted,
        conformance: report.conformance.as_deref(),
        counts: Verdict::ALL.map(|verdict| counts.of(verdict)).to_vec(),
    }
}

fn profiles(reports: &[NamedReport]) -> Vec<ProfileRow<'_>> {
    let mut names: Vec<&str> = Vec::new();
    for profile in reports.iter().flat_map(|named| &named.report.profiles) {
        if !names.contains(&profile.name.as_str()) {
            names.push(&profile.name);
        }
    }
    let in_report = |named: &&str, report: &'_ NamedReport| {
        report.report.profiles.iter().position(|profile| profile.name == **named)
    };
    names
        .into_iter()
        .map(|name| ProfileRow {
            name,
            cells: reports
                .iter()
                .map(|report| in_report(&name, report).map(|position| &report.report.profiles[position]))
                .collect(),
        })
        .collect()
}

fn cells(verdicts: &[Option<Verdict>]) -> Vec<Cell> {
    verdicts.iter().map(|verdict| Cell { text: cell(*verdict), verdict: *verdict }).collect()
}

fn case<'a>(comparison: &'a ReportComparison<'a>, row: &'a CaseRow<'a>) -> ComparedCase<'a> {
    let first = row.first();
    let details = row.cells.iter().zip(comparison.reports).filter_map(|(cell, named)| {
        let case = (*cell).filter(|case| case.verdict != Verdict::Pass)?;
        Some(CaseDetails {
            implementation: &named.name,
            verdict: case.verdict,
            why: explanation_of(case, &named.report),
            declared: case.declared.as_ref(),
            checks: case.checks.iter().map(|found| html::check(found, case)).collect(),
            exchanges: case.exchanges.iter().map(html::exchange).collect(),
        })
    });
    ComparedCase {
        name: &row.name,
        suite: first.map_or("", |case| &case.suite),
        kind: row.kind.as_str(),
        about: first.map_or("", |case| &case.about),
        location: first.and_then(|case| case.location.as_deref()),
        requirements: first.map_or(&[], |case| &case.requirements),
        cells: cells(&row.verdicts()),
        details: details.collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{super::tests::reports, *};

    fn written() -> String {
        let (reports, mut out) = (reports(), Vec::new());
        write(&ReportComparison::of(&reports), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn has_every_case_and_every_requirement_once_and_needs_nothing_beside_it() {
        let (page, reports) = (written(), reports());
        let comparison = ReportComparison::of(&reports);
        for row in &comparison.cases {
            assert_eq!(page.matches(&format!(r#"id="{}""#, row.name)).count(), 1, "{}", row.name);
        }
        for row in &comparison.requirements {
            assert_eq!(page.matches(&format!(r#"id="requirement-{}""#, row.id)).count(), 1, "{}", row.id);
        }
        for attribute in [" src=", "@import", "<link"] {
            assert!(!page.contains(attribute), "{attribute}");
        }
    }

    #[test]
    fn the_details_that_a_report_has_are_in_the_page_and_its_texts_are_no_markup() {
        let mut reports = reports();
        let failing = reports[0].report.cases.iter_mut().find(|case| !case.checks.is_empty()).unwrap();
        failing.checks[0].message = Some("<script>alert(1)</script>\u{202e}".to_owned());
        let mut out = Vec::new();
        write(&ReportComparison::of(&reports), &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'));
    }

    #[test]
    fn every_link_leads_somewhere() {
        let page = written();
        let links = regex::Regex::new(r##"href="#([^"]*)""##).unwrap();
        assert!(links.find(&page).is_some());
        for link in links.captures_iter(&page) {
            assert!(page.contains(&format!(r#"id="{}""#, &link[1])), "{}", &link[1]);
        }
    }
}
