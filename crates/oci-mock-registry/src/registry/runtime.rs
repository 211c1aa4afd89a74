//! How a registry behaves and what it has seen, changed and looked at while it runs.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use super::{
    core::Core,
    fault::FaultState,
    journal::{Entry, JournalFilter, WaitError},
    settings::{Behaviour, Settings},
};
use crate::fixture::{BuildError, ContradictoryQuirks, Image, ImageFile};

/// Behaviour, clock and journal of a registry while it runs.
impl Core {
    /// How the registry behaves now, besides its faults.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        self.settings().behaviour.clone()
    }

    /// Lets the registry behave in another way from the next request on. Tokens that it has given stay valid.
    ///
    /// # Errors
    /// When two quirks contradict each other; the registry then behaves as before.
    pub fn set_behaviour(&self, behaviour: Behaviour) -> Result<(), ContradictoryQuirks> {
        self.set_settings(Arc::new(Settings::new(behaviour, self.origin.clone(), self.tokens.clone())?));
        Ok(())
    }

    /// Adds recipes of images, and returns the images. A recipe takes the place of one of the same name, for what is tagged
    /// from now on. If one cannot be built, none is added.
    ///
    /// # Errors
    /// When a recipe names an image that there is no recipe for.
    pub fn add_recipes(&self, file: ImageFile) -> Result<Vec<Arc<Image>>, BuildError> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).add(file)
    }

    /// The armed faults, in the order in which they are tried, with what has come of each.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        self.faults.states()
    }

    /// Removes a fault, and returns whether it was there.
    pub fn disarm(&self, id: u64) -> bool {
        self.faults.disarm(id)
    }

    /// Removes all faults, and returns how many there were.
    pub fn disarm_all(&self) -> usize {
        self.faults.disarm_all()
    }

    /// Moves the registry's clock ahead: tokens expire, periods of quotas end, and faults with `after` or `during` begin and
    /// end, as if so much time had passed.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// How far the registry's clock is ahead of real time.
    #[must_use]
    pub fn clock_ahead(&self) -> Duration {
        self.clock.ahead()
    }

    /// The requests of the journal that are meant, as far as they are kept.
    #[must_use]
    pub fn journal_of(&self, filter: &JournalFilter) -> Vec<Entry> {
        self.journal.matching(filter)
    }

    /// The number that the next entry of the journal will have.
    #[must_use]
    pub fn journal_next(&self) -> u64 {
        self.journal.next()
    }

    /// Forgets what was asked, with the findings that come of it. Numbers of entries go on.
    pub fn clear_journal(&self) {
        self.journal.clear();
        self.malformed.store(0, Ordering::Relaxed);
    }

    /// Waits until the journal has `count` entries that are meant, those that are there already included, and returns all of
    /// them.
    ///
    /// # Errors
    /// When they have not come within `timeout`.
    pub async fn wait_for(
        &self,
        filter: &JournalFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Entry>, WaitError> {
        self.journal.wait(filter, count, timeout).await
    }
}
