//! The timer that ends a connection on which the head of a request does not come.
//!
//! hyper makes a timer before every head and drops it when the head is there. Registering each with the runtime costs more
//! than the journal does, so those of one connection share one timer of the runtime, which is moved only when it ends early.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use tokio::time;

/// A timer of the runtime that is further away than any deadline.
const FAR_AWAY: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The timer of one connection.
#[derive(Debug)]
pub(super) struct HeaderTimer(Arc<Mutex<Pin<Box<time::Sleep>>>>);

impl HeaderTimer {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Box::pin(time::sleep(FAR_AWAY)))))
    }
}

impl Timer for HeaderTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HeaderDeadline { timer: self.0.clone(), deadline: deadline.into() })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

/// The time by which a head has to be there.
#[derive(Debug)]
struct HeaderDeadline {
    timer: Arc<Mutex<Pin<Box<time::Sleep>>>>,
    deadline: time::Instant,
}

impl Sleep for HeaderDeadline {}

impl Future for HeaderDeadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timer = self.timer.lock().unwrap_or_else(PoisonError::into_inner);
        if timer.deadline() > self.deadline {
            timer.as_mut().reset(self.deadline);
        }
        loop {
            ready!(timer.as_mut().poll(context));
            if time::Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(self.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_its_own_whatever_others_the_timer_has_served() {
        const TIMEOUT: Duration = Duration::from_secs(30);
        let timer = HeaderTimer::new();
        let mut last = timer.sleep(TIMEOUT);
        for _ in 0..3 {
            // The head has come in time, and the next one is waited for.
            assert!(time::timeout(TIMEOUT * 2 / 3, last).await.is_err());
            last = timer.sleep(TIMEOUT);
        }
        let began = time::Instant::now();
        last.await;
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
        // One that is nearer than the one before.
        let (began, far) = (time::Instant::now(), timer.sleep(TIMEOUT));
        timer.sleep(Duration::from_secs(1)).await;
        assert_eq!(began.elapsed().as_secs(), 1);
        far.await;
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
    }
}
