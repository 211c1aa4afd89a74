//! What an exploration found out, for the terminal, for tools and as a page.

use std::io::{self, Write};

use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Explored, Finding, UnstableScenario};
use crate::{report::page_environment, version::ApiVersion};

/// The name ends in `.html`, so that everything put into the template is escaped.
const TEMPLATE: &str = "page.html";
/// How many seeds that could not be judged the terminal names.
const NAMED: usize = 5;

/// What an exploration found out, and of what.
#[derive(Debug)]
pub struct ExplorationReport<'a> {
    /// What the target is called.
    pub target: &'a str,
    /// The API version it was held against.
    pub api_version: ApiVersion,
    /// The seed of the first scenario.
    pub first_seed: u64,
    /// What was found out.
    pub explored: &'a Explored,
}

#[derive(Serialize)]
struct ExplorationPage<'a> {
    target: &'a str,
    api_version: ApiVersion,
    headline: String,
    causes: Vec<&'a Finding>,
    unstable: Vec<SeedEntry>,
    failures: Vec<SeedEntry>,
    coverage: Vec<DrawnKind<'a>>,
}

#[derive(Serialize)]
struct SeedEntry {
    seed: u64,
    says: String,
}

#[derive(Serialize)]
struct DrawnKind<'a> {
    name: &'a str,
    drawn: usize,
    all: usize,
    missed: Vec<&'a str>,
}

impl ExplorationReport<'_> {
    /// What came out, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let Explored { findings, coverage, skipped, failed, unstable, duration, .. } = self.explored;
        format!(
            "{} scenarios with {} steps in {:.1}s, first seed {}: {} causes of differences, {skipped} skipped, \
            {unstable} not repeatable, {failed} not judged",
            coverage.scenarios,
            coverage.steps,
            duration.as_secs_f64(),
            self.first_seed,
            findings.sorted().len(),
        )
    }

    /// Writes everything for people.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.explored.findings.write(out)?;
        for SeedEntry { seed, says } in self.failures().into_iter().take(NAMED) {
            writeln!(out, "error: seed {seed} could not be judged: {says}")?;
        }
        for SeedEntry { seed, says } in self.unstable().into_iter().take(NAMED) {
            writeln!(out, "not repeatable: seed {seed} differed once and not again: {says}")?;
        }
        self.explored.coverage.write(out)?;
        writeln!(out, "{}", self.headline())
    }

    /// Everything for tools.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Explored { findings, coverage, skipped, failed, unstable, duration, .. } = self.explored;
        json!({
            "target": self.target, "apiVersion": self.api_version.to_string(), "seed": self.first_seed,
            "seconds": duration.as_secs_f64(), "scenarios": coverage.scenarios, "skipped": skipped,
            "unstable": unstable, "failures": failed, "unstableExamples": self.unstable(),
            "failureExamples": self.failures(), "causes": findings.sorted(), "coverage": coverage,
        })
    }

    fn unstable(&self) -> Vec<SeedEntry> {
        let entry = |UnstableScenario { seed, divergence }: &UnstableScenario| {
            let sides = divergence.sides.iter().map(|sides| format!(": {sides}"));
            SeedEntry { seed: *seed, says: sides.fold(divergence.cause.to_string(), |says, sides| says + &sides) }
        };
        self.explored.unstable_examples.iter().map(entry).collect()
    }

    fn failures(&self) -> Vec<SeedEntry> {
        let entry = |(seed, says): &(u64, String)| SeedEntry { seed: *seed, says: says.clone() };
        self.explored.failures.iter().map(entry).collect()
    }
}

/// Writes the page of an exploration, which needs nothing beside it.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_page(report: &ExplorationReport<'_>, mut out: impl Write) -> io::Result<()> {
    let mut environment = page_environment();
    environment.add_template(TEMPLATE, include_str!("page.html")).map_err(io::Error::other)?;
    let kinds = report.explored.coverage.kinds();
    let page = ExplorationPage {
        target: report.target,
        api_version: report.api_version,
        headline: report.headline(),
        causes: report.explored.findings.sorted(),
        unstable: report.unstable(),
        failures: report.failures(),
        coverage: kinds.map(|(name, drawn, all, missed)| DrawnKind { name, drawn, all, missed }).collect(),
    };
    let text = environment.get_template(TEMPLATE).and_then(|template| template.render(Serde(&page)));
    out.write_all(text.map_err(io::Error::other)?.as_bytes())
}
