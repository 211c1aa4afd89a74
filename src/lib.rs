//! Conformance for OpenShift's ImageStreamImport API: a mock OCI registry, suites of cases as data, a runner that
//! drives any implementation of the API, and an embedded reference implementation.
//!
//! The rooms, and the way they may be used: a room uses only rooms below it.
//!
//! ```text
//! cli           the command line
//! report        what a run found out, for people and for tools
//! runner        drives an implementation, reached by URL, through cases        reference   the embedded
//! requirement   what the published pages say, and what of it cases cover                   implementation;
//! suite         cases as data                                                              uses oci alone
//! deviation     what an implementer declares as failing
//! golden        what is expected          schema   the published schema
//! verdict       what checks, cases and runs come to
//! registry      the mock registry
//! fixture       image recipes and registry fixtures
//! variable      values that only a run knows          document   YAML, and errors that show the line
//! oci           digests and media types               version, json_path
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
