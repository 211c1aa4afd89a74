//! One case, from its fixture to its verdict.

mod attempt;
mod sending;

use std::{any::Any, collections::BTreeSet, panic::AssertUnwindSafe, sync::Mutex, time::Instant};

use futures_util::FutureExt;

use self::attempt::{Attempt, AttemptProgress, GoldenInUse};
use super::{
    cluster::NotApplied,
    configuration_lag::Attempts,
    session::{Baseline, Session},
};
use crate::{
    fixture::Images,
    golden::Golden,
    recording::RecordedCase,
    redaction::CaseSecrets,
    requirement::FrozenSets,
    suite::Case,
    verdict::{CaseResult, CheckKind, CheckResult},
    version::ApiVersion,
};

/// What came out of a case, and what a golden of its answers would be.
#[derive(Debug)]
pub struct CaseOutcome {
    /// The verdict and what it rests on.
    pub result: CaseResult,
    /// The newest API version that the case holds for.
    pub newest: ApiVersion,
    /// The golden that the answers would make; only if every step was answered.
    pub proposal: Option<Golden>,
    /// The status codes of the answers that were judged, in the order of a golden.
    pub statuses: Vec<u16>,
    /// What was answered, where that is recorded; only if every request was answered.
    pub recorded: Option<RecordedCase>,
    /// What could not be put back as it was. What could not be removed is told when the run ends.
    pub left_behind: Vec<String>,
    /// The pull secrets that the case placed.
    pub secrets: CaseSecrets,
}

impl CaseOutcome {
    /// An outcome of which only the verdict is known.
    pub(super) fn of(result: CaseResult) -> Self {
        Self {
            result,
            newest: ApiVersion::NEWEST,
            proposal: None,
            statuses: Vec::new(),
            recorded: None,
            left_behind: Vec::new(),
            secrets: CaseSecrets::default(),
        }
    }
}

/// What another implementation answered to a case: it takes the place of the golden, and of the status codes that the
/// suite expects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExpectedAnswers {
    /// The golden that its answers make.
    pub golden: Golden,
    /// Its status codes, one for each step of the golden.
    pub statuses: Vec<u16>,
}

/// What takes the place of what a case has by itself, so that it is the same on two implementations.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The images of its registry, built.
    pub images: &'a Images,
    /// What the other implementation answered, where it is held against that.
    pub expected: Option<&'a ExpectedAnswers>,
}

/// Why a case ends before its last step.
enum CaseEnd {
    /// It would do harm to this target.
    Skipped(String),
    /// The harness, or what surrounds the implementation, failed.
    Failed(String),
}

impl From<String> for CaseEnd {
    fn from(problem: String) -> Self {
        Self::Failed(problem)
    }
}

impl From<NotApplied> for CaseEnd {
    fn from(problem: NotApplied) -> Self {
        match problem {
            NotApplied::Harmful(reason) => Self::Skipped(reason),
            NotApplied::Failed(problem) => Self::Failed(problem),
        }
    }
}

/// Runs one case and removes what it made, whatever happens, a panic included; `stopped` ends it early. A case that
/// changed configuration of the cluster is run again while that may not have taken effect yet.
pub async fn run_case(session: &Session, case: &Case, stopped: impl Future<Output = ()>) -> CaseOutcome {
    run_attempts(session, case, None, stopped).await
}

/// [`run_case`] with what is given for it. There is one attempt: a second one would have other image bytes.
pub async fn run_case_given(
    session: &Session,
    case: &Case,
    given: Given<'_>,
    stopped: impl Future<Output = ()>,
) -> CaseOutcome {
    run_attempts(session, case, Some(given), stopped).await
}

async fn run_attempts(
    session: &Session,
    case: &Case,
    given: Option<Given<'_>>,
    stopped: impl Future<Output = ()>,
) -> CaseOutcome {
    if case.changes_cluster()
        && let Err(reason) = session.configuration.claim().await
    {
        return super::skipped(case, reason.to_string());
    }
    let begun = Instant::now();
    let mut attempts = if given.is_some() { Attempts::single(&session.lag) } else { session.lag.attempts(case) };
    let mut left_behind = Vec::new();
    tokio::pin!(stopped);
    loop {
        attempts.begin().await;
        let mut outcome = run_once((session, case, given), &attempts, &mut stopped).await;
        left_behind.append(&mut outcome.left_behind);
        outcome.result.attempts = attempts.number();
        if !attempts.goes_on(&outcome.result) {
            outcome.result.duration = begun.elapsed();
            outcome.left_behind = left_behind;
            return outcome;
        }
    }
}

/// One attempt at a case.
async fn run_once(
    (session, case, given): (&Session, &Case, Option<Given<'_>>),
    attempts: &Attempts<'_>,
    stopped: &mut (impl Future<Output = ()> + Unpin),
) -> CaseOutcome {
    let secrets = CaseSecrets::among(&session.secrets);
    let progress = Mutex::new(AttemptProgress { secrets, ..AttemptProgress::default() });
    let ledger = session.cleanup.begin(&session.run);
    let expected = given.and_then(|given| given.expected);
    let golden = match session.baseline {
        Baseline::Suites | Baseline::SuitesWhileRecording if expected.is_none() => {
            session.goldens.find(&case.suite, &case.name, session.version)
        }
        _ => Ok(None),
    };
    let found = golden.as_ref().ok().and_then(Option::as_ref);
    let found = GoldenInUse { path: found.map(|found| found.path.as_str()), golden: found.map(|found| &found.golden) };
    let golden_in_use = expected.map_or(found, |expected| GoldenInUse { path: None, golden: Some(&expected.golden) });
    let statuses = expected.map_or(&[][..], |expected| &expected.statuses);
    let recording = session.baseline.recording();
    let recorded = recording.and_then(|recording| recording.cases.get(&case.full_name()));
    let attempt = Attempt {
        session,
        case,
        golden: golden_in_use,
        statuses,
        recorded,
        images: given.map(|given| given.images),
        progress: &progress,
        ledger: &ledger,
        attempts,
    };
    let running = AssertUnwindSafe(attempt.run()).catch_unwind();
    let (ended, is_whole) = tokio::select! {
        ended = running => match ended {
            Ok(ended) => (ended, true),
            Err(panic) => (Err(format!("the harness panicked: {}", panic_message(&*panic)).into()), false),
        },
        () = tokio::time::sleep(session.timeout) => {
            attempt.unanswered(&format!("no answer within {:?}", session.timeout));
            (Ok(()), false)
        }
        () = stopped => (Err("the run was stopped".to_owned().into()), false),
    };
    if !is_whole {
        // Nothing says which of them a request has stored that is not answered.
        let images = attempt.with(|progress| std::mem::take(&mut progress.images));
        images.iter().for_each(|digest| ledger.note_image(digest));
    }
    // The configuration is put back even if the rest is kept: it would change what other cases see.
    let mut left_behind = Vec::new();
    if case.changes_cluster() {
        left_behind.extend(session.configuration.put_back().await);
    }
    // What cannot be removed now is tried again when the run ends, and told then.
    let is_clean = session.keep
        || !ledger.clean_up(&session.target, &session.namespace).await.iter().any(|left| session.keeps(left));
    if is_whole && is_clean {
        session.cleanup.forget(&ledger);
    }
    let mut progress = progress.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    match ended {
        Ok(()) => {}
        Err(CaseEnd::Skipped(reason)) => return CaseOutcome { left_behind, ..super::skipped(case, reason) },
        Err(CaseEnd::Failed(problem)) => {
            progress.checks.push(CheckResult::error(CheckKind::Status, case.level, problem));
        }
    }
    if let Err(problem) = &golden {
        progress.checks.push(CheckResult::error(CheckKind::Golden, case.level, problem.to_string()));
    }
    let result = CaseResult {
        about: case.about.clone(),
        location: Some(case.location()),
        requirements: case.requirements.clone(),
        not_scored: not_scored(session, case),
        left_out: std::mem::take(&mut progress.left_out),
        exchanges: std::mem::take(&mut progress.exchanges),
        values: std::mem::take(&mut progress.values),
        ..CaseResult::of_checks(&case.suite, &case.name, progress.checks)
    };
    let AttemptProgress { proposal, statuses, recorded, secrets, .. } = progress;
    CaseOutcome { result, newest: case.newest(), proposal, statuses, recorded, left_behind, secrets }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}

/// Why the case does not decide over the run, if it does not.
fn not_scored(session: &Session, case: &Case) -> Option<String> {
    FrozenSets::builtin().not_scored(session.version, case.added)
}

/// The sets of media types that requests for manifests accepted.
pub(super) type Accepted = Vec<BTreeSet<String>>;
