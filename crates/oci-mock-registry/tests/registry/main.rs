//! The mock registry, seen from outside: what it answers, and how it fails.

#![allow(clippy::unwrap_used)]

mod archive_limits;
mod archives;
mod auth;
#[cfg(feature = "capture")]
mod capture;
#[cfg(feature = "control")]
mod control;
mod examples;
mod faults;
mod folders;
#[cfg(feature = "http2")]
mod http2;
mod malformed;
#[cfg(feature = "wiremock")]
mod on_wiremock;
mod pull;
mod push;
mod quirks;
#[cfg(feature = "openpgp")]
mod referrers;
mod runtime;
#[cfg(feature = "openpgp")]
mod signatures;
mod support;
mod tls;
mod transport;
