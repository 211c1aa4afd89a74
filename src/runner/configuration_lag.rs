//! How long the configuration of a cluster takes to have an effect.
//!
//! Servers follow the configuration by watches, so that a change takes effect some 10 to 300 ms after it was written, and
//! nothing tells when. A case that changes configuration and does not come out as expected is therefore run again as a whole,
//! with longer and longer pauses after each change. What pause it took is remembered for the cases that follow.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    suite::Case,
    verdict::{CaseResult, Verdict},
};

/// How long a case is repeated.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long all cases that do not come out as expected in the end may be repeated together, so that a target that fails all
/// of them does not hold up the run.
const PATIENCE_OF_RUN: Duration = Duration::from_secs(20);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(3200);

/// What is known of the lag of a target.
#[derive(Debug, Default)]
pub struct ConfigurationLag {
    /// Full names of cases that are declared to fail, for which a failure is as expected.
    declared: BTreeSet<String>,
    watched: Watched,
    state: Mutex<ConfigurationLagState>,
}

/// How the target learns of its configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Watched {
    /// By a watch, sooner or later.
    #[default]
    Later,
    /// It reads what it needs: no case is repeated.
    AtOnce,
}

#[derive(Debug, Default)]
struct ConfigurationLagState {
    /// The pause that made a case hold; none so far if zero.
    pause: Duration,
    /// When a case last took back what it changed.
    restored: Option<Instant>,
    spent_in_vain: Duration,
}

impl ConfigurationLag {
    /// Nothing known of the lag. The cases named in `declared` are expected to fail.
    #[must_use]
    pub fn new(declared: BTreeSet<String>) -> Self {
        Self { declared, ..Self::default() }
    }

    /// Configuration takes effect at once, as that of the embedded reference does.
    #[must_use]
    pub fn none() -> Self {
        Self { watched: Watched::AtOnce, ..Self::default() }
    }

    /// The attempts at a case, before the first.
    pub(super) fn attempts(&self, case: &Case) -> Attempts<'_> {
        let repeats = case.runs_alone() && self.watched == Watched::Later;
        let is_declared = self.declared.contains(&case.full_name());
        let pause = if repeats { self.with(|state| state.pause) } else { Duration::ZERO };
        Attempts { repeats, is_declared, pause, ..Attempts::single(self) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut ConfigurationLagState) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The attempts at one case.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    lag: &'a ConfigurationLag,
    repeats: bool,
    is_declared: bool,
    begun: Instant,
    number: u32,
    pause: Duration,
}

impl<'a> Attempts<'a> {
    /// One attempt.
    pub(super) fn single(lag: &'a ConfigurationLag) -> Self {
        Self { lag, repeats: false, is_declared: false, begun: Instant::now(), number: 1, pause: Duration::ZERO }
    }

    /// The number of the attempt, from 1.
    pub(super) const fn number(&self) -> u32 {
        self.number
    }

    /// How long to wait after a change of the configuration.
    pub(super) const fn pause(&self) -> Duration {
        self.pause
    }

    /// Waits until what an earlier case or attempt took back has had its effect.
    pub(super) async fn begin(&self) {
        if !self.repeats {
            return;
        }
        if let Some(restored) = self.lag.with(|state| state.restored) {
            tokio::time::sleep(self.pause.saturating_sub(restored.elapsed())).await;
        }
    }

    /// Notes what came of the attempt. Says whether there is to be another one.
    pub(super) fn goes_on(&mut self, result: &CaseResult) -> bool {
        if !self.repeats {
            return false;
        }
        let as_expected = match result.verdict {
            Verdict::Fail => self.is_declared,
            Verdict::Pass => !self.is_declared,
            // Another attempt changes nothing about a failure of the harness.
            _ => true,
        };
        let elapsed = self.begun.elapsed();
        let next = (self.pause * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        self.lag.with(|state| {
            state.restored = Some(Instant::now());
            if as_expected {
                if self.number > 1 {
                    state.pause = state.pause.max(self.pause);
                }
                return false;
            }
            if elapsed + next * 3 >= PATIENCE || state.spent_in_vain + elapsed >= PATIENCE_OF_RUN {
                if self.number > 1 {
                    state.spent_in_vain += elapsed;
                }
                return false;
            }
            self.number += 1;
            self.pause = next;
            true
        })
    }
}
