//! The processes that a server answers like.

/// One of the processes, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replica(pub(crate) usize);
