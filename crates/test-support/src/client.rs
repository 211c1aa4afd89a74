//! An HTTP client for servers of a test.

use std::sync::Arc;

use reqwest::{Client, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// A client that speaks plain HTTP to this machine: without a proxy, without redirects, and trusting no certificate.
///
/// # Panics
/// When the client cannot be built, which no environment brings about.
#[must_use]
pub fn loopback_client() -> Client {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().no_proxy().redirect(Policy::none()).tls_backend_preconfigured(tls).build().unwrap()
}
