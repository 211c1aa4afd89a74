//! Targets for tests, without authentication.

use std::time::Duration;

use super::{Credential, Identity, Target, Users};

impl Target {
    /// A target at `url` that every user asks without credentials.
    pub(in crate::runner) fn anonymous(url: String, patience: Duration) -> Self {
        let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(no_tls()).build().unwrap();
        let anonymous = Identity::new(client.clone(), Credential::None);
        Self::new(url, Users::new(anonymous, || Ok::<_, ()>(client.clone())).unwrap(), patience)
    }
}

fn no_tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
