//! Goldens: what an implementation is expected to answer, one snapshot a case.
//!
//! A golden is an insta snapshot file whose body is canonical JSON. What differs from run to run stands there as a
//! placeholder: some stand for a value the run knows (`[digest s2-basic]`), some for a shape (`[time]`).
//!
//! - [`Golden`] is the content, [`Store`] where the files are, and which of them holds for an API version;
//! - [`compare`] tells where an answer differs, and how binding each difference is;
//! - [`by_trait`] puts in what a target's configuration decides;
//! - [`propose`] turns answers into a new golden, for review.

mod any_order;
mod by_trait;
mod causes;
mod compare;
mod content;
mod files;
mod image_names;
mod known_values;
mod layer;
mod level;
mod memory;
mod paths;
mod pattern;
mod propose;
mod proposed_files;
mod shape;
mod store;
mod version_rule;

pub use any_order::in_order_of;
pub use by_trait::{by_trait, for_every_target};
pub use compare::{Answer, GoldenComparison, compare};
pub use content::{Golden, GoldenStep, Traffic};
pub use files::is_hidden;
pub use known_values::KnownValues;
#[cfg(test)]
pub(crate) use level::required_ids;
pub(crate) use level::{DifferenceKind, Rules};
pub use memory::Memory;
pub use paths::case_of;
pub use pattern::{Pattern, Piece};
pub(crate) use propose::is_of_this_run;
pub use propose::propose;
pub use shape::Shape;
pub use store::{ResolvedGolden, Store, StoreError};
