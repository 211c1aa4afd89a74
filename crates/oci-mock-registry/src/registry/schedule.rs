//! When a fault fires.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

use crate::fixture::Fault;

/// What a fault remembers of the requests that it was asked about.
#[derive(Debug)]
pub(crate) struct Schedule {
    armed: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    asked: u64,
    /// The period of a quota: when it began, and how many requests it has seen.
    period: Option<(Instant, u64)>,
}

impl Schedule {
    pub(crate) fn new() -> Self {
        Self { armed: Instant::now(), state: Mutex::new(State { asked: 0, period: None }) }
    }

    /// Counts a request, and says whether the fault fires for it: every condition has to hold.
    pub(crate) fn fires(&self, fault: &Fault) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked += 1;
        let number = state.asked;
        fault.first.is_none_or(|first| number <= first)
            && fault.nth.is_none_or(|nth| number == nth)
            && fault.every.is_none_or(|every| every > 0 && number.is_multiple_of(every))
            && self.is_time(fault)
            && fault.chance.is_none_or(|chance| draw(fault.seed, number) < chance)
            && fault.quota.is_none_or(|quota| state.exceeds(quota.requests, quota.per.0))
    }

    fn is_time(&self, fault: &Fault) -> bool {
        let start = fault.after.unwrap_or_default().0;
        let passed = self.armed.elapsed();
        passed >= start && fault.during.is_none_or(|during| passed < start + during.0)
    }

    /// How many seconds are left of a quota's period, at least one.
    pub(crate) fn seconds_left(&self, fault: &Fault) -> Option<u64> {
        let (began, _) = self.state.lock().unwrap_or_else(PoisonError::into_inner).period?;
        let left = fault.quota?.per.0.saturating_sub(began.elapsed());
        Some(left.as_secs() + 1)
    }
}

impl State {
    fn exceeds(&mut self, limit: u64, per: Duration) -> bool {
        let now = Instant::now();
        let (began, seen) = match self.period {
            Some((began, seen)) if now < began + per => (began, seen + 1),
            _ => (now, 1),
        };
        self.period = Some((began, seen));
        seen > limit
    }
}

/// A number from 0 up to 1 that follows from seed and position.
fn draw(seed: u64, number: u64) -> f64 {
    let hash = Sha256::digest([seed.to_le_bytes(), number.to_le_bytes()].concat());
    let bits = hash.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
