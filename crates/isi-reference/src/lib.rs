//! The reference: an honest, in-memory implementation of the image API, reached over HTTP like any other.
//!
//! It imports images from the registries that a request names, keeps streams and images, and answers as
//! `openshift-apiserver` of a chosen [API version](crate::version::ApiVersion) answers. It knows nothing of suites,
//! goldens or the mock registry. What differs between versions is in one place, `behaviour.rs`.
//!
//! ```no_run
//! # async fn example() -> Result<(), isi_reference::StartError> {
//! let running = isi_reference::start(Default::default()).await?;
//! println!("{}", running.url());
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod api;
mod behaviour;
mod discovery;
mod error;
mod field;
mod http;
pub mod image_reference;
mod impersonation;
mod import_controller;
mod importer;
mod json;
mod kinds;
mod kubeconfig;
mod model;
mod openapi;
mod options;
mod policy;
mod protobuf;
mod quote;
mod resources;
mod route;
mod selector;
mod server;
mod storage;
mod table;
mod tls;
mod user;
mod validation;
pub mod version;
mod watch;

pub use access::{DenyRule, ParseDenyRuleError};
pub use kubeconfig::Kubeconfig;
pub use openapi::published_schema;
pub use options::{AllowedRegistry, ImportController, Options, REPLICA_LAG, Reach, ServerCertificate};
pub use server::{Running, StartError, start};
pub use test_authority::{Authority, AuthorityError, Identity};
pub use tls::{read_certificates, read_key};
