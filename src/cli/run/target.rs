//! From the command line to a target: the embedded reference, a URL, or a kubeconfig.

use std::{path::PathBuf, time::Duration};

use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{
    arguments::{RunArguments, TargetArguments},
    kubeconfig::Kubeconfig,
    tls::Authorities,
    transport::Transport,
};
use crate::{
    cli::exit::CommandError,
    reference::{self, AllowedRegistry, Reach},
    registry::Authority,
    runner::{Credential, Identity, Target, Users},
    suite::Feature,
};

/// What the embedded reference has beside the API, so that no probe has to wait for it.
const EMBEDDED_FEATURES: [Feature; 4] =
    [Feature::TrustedCa, Feature::Offline, Feature::NoImportController, Feature::SingleProcess];

/// The target of a run, and what stands around it.
pub(super) struct Aim {
    /// What the runner drives.
    pub(super) target: Target,
    /// The certificate authority that the implementation trusts, if it does.
    pub(super) authority: Option<Authority>,
    /// The embedded reference, if it is the target.
    pub(super) reference: Option<reference::Reference>,
    /// What the target is known to have.
    pub(super) features: Vec<Feature>,
}

/// Finds out what the command line aims at, and starts the embedded reference if it aims at nothing.
///
/// # Errors
/// When a file cannot be used, or the reference cannot be started.
pub(super) async fn aim(arguments: &RunArguments) -> Result<Aim, CommandError> {
    if arguments.target.is_embedded() {
        return embedded(arguments, reference::Options::default(), &[]).await;
    }
    let target = connect(&arguments.target, arguments.execution.timeout).await?;
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
    let token = given.token.as_deref().map(|token| bearer("--token", token)).transpose()?;
    match (&given.target, &given.kubeconfig) {
        (None, None) => {
            Err(CommandError::usage("there is no target").hint("`--target URL` or `--kubeconfig PATH` names one"))
        }
        (url, Some(path)) => {
            let kubeconfig = Kubeconfig::read(path, given.context.as_deref())?;
            let url = url.as_deref().unwrap_or_else(|| kubeconfig.server());
            let transport = kubeconfig.transport(url, Trust::of(given)?)?;
            let user = match token {
                // Another user than that of the kubeconfig: without its client certificate and its impersonation.
                Some(token) => Identity::new(transport.client(None)?, token),
                None => kubeconfig.user(patience).await?.identity(&transport)?,
            };
            remote(&transport, user, given, patience)
        }
        (Some(url), None) => {
            let transport = Transport::new(url, &Trust::of(given)?.with(Authorities::System(Vec::new()))?)?;
            let user = Identity::new(transport.client(None)?, token.unwrap_or(Credential::None));
            remote(&transport, user, given, patience)
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
        default_import_mode: reference::ImportMode::PreserveOriginal,
        ..reference::Options::default()
    };
    embedded(arguments, options, &[Feature::ServerConfiguration]).await
}

/// Starts the reference without an import controller, as a single process that reaches nothing but loopback. What else it
/// is known to have by `options` is in `features`.
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
    let transport = Transport::new(running.url(), &Authorities::Only(Vec::new()))?;
    let identity = |token: &str| Ok(Identity::new(transport.client(None)?, Credential::Bearer(token.to_owned())));
    let users = Users::new(identity("user-alice")?, || transport.client(None))?;
    let users = Users { admin: Some(identity("admin-token")?), restricted: Some(identity("user-carol")?), ..users };
    Ok(Aim {
        target: Target::new(transport.base(), users, arguments.execution.timeout),
        authority: Some(authority),
        reference: Some(running),
        features: [&EMBEDDED_FEATURES, features].concat(),
    })
}

fn remote(
    transport: &Transport,
    user: Identity,
    given: &TargetArguments,
    patience: Duration,
) -> Result<Target, CommandError> {
    let identity = |option, token: &Option<String>| match token {
        None => Ok(None),
        Some(token) => Ok(Some(Identity::new(transport.client(None)?, bearer(option, token)?))),
    };
    let users = Users {
        admin: identity("--admin-token", &given.admin_token)?,
        restricted: identity("--restricted-token", &given.restricted_token)?,
        ..Users::new(user, || transport.client(None))?
    };
    Ok(Target { alias: transport.alias(), ..Target::new(transport.base(), users, patience) })
}

/// A bearer token as people paste it, with the line break of a file behind it. It is never repeated.
fn bearer(option: &str, token: &str) -> Result<Credential, CommandError> {
    let token = token.trim();
    let problem = match token {
        "" => "the token is empty",
        token if token.starts_with("Bearer ") => "expected the token alone, without `Bearer`",
        token if !token.bytes().all(|byte| byte.is_ascii_graphic()) => "the token has characters that no token has",
        token => return Ok(Credential::Bearer(token.to_owned())),
    };
    Err(CommandError::usage(format!("{option}: {problem}")))
}

/// What the command line says about trust.
pub(super) struct Trust {
    /// PEM, and the path that it was read from.
    authority: Option<(Vec<u8>, String)>,
    any: bool,
}

impl Trust {
    fn of(given: &TargetArguments) -> Result<Self, CommandError> {
        let read = |path: &PathBuf| {
            let shown = path.display().to_string();
            let pem = std::fs::read(path).map_err(|error| CommandError::usage(format!("{shown}: {error}")))?;
            Ok((pem, shown))
        };
        Ok(Self {
            authority: given.certificate_authority.as_ref().map(read).transpose()?,
            any: given.insecure_skip_tls_verify,
        })
    }

    /// Trusts what the command line names besides `authorities`, or anything if it says so.
    ///
    /// # Errors
    /// When its file holds no certificate.
    pub(super) fn with(self, mut authorities: Authorities) -> Result<Authorities, CommandError> {
        if self.any {
            return Ok(Authorities::Any);
        }
        if let Some((pem, path)) = self.authority {
            authorities.add_pem(&pem).map_err(|error| CommandError::usage(format!("{path}: {error}")))?;
        }
        Ok(authorities)
    }
}
