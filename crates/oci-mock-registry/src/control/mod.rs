//! Control of running registries from any language: a listener of its own that speaks JSON over HTTP.
//!
//! ```
//! use oci_mock_registry::{control::Control, registry::Registry};
//!
//! # #[tokio::main] async fn main() {
//! let control = Control::builder().start().await.unwrap();
//! control.add("default", Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap()).unwrap();
//! println!("curl {}/registries/default/journal", control.url());
//! # }
//! ```
//!
//! What there is to ask for is one table (`routes`), from which requests are routed and the OpenAPI document at
//! `/openapi.json` is made. Bodies are the types of fixture files, so that whatever a file can say can be said here.
//!
//! On a loopback address no token is needed. On any other one is, in `Authorization: Bearer`.

mod behaviour;
mod call;
mod content;
mod document;
mod error;
mod guard;
mod journal;
mod members;
mod operation;
mod registries;
mod routes;
mod server;
mod snapshots;

pub use document::document;
pub use members::NameTaken;
pub use server::{Control, ControlBuilder, ControlStartError};
