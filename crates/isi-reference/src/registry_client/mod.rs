//! A client of registries, which asks and complains as openshift-apiserver does: as `distribution`'s client in Go.
//!
//! A [`Session`] holds a [`RepositoryConnection`] for each repository that is asked. A connection pings its registry, fetches
//! a token where the registry wants one, and sends the requests of `requests.rs`. Every error is a [`FetchError`], whose
//! `Display` is the sentence that Go's client says.

mod challenge;
mod connection;
mod content_encoding;
mod credentials;
mod error;
mod error_response;
mod http_client;
mod manifest;
mod manifest_name;
mod ping;
mod reach;
mod reported_error;
mod requests;
mod schema1;
mod session;
mod tag_list;
mod tls;
mod token;
mod transport_error;
mod v1;

use std::time::Duration;

pub(crate) use connection::RepositoryConnection;
pub(crate) use credentials::{Keyring, KeyringError};
pub(crate) use error::{FetchError, V1Error};
pub(crate) use http_client::{HttpClients, TransportSecurity};
pub(crate) use manifest::{Descriptor, ImageManifest, Manifest, ManifestError, ManifestList, decode};
pub(crate) use manifest_name::ManifestName;
pub use reach::Reach;
pub(crate) use reported_error::RegistryErrorCode;
pub(crate) use schema1::SignedManifest;
pub(crate) use session::{ConnectError, OpenError, Session};

use crate::behaviour::Behaviour;

/// What all registry connections of a server share: HTTP clients, version behaviour and retry delay.
#[derive(Debug, Clone)]
pub(crate) struct ClientContext {
    pub(crate) clients: HttpClients,
    pub(crate) behaviour: Behaviour,
    /// How long to wait before a registry that answers 429 is asked again.
    pub(crate) retry_delay: Duration,
}

/// Reads a manifest as each content type; any result will do.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_manifest(bytes: &[u8], behaviour: &Behaviour) {
    for content_type in manifest::accepted(behaviour).map(Some).chain([None]) {
        let _ = Manifest::parse(content_type, bytes, behaviour);
    }
}

/// Reads challenges; any result will do.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_challenges(headers: &http::HeaderMap) {
    let _ = challenge::read(headers);
}
