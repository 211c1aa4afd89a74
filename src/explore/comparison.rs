//! One scenario on two implementations: what the reference answers is the golden of the target.

use std::{collections::HashSet, fs, io, path::PathBuf, sync::Arc};

use tokio::sync::{RwLock, watch};

use super::{Scenario, scenario::suite_header};
use crate::{
    document::{Diagnostics, Source},
    fixture::ImageCatalogue,
    golden::{self, Golden},
    runner::{self, Remainder, Session, run_case},
    suite::{Case, load},
    verdict::{
        CaseResult, CheckKind, Verdict,
        cause::{Cause, findings},
    },
};

/// The suite of scenarios.
const SUITE: &str = "explore";

/// A suite that needs what scenarios need, so that the features of a target are looked for before the first of them.
pub const PROBE_SUITE: &str = include_str!("probe.yaml");

/// Runs scenarios on the reference and on a target.
#[derive(Debug)]
pub struct Comparison {
    /// The session of the reference, which proposes goldens.
    pub reference: Arc<Session>,
    /// The session of the target, whose goldens are in `goldens`.
    pub target: Arc<Session>,
    /// The folder of goldens.
    pub goldens: PathBuf,
    /// Held for reading by every scenario, for writing by those that change what others see.
    alone: RwLock<()>,
}

/// What came out of a scenario.
#[derive(Debug)]
pub enum Compared {
    /// Both answered alike.
    Same,
    /// They differ.
    Different {
        /// The first difference.
        cause: Box<Cause>,
        /// All that the target was judged by.
        result: Box<CaseResult>,
        /// What the reference answers.
        golden: Box<Golden>,
    },
    /// The target lacks what the scenario needs, for this reason.
    Skipped(String),
    /// It could not be judged: the harness failed, or was stopped.
    Failed(String),
}

/// Why scenarios could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    /// A scenario is no case.
    #[error("a drawn scenario is no case: {0}")]
    Invalid(#[from] Diagnostics),
    /// A golden could not be written.
    #[error("cannot keep a golden: {0}")]
    Golden(#[from] golden::StoreError),
    /// A golden could not be moved or removed.
    #[error("cannot keep a golden: {0}")]
    Io(#[from] io::Error),
}

impl Comparison {
    /// Compares `target` with `reference`; goldens are kept in the folder `goldens` for as long as they are needed.
    #[must_use]
    pub fn new(reference: Arc<Session>, target: Arc<Session>, goldens: PathBuf) -> Self {
        Self { reference, target, goldens, alone: RwLock::new(()) }
    }

    /// The cases of scenarios, each with its name, in their order. They can be compared on any two implementations whose
    /// sessions have these `images`.
    ///
    /// # Errors
    /// When a scenario is no case, which the generator rules out.
    pub fn cases(images: &ImageCatalogue, scenarios: &[(String, Scenario)]) -> Result<Vec<Case>, ComparisonError> {
        let mut text = suite_header(SUITE, "Random scenarios.");
        for (name, scenario) in scenarios {
            // Writing to a string cannot fail.
            let _ = scenario.write_case(name, "A random scenario.", None, &mut text);
        }
        let suites = load(&[Source::new("explore.yaml", text)], images, &[])?;
        Ok(suites.into_iter().flat_map(|suite| suite.cases).collect())
    }

    /// Runs a case on both. `declare` may turn failures into known ones.
    ///
    /// # Errors
    /// When a golden cannot be kept.
    pub async fn compare(
        &self,
        case: &Case,
        stop: watch::Receiver<bool>,
        declare: impl FnOnce(&mut CaseResult),
    ) -> Result<Compared, ComparisonError> {
        let version = self.target.version;
        if let Some(reason) = Remainder::of(case, &self.target.features, version).skip {
            return Ok(Compared::Skipped(reason));
        }
        let (shared, exclusive) = if case.runs_alone() {
            (None, Some(self.alone.write().await))
        } else {
            (Some(self.alone.read().await), None)
        };
        let reference = run_case(&self.reference, case, runner::stopped(stop.clone())).await;
        let Some(golden) = reference.proposal else {
            return Ok(Compared::Failed(failure(&reference.result)));
        };
        for path in self.target.goldens.propose(&case.suite, &case.name, (version, version), &golden)? {
            fs::rename(&path, path.with_extension(""))?;
        }
        let outcome = run_case(&self.target, case, runner::stopped(stop.clone())).await;
        drop((shared, exclusive));
        fs::remove_file(self.goldens.join(&case.suite).join(format!("{}.snap", case.name)))?;
        let mut result = outcome.result;
        if *stop.borrow() {
            return Ok(Compared::Failed("the exploration was stopped".to_owned()));
        }
        declare(&mut result);
        if result.verdict == Verdict::Error {
            return Ok(Compared::Failed(failure(&result)));
        }
        // What holds for the reference as well is no difference: a fault that is never met, say.
        let common: HashSet<Cause> = findings(&reference.result).into_iter().map(|finding| finding.cause).collect();
        let cause = findings(&result).into_iter().map(|finding| finding.cause).find(|cause| !common.contains(cause));
        Ok(match cause {
            None => Compared::Same,
            Some(cause) => {
                Compared::Different { cause: Box::new(cause), result: Box::new(result), golden: Box::new(golden) }
            }
        })
    }
}

/// The first thing that went wrong.
fn failure(result: &CaseResult) -> String {
    let failing = || result.checks.iter().filter(|check| check.verdict.is_failure() && check.message.is_some());
    // That the reference has no golden yet goes without saying.
    let check = failing().find(|check| check.kind != CheckKind::Golden).or_else(|| failing().next());
    let message = check.and_then(|check| check.message.clone());
    message.unwrap_or_else(|| "the scenario was not answered".to_owned())
}
