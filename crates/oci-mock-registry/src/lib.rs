//! A mock OCI registry for tests of registry clients. It is conformant where it is not told to misbehave, it misbehaves in
//! every way that it is told to, and it says what it was asked for.
//!
//! ```
//! use oci_mock_registry::{fixture::Fault, registry::Registry};
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::builder()
//!     .tag("lib/app", "v1", "s2-basic")
//!     .fault(Fault::when("GET manifests/*").first(1).status(503).error("UNAVAILABLE"))
//!     .start()
//!     .await?;
//! // The client under test pulls from `registry.host()`; then `registry.state().journal(0)` has its requests, and
//! // `registry.state().findings()` is empty if every fault has fired and every request was one that registries answer.
//! assert_eq!(registry.state().findings().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! [`fixture`] is what a registry holds and how it behaves, as data; [`registry`] serves it; `control` lets programs in any
//! language change it while it runs.
//!
//! | feature | what it adds |
//! |---|---|
//! | `capture` | capturing what an upstream registry answers; replaying it needs no feature |
//! | `control` | the control interface, JSON over HTTP |
//! | `http2` | HTTP/2 for clients that choose it in a TLS handshake |
//! | `openpgp` | signatures of images in OpenPGP (simple signing) |
//! | `schema` | JSON Schemas of fixtures, for editors |
//! | `signatures` | images that are signed with keys: cosign's signatures and attestations, and schema 1 |
//! | `tls` | TLS, right and wrong, with certificates made on the spot |
//! | `wiremock` | the registry on a wiremock `MockServer` |
//! | `zstd` | archives of images that are compressed with zstd |

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "control")]
pub mod control;
pub mod fixture;
mod referrer;
pub mod registry;
pub mod variable;

/// The crate whose methods, statuses and headers stand in this crate's types.
pub use http;
pub use oci_types as oci;
pub use referrer::Referrer;
