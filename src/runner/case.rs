//! One case, from its fixture to its verdict.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::Mutex,
    time::{Duration, Instant},
};

use futures_util::FutureExt;

use super::{
    check,
    cleanup::Ledger,
    cluster::NotApplied,
    configuration_lag::Attempts,
    curl::curl,
    default_mode,
    judge::{Expected, Judge, Made},
    left_out::{LeftOut, left_out},
    mock::MockRegistry,
    recording, secret,
    session::{Baseline, Session},
    target::{Answered, Blame, Prepared},
};
use crate::{
    fixture::Salt,
    golden::{Golden, ResolvedGolden},
    recording::RecordedCase,
    requirement::FrozenSets,
    suite::{Action, Case, Request, Script, Step, TargetDefault},
    variable::{Bindings, ImageValues},
    verdict::{CaseResult, CheckKind, CheckResult, Exchange, LeftOutStep, StepName},
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
    /// What was answered, where that is recorded; only if every request was answered.
    pub recorded: Option<RecordedCase>,
    /// What could not be taken back.
    pub left_behind: Vec<String>,
}

/// Why a case ends before its last step.
enum Ended {
    /// It would do harm to this target.
    Skipped(String),
    /// The harness, or what surrounds the implementation, failed.
    Failed(String),
}

impl From<String> for Ended {
    fn from(problem: String) -> Self {
        Self::Failed(problem)
    }
}

impl From<NotApplied> for Ended {
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
    if case.changes_cluster()
        && let Err(reason) = session.configuration.claim().await
    {
        return super::skipped(case, reason.to_string());
    }
    let begun = Instant::now();
    let mut attempts = session.lag.attempts(case);
    let mut left_behind = Vec::new();
    tokio::pin!(stopped);
    loop {
        attempts.begin().await;
        let mut outcome = run_once(session, case, &attempts, &mut stopped).await;
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
    session: &Session,
    case: &Case,
    attempts: &Attempts<'_>,
    stopped: &mut (impl Future<Output = ()> + Unpin),
) -> CaseOutcome {
    let progress = Mutex::new(Progress::default());
    let ledger = session.cleanup.begin(&session.run);
    let golden = match session.baseline {
        Baseline::Recording(_) => Ok(None),
        Baseline::Suites | Baseline::SuitesWhileRecording => {
            session.goldens.find(&case.suite, &case.name, session.version)
        }
    };
    let found = golden.as_ref().ok().and_then(Option::as_ref);
    let recording = session.baseline.recording();
    let recorded = recording.and_then(|recording| recording.cases.get(&case.full_name()));
    let attempt = CaseRun { session, case, golden: found, recorded, progress: &progress, ledger: &ledger, attempts };
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
    if !session.keep {
        let left = ledger.clean_up(&session.target, &session.namespace).await;
        left_behind.extend(left.into_iter().filter(|left| session.keeps(left)));
    }
    if is_whole && left_behind.is_empty() {
        session.cleanup.forget(&ledger);
    }
    let mut progress = progress.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    match ended {
        Ok(()) => {}
        Err(Ended::Skipped(reason)) => return CaseOutcome { left_behind, ..super::skipped(case, reason) },
        Err(Ended::Failed(problem)) => {
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
    let Progress { proposal, recorded, .. } = progress;
    CaseOutcome { result, newest: case.newest(), proposal, recorded, left_behind }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}

/// Why the case does not decide over the run, if it does not.
fn not_scored(session: &Session, case: &Case) -> Option<String> {
    FrozenSets::builtin().not_scored(session.version, case.added)
}

/// What is known of a case while it runs; it outlives the run when that is cut short.
#[derive(Debug, Default)]
struct Progress {
    current: Option<StepName>,
    /// The digests of the images of the case.
    images: Vec<String>,
    checks: Vec<CheckResult>,
    exchanges: Vec<Exchange>,
    left_out: Vec<LeftOutStep>,
    /// Values in differences and what they are called.
    values: BTreeMap<String, String>,
    proposal: Option<Golden>,
    recorded: Option<RecordedCase>,
}

struct CaseRun<'a> {
    session: &'a Session,
    case: &'a Case,
    golden: Option<&'a ResolvedGolden>,
    recorded: Option<&'a RecordedCase>,
    progress: &'a Mutex<Progress>,
    ledger: &'a Ledger,
    attempts: &'a Attempts<'a>,
}

impl CaseRun<'_> {
    fn with<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> T {
        change(&mut self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Notes that the current step got no answer, which is the implementation's failure.
    fn unanswered(&self, problem: &str) {
        self.with(|progress| {
            let check = CheckResult::fail(CheckKind::Status, self.case.level, problem);
            let check = match progress.current.clone() {
                Some(step) => check.at(step),
                None => check,
            };
            progress.checks.push(check);
        });
    }

    /// The name of the attempt's own stream: no attempt meets what another one left in a cache.
    fn stream(&self) -> String {
        let stream = self.session.run.stream(self.case);
        match self.attempts.number() {
            1 => stream,
            number => format!("{stream}-{number}"),
        }
    }

    /// The salt of the attempt's own images.
    fn salt(&self) -> Salt {
        match self.attempts.number() {
            1 => self.session.run.salt(self.case),
            number => Salt::new(&format!("{} {} {number}", self.session.run.as_str(), self.case.full_name())),
        }
    }

    async fn run(&self) -> Result<(), Ended> {
        let images = self
            .session
            .images
            .build(self.case.images.iter().map(String::as_str), &self.salt())
            .map_err(|error| error.to_string())?;
        let place = self.session.ports.take().await.map_err(|error| error.to_string())?;
        let bindings = Bindings {
            registry: place.address.clone(),
            namespace: self.session.namespace.clone(),
            stream: self.stream(),
            images: images.iter().map(|image| (image.name.clone(), ImageValues::from(&**image))).collect(),
        };
        let Script { registry, mut steps } = self.case.script(&bindings).map_err(|error| error.to_string())?;
        if self.case.about_default != Some(TargetDefault::ImportMode) {
            default_mode::name_legacy(&mut steps, self.session.traits.import_mode);
        }
        let digests = bindings.images.values().map(|image| image.digest.to_string()).collect();
        self.with(|progress| progress.images = digests);
        let mut mock = MockRegistry::start(place, registry, images, self.session.authority.as_ref())?;
        let waits = steps.iter().any(|step| matches!(step.action, Action::Wait(_)));
        let mut judge = Judge::new(bindings, self.session.proposals, &self.session.baseline, waits);
        let exchanges = steps.iter().flat_map(Step::requests).count();
        match (&self.session.baseline, self.recorded) {
            (Baseline::Suites, _) => self.golden_fits(&steps, exchanges),
            (_, Some(recorded)) => recording::fits(recorded, &steps, &judge)?,
            (_, None) => {}
        }
        let left_out = left_out(&steps, &self.session.features, self.session.version);
        let is_whole = left_out.iter().all(Option::is_none);
        for (index, (step, left_out)) in steps.into_iter().zip(left_out).enumerate() {
            if let Some(left_out) = left_out {
                self.leave_out(index, &step, left_out, &mut judge);
            } else if !self.step(index, step, &mut mock, &mut judge).await? {
                return Ok(());
            }
        }
        self.with(|progress| {
            // A fault may be meant for a step that is left out.
            if is_whole && self.recorded.is_none() {
                progress.checks.extend(mock.accounting());
            }
            let Made { proposal, recorded } = judge.into_made();
            progress.proposal = proposal.filter(|_| is_whole);
            progress.recorded = recorded;
        });
        mock.stop().await;
        Ok(())
    }

    fn expected(&self) -> Expected<'_> {
        let golden = self.golden.map(|file| &file.golden);
        Expected {
            golden,
            recorded: self.recorded,
            version: self.session.version,
            traits: &self.session.traits,
            level: self.case.level,
        }
    }

    /// A golden that is missing or of other steps is the harness's failure, and said once.
    fn golden_fits(&self, steps: &[Step], exchanges: usize) {
        let problem = match self.golden {
            Some(file) if file.golden.steps.len() != exchanges => {
                format!("golden/{} has {} steps, the case has {exchanges} requests", file.path, file.golden.steps.len())
            }
            None if steps.iter().flat_map(Step::requests).any(|(_, expect)| expect.golden) => {
                format!("there is no golden of this case for {}; `--update` proposes one", self.session.version)
            }
            _ => return,
        };
        self.with(|progress| progress.checks.push(CheckResult::error(CheckKind::Golden, self.case.level, problem)));
    }

    /// Passes over a step that the target cannot do. Its place in the golden stays its own.
    fn leave_out(&self, index: usize, step: &Step, left_out: LeftOut, judge: &mut Judge) {
        let first = judge.requests;
        judge.requests += step.requests().count();
        let name = match &step.action {
            Action::Request(request) => judge.describe(request),
            Action::Together(_) => {
                step.requests().map(|(request, _)| judge.describe(request)).collect::<Vec<_>>().join(", ")
            }
            Action::Wait(_) => "a pause".to_owned(),
            Action::Secret(_) => "a pull secret".to_owned(),
            Action::Cluster(_) => "configuration of the cluster".to_owned(),
            Action::Registry(_) => "a change of the registry".to_owned(),
        };
        let features = left_out.features.iter().map(|feature| feature.as_str().to_owned()).collect();
        let name = StepName { number: index + 1, name };
        let lost = self.recorded.filter(|recorded| recorded.responses.range(first..judge.requests).next().is_some());
        let lost = lost.map(|_| recording::lost(self.case.level, &left_out.reason).at(name.clone()));
        let step = LeftOutStep { step: name, features, reason: left_out.reason };
        self.with(|progress| {
            progress.left_out.push(step);
            progress.checks.extend(lost);
        });
    }

    /// Does one step. Says no when the case cannot go on: nothing that follows an unanswered request means anything.
    async fn step(&self, index: usize, step: Step, mock: &mut MockRegistry, judge: &mut Judge) -> Result<bool, Ended> {
        match &step.action {
            Action::Registry(change) => Ok(mock.change(change).map(|()| true)?),
            Action::Cluster(configuration) => {
                self.session.configuration.apply(configuration).await?;
                tokio::time::sleep(self.attempts.pause()).await;
                Ok(true)
            }
            Action::Wait(length) => {
                // The one fixed time: nothing else makes two times of the API differ.
                tokio::time::sleep(*length).await;
                judge.pause();
                Ok(true)
            }
            Action::Secret(given) => {
                let request = secret::request(given, &self.session.namespace, &self.session.run);
                let answers = self.send(index, &[(&request, &step)], mock, judge).await?;
                match answers.as_slice() {
                    [] => Ok(false),
                    [(_, answered), ..] if answered.status == 201 => Ok(true),
                    [(_, answered), ..] => {
                        Err(format!("the pull secret was not taken: status {}", answered.status).into())
                    }
                }
            }
            Action::Request(_) | Action::Together(_) => Ok(self.requests(index, &step, mock, judge).await?),
        }
    }

    /// Sends the request of a step, or those that are sent together, and judges the answers in the order they are written.
    async fn requests(
        &self,
        index: usize,
        step: &Step,
        mock: &mut MockRegistry,
        judge: &mut Judge,
    ) -> Result<bool, String> {
        let members = match &step.action {
            Action::Together(members) => members.as_slice(),
            _ => std::slice::from_ref(step),
        };
        let requests: Vec<(&Request, &Step)> = members
            .iter()
            .filter_map(|member| match &member.action {
                Action::Request(request) => Some((request, member)),
                _ => None,
            })
            .collect();
        let unkept = |(request, _): &(&Request, &Step)| {
            request.kept_names().into_iter().find(|name| !judge.kept.contains_key(*name)).map(str::to_owned)
        };
        if let Some(name) = requests.iter().find_map(unkept) {
            self.unanswered(&format!("no answer had the value that is kept as `{name}`"));
            return Ok(false);
        }
        let answers = self.send(index, &requests, mock, judge).await?;
        if answers.len() < requests.len() {
            return Ok(false);
        }
        let mut asked = std::mem::take(&mut judge.asked);
        let counted = match self.recorded {
            Some(_) => Vec::new(),
            None => check::requests(&step.expect, &asked.made),
        };
        if requests.len() > 1 {
            // Which of them asked for what is not told apart, so that no golden speaks of it.
            asked.traffic.clear();
        }
        let was_asked = !asked.lines.is_empty();
        for ((request, member), (name, answered)) in requests.into_iter().zip(&answers) {
            let is_refused_import = was_asked && answered.status >= 300 && !request.method.is_safe();
            self.note_images(answered, is_refused_import, judge);
            judge.begin(name);
            let checks = judge.step(&self.expected(), request, member, answered, &mut asked);
            self.with(|progress| progress.checks.extend(checks.into_iter().map(|check| check.at(name.clone()))));
        }
        self.with(|progress| progress.values = judge.values.clone());
        if let Some((name, _)) = answers.first() {
            self.with(|progress| progress.checks.extend(counted.into_iter().map(|check| check.at(name.clone()))));
        }
        Ok(true)
    }

    /// Sends requests at the same time. The answers are in the order of the requests; fewer if one was not answered, which
    /// is noted. What was asked of the registry meanwhile is kept in `judge`.
    async fn send(
        &self,
        index: usize,
        requests: &[(&Request, &Step)],
        mock: &mut MockRegistry,
        judge: &mut Judge,
    ) -> Result<Vec<(StepName, Answered)>, String> {
        let mut prepared = Vec::new();
        for (position, (request, _)) in requests.iter().enumerate() {
            let mut name = StepName { number: index + 1, name: judge.describe(request) };
            if requests.len() > 1 {
                name.name += &format!(" ({} of {} together)", position + 1, requests.len());
            }
            let request = request.with_kept(&judge.kept);
            self.ledger.note(&request);
            let request = Prepared::new(&request, &self.session.namespace).map_err(|error| error.to_string())?;
            prepared.push((name, request));
        }
        self.with(|progress| progress.current = prepared.first().map(|(name, _)| name.clone()));
        let begun = Instant::now();
        let judging: &Judge = judge;
        let sending = requests.iter().zip(&prepared).enumerate().map(async |(position, (request, (_, prepared)))| {
            let (target, user) = (&self.session.target, request.1.user);
            let settled = |answered: &Answered| judging.holds(&self.expected(), position, *request, answered);
            let sent = if prepared.method.is_safe() {
                self.session.reads.send(target, prepared, user, settled).await
            } else {
                self.session.cleanup.late.send(target, prepared, user).await
            };
            (sent, begun.elapsed())
        });
        let sent = futures_util::future::join_all(sending).await;
        judge.asked = mock.asked();
        let mut answers = Vec::new();
        for (position, ((sent, duration), (name, prepared))) in sent.into_iter().zip(prepared).enumerate() {
            let lines = if position == 0 { judge.asked.lines.as_slice() } else { &[] };
            let exchange = self.exchange(&name, &prepared, requests[position].1, sent.as_ref().ok(), lines, duration);
            self.with(|progress| {
                progress.exchanges.push(exchange);
                progress.current = Some(name.clone());
            });
            match sent {
                Ok(answered) => answers.push((name, answered)),
                Err(problem) => match problem.blame() {
                    Blame::Implementation => self.unanswered(&problem.to_string()),
                    Blame::Harness => return Err(problem.to_string()),
                },
            }
        }
        Ok(answers)
    }

    fn exchange(
        &self,
        step: &StepName,
        prepared: &Prepared,
        written: &Step,
        answered: Option<&Answered>,
        registry: &[String],
        duration: Duration,
    ) -> Exchange {
        Exchange {
            step: step.clone(),
            request: crate::verdict::Request {
                method: prepared.method.to_string(),
                path: prepared.uri.clone(),
                headers: prepared.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
                body: prepared.body.clone(),
            },
            response: answered.map(|answered| crate::verdict::Response {
                status: answered.status,
                headers: answered.headers.clone(),
                body: String::from_utf8_lossy(&answered.body).into_owned(),
            }),
            curl: curl(&self.session.target, prepared, written.user),
            registry: registry.to_vec(),
            duration,
        }
    }

    /// Image objects are cluster-wide: those of this case's own images are removed too. They are those that the answer
    /// names, and all of them if it refuses what the registry was asked for: a server may have stored them before.
    fn note_images(&self, answered: &Answered, is_refused_import: bool, judge: &Judge) {
        let body = String::from_utf8_lossy(&answered.body);
        for image in judge.bindings.images.values() {
            let digest = image.digest.to_string();
            if is_refused_import || body.contains(&digest) {
                self.ledger.note_image(&digest);
            }
        }
    }
}

/// The sets of media types that requests for manifests accepted.
pub(super) type Accepted = Vec<BTreeSet<String>>;
