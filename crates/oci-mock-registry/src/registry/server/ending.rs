//! Answers that do not arrive whole, or after which the connection ends.

use crate::registry::answer::{Answer, End, Manner};

/// An answer that does not arrive whole.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) answer: Answer,
    pub(super) manner: Manner,
}

impl Ending {
    /// Whether the connection stays open without a word.
    pub(super) const fn stalls(&self) -> bool {
        matches!(self.manner, Manner::Nothing(End::Stall) | Manner::Cut { end: End::Stall, .. })
    }
}
