//! The mock registry, seen from outside: what it answers, and how it fails.

#![allow(clippy::unwrap_used)]

mod auth;
mod faults;
mod pull;
mod support;
mod tls;
mod transport;
