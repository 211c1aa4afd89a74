//! A reference that is being set up.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use rustls_pki_types::CertificateDer;
use test_authority::Authority;

use super::{
    access::DenyRule,
    options::{AllowedRegistry, ImportController, ImportMode, Options, Reach, ServerCertificate, UserToken},
    server::{Reference, StartError, start},
    version::ApiVersion,
};

/// A reference that is being set up. What is not set is as [`Options::default`] has it: a server of the newest API version,
/// on a free port of the loopback interface, by plain HTTP.
#[derive(Debug, Default)]
#[must_use = "nothing listens until it is started"]
pub struct ReferenceBuilder {
    options: Options,
    kubeconfig: Option<PathBuf>,
}

impl ReferenceBuilder {
    /// Begins with these options.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Answers as this version of the API.
    pub const fn api_version(mut self, api_version: ApiVersion) -> Self {
        self.options.api_version = api_version;
        self
    }

    /// Listens on this address.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.options.listen = address;
        self
    }

    /// Serves HTTPS with a certificate of this authority, which the kubeconfig names. kubectl, oc and kube-rs send tokens over
    /// HTTPS only.
    pub fn tls(mut self, authority: Authority) -> Self {
        self.options.tls = Some(ServerCertificate::SignedBy(authority));
        self
    }

    /// Adds a user. With the first one, only users who were added are known: `user-NAME` and `admin-token` are unknown tokens
    /// then. A member of the group `system:masters` may do everything.
    pub fn user(mut self, name: impl Into<String>, token: impl Into<String>, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self.options.users.push(UserToken { name: name.into(), token: token.into(), groups });
        self
    }

    /// Denies something to a user.
    pub fn deny(mut self, rule: DenyRule) -> Self {
        self.options.deny.push(rule);
        self
    }

    /// Trusts registries whose certificates this one has signed.
    pub fn registry_root(mut self, certificate: CertificateDer<'static>) -> Self {
        self.options.registry_roots.push(certificate);
        self
    }

    /// Resolves only these host names of registries, and `localhost`.
    pub fn reach(mut self, reach: Reach) -> Self {
        self.options.reach = reach;
        self
    }

    /// Lets users who may not make images import from this registry, and from no other one that was not allowed.
    pub fn allowed_registry(mut self, registry: AllowedRegistry) -> Self {
        self.options.allowed_registries.push(registry);
        self
    }

    /// Knows only namespaces that were created. Without this, every namespace exists.
    pub const fn strict_namespaces(mut self) -> Self {
        self.options.any_namespace = false;
        self
    }

    /// Imports in this mode where a request names none.
    pub const fn default_import_mode(mut self, mode: ImportMode) -> Self {
        self.options.default_import_mode = mode;
        self
    }

    /// Imports spec tags of streams without being asked, and scheduled ones again after each `interval`.
    pub const fn import_controller(mut self, interval: Duration) -> Self {
        self.options.import_controller = ImportController::Present { interval };
        self
    }

    /// Writes the kubeconfig into this file once the server listens.
    pub fn write_kubeconfig(mut self, path: impl AsRef<Path>) -> Self {
        self.kubeconfig = Some(path.as_ref().to_owned());
        self
    }

    /// Starts the server on the Tokio runtime of the caller, and returns once it takes connections.
    ///
    /// # Errors
    /// When the address is taken, an option names a file or certificate that cannot be used, or the kubeconfig cannot be
    /// written.
    pub async fn start(self) -> Result<Reference, StartError> {
        let reference = start(self.options).await?;
        if let Some(path) = self.kubeconfig {
            reference.kubeconfig().write(&path).map_err(|source| StartError::Kubeconfig { path, source })?;
        }
        Ok(reference)
    }
}
