//! What several test binaries of isi-conformance share: running its command, and an HTTP client for this machine.
//!
//! Everything panics where a test could not go on anyway.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod client;
mod command;
mod program;

pub use client::loopback_client;
pub use command::{Finished, Running, command, finish};
pub use program::{needs_kubectl, needs_program};
