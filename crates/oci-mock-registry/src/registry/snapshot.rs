//! A registry as it was, to go back to.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use super::{
    capture::{Position, Replay},
    fault::Armed,
    settings::Settings,
    shelf::Shelf,
    state::RegistryState,
    store::Store,
};
use crate::fixture::SignatureWay;

/// What a registry held and how it behaved at some time.
#[derive(Debug, Clone)]
pub struct Snapshot {
    store: Store,
    shelf: Shelf,
    settings: Arc<Settings>,
    faults: Vec<Arc<Armed>>,
    clock_ahead: Duration,
    pulls: u64,
    replayed: Option<Position>,
}

impl RegistryState {
    /// The registry as it is now: content, signatures, recipes, behaviour, faults with what they have counted, and how far
    /// the clock is ahead.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            store: self.store().clone(),
            shelf: self.shelf.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            settings: self.settings(),
            faults: self.faults.copy(),
            clock_ahead: self.clock.ahead(),
            pulls: self.pulls.load(Ordering::Relaxed),
            replayed: self.replay.get().map(Replay::position),
        }
    }

    /// Makes the registry what it was. The journal is emptied, and uploads under way are given up.
    pub fn reset(&self, snapshot: &Snapshot) {
        let Snapshot { store, shelf, settings, faults, clock_ahead, pulls, replayed } = snapshot;
        self.has_signatures.store(store.signatures.any(SignatureWay::Extension), Ordering::Relaxed);
        *self.store_mut() = store.clone();
        *self.shelf.lock().unwrap_or_else(PoisonError::into_inner) = shelf.clone();
        self.set_settings(settings.clone());
        self.faults.replace(faults);
        self.clock.set_ahead(*clock_ahead);
        self.pulls.store(*pulls, Ordering::Relaxed);
        if let (Some(replay), Some(position)) = (self.replay.get(), replayed) {
            replay.rewind(position);
        }
        self.uploads.clear();
        self.clear_journal();
    }
}
