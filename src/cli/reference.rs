//! `isi-conformance reference`: the embedded implementation alone, for developers of clients.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use clap::Args;

use super::{
    exit::{CommandError, Exit, printed},
    interrupted, listen, runtime,
};
use crate::{
    reference::{self, AllowedRegistry, DenyRule, Identity, ImportController, Options, StartError},
    version::ApiVersion,
};

/// Run the embedded implementation of the API alone; its URL is printed on standard output.
#[derive(Debug, Args)]
pub(super) struct ReferenceArguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The API version whose behaviour it answers with.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Bearer tokens and their users, in kube-apiserver's format: `token,user,uid,"group1,group2"`.
    /// Without it `user-NAME` is user NAME and `admin-token` is a cluster administrator.
    #[arg(long, value_name = "CSV")]
    token_auth_file: Option<PathBuf>,
    /// Trust registries whose certificates are signed by one of these.
    #[arg(long, value_name = "PEM")]
    registry_ca: Option<PathBuf>,
    /// Serve HTTPS with this certificate.
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate.
    #[arg(long, value_name = "PEM", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Know only the namespaces that somebody made, instead of all of them.
    #[arg(long)]
    strict_namespaces: bool,
    /// Deny something: `user:verb:group:resource`, each part `*` for all.
    #[arg(long, value_name = "RULE")]
    deny: Vec<DenyRule>,
    /// Allow imports from this registry only (repeatable); users who may make images are exempt.
    #[arg(long, value_name = "HOST")]
    allowed_registry: Vec<String>,
    /// As --allowed-registry, for a registry whose default port is 80.
    #[arg(long, value_name = "HOST")]
    allowed_insecure_registry: Vec<String>,
    /// How many tags of a repository are imported at most; -1 for all of them.
    #[arg(long, value_name = "COUNT", default_value_t = 50, allow_negative_numbers = true)]
    max_images_per_repository: i64,
    /// The import mode of requests that name none.
    #[arg(long, value_name = "MODE", default_value = "Legacy", value_parser = ["Legacy", "PreserveOriginal"])]
    import_mode: String,
    /// The host of the integrated registry; `none` for none.
    #[arg(long, value_name = "HOST|none", default_value = "image-registry.openshift-image-registry.svc:5000")]
    integrated_registry: String,
    /// The host of the integrated registry outside of the cluster; none if absent.
    #[arg(long, value_name = "HOST")]
    public_registry: Option<String>,
    /// Answer like so many processes that take turns, each of which sees new images a moment later than the others.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: u8,
    /// Go on with the configuration of the cluster as it was for so many milliseconds after a change.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000))]
    watch_lag: u64,
    /// Import spec tags of streams without being asked, as the controller of a whole cluster does.
    #[arg(long)]
    import_controller: bool,
}

/// Runs the command until it is interrupted.
///
/// # Errors
/// When an option cannot be used, or the address is taken.
pub(super) fn run(arguments: ReferenceArguments) -> Result<Exit, CommandError> {
    let options = options(arguments)?;
    runtime()?.block_on(async {
        let running = reference::start(options).await.map_err(|error| match error {
            StartError::Listen { address, .. } => CommandError::harness(&error).hint(listen::hint(address)),
            StartError::Option(_) => CommandError::usage(error),
        })?;
        printed(writeln!(io::stdout().lock(), "{}", running.url()))?;
        interrupted().await;
        running.shutdown().await;
        Ok(Exit::Success)
    })
}

fn options(arguments: ReferenceArguments) -> Result<Options, CommandError> {
    let entries =
        |hosts: Vec<String>, insecure| hosts.into_iter().map(move |domain| AllowedRegistry { domain, insecure });
    let registry_roots = match &arguments.registry_ca {
        Some(path) => reference::read_certificates(path).map_err(CommandError::usage)?,
        None => Vec::new(),
    };
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificates), Some(key)) => Some(Identity {
            certificates: reference::read_certificates(certificates).map_err(CommandError::usage)?,
            key: reference::read_key(key).map_err(CommandError::usage)?,
        }),
        _ => None,
    };
    Ok(Options {
        listen: arguments.listen,
        api_version: arguments.api_version,
        token_auth_file: arguments.token_auth_file,
        registry_roots,
        tls,
        any_namespace: !arguments.strict_namespaces,
        deny: arguments.deny,
        allowed_registries: entries(arguments.allowed_registry, false)
            .chain(entries(arguments.allowed_insecure_registry, true))
            .collect(),
        max_images_per_repository: match arguments.max_images_per_repository {
            -1 => None,
            0 => Options::default().max_images_per_repository,
            count => Some(usize::try_from(count).unwrap_or_default()),
        },
        default_import_mode: arguments.import_mode,
        integrated_registry: match arguments.integrated_registry.as_str() {
            "none" => String::new(),
            host => host.to_owned(),
        },
        public_registry: arguments.public_registry.unwrap_or_default(),
        replicas: usize::from(arguments.replicas),
        watch_lag: Duration::from_millis(arguments.watch_lag),
        import_controller: if arguments.import_controller {
            ImportController::Present
        } else {
            ImportController::Absent
        },
        ..Options::default()
    })
}
