//! What a test can fail on besides answers: faults that did not fire, unexpected requests.

use std::{fmt, sync::atomic::Ordering};

use super::{journal::Entry, state::RegistryState};

/// Something that does not add up between what a fixture says and what clients did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The fault of this name has never fired, although it was to.
    Unfired(String),
    /// The fault of this name has fired, although it never was to.
    Misfired(String),
    /// A request for which there is neither an endpoint nor a fault.
    Unexpected(Box<Entry>),
    /// A request to which a captured folder has no answer: it was not captured, or its body was left out.
    NotCaptured(Box<Entry>),
    /// So many connections said something that is no HTTP.
    Malformed(u64),
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfired(name) => write!(formatter, "the fault `{name}` has not fired"),
            Self::Misfired(name) => write!(formatter, "the fault `{name}` has fired, and should not have"),
            Self::Unexpected(entry) => {
                write!(formatter, "unexpected request {}: {} {}", entry.number, entry.method, entry.path)
            }
            Self::NotCaptured(entry) => {
                write!(formatter, "not captured: request {}: {} {}", entry.number, entry.method, entry.path)
            }
            Self::Malformed(1) => write!(formatter, "one connection said something that is no HTTP"),
            Self::Malformed(count) => write!(formatter, "{count} connections said something that is no HTTP"),
        }
    }
}

impl RegistryState {
    /// The names of the faults that should fire and have not yet.
    #[must_use]
    pub fn unfired_faults(&self) -> Vec<String> {
        self.faults.unfired()
    }

    /// The names of the faults that should never fire and have.
    #[must_use]
    pub fn misfired_faults(&self) -> Vec<String> {
        self.faults.misfired()
    }

    /// Unmet expectations: faults that should have fired and have not, or the reverse, and unexpected
    /// requests, of which the first hundred are remembered. A test can say
    /// `assert_eq!(registry.state().findings(), [])` at its end.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let unfired = self.unfired_faults().into_iter().map(Finding::Unfired);
        let misfired = self.misfired_faults().into_iter().map(Finding::Misfired);
        let of = if self.replay.get().is_some() { Finding::NotCaptured } else { Finding::Unexpected };
        let unexpected = self.journal.unexpected().into_iter().map(|entry| of(Box::new(entry)));
        let malformed = Some(self.malformed.load(Ordering::Relaxed)).filter(|count| *count > 0);
        unfired.chain(misfired).chain(unexpected).chain(malformed.map(Finding::Malformed)).collect()
    }

    /// Notes that a connection said something that is no HTTP.
    pub(super) fn note_malformed(&self) {
        self.malformed.fetch_add(1, Ordering::Relaxed);
    }
}
