//! Conformance for OpenShift's ImageStreamImport API: a mock OCI registry, suites of cases as data, a runner that
//! drives any implementation of the API, and an embedded reference implementation.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use clap::{Args, Command, FromArgMatches};
//! use isi_conformance::{cli::{Plan, RunArguments}, runner};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // What `isi-conformance run dry-run --target …` does.
//! let options = ["run", "dry-run", "--target", "http://127.0.0.1:8080", "--token", "user-alice"];
//! let command = RunArguments::augment_args(Command::new("run"));
//! let arguments = RunArguments::from_arg_matches(&command.try_get_matches_from(options)?)?;
//! let (_stop, stopped) = tokio::sync::watch::channel(false);
//! let plan = Plan::of(&arguments, &stopped).await.map_err(|error| error.to_string())?;
//! for outcome in runner::run(plan.planned.clone(), 8, stopped, |_| ControlFlow::Continue(())).await {
//!     println!("{} {}", outcome.result.name(), outcome.result.verdict);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `examples/run_suites.rs` is a complete test. Most users need the command `isi-conformance` only. The crate has no features.
//!
//! The modules, and how they may depend on each other: a module uses only those below it.
//!
//! ```text
//! cli           the command line
//! report        what a run found out, for people and for tools
//! explore       random scenarios, on the reference and on a target
//! runner        drives an implementation, reached by URL, through cases        reference   the embedded
//! requirement   what the published pages say, and what of it cases cover                   implementation;
//! suite         cases as data
//! deviation     what an implementer declares as failing
//! recording     what another build answered
//! golden        what is expected          schema   the published schema
//! verdict       the results of checks, cases and runs
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
