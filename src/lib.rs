//! Conformance for OpenShift's ImageStreamImport API: a mock OCI registry, suites of cases as data, a runner that
//! drives any implementation of the API, and an embedded reference implementation.
//!
//! The rooms, and the way they may be used (a room uses only what stands to its right):
//!
//! ```text
//! cli → runner → suite → registry → fixture → oci        report ← runner
//!       runner → golden, schema                          reference → oci
//! ```
//!
//! The mock registry alone is a light dev-dependency: `default-features = false`.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "runner")]
pub mod deviation;
pub mod document;
pub mod fixture;
#[cfg(feature = "runner")]
pub mod golden;
pub mod json_path;
pub mod oci;
#[cfg(feature = "reference")]
pub mod reference;
pub mod registry;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "runner")]
pub mod requirement;
#[cfg(feature = "runner")]
pub mod runner;
#[cfg(feature = "runner")]
pub mod schema;
#[cfg(feature = "runner")]
pub mod suite;
pub mod variable;
#[cfg(feature = "runner")]
pub mod verdict;
pub mod version;
