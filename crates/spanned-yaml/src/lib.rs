//! Files that people write: YAML with the place of everything in it, and errors that show that place.
//!
//! [`parse`] (or [`parse_documents`], for files with several) turns a [`Source`] into a tree of [`Node`]s that remember where they stand; [`decode`] turns a node into
//! any type that implements `serde::Deserialize` and points at the node that does not fit. Between the two a caller may
//! rewrite the tree (the suites replace variables there) without losing the places.

mod day;
mod decode;
mod diagnostic;
mod node;
mod parse;
mod source;
mod suggest;
mod wording;

pub use day::Day;
pub use decode::decode;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use node::{Key, Node, Value};
pub use parse::{parse, parse_documents};
pub use source::{Source, Span};
pub use suggest::nearest;
