//! A bounded stream of scenarios: so many at a time, from one seed on, until there were enough of them.

use std::{
    cell::{Cell, RefCell},
    future::ready,
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use proptest::strategy::ValueTree;
use tokio::sync::watch;

use super::{
    Compared, Comparison, Coverage, Divergence, Findings, Generator, Scenario,
    alone_together::{AloneTogether, LONGEST},
    findings::{Shown, is_same},
    shrink,
};
use crate::verdict::cause::Cause;

/// How many failures of the harness end an exploration.
const MOST_FAILURES: usize = 20;
/// How many things that need no explanation of their own are kept.
const MOST_KEPT: usize = 100;
/// How often a scenario that differed is tried again before the difference counts as one that cannot be repeated.
const REPETITIONS: usize = 3;

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Course {
    /// The seed of the first scenario; each next one has the next seed.
    pub first_seed: u64,
    /// How much.
    pub amount: Amount,
    /// How many scenarios run at a time.
    pub jobs: usize,
    /// Ends the exploration at the first difference, without looking for the smallest scenario that shows it.
    pub first_difference: bool,
}

/// How many scenarios are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Scenarios(u64),
    /// As many as begin within this time.
    For(Duration),
}

/// What an exploration found out.
#[derive(Debug, Default)]
pub struct Explored {
    /// What differs, by cause.
    pub findings: Findings,
    /// What was drawn.
    pub coverage: Coverage,
    /// How many scenarios the target lacks something for.
    pub skipped: usize,
    /// How many scenarios could not be judged.
    pub failed: usize,
    /// The first of them, by seed, with the reason.
    pub failures: Vec<(u64, String)>,
    /// How many scenarios differed and did not when they were tried again.
    pub unstable: usize,
    /// The first of them.
    pub unstable_examples: Vec<UnstableScenario>,
    /// How long it took.
    pub duration: Duration,
}

/// A scenario that differed, and did not when it was tried again.
#[derive(Debug, PartialEq, Eq)]
pub struct UnstableScenario {
    /// Its seed.
    pub seed: u64,
    /// How it differed.
    pub divergence: Divergence,
}

/// Scenarios of one generator on one pair of implementations.
#[derive(Debug)]
pub struct Exploration<'a> {
    comparison: Arc<Comparison>,
    generator: &'a Generator,
    stop: watch::Receiver<bool>,
}

/// How one scenario came out.
enum Tried {
    Same,
    Skipped,
    Failed(String),
    /// The cause, and whether it was not known before.
    Different(Cause, bool),
    Unstable(UnstableScenario),
}

impl<'a> Exploration<'a> {
    /// Explores with `generator` until `stop` turns true.
    #[must_use]
    pub const fn new(comparison: Arc<Comparison>, generator: &'a Generator, stop: watch::Receiver<bool>) -> Self {
        Self { comparison, generator, stop }
    }

    /// Tries the scenarios of a course; `on_finding` is told the seed and the cause of each difference that is new.
    pub async fn run(&self, course: &Course, mut on_finding: impl FnMut(u64, &Cause)) -> Explored {
        let begun = Instant::now();
        let explored = RefCell::new(Explored { coverage: Coverage::of(self.generator), ..Explored::default() });
        let over = Cell::new(false);
        let seeds = match course.amount {
            Amount::Scenarios(number) => course.first_seed..course.first_seed.saturating_add(number),
            Amount::For(_) => course.first_seed..u64::MAX,
        };
        let is_over = || {
            let is_late = matches!(course.amount, Amount::For(time) if begun.elapsed() >= time);
            over.get() || is_late || *self.stop.borrow()
        };
        {
            let scenarios = AloneTogether::new(seeds.map(|seed| (seed, self.generator.draw(seed).current())), LONGEST);
            // A value tree stays on this task; what takes time runs on tasks of its own.
            let mut running = std::pin::pin!(
                stream::iter(scenarios)
                    .take_while(|_| ready(!is_over()))
                    .map(|(seed, scenario)| self.scenario(seed, scenario, course, &explored))
                    .buffer_unordered(course.jobs.max(1))
            );
            while let Some((seed, scenario, tried)) = running.next().await {
                if *self.stop.borrow() {
                    continue;
                }
                let mut explored = explored.borrow_mut();
                explored.coverage.count(&scenario);
                if let Tried::Different(cause, true) = &tried {
                    on_finding(seed, cause);
                }
                if explored.note(seed, tried, course.first_difference).is_break() {
                    over.set(true);
                    if course.first_difference {
                        break;
                    }
                }
            }
        }
        let mut explored = explored.into_inner();
        explored.duration = begun.elapsed();
        explored
    }

    async fn scenario(
        &self,
        seed: u64,
        scenario: Scenario,
        course: &Course,
        explored: &RefCell<Explored>,
    ) -> (u64, Scenario, Tried) {
        let tried = match self.compare(format!("seed-{seed}"), scenario.clone()).await {
            Compared::Same => Tried::Same,
            Compared::Skipped(_) => Tried::Skipped,
            Compared::Failed(problem) => Tried::Failed(problem),
            Compared::Different(different) => {
                // Borrowed for a moment: other scenarios count, too.
                let new = explored.borrow_mut().findings.count(&different);
                match new {
                    None => Tried::Different(different.first.cause, false),
                    Some(new) => self.examine(seed, &scenario, new, course, explored).await,
                }
            }
        };
        (seed, scenario, tried)
    }

    /// Finds the smallest scenario that shows a difference whose cause is new.
    async fn examine(
        &self,
        seed: u64,
        scenario: &Scenario,
        divergence: Divergence,
        course: &Course,
        explored: &RefCell<Explored>,
    ) -> Tried {
        let cause = divergence.cause.clone();
        let mut again = None;
        for attempt in 0..REPETITIONS {
            if let Some(different) = self.shows(format!("seed-{seed}-again-{attempt}"), scenario, &cause).await {
                again = Some(different);
                break;
            }
        }
        let Some(mut smallest) = again else {
            return Tried::Unstable(UnstableScenario { seed, divergence });
        };
        // What is found late is looked into for less time: where there are many causes, more of them are found.
        let tries = explored.borrow().findings.tries(&cause);
        // Another scenario may have found the same meanwhile.
        if !explored.borrow_mut().findings.reserve(seed, &cause) {
            return Tried::Different(cause, false);
        }
        let mut example = scenario.clone();
        if !course.first_difference {
            let mut tree = self.generator.draw(seed);
            let shrunk = shrink(tree.as_mut(), tries, async |attempt, scenario| {
                self.shows(format!("seed-{seed}-{attempt}"), scenario, &cause).await
            })
            .await;
            if let Some((scenario, different)) = shrunk {
                (example, smallest) = (scenario, different);
            }
        }
        explored.borrow_mut().findings.fill(example, smallest);
        Tried::Different(cause, true)
    }

    /// How a scenario differs, if a difference has this cause.
    async fn shows(&self, name: String, scenario: &Scenario, cause: &Cause) -> Option<Shown> {
        let Compared::Different(different) = self.compare(name, scenario.clone()).await else { return None };
        let divergence = different.all().find(|divergence| is_same(&divergence.cause, cause)).cloned()?;
        Some(Shown { divergence, expected: different.expected })
    }

    async fn compare(&self, name: String, scenario: Scenario) -> Compared {
        let (comparison, stop) = (self.comparison.clone(), self.stop.clone());
        let task = tokio::spawn(async move { comparison.compare(&name, &scenario, stop).await });
        task.await.unwrap_or_else(|panic| Compared::Failed(format!("the harness panicked: {panic}")))
    }
}

impl Explored {
    fn note(&mut self, seed: u64, tried: Tried, first_difference: bool) -> ControlFlow<()> {
        match tried {
            Tried::Same => {}
            Tried::Different(..) if first_difference => return ControlFlow::Break(()),
            Tried::Different(..) => {}
            Tried::Skipped => self.skipped += 1,
            Tried::Unstable(scenario) => {
                self.unstable += 1;
                if self.unstable_examples.len() < MOST_KEPT {
                    self.unstable_examples.push(scenario);
                }
            }
            Tried::Failed(problem) => {
                self.failed += 1;
                if self.failures.len() < MOST_KEPT {
                    self.failures.push((seed, problem));
                }
                if self.failed >= MOST_FAILURES {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }
}
