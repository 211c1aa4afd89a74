//! When a fault fires.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use super::clock::Clock;
use crate::fixture::Fault;

/// What a fault remembers of the requests that it was asked about.
#[derive(Debug)]
pub(crate) struct Schedule {
    clock: Clock,
    /// The time of the clock when the fault was armed.
    armed: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    asked: u64,
    /// The period of a quota: when it began by the clock, and how many requests it has seen.
    period: Option<(Duration, u64)>,
}

impl Schedule {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { armed: clock.elapsed(), clock, state: Mutex::new(State { asked: 0, period: None }) }
    }

    /// How many requests it was asked about.
    pub(crate) fn asked(&self) -> u64 {
        self.state().asked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, and says whether the fault fires for it: every condition has to hold.
    pub(crate) fn fires(&self, fault: &Fault) -> bool {
        let mut state = self.state();
        state.asked += 1;
        let number = state.asked;
        fault.first.is_none_or(|first| number <= first)
            && fault.nth.is_none_or(|nth| number == nth)
            && fault.every.is_none_or(|every| every > 0 && number.is_multiple_of(every))
            && self.is_time(fault)
            && fault.chance.is_none_or(|chance| draw(fault.seed, number) < chance)
            && fault.quota.is_none_or(|quota| state.exceeds(self.clock.elapsed(), quota.requests, quota.per.0))
    }

    fn is_time(&self, fault: &Fault) -> bool {
        let start = fault.after.unwrap_or_default().0;
        let passed = self.clock.elapsed().saturating_sub(self.armed);
        passed >= start && fault.during.is_none_or(|during| passed < start.saturating_add(during.0))
    }

    /// How many seconds are left of a quota's period, at least one.
    pub(crate) fn seconds_left(&self, fault: &Fault) -> Option<u64> {
        let (began, _) = self.state().period?;
        let left = fault.quota?.per.0.saturating_sub(self.clock.elapsed().saturating_sub(began));
        Some(left.as_secs() + 1)
    }
}

impl State {
    fn exceeds(&mut self, now: Duration, limit: u64, per: Duration) -> bool {
        let (began, seen) = match self.period {
            Some((began, seen)) if now < began.saturating_add(per) => (began, seen + 1),
            _ => (now, 1),
        };
        self.period = Some((began, seen));
        seen > limit
    }
}

/// A copy counts on from where the original is.
impl Clone for Schedule {
    fn clone(&self) -> Self {
        Self { clock: self.clock.clone(), armed: self.armed, state: Mutex::new(*self.state()) }
    }
}

/// A number from 0 up to 1 that follows from seed and position.
fn draw(seed: u64, number: u64) -> f64 {
    let hash = Sha256::digest([seed.to_le_bytes(), number.to_le_bytes()].concat());
    let bits = hash.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
