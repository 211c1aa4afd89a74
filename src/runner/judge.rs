//! The answers of a case against what is expected of them, step by step.

use std::collections::BTreeMap;

use super::{
    answer, check,
    mock::Asked,
    recording::{self, RecordingContext},
    session::{Baseline, Proposals},
    target::Answered,
};
use crate::{
    golden::{self, Answer, Golden, GoldenStep, KnownValues, Memory, Traffic},
    recording::{RecordedCase, RecordedStep},
    suite::{Request, Step},
    traits::Traits,
    variable::Bindings,
    verdict::{CheckKind, CheckResult, Level, Side, StepName, Verdict},
    version::ApiVersion,
};

/// Holds answers against what is expected of them, step by step.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) bindings: Bindings,
    known: KnownValues,
    /// How many requests of the case are behind, those that were left out included: the place in the golden.
    pub(super) requests: usize,
    memory: Memory,
    proposal: Option<Proposal>,
    statuses: Vec<u16>,
    recorder: Option<Recorder>,
    /// What was asked of the registry by the last requests.
    pub(super) asked: Asked,
    /// Values of answers for later requests, by name.
    pub(super) kept: BTreeMap<String, String>,
    /// Values in differences and what they are called.
    pub(super) values: BTreeMap<String, String>,
}

/// What a case is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) golden: Option<&'a Golden>,
    /// What another build answered; then nothing else is expected.
    pub(super) recorded: Option<&'a RecordedCase>,
    pub(super) version: ApiVersion,
    pub(super) traits: &'a Traits,
    /// The most that a check of the case can weigh.
    pub(super) level: Level,
}

impl<'a> Expected<'a> {
    /// What a recorded answer is compared in terms of.
    const fn in_recording(&self, bindings: &'a Bindings) -> RecordingContext<'a> {
        RecordingContext { traits: self.traits, cap: self.level, bindings }
    }
}

/// The golden that the answers make.
#[derive(Debug)]
struct Proposal {
    memory: Memory,
    golden: Golden,
}

/// What is recorded of the answers.
#[derive(Debug)]
struct Recorder {
    memory: Memory,
    recorded: RecordedCase,
}

/// What was made of the answers, as far as it was asked for.
#[derive(Debug)]
pub(super) struct Made {
    /// The golden that they make.
    pub(super) proposal: Option<Golden>,
    /// The status codes of the answers.
    pub(super) statuses: Vec<u16>,
    /// What is recorded of them.
    pub(super) recorded: Option<RecordedCase>,
}

impl Judge {
    /// Has judged nothing yet. `waits` says whether the case waits between steps, so that times can differ.
    pub(super) fn new(bindings: Bindings, proposals: Proposals, baseline: &Baseline, waits: bool) -> Self {
        let proposal = (proposals == Proposals::Made)
            .then(|| Proposal { memory: Memory::proposing(waits), golden: Golden::default() });
        let recorder = matches!(baseline, Baseline::SuitesWhileRecording)
            .then(|| Recorder { memory: Memory::proposing(waits), recorded: RecordedCase::default() });
        Self {
            known: KnownValues::of(&bindings),
            bindings,
            requests: 0,
            memory: Memory::default(),
            proposal,
            statuses: Vec::new(),
            recorder,
            asked: Asked::default(),
            kept: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }

    /// What was made of the answers.
    pub(super) fn into_made(self) -> Made {
        Made {
            proposal: self.proposal.map(|proposal| proposal.golden),
            statuses: self.statuses,
            recorded: self.recorder.map(|recorder| recorder.recorded),
        }
    }

    /// Notes that the case has waited, so that times from before and after differ.
    pub(super) fn pause(&mut self) {
        self.memory.pause();
        if let Some(proposal) = &mut self.proposal {
            proposal.memory.pause();
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.memory.pause();
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
        if let Some(recorded) = expected.recorded {
            return self.step_of_recording(expected, recorded, request, step, answered, asked);
        }
        let previous = self.golden(expected, 0);
        let by_trait = previous.map(|golden| golden::by_trait(golden, expected.traits));
        let golden = by_trait.as_ref();
        self.requests += 1;
        self.statuses.push(answered.status);
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
        checks.extend(check::schema(version, request, answered, &answer, cap));
        checks.extend(check::values(&step.expect, &answer.body, cap));
        checks.extend(check::published(&step.expect, &answer.body, version, cap));
        self.keep(step, &answer);
        checks.extend(check::traffic(&step.expect, &answer, &self.bindings));
        checks.extend(check::accept(&step.expect, &asked.accepted));
        self.propose(expected.traits, request, &answer, previous, golden);
        self.record(expected.traits, request, &answer, answered.status);
        self.name_values(&checks);
        checks
    }

    /// Judges the answer to the next request by what another build answered.
    fn step_of_recording(
        &mut self,
        expected: &Expected<'_>,
        recorded: &RecordedCase,
        request: &Request,
        step: &Step,
        answered: &Answered,
        asked: &mut Asked,
    ) -> Vec<CheckResult> {
        let found = recorded.responses.get(&self.requests);
        self.requests += 1;
        let mut traffic = std::mem::take(&mut asked.traffic);
        let Some(found) = found else {
            self.keep(step, &answer::answer(answered, Traffic::default()));
            return Vec::new();
        };
        if step.expect.any_order {
            traffic = golden::in_order_of(Some(&found.traffic), traffic, &self.bindings);
        }
        let answer = answer::answer(answered, traffic);
        self.keep(step, &answer);
        let context = expected.in_recording(&self.bindings);
        let checks = recording::checks(&context, found, request, answered.status, &answer, &mut self.memory);
        self.name_values(&checks);
        checks
    }

    /// Keeps what the step wants of an answer for later requests.
    fn keep(&mut self, step: &Step, answer: &Answer) {
        for (name, path) in &step.keep {
            if let Some(found) = path.find(&answer.body) {
                let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                self.kept.insert(name.clone(), text);
            }
        }
    }

    /// Records the answer to the request that was judged last.
    fn record(&mut self, traits: &Traits, request: &Request, answer: &Answer, status: u16) {
        let Some(Recorder { memory, recorded }) = &mut self.recorder else { return };
        let request = self.known.mask(&request.describe());
        let golden = golden::propose(&request, answer, None, &self.bindings, &self.known, memory);
        let golden = golden::for_every_target(golden, traits);
        let step = RecordedStep::of(golden, status, answer, |text| self.known.mask(text));
        recorded.responses.insert(self.requests - 1, step);
    }

    /// Notes what the values in differences are called in goldens, so that a report can say which digest it is.
    fn name_values(&mut self, checks: &[CheckResult]) {
        /// Longer ones are cut in reports.
        const LONGEST: usize = 400;
        let differences = checks.iter().filter(|check| check.verdict.is_failure()).flat_map(|check| &check.differences);
        for side in differences.flat_map(|difference| [&difference.expected, &difference.actual]) {
            if let Side::Value(serde_json::Value::String(text)) = side
                && text.len() <= LONGEST
                && let Some(name) = self.known.named(text)
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
        if let Some(recorded) = expected.recorded {
            let found = recorded.responses.get(&(self.requests + position));
            let context = expected.in_recording(&self.bindings);
            return found.is_none_or(|found| {
                recording::checks(&context, found, request, answered.status, &answer, &mut self.memory.clone())
                    .iter()
                    .all(|check| check.verdict == Verdict::Pass || check.kind == CheckKind::Traffic)
            });
        }
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
        let request = self.known.mask(&request.describe());
        let proposed = golden::propose(&request, answer, by_trait, &self.bindings, &self.known, memory);
        golden.steps.push(match (previous, by_trait) {
            (Some(previous), Some(by_trait)) if *by_trait == proposed => previous.clone(),
            _ => golden::for_every_target(proposed, traits),
        });
    }

    /// The request in words, with placeholders in place of this run's own values.
    pub(super) fn describe(&self, request: &Request) -> String {
        self.known.mask(&request.describe())
    }
}
