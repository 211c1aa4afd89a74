//! What several test binaries share: running the command, an HTTP client for this machine, and the programs that tests talk
//! to.
//!
//! Everything panics where a test could not go on anyway.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod client;
mod command;
mod docker_registry;
mod program;

pub use client::loopback_client;
pub use command::{Finished, Running, command, finish};
pub use docker_registry::DockerRegistry;
pub use program::{needs_kubectl, needs_program};
