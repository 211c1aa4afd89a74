//! Conformance for OpenShift's ImageStreamImport API: a mock OCI registry, suites of cases as data, a runner that
//! drives any implementation of the API, and an embedded reference implementation.
//!
//! The rooms, and the way they may be used: a room uses only rooms below it.
//!
//! ```text
//! cli           the command line
//! report        what a run found out, for people and for tools
//! explore       random scenarios, on the reference and on a target
//! runner        drives an implementation, reached by URL, through cases        reference   the embedded
//! requirement   what the published pages say, and what of it cases cover                   implementation;
//! suite         cases as data                                                              uses oci alone
//! deviation     what an implementer declares as failing
//! recording     what another build answered
//! golden        what is expected          schema   the published schema
//! verdict       what checks, cases and runs come to
//! traits        what a server's configuration may change in its answers
//! json_path     places in JSON documents
//! shell         words quoted for a shell
//! ```
//!
//! Beside it, crates of their own: `oci-mock-registry` (the registry, its fixtures and the variables that name their values),
//! `isi-reference` (the embedded implementation), `spanned-yaml` (YAML, and errors that show the line) and `oci-types`.

pub use isi_reference::{self as reference, version};
pub use oci_mock_registry::{control, fixture, registry, variable};
pub use oci_types as oci;
pub use spanned_yaml as document;

pub mod cli;
pub mod deviation;
pub mod explore;
pub mod golden;
pub mod json_path;
pub mod recording;
pub mod redaction;
pub mod report;
pub mod requirement;
pub mod runner;
pub mod schema;
mod shell;
pub mod suite;
pub mod traits;
pub mod verdict;
