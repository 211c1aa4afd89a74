#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod api;
mod behaviour;
mod builder;
mod discovery;
mod dispatch;
mod error;
mod fetch_strategy;
mod field;
mod http;
pub mod image_reference;
mod impersonation;
mod import_controller;
mod importer;
mod journal;
mod json;
mod kinds;
mod kubeconfig;
mod media_type;
mod metrics;
mod model;
mod openapi;
mod options;
mod patch;
mod paths;
mod policy;
mod protobuf;
mod query_escape;
mod quote;
mod registry_client;
mod replica;
mod resources;
mod route;
mod router;
mod selector;
mod server;
mod stall_guard;
mod storage;
mod table;
mod tls;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod untrusted;
mod user;
mod validation;
pub mod version;
mod watch;

pub use access::{DenyRule, ParseDenyRuleError};
pub use builder::ReferenceBuilder;
pub use journal::{JOURNAL_LIMIT, JournalWaitError, RecordedRequest};
pub use kubeconfig::Kubeconfig;
pub use openapi::published_schema;
pub use options::{
    AllowedRegistry, ImportController, ImportMode, Options, REPLICA_LAG, Reach, ServerCertificate, UserToken,
};
pub use protobuf::{from_protobuf, to_protobuf};
pub use server::{Reference, StartError, start};
pub use test_authority::{Authority, AuthorityError, Identity};
pub use tls::{read_certificates, read_key};
