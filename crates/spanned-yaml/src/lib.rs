#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

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
