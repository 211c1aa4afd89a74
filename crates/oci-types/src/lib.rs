//! Plain data of the OCI and Docker image formats, shared by the registry, the reference and the runner.
//!
//! Nothing here does input or output, and nothing here validates more than it needs to name a thing: a mock registry
//! has to be able to serve broken content.

mod digest;
pub mod media_type;

pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
