#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod digest;
pub mod media_type;

pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
