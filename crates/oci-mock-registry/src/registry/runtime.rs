//! How a registry behaves and what it has seen, changed and looked at while it runs.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use http::{HeaderName, HeaderValue};

use super::{
    fault::FaultState,
    fixture_error::FixtureError,
    journal::{Entry, JournalFilter, WaitError},
    settings::{Behaviour, Settings},
    state::RegistryState,
};
use crate::fixture::{BuildError, ContradictoryQuirks, Fault, Image, ImageFile};

/// Behaviour, clock and journal of a registry while it runs.
impl RegistryState {
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

    /// Adds a fault behind those that are armed. Returns its number, by which it can be [disarmed](Self::disarm).
    ///
    /// # Errors
    /// When the fault names an image that this registry does not know.
    pub fn arm(&self, mut fault: Fault) -> Result<u64, FixtureError> {
        let name = fault.name().to_owned();
        if let Some(reason) = fault.invalid_number() {
            return Err(FixtureError::Number { fault: name, reason });
        }
        fault.when = self.fill(fault.when.text())?.parse()?;
        fault.name = Some(name);
        for text in [&mut fault.redirect, &mut fault.body] {
            *text = text.as_deref().map(|text| self.fill(text)).transpose()?;
        }
        for value in fault.headers.values_mut().flatten() {
            *value = self.fill(value)?;
        }
        let location = fault.redirect.as_deref().map(|location| ("Location", location));
        let set = fault.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
        for (name, value) in set.chain(location) {
            if HeaderName::try_from(name).is_err() || HeaderValue::from_str(value).is_err() {
                let (name, value) = (name.to_owned(), value.to_owned());
                return Err(FixtureError::Header { fault: fault.name().to_owned(), name, value });
            }
        }
        let swapped = fault.image.as_deref().map(|name| self.image(name)).transpose()?;
        let swapped = swapped.map(|image| image.manifest.clone());
        Ok(self.faults.arm(fault, swapped))
    }

    /// The latest tokens that the token endpoint gave, the oldest first: for the redaction of logs.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<String> {
        self.tokens.issued()
    }

    /// The journal from entry `first` on, as far as it is kept.
    #[must_use]
    pub fn journal(&self, first: u64) -> Vec<Entry> {
        self.journal.since(first)
    }
}
