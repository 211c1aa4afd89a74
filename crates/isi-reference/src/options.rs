//! How a reference is started.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use rustls_pki_types::CertificateDer;
use test_authority::{Authority, Identity};

use super::access::DenyRule;
pub use super::registry_client::Reach;
use crate::version::ApiVersion;

/// The options of a reference. The defaults are a server of the newest API version on a free loopback port.
#[derive(Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The version whose behaviour is answered with.
    pub api_version: ApiVersion,
    /// Who has which bearer token, in kube-apiserver's format. Without a file `user-NAME` is user NAME, and
    /// `admin-token` is a cluster administrator.
    pub token_auth_file: Option<PathBuf>,
    /// Users besides those of the file. With any, only users who are named are known.
    pub users: Vec<UserToken>,
    /// Certificates that registries are trusted by, besides those the machine trusts.
    pub registry_roots: Vec<CertificateDer<'static>>,
    /// The hosts that registries may be on.
    pub reach: Reach,
    /// The certificate to serve with; plain HTTP without one.
    pub tls: Option<ServerCertificate>,
    /// The host name or address by which clients reach the server, if it is not the one that it listens on.
    pub host: Option<String>,
    /// Whether namespaces exist that were never created.
    pub any_namespace: bool,
    /// What is denied to whom; everything else is allowed to everybody who is known.
    pub deny: Vec<DenyRule>,
    /// The registries that users may import from who may not make images; none for all.
    pub allowed_registries: Vec<AllowedRegistry>,
    /// How many tags of a repository are imported at most; `None` for all of them.
    pub max_images_per_repository: Option<usize>,
    /// The import mode of requests that name none.
    pub default_import_mode: ImportMode,
    /// The host of the integrated registry, if there is one.
    pub integrated_registry: Option<String>,
    /// The host of the integrated registry outside of the cluster, if it has one.
    pub public_registry: Option<String>,
    /// How many processes the server answers like, in turns: each remembers the sizes of layers itself, and all but the
    /// first see new images [`REPLICA_LAG`] later.
    pub replicas: usize,
    /// How long the server goes on with the configuration of the cluster as it was before a change.
    pub watch_lag: Duration,
    /// Whether spec tags of streams are imported without being asked for.
    pub import_controller: ImportController,
    /// The retry delay for a registry that answers 429. Real servers wait 2 s; how long is no behaviour that a client could
    /// rely on.
    pub retry_delay: Duration,
}

/// A user, and the bearer token that stands for them.
#[derive(Clone, PartialEq, Eq)]
pub struct UserToken {
    /// The name of the user.
    pub name: String,
    /// The token.
    pub token: String,
    /// The groups of the user besides `system:authenticated`; members of `system:masters` may do everything.
    pub groups: Vec<String>,
}

impl std::fmt::Debug for UserToken {
    /// Without the token.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("UserToken")
            .field("name", &self.name)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

/// How long an image that one process has stored takes to be seen by another one.
pub const REPLICA_LAG: Duration = Duration::from_millis(150);

/// Whether spec tags of streams are imported without being asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportController {
    /// They are left as they are, as openshift-apiserver leaves them.
    #[default]
    Absent,
    /// They are imported, as the controller of a whole cluster does.
    Present {
        /// How long after an import tags with `importPolicy.scheduled` are imported again.
        interval: Duration,
    },
}

impl ImportController {
    /// A controller that imports scheduled tags again every 15 minutes, as clusters are set up by default.
    pub const DEFAULT: Self = Self::Present { interval: Duration::from_secs(15 * 60) };
}

/// How manifest lists are imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ImportMode {
    /// As the image of one platform.
    #[default]
    Legacy,
    /// As they are, with the images of all platforms.
    PreserveOriginal,
}

impl ImportMode {
    /// The mode as the API writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "Legacy",
            Self::PreserveOriginal => "PreserveOriginal",
        }
    }
}

/// A registry that may be imported from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRegistry {
    /// Host and port, either with wildcards.
    pub domain: String,
    /// Whether a reference without a port means port 80 instead of 443.
    pub insecure: bool,
}

/// The certificate that a server identifies itself by.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerCertificate {
    /// This one.
    Given(Identity),
    /// One for the addresses by which the server is reached, made at the start and signed by this authority.
    SignedBy(Authority),
}

/// How many tags of a repository a server imports unless told otherwise.
const MAX_IMAGES_PER_REPOSITORY: usize = 50;

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_version: ApiVersion::NEWEST,
            token_auth_file: None,
            users: Vec::new(),
            registry_roots: Vec::new(),
            reach: Reach::default(),
            tls: None,
            host: None,
            any_namespace: true,
            deny: Vec::new(),
            allowed_registries: Vec::new(),
            max_images_per_repository: Some(MAX_IMAGES_PER_REPOSITORY),
            default_import_mode: ImportMode::Legacy,
            integrated_registry: Some("image-registry.openshift-image-registry.svc:5000".to_owned()),
            public_registry: None,
            replicas: 1,
            watch_lag: Duration::ZERO,
            import_controller: ImportController::Absent,
            retry_delay: Duration::from_millis(100),
        }
    }
}
