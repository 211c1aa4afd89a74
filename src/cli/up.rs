//! `isi-conformance up`: the reference and a registry that it can import from, with a kubeconfig and lines to try.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf, absolute},
    pin::pin,
    time::Duration,
};

use clap::Args;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tempfile::TempDir;

use super::{
    exit::{CommandError, Exit, notice, printed},
    interrupted, listen, open_files, reference, registry, runtime,
};
use crate::{
    fixture::{ImageCatalogue, RegistryFixture, Salt, Tls, builtin},
    reference::{Authority, ImportController, Options, Reference, ServerCertificate},
    registry::Registry,
    shell,
    version::ApiVersion,
};

/// Run the reference and a registry to import from, and print lines to try.
///
/// The reference speaks TLS with a certificate of an authority made at the start, imports the tags of image streams without
/// being asked, as a cluster does, and trusts the registry.
#[derive(Debug, Args)]
pub(super) struct UpArguments {
    /// A fixture file of the registry; without it, a registry with a few images.
    #[arg(value_name = "FIXTURE")]
    fixture: Option<PathBuf>,
    /// Where the reference listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the registry listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address, env = "ISI_REGISTRY_LISTEN", default_value = "127.0.0.1:0")]
    registry_listen: SocketAddr,
    /// The API version whose behaviour the reference answers with.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Where to write the kubeconfig and the objects of the lines to try; without it, a temporary folder that is removed at
    /// the end.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// How long requests under way to the registry may take when the process ends.
const GRACE: Duration = Duration::from_secs(5);

/// Runs both until the command is interrupted.
///
/// # Errors
/// When the fixture is invalid, an address is taken, or the folder cannot be written.
pub(super) fn run(arguments: UpArguments) -> Result<Exit, CommandError> {
    runtime()?.block_on(serve(arguments))
}

async fn serve(arguments: UpArguments) -> Result<Exit, CommandError> {
    open_files::prepare_server();
    let mut stop = pin!(interrupted());
    let authority = Authority::generate().map_err(CommandError::harness)?;
    let fixture = arguments.fixture()?;
    let is_trusted = matches!(fixture.tls, Tls::Trusted);
    let registry = registry(fixture, arguments.registry_listen, &authority).await?;
    let running = start_reference(&arguments, authority).await?;
    let folder = TrialFolder::create(arguments.folder.as_deref())?;
    let kubeconfig = folder.path().join("kubeconfig");
    reference::write(running.kubeconfig(), &kubeconfig)?;
    let import = folder.path().join("import.yaml");
    fs::write(&import, import_of(&registry, !is_trusted))
        .map_err(|error| CommandError::harness(format!("cannot write {}: {error}", import.display())))?;
    tokio::select! {
        biased;
        () = &mut stop => {}
        announced = async { announce(&running, &registry, &kubeconfig, &import) } => {
            printed(announced)?;
            stop.await;
        }
    }
    tokio::select! {
        finished = async { tokio::join!(running.shutdown(GRACE), registry.shutdown(GRACE)) } => {
            if finished != (true, true) {
                notice("note: a server was still serving a client");
            }
        }
        () = interrupted() => {}
    }
    Ok(Exit::Success)
}

impl UpArguments {
    /// The registry of the file, or one with a few images.
    fn fixture(&self) -> Result<RegistryFixture, CommandError> {
        if let Some(path) = &self.fixture {
            return registry::read_fixture(path);
        }
        let tags = [
            (
                "lib/app",
                &[("v1", "s2-basic"), ("v2", "s2-second"), ("latest", "s2-second"), ("multi", "list-multi")][..],
            ),
            ("lib/oci", &[("v1", "oci-basic"), ("multi", "index-multi")]),
        ];
        let text = |(tag, image): &(&str, &str)| ((*tag).to_owned(), (*image).to_owned());
        let repositories = tags.map(|(name, tags)| (name.to_owned(), tags.iter().map(text).collect())).into();
        Ok(RegistryFixture { repositories, tls: Tls::Trusted, ..RegistryFixture::default() })
    }
}

async fn registry(
    fixture: RegistryFixture,
    listen: SocketAddr,
    authority: &Authority,
) -> Result<Registry, CommandError> {
    let catalogue: &ImageCatalogue = builtin();
    let images = catalogue.build(fixture.image_names(), &Salt::default()).map_err(CommandError::usage)?;
    let builder = Registry::builder().fixture(fixture).images(images).listen(listen).authority(authority.clone());
    builder.start().await.map_err(registry::unstarted)
}

async fn start_reference(arguments: &UpArguments, authority: Authority) -> Result<Reference, CommandError> {
    let certificate = CertificateDer::from_pem_slice(authority.pem().as_bytes()).map_err(CommandError::harness)?;
    let options = Options {
        listen: arguments.listen,
        api_version: arguments.api_version,
        registry_roots: vec![certificate],
        tls: Some(ServerCertificate::SignedBy(authority)),
        import_controller: ImportController::DEFAULT,
        ..Options::default()
    };
    crate::reference::start(options).await.map_err(reference::start_error)
}

/// The folder of the files to try: one of the user's, or a temporary one that is removed with this.
#[derive(Debug)]
enum TrialFolder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl TrialFolder {
    fn create(kept: Option<&Path>) -> Result<Self, CommandError> {
        let created = match kept {
            Some(path) => fs::create_dir_all(path).and_then(|()| absolute(path)).map(Self::Kept),
            None => tempfile::Builder::new().prefix("isi-conformance-").tempdir().map(Self::Temporary),
        };
        created.map_err(|error| {
            let path = kept.map_or_else(std::env::temp_dir, Path::to_owned);
            CommandError::harness(format!("cannot write into {}: {error}", path.display()))
        })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// An import of an image of the registry, or of one that is not there while the registry holds none.
fn import_of(registry: &Registry, is_insecure: bool) -> String {
    let image = registry.state().first_tag().unwrap_or_else(|| "lib/app:v1".to_owned());
    let insecure = if is_insecure { "      importPolicy: { insecure: true }\n" } else { "" };
    format!(
        "apiVersion: image.openshift.io/v1\n\
         kind: ImageStreamImport\n\
         metadata:\n\
        \x20 name: app\n\
         spec:\n\
        \x20 import: true\n\
        \x20 images:\n\
        \x20   - from: {{ kind: DockerImage, name: \"{}/{image}\" }}\n\
        \x20     to: {{ name: v1 }}\n\
         {insecure}status: {{}}\n",
        registry.host()
    )
}

/// Says on standard output what runs where, and lines to try.
fn announce(running: &Reference, registry: &Registry, kubeconfig: &Path, import: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "reference {}\nregistry  {}\n", running.url(), registry.url())?;
    writeln!(out, "export KUBECONFIG={}", shell::word(kubeconfig))?;
    writeln!(out, "kubectl create -f {}", shell::word(import))?;
    writeln!(out, "kubectl get imagestreams")?;
    out.flush()
}
