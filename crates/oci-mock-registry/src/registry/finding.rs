//! What a test can fail on besides answers: faults that did not fire, unexpected requests.

use std::fmt;

use super::journal::Entry;

/// Something that does not add up between what a fixture says and what clients did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The fault of this name has never fired, although it was to.
    Unfired(String),
    /// The fault of this name has fired, although it never was to.
    Misfired(String),
    /// A request for which there is neither an endpoint nor a fault.
    Unexpected(Box<Entry>),
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
            Self::Malformed(1) => write!(formatter, "one connection said something that is no HTTP"),
            Self::Malformed(count) => write!(formatter, "{count} connections said something that is no HTTP"),
        }
    }
}
