//! What differs, grouped by cause.

use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::Value;

use super::{Different, Scenario};
use crate::{runner::ExpectedAnswers, verdict::cause::Cause};

/// A cause, and the smallest scenario that shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What differs.
    pub cause: Cause,
    /// The same in words.
    pub says: String,
    /// In how many scenarios it was the first difference.
    pub scenarios: usize,
    /// The seed of the example.
    pub seed: u64,
    /// The registry of the example.
    pub registry: Value,
    /// The steps of the example.
    pub steps: Vec<Value>,
    /// The difference, where it is one of values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What the reference answers to the example.
    #[serde(skip)]
    pub expected: ExpectedAnswers,
}

impl Finding {
    /// The example.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario { registry: self.registry.clone(), steps: self.steps.clone(), words: [].into() }
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
        let place = self.places.get(&group(cause));
        place.map(|place| self.found[*place].scenarios += 1).is_some()
    }

    /// Notes a new cause, whose example is yet to be found.
    pub(super) fn reserve(&mut self, seed: u64, cause: Cause) {
        self.places.insert(group(&cause), self.found.len());
        self.found.push(Finding {
            says: cause.to_string(),
            cause,
            scenarios: 1,
            seed,
            registry: Value::Null,
            steps: Vec::new(),
            difference: None,
            expected: ExpectedAnswers::default(),
        });
    }

    /// Adds the example of a cause.
    pub(super) fn fill(&mut self, scenario: Scenario, different: Different) {
        let Different { cause, difference, expected } = different;
        let Some(place) = self.places.get(&group(&cause)) else { return };
        let Scenario { registry, steps, .. } = scenario;
        let finding = &mut self.found[*place];
        *finding = Finding { says: cause.to_string(), cause, registry, steps, difference, expected, ..finding.clone() };
    }

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The causes, the most frequent first.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Finding> {
        let mut found: Vec<&Finding> = self.found.iter().collect();
        found.sort_by_key(|finding| (Reverse(finding.scenarios), finding.seed));
        found
    }

    /// Writes the causes for people.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in self.sorted() {
            let noun = if finding.scenarios == 1 { "scenario " } else { "scenarios" };
            writeln!(out, "{:>6} {noun}  {}", finding.scenarios, finding.says)?;
            if let Some(difference) = &finding.difference {
                writeln!(out, "{:>18}{difference}", "")?;
            }
            writeln!(out, "{:>18}registry: {}", "", finding.registry)?;
            for step in &finding.steps {
                writeln!(out, "{:>18}- {step}", "")?;
            }
            writeln!(out, "{:>18}isi-conformance explore --replay {}\n", "", finding.seed)?;
        }
        Ok(())
    }
}

/// Whether two causes are one, whatever the query of the request.
pub(super) fn is_same(one: &Cause, other: &Cause) -> bool {
    group(one) == group(other)
}

/// What differences are grouped by: the cause, whatever the query of the request.
fn group(cause: &Cause) -> Cause {
    let request = cause.request.as_deref().map(|request| request.split('?').next().unwrap_or(request).to_owned());
    Cause { request, ..cause.clone() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::verdict::{CheckKind, cause::CauseKind};

    fn cause(request: &str) -> Cause {
        let path = Some("$.message".to_owned());
        Cause { check: CheckKind::Golden, request: Some(request.to_owned()), path, kind: CauseKind::Value }
    }

    #[rstest]
    #[case("POST a?dryRun", "POST a", true)]
    #[case("POST a?dryRun", "POST b?dryRun", false)]
    fn requests_that_differ_in_their_query_are_one_group(#[case] one: &str, #[case] other: &str, #[case] same: bool) {
        assert_eq!(is_same(&cause(one), &cause(other)), same);
    }

    #[test]
    fn the_largest_group_comes_first() {
        let (small, large) = (cause("GET a"), cause("GET b"));
        let mut findings = Findings::default();
        findings.reserve(7, small);
        findings.reserve(8, large.clone());
        assert!(findings.count(&large));
        let seeds: Vec<u64> = findings.sorted().iter().map(|finding| finding.seed).collect();
        assert_eq!(seeds, [8, 7]);
    }
}
