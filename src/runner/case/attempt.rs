//! One attempt at a case: its registry, and its steps one after another.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use oci_types::Digest;

use super::CaseEnd;
use crate::{
    fixture::{Images, Salt},
    golden::Golden,
    recording::RecordedCase,
    redaction::CaseSecrets,
    runner::{
        cleanup::Ledger,
        configuration_lag::Attempts,
        default_mode,
        judge::{Expected, Judge, Made},
        left_out::{LeftOut, left_out},
        mock::MockRegistry,
        recording, secret,
        session::{Baseline, Proposals, Session},
    },
    suite::{Action, Body, Case, Script, StatusByVersion, Step, TargetDefault},
    variable::{Bindings, ImageValues},
    verdict::{CheckKind, CheckResult, Exchange, LeftOutStep, StepName},
};

/// What is known of a case while it runs; it outlives the run when that is cut short.
#[derive(Debug, Default)]
pub(super) struct AttemptProgress {
    pub(super) current: Option<StepName>,
    /// The names that the images of the case may get as objects: their digests, and those of the bytes that are served, where an
    /// image has another one.
    pub(super) images: BTreeSet<String>,
    pub(super) checks: Vec<CheckResult>,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) left_out: Vec<LeftOutStep>,
    /// Values in differences and what they are called.
    pub(super) values: BTreeMap<String, String>,
    pub(super) proposal: Option<Golden>,
    pub(super) statuses: Vec<u16>,
    pub(super) recorded: Option<RecordedCase>,
    /// The pull secrets that were placed.
    pub(super) secrets: CaseSecrets,
}

/// The golden that the answers of a case are held against, and its file, if it is from one.
#[derive(Debug, Clone, Copy)]
pub(super) struct GoldenInUse<'a> {
    pub(super) path: Option<&'a str>,
    pub(super) golden: Option<&'a Golden>,
}

/// One attempt at a case.
pub(super) struct Attempt<'a> {
    pub(super) session: &'a Session,
    pub(super) case: &'a Case,
    pub(super) golden: GoldenInUse<'a>,
    /// The status codes that are expected in place of those of the suite; none if it is to be those.
    pub(super) statuses: &'a [u16],
    pub(super) recorded: Option<&'a RecordedCase>,
    /// The images of the registry, where they are built already.
    pub(super) images: Option<&'a Images>,
    pub(super) progress: &'a Mutex<AttemptProgress>,
    pub(super) ledger: &'a Ledger,
    pub(super) attempts: &'a Attempts<'a>,
}

impl Attempt<'_> {
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut AttemptProgress) -> T) -> T {
        change(&mut self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Notes that the current step got no answer, which is the implementation's failure.
    pub(super) fn unanswered(&self, problem: &str) {
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

    /// Builds the images and the registry of the case, and does its steps.
    pub(super) async fn run(&self) -> Result<(), CaseEnd> {
        let images = match self.images {
            Some(built) => built.clone(),
            None => self.session.build_images(self.case, &self.salt()).map_err(|error| error.to_string())?,
        };
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
        expect_statuses(&mut steps, self.statuses);
        let names = images.iter().flat_map(|image| [image.digest.clone(), Digest::sha256(&image.manifest)]);
        let names = names.map(|digest| digest.to_string()).collect();
        self.with(|progress| progress.images = names);
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
            let Made { proposal, statuses, recorded } = judge.into_made();
            progress.proposal = proposal.filter(|_| is_whole);
            progress.statuses = statuses;
            progress.recorded = recorded;
        });
        mock.stop().await;
        Ok(())
    }

    pub(super) fn expected(&self) -> Expected<'_> {
        Expected {
            golden: self.golden.golden,
            recorded: self.recorded,
            version: self.session.version,
            traits: &self.session.traits,
            level: self.case.level,
        }
    }

    /// A golden that is missing or of other steps is the harness's failure, and said once.
    fn golden_fits(&self, steps: &[Step], exchanges: usize) {
        let problem = match self.golden.golden {
            Some(golden) if golden.steps.len() != exchanges => {
                let place = self.golden.path.map_or_else(|| "the golden".to_owned(), |path| format!("golden/{path}"));
                format!("{place} has {} steps, the case has {exchanges} requests", golden.steps.len())
            }
            None if steps.iter().flat_map(Step::requests).any(|(_, expect)| expect.golden) => {
                let next = match self.session.proposals {
                    Proposals::Made => "one is proposed from the answers",
                    Proposals::Omitted => "`--update` proposes one",
                };
                format!("there is no golden of this case for {}; {next}", self.session.version)
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
    async fn step(
        &self,
        index: usize,
        step: Step,
        mock: &mut MockRegistry,
        judge: &mut Judge,
    ) -> Result<bool, CaseEnd> {
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
                if let Body::Json(body) = &request.body {
                    self.with(|progress| progress.secrets.add_body(&body.to_string()));
                }
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
}

/// Makes the requests of `steps` expect these status codes, as far as there are any.
fn expect_statuses(steps: &mut [Step], statuses: &[u16]) {
    let mut statuses = statuses.iter();
    for step in steps {
        let requests = match &mut step.action {
            Action::Together(members) => members.as_mut_slice(),
            Action::Request(_) => std::slice::from_mut(step),
            _ => continue,
        };
        for (request, status) in requests.iter_mut().zip(&mut statuses) {
            request.expect.status = Some(StatusByVersion::always(*status));
        }
    }
}
