//! What differs, grouped by cause.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use serde::Serialize;

use super::Scenario;
use crate::{
    golden::Golden,
    redaction::Secrets,
    verdict::{
        CaseResult, Difference,
        cause::{self, Cause},
    },
};

/// A cause, and the smallest scenario that shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What differs.
    pub cause: Cause,
    /// In how many scenarios it was the first difference.
    pub scenarios: usize,
    /// The seed of the first of them.
    pub seed: u64,
    /// The registry of the example.
    pub registry: serde_json::Value,
    /// The steps of the example.
    pub steps: Vec<serde_json::Value>,
    /// The difference, where it is one of values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What the reference answers to the example.
    #[serde(skip)]
    pub golden: Golden,
}

impl Finding {
    /// The example.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario { registry: self.registry.clone(), steps: self.steps.clone() }
    }
}

/// The causes that were found so far; as large as they are many.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    places: HashMap<Cause, usize>,
}

impl Findings {
    /// Counts one more scenario of a known cause. Returns whether the cause is known.
    pub fn count(&mut self, cause: &Cause) -> bool {
        let place = self.places.get(cause);
        place.map(|place| self.found[*place].scenarios += 1).is_some()
    }

    /// Adds a new cause with its example.
    pub fn add(&mut self, seed: u64, scenario: Scenario, cause: Cause, result: &CaseResult, golden: Golden) {
        let of_cause = |finding: &cause::Finding<'_>| finding.cause == cause;
        let finding = cause::findings(result).into_iter().find(of_cause);
        let difference = finding.and_then(|finding| {
            let Difference { path, expected, actual, .. } = finding.difference?;
            let mut text = format!("{path}: the reference has {expected}, the target {actual}");
            // The target may have echoed a token.
            Secrets::of_this_process().redactor().redact(&mut text);
            Some(text)
        });
        let Scenario { registry, steps } = scenario;
        self.places.insert(cause.clone(), self.found.len());
        self.found.push(Finding { cause, scenarios: 1, seed, registry, steps, difference, golden });
    }

    /// The causes, the most frequent first.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Finding> {
        let mut found: Vec<&Finding> = self.found.iter().collect();
        found.sort_by_key(|finding| (std::cmp::Reverse(finding.scenarios), finding.seed));
        found
    }

    /// Writes the causes for people.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in self.sorted() {
            let noun = if finding.scenarios == 1 { "scenario" } else { "scenarios" };
            writeln!(out, "{:>6} {noun}  {}", finding.scenarios, finding.cause)?;
            if let Some(difference) = &finding.difference {
                writeln!(out, "{:>16}{difference}", "")?;
            }
            writeln!(out, "{:>16}registry: {}", "", finding.registry)?;
            for step in &finding.steps {
                writeln!(out, "{:>16}- {step}", "")?;
            }
            writeln!(out, "{:>16}isi-conformance explore --replay {}", "", finding.seed)?;
        }
        Ok(())
    }
}
