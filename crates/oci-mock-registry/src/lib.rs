//! A mock OCI registry: conformant where it is not told otherwise, and wrong in every way that it is told to be.
//!
//! [`fixture`] is what a registry holds and how it behaves, as data; [`registry`] serves it; `control` (feature `control`) lets
//! programs in any language change it while it runs.

#[cfg(feature = "control")]
pub mod control;
pub mod fixture;
mod referrer;
pub mod registry;
pub mod variable;

pub use oci_types as oci;
pub use referrer::Referrer;
