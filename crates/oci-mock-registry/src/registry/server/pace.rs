//! How fast a body is sent that is to come slowly.

use std::time::Duration;

/// How many of the bytes that are left are sent next, and how long to wait behind them, for `rate` bytes a second.
pub(super) fn piece_per_pause(rate: u64, left: usize) -> (usize, Duration) {
    const PIECES_PER_SECOND: u64 = 10;
    let length = usize::try_from(rate / PIECES_PER_SECOND).unwrap_or(usize::MAX).max(1).min(left);
    (length, Duration::from_secs_f64(length as f64 / rate.max(1) as f64))
}
