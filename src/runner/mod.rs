//! The runner: drives an implementation of the API, reached by URL, through cases, and judges what it answers.
//!
//! ```text
//! run ─ for each case ─ MockRegistry ← requests ─ implementation
//!                       Script steps ─ requests → implementation ─ answers → checks → verdict
//! ```
//!
//! Cases run in parallel and in any order. Isolation makes that safe: every case has a registry, an image stream and
//! image bytes of its own, marked with the run's [`RunId`].

mod answer;
mod case;
mod check;
mod cleanup;
mod cluster;
mod configuration_lag;
mod curl;
mod default_mode;
mod feature;
mod judge;
mod late_requests;
mod left_out;
mod mock;
mod names;
mod namespace;
mod object;
mod permission;
mod ports;
mod probe;
mod recording;
mod remains;
mod retry_reads;
mod secret;
mod selection;
mod served_case;
mod session;
mod status;
mod suitability;
mod target;
mod traits;

use std::{cell::Cell, ops::ControlFlow, sync::Arc};

use futures_util::{StreamExt, stream};
use tokio::sync::watch;

pub use self::{
    case::{CaseOutcome, ExpectedAnswers, Given, run_case, run_case_given},
    cleanup::Cleanup,
    cluster::{Change, ClusterConfiguration, Holder, Lock, Unavailable},
    configuration_lag::ConfigurationLag,
    feature::{Absence, AbsenceSource, DeclaredFeatures, Features},
    left_out::{Remainder, needed},
    names::{ParseRunIdError, RunId},
    namespace::{Namespace, NamespaceError},
    object::ObjectError,
    permission::{ConfigurationAccess, Permission},
    ports::{Lease, Ports, RegistrySocket},
    remains::{Cleaning, CleaningReport, Mode, clean},
    retry_reads::CacheLag,
    selection::{CasePattern, PatternError, Selection},
    served_case::{ServedCase, ServedStep, ServingPlace},
    session::{Baseline, Proposals, Session},
    suitability::{reason_of_traits, repository_tags},
    target::{
        Answered, Blame, Credential, HeaderSource, Identity, LARGEST_ANSWER, Need, NoAnswer, Prepared, Presence,
        ServerAlias, Target, Throttling, TlsFailure, Users,
    },
    traits::{Wanted, find_out},
};
use crate::{
    suite::Case,
    verdict::{CaseResult, Verdict},
    version::ApiVersion,
};

/// Why a case does not hold for `version`, if it does not.
#[must_use]
pub fn reason_not_to_hold(case: &Case, version: ApiVersion) -> Option<String> {
    if case.holds_for(version) {
        return None;
    }
    let since = case.since.map(|since| format!("since {since}"));
    let until = case.until.map(|until| format!("until {until}"));
    let range: Vec<String> = since.into_iter().chain(until).collect();
    Some(format!("holds {}, not for {version}", range.join(" and ")))
}

/// A case to be run, and against what.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The case.
    pub case: Case,
    /// What it shares with others.
    pub session: Arc<Session>,
    /// Why it is not run, if it is not.
    pub skip: Option<String>,
}

/// Runs cases, `jobs` at a time, and calls `finished` for each in the order of completion; the callback may change the verdict.
/// Cases that change what others see (a pull secret of the namespace, the configuration of the cluster) come last and one
/// at a time.
///
/// The outcomes are in the order of `planned`. When `stop` turns true, no case is begun any more, those that run are cut
/// short and take back what they made, and the others are left out. When `finished` breaks, or the target [is
/// gone](Target::is_there), no case is begun any more either, and those that run are ended.
pub async fn run(
    planned: Vec<Planned>,
    jobs: usize,
    stop: watch::Receiver<bool>,
    mut finished: impl FnMut(&mut CaseOutcome) -> ControlFlow<()>,
) -> Vec<CaseOutcome> {
    let enough = Cell::new(false);
    let mut outcomes: Vec<Option<CaseOutcome>> = Vec::new();
    outcomes.resize_with(planned.len(), || None);
    let (alone, together): (Vec<_>, Vec<_>) =
        planned.into_iter().enumerate().partition(|(_, planned)| planned.case.runs_alone());
    for (planned, jobs) in [(together, jobs.max(1)), (alone, 1)] {
        let mut running = stream::iter(planned)
            .map(|(index, planned)| {
                let (stop, enough) = (stop.clone(), &enough);
                async move {
                    if enough.get() {
                        return None;
                    }
                    let session = planned.session.clone();
                    let mut outcome = attempt(planned, stop).await?;
                    // What shows the cases comes after all of them.
                    outcome.secrets.keep();
                    Some((index, session, outcome))
                }
            })
            .buffer_unordered(jobs);
        while let Some(outcome) = running.next().await {
            if let Some((index, session, mut outcome)) = outcome {
                enough.set(finished(&mut outcome).is_break() || enough.get());
                outcomes[index] = Some(outcome);
                if !enough.get() {
                    enough.set(!session.target.is_there().await);
                }
            }
        }
    }
    outcomes.into_iter().flatten().collect()
}

/// What comes out of one case; nothing if the run was stopped before it began.
async fn attempt(planned: Planned, stop: watch::Receiver<bool>) -> Option<CaseOutcome> {
    let Planned { case, session, skip } = planned;
    if let Some(reason) = skip {
        return Some(skipped(&case, reason));
    }
    if *stop.borrow() {
        return None;
    }
    // A task of its own: a case that panics is the harness's failure and ends no other case.
    let (suite, name) = (case.suite.clone(), case.name.clone());
    let task = tokio::spawn(async move { run_case(&session, &case, stopped(stop)).await });
    Some(task.await.unwrap_or_else(|panic| panicked(suite, name, &panic)))
}

/// Waits until `stop` turns true.
pub async fn stopped(mut stop: watch::Receiver<bool>) {
    // Nothing can stop the run once the sender is gone.
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn skipped(case: &Case, reason: String) -> CaseOutcome {
    let result = CaseResult {
        about: case.about.clone(),
        location: Some(case.location()),
        requirements: case.requirements.clone(),
        ..CaseResult::skip(&case.suite, &case.name, reason)
    };
    CaseOutcome { newest: case.newest(), ..CaseOutcome::of(result) }
}

fn panicked(suite: String, case: String, panic: &tokio::task::JoinError) -> CaseOutcome {
    use crate::verdict::{CheckKind, CheckResult, Level};
    let check = CheckResult::error(CheckKind::Status, Level::Required, format!("the harness panicked: {panic}"));
    let left = format!("what {suite}::{case} made: the harness panicked while it cleaned up");
    let result = CaseResult { verdict: Verdict::Error, ..CaseResult::of_checks(suite, case, vec![check]) };
    CaseOutcome { left_behind: vec![left], ..CaseOutcome::of(result) }
}
