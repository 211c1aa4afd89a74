//! Signals that end the process.

use tokio::sync::watch;

/// Waits for a signal that ends the process: Ctrl-C, SIGTERM or SIGHUP, as when a terminal goes away.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::SignalKind;
        let hangup = async {
            if hangup_is_ignored() { std::future::pending().await } else { received(SignalKind::hangup()).await }
        };
        tokio::select! {
            () = received(SignalKind::interrupt()) => {}
            () = received(SignalKind::terminate()) => {}
            () = hangup => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn received(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

/// Whether the process was started to outlive its terminal, as `nohup` does.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    static IGNORED: std::sync::LazyLock<bool> = std::sync::LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        // SIGHUP is number 1, the lowest bit.
        ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
    });
    *IGNORED
}

/// The signals that a run has got: the first ends it, the second ends it at once.
#[derive(Debug)]
pub(super) struct Signals {
    first: watch::Receiver<bool>,
    second: watch::Receiver<bool>,
}

impl Signals {
    /// Listens from now on; `on_first` says what happens.
    pub(super) fn listen(on_first: impl FnOnce() + Send + 'static) -> Self {
        let (stop, first) = watch::channel(false);
        let (stop_at_once, second) = watch::channel(false);
        #[cfg(unix)]
        hangup_is_ignored();
        tokio::spawn(async move {
            interrupted().await;
            on_first();
            stop.send_replace(true);
            interrupted().await;
            stop_at_once.send_replace(true);
            // The senders live on: a receiver does not take their end for a signal.
            std::future::pending::<()>().await;
        });
        Self { first, second }
    }

    /// Turns true with the first signal.
    pub(super) fn first(&self) -> watch::Receiver<bool> {
        self.first.clone()
    }

    /// Waits for the second signal.
    pub(super) async fn second(&self) {
        let mut second = self.second.clone();
        if second.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
