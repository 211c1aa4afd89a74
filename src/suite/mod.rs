//! Suites: cases as data.
//!
//! A suite is a YAML file; [`SuiteFile`] and the types in it are what the loader decodes and what
//! the JSON Schema for editors is generated from. [`load`] reads
//! files, turns rows and matrices into cases, and refuses what makes no sense with the line it stands in. What comes out
//! are [`Case`]s, which become [`Script`]s once a run knows the values of its variables.

mod brief;
mod case;
mod case_name;
mod expand;
mod expect;
mod feature;
mod folder;
mod format;
mod import;
mod kept;
mod load;
mod named_images;
mod need;
mod reimport;
mod request;
mod requests;
mod sample;
mod script;
mod secret;
mod step;
#[cfg(test)]
mod unimported_tags;
mod value;

pub use case::{Case, Script, Suite, TargetDefault};
pub use expect::{Expectation, StatusByVersion};
pub use feature::{Feature, FeatureArea};
pub use folder::{Folder, FolderError, builtin_files};
pub use format::{CaseFile, SuiteFile, json_schema};
pub use load::load;
pub use need::Needs;
pub(crate) use need::has_effect;
pub use request::{Body, Request};
pub use requests::RequestCount;
pub(crate) use sample::SAMPLE_REGISTRY;
pub use secret::{RegistryCredentials, SecretStep, WrittenAs};
pub use step::{Action, RegistryChange, Step, User};
pub use value::{ValueExpectation, ValuePath};
