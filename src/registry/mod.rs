//! A mock OCI registry: conformant where it is not told otherwise, and wrong in every way it is told to be.
//!
//! [`Core`] is the registry without a network, a request in and an answer out. [`Registry`] puts it on a TCP port:
//!
//! ```
//! use isi_conformance::registry::Registry;
//!
//! # #[tokio::main] async fn main() {
//! let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
//! println!("skopeo inspect --tls-verify=false docker://{}/lib/app:v1", registry.address());
//! # }
//! ```

mod access;
mod answer;
mod builder;
mod content;
mod core;
mod error;
mod fault;
mod journal;
mod query;
mod route;
mod server;
mod store;
mod tags;
#[cfg(feature = "tls")]
mod tls;
mod token;

pub use answer::{Answer, Delivery, Manner};
pub use builder::{Registry, RegistryBuilder, StartError};
pub use core::{Core, FixtureError, JOURNAL_LIMIT};
pub use error::ErrorCode;
pub use journal::Entry;
#[cfg(feature = "tls")]
pub use tls::{Authority, AuthorityError, Identity, TlsError};
