//! One scenario on two implementations: what the reference answers is what the target is held against.

use std::{collections::HashSet, sync::Arc};

use futures_util::future::Either;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, watch};

use super::{
    Scenario, masks,
    scenario::{Written, suite_header},
    shared_images::{SharedImages, is_of_first_import},
};
use crate::{
    document::{Diagnostics, Source},
    redaction::Redactor,
    report,
    runner::{self, ExpectedAnswers, Given, Remainder, Session, run_case_given},
    suite::{Case, load},
    verdict::{
        CaseResult, CheckKind, CheckResult, Side, Verdict,
        cause::{self, Cause, CauseKind, findings},
    },
};

/// The suite of scenarios.
const SUITE: &str = "explore";

/// A suite that needs what scenarios need, so that the features of a target are looked for before the first of them.
pub const PROBE_SUITE: &str = include_str!("probe.yaml");

/// Turns failures of a result into known ones.
pub type Declare = Arc<dyn Fn(&mut CaseResult) + Send + Sync>;

/// Runs scenarios on the reference and on a target.
pub struct Comparison {
    /// The session of the reference, which proposes goldens.
    pub reference: Arc<Session>,
    /// The session of the target.
    pub target: Arc<Session>,
    declare: Declare,
    /// Images whose bytes do not depend on the run: another scenario, run or user may have imported them before.
    shared_images: SharedImages,
    /// Held while a scenario is on the reference: for reading by every one, for writing by those that change what others see.
    on_reference: RwLock<()>,
    /// The same for the target, so that one such scenario is there while the next one is on the reference.
    on_target: RwLock<()>,
}

impl std::fmt::Debug for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Comparison").field("target", &self.target.target.url).finish_non_exhaustive()
    }
}

/// What came out of a scenario.
#[derive(Debug)]
pub enum Compared {
    /// Both answered alike.
    Same,
    /// They differ.
    Different(Box<Different>),
    /// The target lacks what the scenario needs, for this reason.
    Skipped(String),
    /// It could not be judged: the harness failed, or was stopped.
    Failed(String),
}

/// How two implementations differ in a scenario, without secrets: those of the scenario are forgotten with it.
#[derive(Debug)]
pub struct Different {
    /// The first difference.
    pub first: Divergence,
    /// The others, in order.
    pub others: Vec<Divergence>,
    /// What the reference answers.
    pub expected: ExpectedAnswers,
}

impl Different {
    /// Every difference, in order.
    pub fn all(&self) -> impl Iterator<Item = &Divergence> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// One difference between two implementations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// Its cause.
    pub cause: Cause,
    /// What is on each side, where it is one of values; long ones are cut to where they part.
    pub sides: Option<String>,
}

impl Comparison {
    /// Compares `target` with `reference`; `declare` may turn failures into known ones.
    #[must_use]
    pub fn new(reference: Arc<Session>, target: Arc<Session>, declare: Declare) -> Self {
        let shared_images = SharedImages::of(target.images.clone());
        Self {
            reference,
            target,
            declare,
            shared_images,
            on_reference: RwLock::default(),
            on_target: RwLock::default(),
        }
    }

    /// Runs a scenario under this name on both.
    pub async fn compare(&self, name: &str, scenario: &Scenario, stop: watch::Receiver<bool>) -> Compared {
        let case = match self.case(name, scenario) {
            Ok(Some(case)) => case,
            Ok(None) => return Compared::Failed("a drawn scenario has no case".to_owned()),
            Err(problem) => return Compared::Failed(format!("a drawn scenario is no case: {problem}")),
        };
        if let Some(reason) = Remainder::of(&case, &self.target.features, self.target.version).skip {
            return Compared::Skipped(reason);
        }
        let claimed = self.shared_images.claim(&case.images).await;
        let shares_images = !claimed.is_empty();
        let images = match self.target.build_images(&case, &self.target.run.salt(&case)) {
            Ok(images) => images,
            Err(problem) => return Compared::Failed(problem.to_string()),
        };
        let given = Given { images: &images, expected: None };
        let held = place(&self.on_reference, scenario).await;
        let reference = run_case_given(&self.reference, &case, given, runner::stopped(stop.clone())).await;
        drop(held);
        let Some(mut golden) = reference.proposal else {
            return self.failed(&reference.result);
        };
        masks::mask(&mut golden);
        let expected = ExpectedAnswers { golden, statuses: reference.statuses };
        let given = Given { expected: Some(&expected), ..given };
        let held = place(&self.on_target, scenario).await;
        let target = run_case_given(&self.target, &case, given, runner::stopped(stop.clone())).await;
        drop((held, claimed));
        if *stop.borrow() {
            return Compared::Failed("the exploration was stopped".to_owned());
        }
        let mut result = target.result;
        (self.declare)(&mut result);
        if result.verdict == Verdict::Error {
            return self.failed(&result);
        }
        // What holds for the reference as well is no difference: a fault that is never met, say.
        let common: HashSet<Cause> = findings(&reference.result).into_iter().map(|finding| finding.cause).collect();
        let is_told = |cause: &Cause| !(common.contains(cause) || shares_images && is_of_first_import(cause));
        let mut told = findings(&result).into_iter().filter(|finding| is_told(&finding.cause));
        let Some(first) = told.next() else { return Compared::Same };
        // The secrets of a scenario are known as long as the outcomes of its cases are.
        let redactor = self.redactor();
        let first = divergence(first, &redactor);
        let others = told.map(|finding| divergence(finding, &redactor)).collect();
        let expected = ExpectedAnswers { golden: expected.golden.redacted(&redactor), ..expected };
        Compared::Different(Box::new(Different { first, others, expected }))
    }

    fn failed(&self, result: &CaseResult) -> Compared {
        Compared::Failed(self.redactor().text(&failure(result)).into_owned())
    }

    /// Takes out the secrets of the run and of the scenarios that run now.
    fn redactor(&self) -> Redactor {
        // Both sessions make them known in one place.
        self.target.secrets.redactor()
    }

    /// The case that a scenario is.
    fn case(&self, name: &str, scenario: &Scenario) -> Result<Option<Case>, Diagnostics> {
        let mut text = suite_header(SUITE, "Random scenarios.");
        let written = Written { name, about: "A random scenario.", ..Written::default() };
        // Writing to a string cannot fail.
        let _ = scenario.write_case(written, &mut text);
        let suites = load(&[Source::new("explore.yaml", text)], &self.target.images, &[])?;
        Ok(suites.into_iter().flat_map(|suite| suite.cases).next())
    }
}

/// Waits until a scenario can be on one of the two implementations: beside others, or alone. It is there for as long as this is held.
async fn place<'a>(
    implementation: &'a RwLock<()>,
    scenario: &Scenario,
) -> Either<RwLockReadGuard<'a, ()>, RwLockWriteGuard<'a, ()>> {
    if scenario.runs_alone() {
        Either::Right(implementation.write().await)
    } else {
        Either::Left(implementation.read().await)
    }
}

/// What is kept of a finding.
fn divergence(finding: cause::Finding<'_>, redactor: &Redactor) -> Divergence {
    let sides = finding.difference.map(|difference| {
        let mut difference = difference.clone();
        // A secret that is cut or masked is not known for one any more.
        for side in [&mut difference.expected, &mut difference.actual] {
            match side {
                Side::Value(value) => redactor.redact_value(value),
                Side::Described(words) => redactor.redact(words),
                Side::Absent => {}
            }
        }
        // Long texts part at what differs, and not at a time.
        if let Side::Value(value) = &mut difference.actual {
            masks::mask_value(value);
        }
        let (expected, actual) = report::sides(&difference);
        let path = difference.path.to_string();
        format!("{}: the reference has {expected}, the target {actual}", redactor.text(&path))
    });
    Divergence { cause: redacted_cause(finding.cause, redactor), sides }
}

/// A cause without secrets: a target may echo them in the name of a field, too.
fn redacted_cause(cause: Cause, redactor: &Redactor) -> Cause {
    let redacted = |text: String| redactor.text(&text).into_owned();
    let kind = match cause.kind {
        CauseKind::Message(message) => CauseKind::Message(redacted(message)),
        CauseKind::Stale(reason) => CauseKind::Stale(redacted(reason)),
        kind => kind,
    };
    Cause { request: cause.request.map(redacted), path: cause.path.map(redacted), kind, ..cause }
}

/// The first thing that went wrong.
fn failure(result: &CaseResult) -> String {
    let failing = || result.checks.iter().filter(|check| check.verdict.is_failure() && check.message.is_some());
    // That the reference has no golden, and other status codes than the usual ones, goes without saying.
    let is_problem = |check: &&CheckResult| check.kind == CheckKind::Status && check.status.is_none();
    let check = failing().find(is_problem).or_else(|| failing().next());
    let message = check.and_then(|check| check.message.clone());
    message.unwrap_or_else(|| "the scenario was not answered".to_owned())
}
