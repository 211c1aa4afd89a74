//! Proofs that the cases can fail: recorded answers that were changed, and implementations with a bug.

#![allow(clippy::unwrap_used)]

mod drive;
mod exploration;
mod recorded_answers;
mod wrong_implementations;
