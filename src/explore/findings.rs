//! What differs, grouped by cause.

use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::Value;

use super::Scenario;
use crate::{
    redaction::Secrets,
    runner::ExpectedAnswers,
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
    fn name(&mut self, cause: Cause) {
        self.says = cause.to_string();
        // The target may have echoed a token.
        Secrets::of_this_process().redactor().redact(&mut self.says);
        self.cause = cause;
    }

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
        let mut finding = Finding {
            cause: cause.clone(),
            says: String::new(),
            scenarios: 1,
            seed,
            registry: Value::Null,
            steps: Vec::new(),
            difference: None,
            expected: ExpectedAnswers::default(),
        };
        finding.name(cause);
        self.found.push(finding);
    }

    /// Adds the example of a cause.
    pub(super) fn fill(&mut self, cause: &Cause, scenario: Scenario, result: &CaseResult, expected: ExpectedAnswers) {
        let Some(place) = self.places.get(&group(cause)) else { return };
        let shown = cause::findings(result).into_iter().find(|finding| is_same(&finding.cause, cause));
        let difference = difference_of(result, cause);
        let Scenario { registry, steps, .. } = scenario;
        let finding = &mut self.found[*place];
        *finding = Finding { registry, steps, difference, expected, ..finding.clone() };
        if let Some(shown) = shown {
            finding.name(shown.cause);
        }
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

/// What is on each side of the difference of this cause, where it is one of values.
pub(super) fn difference_of(result: &CaseResult, cause: &Cause) -> Option<String> {
    let shown = cause::findings(result).into_iter().find(|finding| is_same(&finding.cause, cause))?;
    let Difference { path, expected, actual, .. } = shown.difference?;
    let mut text = format!("{path}: the reference has {expected}, the target {actual}");
    // The target may have echoed a token.
    Secrets::of_this_process().redactor().redact(&mut text);
    Some(text)
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
    use serde_json::json;

    use super::*;
    use crate::{
        explore::{ExplorationReport, Explored, UnstableScenario, write_bug_folder, write_page},
        json_path::JsonPath,
        verdict::{CheckKind, CheckResult, Level, Side, StepName},
        version::ApiVersion,
    };

    const TOKEN: &str = "sha256~a-token-that-the-target-repeats";

    /// What is found of a target that answers with this message.
    fn found(message: &str) -> Explored {
        let difference = Difference {
            path: JsonPath::root().key("message"),
            expected: Side::Value("no".into()),
            actual: Side::Value(message.into()),
            level: Level::Compatible,
        };
        let step = StepName { number: 1, name: "GET imagestreams/[stream]?pretty".to_owned() };
        let check = CheckResult::of_differences(CheckKind::Golden, Level::Compatible, vec![difference]).at(step);
        let result = CaseResult::of_checks("explore", "seed-7", vec![check]);
        let cause = cause::findings(&result).remove(0).cause;
        let mut explored = Explored::default();
        explored.findings.reserve(7, cause.clone());
        let steps = vec![json!({ "get": "imagestreams/{{stream}}" })];
        let scenario = Scenario { registry: json!({}), steps, words: [].into() };
        explored.findings.fill(&cause, scenario, &result, ExpectedAnswers::default());
        explored.unstable_examples.push(UnstableScenario {
            seed: 8,
            cause: Cause { request: Some(message.to_owned()), ..cause.clone() },
            difference: difference_of(&result, &cause),
        });
        explored.failures.push((9, message.to_owned()));
        explored
    }

    fn report(explored: &Explored) -> ExplorationReport<'_> {
        ExplorationReport { target: "a target", api_version: ApiVersion::NEWEST, first_seed: 7, explored }
    }

    #[test]
    fn a_token_that_the_target_repeats_is_written_nowhere() {
        Secrets::of_this_process().add(TOKEN);
        let explored = found(&format!("user {TOKEN} may not"));
        let mut written = report(&explored).to_json().to_string().into_bytes();
        report(&explored).write(&mut written).unwrap();
        write_page(&report(&explored), &mut written).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for finding in explored.findings.sorted() {
            let root = write_bug_folder(folder.path(), 1, finding, ApiVersion::NEWEST).unwrap();
            for file in ["README.md", "suites/found.yaml", "golden/found/seed-7.snap"] {
                written.extend(std::fs::read(root.join(file)).unwrap());
            }
        }
        let text = String::from_utf8(written).unwrap();
        assert!(text.contains("user [redacted] may not"), "{text}");
        assert!(!text.contains(TOKEN), "{text}");
    }

    #[rstest]
    #[case("POST a?dryRun", "POST a", true)]
    #[case("POST a?dryRun", "POST b?dryRun", false)]
    fn requests_that_differ_in_their_query_are_one_group(#[case] one: &str, #[case] other: &str, #[case] same: bool) {
        let cause = |request: &str| {
            let explored = found("x");
            Cause { request: Some(request.to_owned()), ..explored.findings.sorted()[0].cause.clone() }
        };
        assert_eq!(is_same(&cause(one), &cause(other)), same);
    }

    #[test]
    fn the_largest_group_comes_first() {
        let mut explored = found("x");
        let small = explored.findings.sorted()[0].cause.clone();
        let large = Cause { path: Some("$.kind".to_owned()), ..small };
        explored.findings.reserve(8, large.clone());
        assert!(explored.findings.count(&large));
        let seeds: Vec<u64> = explored.findings.sorted().iter().map(|finding| finding.seed).collect();
        assert_eq!(seeds, [8, 7]);
    }
}
