//! The answers of a case against what is expected of them, step by step.

use std::collections::BTreeMap;

use super::{answer, check, mock::Asked, session::Proposals, target::Answered};
use crate::{
    golden::{self, Answer, Golden, GoldenStep, Memory, Traffic},
    suite::{Request, Step},
    traits::Traits,
    variable::Bindings,
    verdict::{CheckResult, Level, Side, StepName, Verdict},
    version::ApiVersion,
};

/// Holds answers against what is expected of them, step by step.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) bindings: Bindings,
    /// How many requests of the case are behind, those that were left out included: the place in the golden.
    pub(super) requests: usize,
    memory: Memory,
    proposal: Option<Proposal>,
    /// What was asked of the registry by the last requests.
    pub(super) asked: Asked,
    /// Values in differences and what they are called.
    pub(super) values: BTreeMap<String, String>,
}

/// What a case is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) golden: Option<&'a Golden>,
    pub(super) version: ApiVersion,
    pub(super) traits: &'a Traits,
    /// The most that a check of the case can weigh.
    pub(super) level: Level,
}

/// The golden that the answers make.
#[derive(Debug)]
struct Proposal {
    memory: Memory,
    golden: Golden,
}

impl Judge {
    /// Has judged nothing yet. `waits` says whether the case waits between steps, so that times can differ.
    pub(super) fn new(bindings: Bindings, proposals: Proposals, waits: bool) -> Self {
        let proposal = (proposals == Proposals::Made)
            .then(|| Proposal { memory: Memory::proposing(waits), golden: Golden::default() });
        Self {
            bindings,
            requests: 0,
            memory: Memory::default(),
            proposal,
            asked: Asked::default(),
            values: BTreeMap::new(),
        }
    }

    /// The golden that the answers make, if it was asked for.
    pub(super) fn into_proposal(self) -> Option<Golden> {
        self.proposal.map(|proposal| proposal.golden)
    }

    /// Notes that the case has waited, so that times from before and after differ.
    pub(super) fn pause(&mut self) {
        self.memory.pause();
        if let Some(proposal) = &mut self.proposal {
            proposal.memory.pause();
        }
    }

    /// Notes which step the next answers belong to.
    pub(super) fn begin(&mut self, step: &StepName) {
        self.memory.begin(step.to_string());
    }

    /// Judges the answer to the next request.
    pub(super) fn step(
        &mut self,
        expected: &Expected<'_>,
        request: &Request,
        step: &Step,
        answered: &Answered,
        asked: &mut Asked,
    ) -> Vec<CheckResult> {
        let previous = self.golden(expected, 0);
        let by_trait = previous.map(|golden| golden::by_trait(golden, expected.traits));
        let golden = by_trait.as_ref();
        self.requests += 1;
        let mut traffic = std::mem::take(&mut asked.traffic);
        if step.expect.any_order {
            let expected = step.expect.traffic.as_ref().or(golden.map(|golden| &golden.traffic));
            traffic = golden::in_order_of(expected, traffic, &self.bindings);
        }
        let answer = answer::answer(answered, traffic);
        let Expected { version, level: cap, .. } = *expected;
        let mut checks = check::status(request, &step.expect, version, cap, answered.status);
        if let Some(golden) = golden.filter(|_| step.expect.golden) {
            checks.extend(check::golden(golden, &answer, &self.bindings, &mut self.memory, cap));
        }
        checks.extend(check::schema(version, answered, &answer, cap));
        checks.extend(check::values(&step.expect, &answer.body, cap));
        checks.extend(check::traffic(&step.expect, &answer, &self.bindings));
        checks.extend(check::accept(&step.expect, &asked.accepted));
        self.propose(expected.traits, request, &answer, previous, golden);
        self.name_values(&checks);
        checks
    }

    /// Notes what the values in differences are called in goldens, so that a report can say which digest it is.
    fn name_values(&mut self, checks: &[CheckResult]) {
        /// Longer ones are cut in reports.
        const LONGEST: usize = 400;
        let differences = checks.iter().filter(|check| check.verdict.is_failure()).flat_map(|check| &check.differences);
        for side in differences.flat_map(|difference| [&difference.expected, &difference.actual]) {
            if let Side::Value(serde_json::Value::String(text)) = side
                && text.len() <= LONGEST
                && let Some(name) = golden::named(text, &self.bindings)
            {
                self.values.insert(text.clone(), name);
            }
        }
    }

    /// What the golden says about every target, for the request that is `position` behind the one to be judged next.
    fn golden<'a>(&self, expected: &Expected<'a>, position: usize) -> Option<&'a GoldenStep> {
        expected.golden.and_then(|golden| golden.steps.get(self.requests + position))
    }

    /// Whether the answer to a read is as expected, without a verdict and without remembering anything of it.
    pub(super) fn holds(
        &self,
        expected: &Expected<'_>,
        position: usize,
        (request, step): (&Request, &Step),
        answered: &Answered,
    ) -> bool {
        let answer = answer::answer(answered, Traffic::default());
        let golden = self.golden(expected, position).filter(|_| step.expect.golden);
        let differs = golden.is_some_and(|golden| {
            let golden = golden::by_trait(golden, expected.traits);
            let compared = golden::compare(&golden, &answer, &self.bindings, &mut self.memory.clone());
            compared.is_ok_and(|found| !found.answer.is_empty())
        });
        let status = check::expected_status(request, &step.expect, expected.version);
        !differs
            && status == Some(answered.status)
            && check::values(&step.expect, &answer.body, expected.level).all(|check| check.verdict == Verdict::Pass)
    }

    /// Proposes what the golden says already where it holds: a trait of this target must not find its way into it.
    fn propose(
        &mut self,
        traits: &Traits,
        request: &Request,
        answer: &Answer,
        previous: Option<&GoldenStep>,
        by_trait: Option<&GoldenStep>,
    ) {
        let Some(Proposal { memory, golden }) = &mut self.proposal else { return };
        let request = golden::mask(&request.describe(), &self.bindings);
        let proposed = golden::propose(&request, answer, by_trait, &self.bindings, memory);
        golden.steps.push(match (previous, by_trait) {
            (Some(previous), Some(by_trait)) if *by_trait == proposed => previous.clone(),
            _ => golden::for_every_target(proposed, traits),
        });
    }

    /// The request in words, with placeholders in place of this run's own values.
    pub(super) fn describe(&self, request: &Request) -> String {
        golden::mask(&request.describe(), &self.bindings)
    }
}
