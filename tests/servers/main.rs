//! The command against servers that are wrong, hostile or unfinished, and against a cluster that it must not harm.

#![allow(clippy::unwrap_used)]

mod bad;
mod harmless;
mod hostile;
mod run;
mod throttled;
mod unfinished;
