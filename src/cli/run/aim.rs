//! What a run aims at: the embedded reference, or the target that the command line names.

use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::arguments::RunArguments;
use crate::{
    cli::{
        exit::CommandError,
        target::{Authorities, Transport, connect},
    },
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
