//! From the command line to a target: the embedded reference, a URL, or a kubeconfig.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{
    arguments::{RunArguments, TargetArguments},
    kubeconfig,
};
use crate::{
    cli::exit::CommandError,
    runner::{Credential, Target},
};

/// How long a connection to the implementation may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The target of a run, and the reference if it is the target.
pub(super) struct Aim {
    /// What the runner drives.
    pub(super) target: Target,
    /// What it is called in reports.
    pub(super) name: String,
}

/// Finds out what the command line aims at, and starts the embedded reference if it aims at nothing.
///
/// # Errors
/// When a file cannot be used, or the reference cannot be started.
pub(super) async fn aim(arguments: &RunArguments) -> Result<Aim, CommandError> {
    let given = &arguments.target;
    match (&given.target, &given.kubeconfig) {
        (None, None) => Err(CommandError::usage("no target")),
        (url, Some(path)) => {
            let cluster = kubeconfig::read(path, given.context.as_deref())
                .await
                .map_err(|error| CommandError::usage(format!("{}: {error}", path.display())))?;
            let url = url.clone().unwrap_or(cluster.url);
            let credential = given.token.clone().map_or(cluster.credential, Credential::Bearer);
            Ok(remote(&url, client(&url, Some(cluster.tls))?, credential, given)?)
        }
        (Some(url), None) => {
            let credential = given.token.clone().map_or(Credential::None, Credential::Bearer);
            let client = client(url, Some(tls(given)?))?;
            Ok(remote(url, client, credential, given)?)
        }
    }
}

fn remote(url: &str, client: reqwest::Client, user: Credential, given: &TargetArguments) -> Result<Aim, CommandError> {
    let url = url.trim_end_matches('/').to_owned();
    let bearer = |token: &Option<String>| token.clone().map(Credential::Bearer);
    let target = Target {
        anonymous: self::client(&url, Some(tls(given)?))?,
        client,
        user,
        admin: bearer(&given.admin_token),
        restricted: bearer(&given.restricted_token),
        url: url.clone(),
    };
    Ok(Aim { target, name: url })
}

/// A client that follows no redirects and adds nothing of its own.
fn client(url: &str, tls: Option<ClientConfig>) -> Result<reqwest::Client, CommandError> {
    let parsed: http::Uri =
        url.parse().map_err(|error| CommandError::usage(format!("`{url}` is no URL of an implementation: {error}")))?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
        return Err(CommandError::usage(format!("`{url}` is no URL of an implementation"))
            .hint("expected `http://HOST:PORT` or `https://HOST:PORT`"));
    }
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("isi-conformance/", env!("CARGO_PKG_VERSION")));
    if parsed.host().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]") {
        builder = builder.no_proxy();
    }
    let tls = match tls {
        Some(tls) => tls,
        None => base_tls(RootCertStore::empty())?,
    };
    builder.tls_backend_preconfigured(tls).build().map_err(CommandError::harness)
}

fn base_tls(roots: RootCertStore) -> Result<ClientConfig, CommandError> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(CommandError::harness)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The trust that the command line asks for: the system's authorities and the given one, or anybody.
fn tls(given: &TargetArguments) -> Result<ClientConfig, CommandError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &given.certificate_authority {
        let failed = |error: &dyn std::fmt::Display| CommandError::usage(format!("{}: {error}", path.display()));
        let mut count = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
            roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
            count += 1;
        }
        if count == 0 {
            return Err(failed(&"there is no certificate in it, expected PEM"));
        }
    }
    let mut config = base_tls(roots)?;
    if given.insecure_skip_tls_verify {
        config.dangerous().set_certificate_verifier(Arc::new(super::trust::AnyCertificate::new()));
    }
    Ok(config)
}
