//! `isi-conformance reference`: the embedded implementation alone, for developers of clients.

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use clap::{Args, ValueEnum};

use super::{
    exit::{CommandError, Exit, notice, printed},
    interrupted, listen, open_files, runtime,
};
use crate::{
    reference::{
        self, AllowedRegistry, Authority, DenyRule, Identity, ImportController, ImportMode, Kubeconfig, Options,
        Reference, ServerCertificate, StartError,
    },
    shell,
    version::ApiVersion,
};

/// Run the embedded implementation of the API alone; its URL is printed on standard output.
#[derive(Debug, Args)]
pub(super) struct ReferenceArguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The API version whose behaviour it answers with; 3.11 under `/apis` only, without `/oapi/v1`.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Bearer tokens and their users, in kube-apiserver's format: `token,user,uid,"group1,group2"`.
    /// Without it `user-NAME` is user NAME and `admin-token` is a cluster administrator.
    #[arg(long, value_name = "CSV")]
    token_auth_file: Option<PathBuf>,
    /// Trust registries whose certificates are signed by one of these.
    #[arg(long, value_name = "PEM")]
    registry_ca: Option<PathBuf>,
    /// The host name or address by which clients reach it, if it is not the address: for the URL and the certificate.
    #[arg(long, value_name = "HOST", value_parser = host)]
    host: Option<String>,
    /// How connections are secured: `none`, or `self-signed` for a certificate of the reference's own authority. kubectl and
    /// oc send tokens over HTTPS only.
    #[arg(long, value_name = "MODE", value_enum, conflicts_with = "tls_cert", hide_possible_values = true)]
    tls: Option<TlsMode>,
    /// The folder that keeps the certificate authority for `--tls self-signed`; it is made at the first start. Without it every
    /// start has an authority of its own.
    #[arg(long, value_name = "DIR", env = "ISI_AUTHORITY")]
    authority: Option<PathBuf>,
    /// Write a kubeconfig with the address, the authority, and a context for each user of --token-auth-file, or for `admin` and
    /// `developer`.
    #[arg(long, value_name = "FILE")]
    write_kubeconfig: Option<PathBuf>,
    /// Serve HTTPS with this certificate.
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate.
    #[arg(long, value_name = "PEM", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Know only the namespaces that were created, instead of all of them.
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
    #[arg(long, value_name = "MODE", value_enum, default_value_t = DefaultImportMode::Legacy)]
    import_mode: DefaultImportMode,
    /// The host of the integrated registry; `none` for none.
    #[arg(long, value_name = "HOST|none", default_value = "image-registry.openshift-image-registry.svc:5000")]
    integrated_registry: String,
    /// The host of the integrated registry outside of the cluster; none if absent.
    #[arg(long, value_name = "HOST")]
    public_registry: Option<String>,
    /// Answer like N processes that take turns, each of which sees new images a moment later than the others.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    replicas: u8,
    /// Go on with the configuration of the cluster as it was for this many milliseconds after a change.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000))]
    watch_lag: u64,
    /// Import spec tags of streams without being asked, as the controller of a whole cluster does.
    #[arg(long)]
    import_controller: bool,
    /// How long after an import tags with `importPolicy.scheduled` are imported again, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 900, requires = "import_controller", value_parser = clap::value_parser!(u64).range(1..))]
    scheduled_import_interval: u64,
}

/// How manifest lists are imported that a request says nothing about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DefaultImportMode {
    #[value(name = "Legacy")]
    Legacy,
    #[value(name = "PreserveOriginal")]
    PreserveOriginal,
}

/// How long requests under way may take when the reference stops.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How the connections of clients are secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TlsMode {
    None,
    SelfSigned,
}

/// Runs the command until it is interrupted.
///
/// # Errors
/// When an option cannot be used, the address is taken, or the kubeconfig cannot be written.
pub(super) fn run(arguments: ReferenceArguments) -> Result<Exit, CommandError> {
    let kubeconfig = arguments.write_kubeconfig.clone();
    let options = options(arguments)?;
    open_files::prepare_server();
    let is_plain = options.tls.is_none();
    runtime()?.block_on(async {
        let mut stop = pin!(interrupted());
        let running = reference::start(options).await.map_err(start_error)?;
        if let Some(path) = &kubeconfig {
            write(running.kubeconfig(), path)?;
            if is_plain {
                notice("note: kubectl and oc send no token over plain HTTP; add `--tls self-signed`");
            }
        }
        tokio::select! {
            // Polled first, so that a signal counts from before the first line, which says that the server is ready.
            biased;
            () = &mut stop => {}
            announced = async { announce(&running, kubeconfig.as_deref()) } => {
                printed(announced)?;
                stop.await;
            }
        }
        if !running.shutdown(GRACE).await {
            notice("note: the reference was still serving a client");
        }
        Ok(Exit::Success)
    })
}

/// What to say about a reference that does not start.
pub(super) fn start_error(error: StartError) -> CommandError {
    match error {
        StartError::Listen { address, .. } => CommandError::harness(&error).hint(listen::hint(address, "--listen")),
        _ => CommandError::usage(error),
    }
}

/// Writes a kubeconfig.
pub(super) fn write(kubeconfig: &Kubeconfig, path: &Path) -> Result<(), CommandError> {
    kubeconfig
        .write(path)
        .map_err(|error| CommandError::harness(format!("cannot write the kubeconfig {}: {error}", path.display())))
}

/// Says on standard output where the server is, and a line to try.
fn announce(running: &Reference, kubeconfig: Option<&Path>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", running.url())?;
    if let Some(path) = kubeconfig {
        writeln!(out, "kubectl --kubeconfig {} get imagestreams", shell::word(path))?;
    }
    out.flush()
}

fn host(text: &str) -> Result<String, String> {
    let is_address = text.parse::<IpAddr>().is_ok();
    let is_name =
        !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || "-.".contains(character));
    if is_address || is_name {
        return Ok(text.to_owned());
    }
    Err("expected a host name or an address, without scheme and port".to_owned())
}

fn certificate(arguments: &ReferenceArguments) -> Result<Option<ServerCertificate>, CommandError> {
    if let (Some(certificates), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        return Ok(Some(ServerCertificate::Given(Identity {
            certificates: reference::read_certificates(certificates).map_err(CommandError::usage)?,
            key: reference::read_key(key).map_err(CommandError::usage)?,
        })));
    }
    if arguments.tls != Some(TlsMode::SelfSigned) {
        return Ok(None);
    }
    let authority = match &arguments.authority {
        Some(folder) => Authority::kept_in(folder),
        None => Authority::generate(),
    };
    authority.map(ServerCertificate::SignedBy).map(Some).map_err(CommandError::harness)
}

fn options(arguments: ReferenceArguments) -> Result<Options, CommandError> {
    let entries =
        |hosts: Vec<String>, insecure| hosts.into_iter().map(move |domain| AllowedRegistry { domain, insecure });
    let registry_roots = match &arguments.registry_ca {
        Some(path) => reference::read_certificates(path).map_err(CommandError::usage)?,
        None => Vec::new(),
    };
    let tls = certificate(&arguments)?;
    Ok(Options {
        listen: arguments.listen,
        api_version: arguments.api_version,
        token_auth_file: arguments.token_auth_file,
        registry_roots,
        tls,
        host: arguments.host,
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
        default_import_mode: match arguments.import_mode {
            DefaultImportMode::Legacy => ImportMode::Legacy,
            DefaultImportMode::PreserveOriginal => ImportMode::PreserveOriginal,
        },
        integrated_registry: Some(arguments.integrated_registry).filter(|host| !matches!(host.as_str(), "" | "none")),
        public_registry: arguments.public_registry.filter(|host| !host.is_empty()),
        replicas: usize::from(arguments.replicas),
        watch_lag: Duration::from_millis(arguments.watch_lag),
        import_controller: if arguments.import_controller {
            ImportController::Present { interval: Duration::from_secs(arguments.scheduled_import_interval) }
        } else {
            ImportController::Absent
        },
        ..Options::default()
    })
}
