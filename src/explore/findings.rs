//! What differs, grouped by cause.

use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::Value;

use super::{Different, Divergence, Scenario};
use crate::{
    runner::ExpectedAnswers,
    verdict::cause::{Cause, CauseKind},
};

/// The most scenarios that are tried to find the smallest one, for each of the first causes.
const MOST_TRIES: usize = 120;
/// How many causes are the first ones.
const FIRST_CAUSES: usize = 10;
/// The same for the causes after them.
const LATER_TRIES: usize = 40;
/// The same for a cause that is known of other requests.
const FEWEST_TRIES: usize = 20;

/// A cause, and the smallest scenario that shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What differs.
    pub cause: Cause,
    /// The same in words.
    pub says: String,
    /// In how many scenarios it was the first difference, and one more where it was found behind another.
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
    /// Counts one more scenario for its first cause, where that is known. Returns the first difference that is new.
    ///
    /// Behind a known cause, a difference is new only at a place that no cause has in any request: a field that one response
    /// lacks is missing from others, too. Behind another status code, nothing is new: much follows from that.
    pub fn count(&mut self, different: &Different) -> Option<Divergence> {
        let mut is_first = true;
        for divergence in different.all() {
            let cause = &divergence.cause;
            match self.places.get(&group(cause)) {
                Some(place) if is_first => self.found[*place].scenarios += 1,
                Some(_) => {}
                None if is_first || !self.found.iter().any(|known| is_at_one_place(&known.cause, cause)) => {
                    return Some(divergence.clone());
                }
                None => {}
            }
            if matches!(cause.kind, CauseKind::Status(_)) {
                return None;
            }
            is_first = false;
        }
        None
    }

    /// Notes a new cause, whose example is yet to be found; one that is known is counted. Returns whether it is new.
    pub(super) fn reserve(&mut self, seed: u64, cause: &Cause) -> bool {
        if let Some(place) = self.places.get(&group(cause)) {
            self.found[*place].scenarios += 1;
            return false;
        }
        self.places.insert(group(cause), self.found.len());
        self.found.push(Finding {
            says: cause.to_string(),
            cause: cause.clone(),
            scenarios: 1,
            seed,
            registry: Value::Null,
            steps: Vec::new(),
            difference: None,
            expected: ExpectedAnswers::default(),
        });
        true
    }

    /// How many scenarios may be tried to find the smallest one that shows a new cause: fewer where the same place of other
    /// responses differs, and where many causes are known.
    pub(super) fn tries(&self, cause: &Cause) -> usize {
        let is_known_elsewhere = self.found.iter().any(|known| is_at_one_place(&known.cause, cause));
        match self.found.len() {
            _ if is_known_elsewhere => FEWEST_TRIES,
            0..FIRST_CAUSES => MOST_TRIES,
            _ => LATER_TRIES,
        }
    }

    /// Adds the example of a cause.
    pub(super) fn fill(&mut self, scenario: Scenario, shown: Shown) {
        let Shown { divergence: Divergence { cause, sides: difference }, expected } = shown;
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

/// How an example shows its cause.
#[derive(Debug)]
pub(super) struct Shown {
    /// The difference.
    pub divergence: Divergence,
    /// What the reference answers.
    pub expected: ExpectedAnswers,
}

/// Whether two causes differ in nothing but the request.
fn is_at_one_place(one: &Cause, other: &Cause) -> bool {
    (one.check, &one.path, &one.kind) == (other.check, &other.path, &other.kind)
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
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::verdict::{CheckKind, StatusMismatch};

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

    fn value(request: &str, path: &str) -> Cause {
        Cause { path: Some(path.to_owned()), ..cause(request) }
    }

    fn status(request: &str) -> Cause {
        let kind = CauseKind::Status(StatusMismatch { expected: 201, actual: 500 });
        Cause { path: None, kind, ..cause(request) }
    }

    /// A scenario beside a known difference in `$.message` of `POST a`, and a known other status of `POST b`.
    #[rstest]
    #[case::first(&[value("PUT c", "$.message")], Some(0))]
    #[case::known(&[value("POST a", "$.message")], None)]
    #[case::at_another_place(&[value("POST a", "$.message"), value("POST a", "$.reason")], Some(1))]
    #[case::at_the_same_place_of_another_request(&[value("POST a", "$.message"), value("PUT c", "$.message")], None)]
    #[case::behind_another_status(&[status("POST b"), value("PUT c", "$.reason")], None)]
    fn behind_a_known_difference_one_at_another_place_is_new(
        #[case] causes: &[Cause],
        #[case] expected: Option<usize>,
    ) {
        let mut findings = Findings::default();
        findings.reserve(7, &value("POST a", "$.message"));
        findings.reserve(8, &status("POST b"));
        let mut divergences = causes.iter().map(|cause| Divergence { cause: cause.clone(), sides: None });
        let different = Different {
            first: divergences.next().unwrap(),
            others: divergences.collect(),
            expected: ExpectedAnswers::default(),
        };
        let new = findings.count(&different).map(|divergence| divergence.cause);
        assert_eq!(new.as_ref(), expected.map(|index| &causes[index]));
    }

    #[test]
    fn less_is_tried_for_what_is_known_of_other_requests_and_for_later_causes() {
        let mut findings = Findings::default();
        assert_eq!(findings.tries(&value("POST a", "$.message")), MOST_TRIES);
        findings.reserve(7, &value("POST a", "$.message"));
        assert_eq!(findings.tries(&value("PUT b", "$.message")), FEWEST_TRIES);
        assert_eq!(findings.tries(&value("PUT b", "$.reason")), MOST_TRIES);
        for number in 1..FIRST_CAUSES {
            findings.reserve(8, &value("POST a", &format!("$.{number}")));
        }
        assert_eq!(findings.tries(&value("PUT b", "$.reason")), LATER_TRIES);
    }

    #[test]
    fn the_largest_group_comes_first() {
        let (small, large) = (cause("GET a"), cause("GET b"));
        let mut findings = Findings::default();
        assert!(findings.reserve(7, &small));
        assert!(findings.reserve(8, &large));
        assert!(!findings.reserve(9, &large));
        let seeds: Vec<u64> = findings.sorted().iter().map(|finding| finding.seed).collect();
        assert_eq!(seeds, [8, 7]);
    }
}
