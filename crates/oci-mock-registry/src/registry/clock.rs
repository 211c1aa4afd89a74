//! The registry's clock: real time, and how far a test has moved it ahead.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The time by which tokens expire, and by which faults with `after`, `during` or `quota` fire. Clones show the same time.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    started: Instant,
    /// How far it is ahead of real time, in milliseconds.
    ahead: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { started: Instant::now(), ahead: Arc::default() }
    }
}

impl Clock {
    /// The time since the clock was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed().saturating_add(self.ahead())
    }

    /// Seconds since 1970.
    pub(crate) fn unix_seconds(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_add(self.ahead()).as_secs()
    }

    /// How far it is ahead of real time.
    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves it ahead, by whole milliseconds.
    pub(crate) fn advance(&self, by: Duration) {
        let by = milliseconds(by);
        // The update always succeeds: the closure never returns none.
        let _ = self.ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| Some(ahead.saturating_add(by)));
    }

    /// Sets how far it is ahead of real time.
    pub(crate) fn set_ahead(&self, ahead: Duration) {
        self.ahead.store(milliseconds(ahead), Ordering::Relaxed);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_moved_together_and_never_overflow() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.advance(Duration::from_secs(3_600));
        assert!(other.elapsed() >= Duration::from_secs(3_600));
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(other.unix_seconds() > 0);
        clock.set_ahead(Duration::ZERO);
        assert_eq!(other.ahead(), Duration::ZERO);
    }
}
