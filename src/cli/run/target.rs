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
    reference::{self, AllowedRegistry, Reach},
    registry::Authority,
    runner::{Credential, Target},
    suite::Feature,
};

/// How long a connection to the implementation may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The target of a run, and what stands around it.
pub(super) struct Aim {
    /// What the runner drives.
    pub(super) target: Target,
    /// The certificate authority that the implementation trusts, if it does.
    pub(super) authority: Option<Authority>,
    /// The embedded reference, if it is the target.
    pub(super) reference: Option<reference::Running>,
    /// What the target is known to have.
    pub(super) features: Vec<Feature>,
}

/// Finds out what the command line aims at, and starts the embedded reference if it aims at nothing.
///
/// # Errors
/// When a file cannot be used, or the reference cannot be started.
pub(super) async fn aim(arguments: &RunArguments) -> Result<Aim, CommandError> {
    if arguments.target.is_embedded() {
        return embedded(arguments, reference::Options::default(), &[Feature::TrustedCa, Feature::Offline]).await;
    }
    let target = connect(&arguments.target, arguments.timeout).await?;
    let mut features = Vec::new();
    let authority = match &arguments.registry.registry_authority {
        None => None,
        Some(folder) => {
            features.push(Feature::TrustedCa);
            Some(Authority::kept_in(folder).map_err(CommandError::usage)?)
        }
    };
    Ok(Aim { target, authority, reference: None, features })
}

/// The target that a URL or a kubeconfig names.
///
/// # Errors
/// When neither is given, or a file cannot be used.
pub(in crate::cli) async fn connect(given: &TargetArguments, patience: Duration) -> Result<Target, CommandError> {
    match (&given.target, &given.kubeconfig) {
        (None, None) => {
            Err(CommandError::usage("there is no target").hint("`--target URL` or `--kubeconfig PATH` names one"))
        }
        (url, Some(path)) => {
            let cluster = kubeconfig::read(path, given.context.as_deref())
                .await
                .map_err(|error| CommandError::usage(format!("{}: {error}", path.display())))?;
            let url = url.clone().unwrap_or(cluster.url);
            let credential = given.token.clone().map_or(cluster.credential, Credential::Bearer);
            remote(&url, client(&url, Some(cluster.tls))?, credential, given, patience)
        }
        (Some(url), None) => {
            let credential = given.token.clone().map_or(Credential::None, Credential::Bearer);
            remote(url, client(url, Some(tls(given)?))?, credential, given, patience)
        }
    }
}

/// The embedded reference with the configuration that the suite `server-config` is about.
///
/// # Errors
/// When it cannot be started.
pub(super) async fn configured(arguments: &RunArguments) -> Result<Aim, CommandError> {
    let allowed = |domain: &str, insecure| AllowedRegistry { domain: domain.to_owned(), insecure };
    let options = reference::Options {
        allowed_registries: vec![allowed("registry.example.com", false), allowed("127.0.0.1:*", true)],
        max_images_per_repository: Some(3),
        default_import_mode: "PreserveOriginal".to_owned(),
        ..reference::Options::default()
    };
    embedded(arguments, options, &[Feature::TrustedCa, Feature::Offline, Feature::ServerConfiguration]).await
}

async fn embedded(
    arguments: &RunArguments,
    options: reference::Options,
    features: &[Feature],
) -> Result<Aim, CommandError> {
    let authority = Authority::of_this_process().clone();
    let certificate = CertificateDer::from_pem_slice(authority.pem().as_bytes()).map_err(CommandError::harness)?;
    let rule = |text: &str| text.parse().map_err(CommandError::harness);
    let options = reference::Options {
        api_version: arguments.api_version,
        registry_roots: vec![certificate],
        reach: Reach::Hosts(arguments.registry.registry_host.iter().cloned().collect()),
        deny: vec![
            rule("carol:create:image.openshift.io:images")?,
            rule("carol:create:image.openshift.io:imagestreammapping")?,
        ],
        ..options
    };
    let running = reference::start(options).await.map_err(CommandError::harness)?;
    let url = running.url().to_owned();
    let target = Target {
        client: client(&url, None)?,
        anonymous: client(&url, None)?,
        user: Credential::Bearer("user-alice".to_owned()),
        admin: Some(Credential::Bearer("admin-token".to_owned())),
        restricted: Some(Credential::Bearer("user-carol".to_owned())),
        url,
        patience: arguments.timeout,
    };
    Ok(Aim { target, authority: Some(authority), reference: Some(running), features: features.to_vec() })
}

fn remote(
    url: &str,
    client: reqwest::Client,
    user: Credential,
    given: &TargetArguments,
    patience: Duration,
) -> Result<Target, CommandError> {
    let url = url.trim_end_matches('/').to_owned();
    let bearer = |token: &Option<String>| token.clone().map(Credential::Bearer);
    let anonymous = self::client(&url, Some(tls(given)?))?;
    Ok(Target {
        anonymous,
        client,
        user,
        admin: bearer(&given.admin_token),
        restricted: bearer(&given.restricted_token),
        url,
        patience,
    })
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
