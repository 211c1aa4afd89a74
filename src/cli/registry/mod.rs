//! `isi-conformance registry`: the mock registry alone.

mod capture;
mod captured_fixture;
mod control;
mod fixture;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::pin,
    sync::Mutex,
    time::Duration,
};

use clap::Args;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error},
};

use self::{capture::CaptureArguments, control::Running, fixture::FixtureFile};
use super::{
    exit::{CommandError, Exit, notice, printed},
    host::host_and_port,
    interrupted, listen, runtime,
};
use crate::{
    document::Source,
    fixture::Time,
    fixture::{Auth, ImageCatalogue, Quirks, RegistryFixture, Salt, Tls, UnknownQuirk, builtin},
    registry::{Authority, Entry, Registry, RegistryBuilder, StartError, is_archive, is_captured},
};

/// Serve a registry: from a fixture file, from folders with images, or an empty one to push to.
#[derive(Debug, Args)]
pub(super) struct RegistryArguments {
    /// A fixture file, or a folder with OCI layouts (or what `docker save` or skopeo's `dir:` write) and signatures beside
    /// them, or a `.tar` of one, plain or compressed by gzip or zstd, or a folder that `--capture` has written; an empty
    /// registry if absent.
    #[arg(value_name = "FIXTURE")]
    fixture: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address, env = "ISI_REGISTRY_LISTEN", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
    /// The host (with port) by which clients reach the registry, if it is not the address.
    #[arg(long, value_name = "HOST", value_parser = host_and_port)]
    host: Option<String>,
    /// How connections are secured: none, self-signed, trusted, expired, other-name, too-old or plain-http.
    #[arg(long, value_name = "MODE", value_parser = word::<Tls>)]
    tls: Option<Tls>,
    /// Offer HTTP/1.1 alone in TLS handshakes; without this, clients may choose HTTP/2.
    #[arg(long)]
    no_http2: bool,
    /// Ask for credentials: basic or bearer, a user and a password.
    #[arg(long, value_name = "SCHEME:USER:PASSWORD", value_parser = auth)]
    auth: Option<Auth>,
    /// Have the habits of a registry, such as quay, or single ones; `--quirks list` names them all.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    quirks: Vec<String>,
    /// Write every request into this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Write everything the registry holds into this folder when it stops, as OCI layouts, and signatures beside them as in
    /// a lookaside folder.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Refuse pushing and deleting.
    #[arg(long)]
    read_only: bool,
    /// How many bytes an archive with images may unpack to; 1 GiB or a hundred times its size unless something else
    /// is said.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    archive_limit: Option<u64>,
    /// Believe `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Host`: URLs in answers (realms of challenges, `Location`,
    /// `Link`) have the scheme and host by which clients reach the proxy in front.
    #[arg(long)]
    behind_proxy: bool,
    /// End with exit code 1 if at the end a fault has not fired that was to, or a client asked for what no registry has.
    #[arg(long)]
    strict: bool,
    /// More image recipes, besides the built-in ones; `--images list` names them all.
    #[arg(long, value_name = "FILE")]
    images: Vec<PathBuf>,
    /// Listen here for the control interface, JSON over HTTP, by which programs in any language change and watch the registry
    /// while it runs (`GET /openapi.json` describes it); port 0 takes a free one. Any address but a loopback one needs a
    /// token, which is made and printed unless a file has it.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address)]
    control: Option<SocketAddr>,
    /// Ask for the token in this file on the control interface.
    #[arg(long, value_name = "FILE", requires = "control")]
    control_token_file: Option<PathBuf>,
    /// The folder of the certificate authority for `--tls trusted`, `expired` and `other-name`; created if missing.
    #[arg(long, value_name = "DIR", env = "ISI_AUTHORITY")]
    authority: Option<PathBuf>,
    /// How long an answer of a captured folder is delayed at most, as it was when it was captured; `1s` unless something else
    /// is said.
    #[arg(long, value_name = "DURATION", value_parser = word::<Time>)]
    replay_delay: Option<Time>,
    /// What is captured, and from where.
    #[command(flatten)]
    capture: CaptureArguments,
    /// Write what the captured folder answers as a fixture into this file, which must not exist, and end: images, credentials,
    /// quirks and faults. What a fixture cannot express is listed; with `--strict` it makes exit code 1.
    #[arg(help_heading = "Capture", long, value_name = "FILE", requires = "fixture", conflicts_with_all = SERVING)]
    write_fixture: Option<PathBuf>,
}

/// Stands for no quirk and no file of recipes: it prints what there is.
const LIST_WORD: &str = "list";

/// What has no effect where nothing is served.
const SERVING: [&str; 9] =
    ["auth", "quirks", "tls", "journal", "save", "control", "images", "replay_delay", "upstream"];

/// How long requests under way have to be answered once the process is to end. A second signal ends it at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves until a signal ends the process.
///
/// # Errors
/// When the fixture is invalid, or the address is taken.
pub(super) fn run(arguments: RegistryArguments) -> Result<Exit, CommandError> {
    if arguments.quirks.iter().any(|name| name == LIST_WORD) {
        return printed(Quirks::describe(&mut io::stdout().lock())).map(|()| Exit::Success);
    }
    if arguments.images.iter().any(|path| path == Path::new(LIST_WORD)) {
        return printed(arguments.catalogue()?.describe(&mut io::stdout().lock())).map(|()| Exit::Success);
    }
    if let (Some(captured), Some(file)) = (&arguments.fixture, &arguments.write_fixture) {
        return captured_fixture::write(captured, file, arguments.strict);
    }
    runtime()?.block_on(serve(arguments))
}

async fn serve(arguments: RegistryArguments) -> Result<Exit, CommandError> {
    let folder = arguments.fixture.as_deref().filter(|path| holds_images(path) && !is_captured(path));
    let (file, fixture) = arguments.fixture()?;
    let mut builder = arguments.builder(file.as_ref(), &fixture)?;
    if let Some(folder) = &arguments.save {
        // Now, and not when everything has been pushed.
        std::fs::create_dir_all(folder)
            .map_err(|error| CommandError::harness(format!("cannot write into {}: {error}", folder.display())))?;
    }
    if let Some(path) = &arguments.journal {
        builder = builder.on_request(journal_lines(path)?);
    }
    let authority = fixture.tls.needs_authority().then(|| arguments.authority()).transpose()?;
    let authority = authority.map(|folder| Authority::kept_in(&folder).map_err(CommandError::harness)).transpose()?;
    if let Some(authority) = &authority {
        builder = builder.authority(authority.clone());
    }
    if let Some(capture) = arguments.capture.capture().await? {
        builder = builder.capture(capture);
    }
    let registry = builder.start().await.map_err(|error| start_error(file.as_ref(), error))?;
    if let Some(folder) = folder {
        registry.state().load(folder).map_err(CommandError::usage)?;
    }
    for line in registry.state().notes() {
        notice(format_args!("note: {line}"));
    }
    let answers_alone = fixture.capture.is_some() || arguments.capture.is_given();
    let announcement = announcement(&registry, &fixture, answers_alone, arguments.authority().ok().as_deref());
    let running = match arguments.control {
        Some(address) => {
            let (token, catalogue) = (arguments.control_token_file.as_deref(), arguments.catalogue()?);
            Running::controlled(registry, address, token, catalogue, authority).await?
        }
        None => Running::Alone(registry),
    };
    let mut stop = pin!(interrupted());
    tokio::select! {
        // The handlers of signals come first, so that a process that reads the address can end this one at once.
        biased;
        () = &mut stop => {}
        announced = async { announce(&announcement, &running) } => {
            printed(announced)?;
            stop.await;
        }
    }
    let (state, all) = (running.state(), running.all());
    tokio::select! {
        finished = running.shutdown(PATIENCE) => if !finished {
            notice("note: a client was still being served");
        },
        () = interrupted() => {}
    }
    if let Some(summary) = state.finish_capture(PATIENCE).await {
        arguments.capture.report(&summary);
    }
    let kind = if arguments.strict { "error" } else { "note" };
    let mut adds_up = true;
    for (name, registry) in &all {
        let of = if all.len() > 1 { format!(" (registry `{name}`)") } else { String::new() };
        for finding in registry.findings() {
            adds_up = false;
            notice(format_args!("{kind}: {finding}{of}"));
        }
    }
    if let Some(folder) = &arguments.save {
        state.save(folder).map_err(CommandError::harness)?;
    }
    Ok(if arguments.strict && !adds_up { Exit::Failure } else { Exit::Success })
}

impl RegistryArguments {
    /// The fixture of the file, changed by what the command line says.
    fn fixture(&self) -> Result<(Option<FixtureFile>, RegistryFixture), CommandError> {
        let (file, mut fixture) = match self.fixture.as_deref().filter(|path| !holds_images(path)) {
            Some(path) => {
                let (file, fixture) = FixtureFile::read(path)?;
                (Some(file), fixture)
            }
            None => (None, RegistryFixture::default()),
        };
        if let Some(folder) = self.fixture.as_deref().filter(|path| is_captured(path)) {
            fixture.capture = Some(folder.to_owned());
        }
        fixture.replay_delay = self.replay_delay.or(fixture.replay_delay);
        if fixture.capture.is_none() && fixture.replay_delay.is_some() {
            return Err(CommandError::usage("`--replay-delay` has no effect: nothing that was captured is served"));
        }
        fixture.tls = self.tls.clone().unwrap_or(fixture.tls);
        if self.no_http2 {
            fixture.http2 = Some(false);
        }
        fixture.auth = self.auth.clone().or(fixture.auth);
        fixture.read_only |= self.read_only;
        fixture.behind_proxy |= self.behind_proxy;
        fixture.archive_limit = self.archive_limit.or(fixture.archive_limit);
        for name in &self.quirks {
            fixture.quirks.add(name).map_err(|error| unknown_quirk(name, &error))?;
        }
        Ok((file, fixture))
    }

    /// The recipes of images that the registry can be told to hold.
    fn catalogue(&self) -> Result<ImageCatalogue, CommandError> {
        let mut catalogue: ImageCatalogue = builtin().clone();
        for path in self.images.iter().filter(|path| *path != Path::new(LIST_WORD)) {
            catalogue.read(&source(path)?).map_err(CommandError::usage)?;
        }
        Ok(catalogue)
    }

    fn builder(&self, file: Option<&FixtureFile>, fixture: &RegistryFixture) -> Result<RegistryBuilder, CommandError> {
        let catalogue = self.catalogue()?;
        let images = catalogue
            .build(fixture.image_names(), &Salt::default())
            .map_err(|error| file.map_or_else(|| CommandError::usage(&error), |file| file.unbuildable(&error)))?;
        let builder =
            Registry::builder().fixture(fixture.clone()).images(images).catalogue(catalogue).listen(self.listen);
        Ok(match &self.host {
            Some(host) => builder.host(host),
            None => builder,
        })
    }

    /// The folder of the certificate authority: as said, or where the user's data is kept.
    fn authority(&self) -> Result<PathBuf, CommandError> {
        let data = || {
            let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
            Some(std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home)?.join("isi-conformance"))
        };
        self.authority.clone().or_else(data).ok_or_else(|| {
            CommandError::harness("there is no home folder to keep the certificate authority in")
                .hint("say where with `--authority DIR`")
        })
    }
}

/// Whether a path is no fixture file, but a folder or an archive with images.
fn holds_images(path: &Path) -> bool {
    path.is_dir() || is_archive(path)
}

/// Reads the fixture of a file.
///
/// # Errors
/// When the file cannot be read, is no YAML, or no fixture.
pub(super) fn read_fixture(path: &Path) -> Result<RegistryFixture, CommandError> {
    FixtureFile::read(path).map(|(_, fixture)| fixture)
}

fn source(path: &Path) -> Result<Source, CommandError> {
    Source::read(path).map_err(|error| CommandError::usage(format!("cannot read {}: {error}", path.display())))
}

/// A word of a fixture file on the command line.
fn word<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Error> {
    T::deserialize(text.into_deserializer())
}

fn bytes(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a number of bytes, such as `1073741824`".to_owned())
}

fn auth(text: &str) -> Result<Auth, String> {
    match text.splitn(3, ':').collect::<Vec<_>>().as_slice() {
        ["basic", user, password] => Ok(Auth::basic().user(*user, *password)),
        ["bearer", user, password] => Ok(Auth::bearer().user(*user, *password)),
        _ => Err("expected basic or bearer, a user and a password, such as `basic:robot:secret`".to_owned()),
    }
}

/// Writes requests into a file, each as it is answered.
fn journal_lines(path: &Path) -> Result<impl Fn(&Entry) + Send + Sync + use<>, CommandError> {
    let file = File::create(path)
        .map_err(|error| CommandError::harness(format!("cannot write {}: {error}", path.display())))?;
    let file = Mutex::new(BufWriter::new(file));
    Ok(move |entry: &Entry| {
        let Ok(mut file) = file.lock() else { return };
        let written = serde_json::to_writer(&mut *file, entry).map_err(io::Error::from);
        if let Err(error) = written.and_then(|()| file.write_all(b"\n")).and_then(|()| file.flush()) {
            tracing::warn!(%error, "cannot write the journal");
        }
    })
}

/// Short names differ in too much of their letters for the suggestion of fixtures.
fn unknown_quirk(name: &str, error: &UnknownQuirk) -> CommandError {
    const LIST: &str = "`--quirks list` names them all";
    let near = Quirks::names().map(|known| (strsim::osa_distance(name, known), known)).min();
    let told = CommandError::usage(error);
    match near {
        // The error itself has said so.
        Some((_, near)) if error.to_string().contains(near) => told.hint(LIST),
        Some((1..=2, near)) => told.hint(format!("`{near}` is near; {LIST}")),
        _ => told.hint(LIST),
    }
}

fn start_error(file: Option<&FixtureFile>, error: StartError) -> CommandError {
    match file {
        Some(file) if !matches!(error, StartError::Listen { .. }) => file.wrong(&error),
        _ => unstarted(error),
    }
}

/// What to say about a registry without a file that does not start.
pub(super) fn unstarted(error: StartError) -> CommandError {
    match error {
        StartError::Listen { address, .. } => CommandError::harness(&error).hint(listen::hint(address, "--listen")),
        StartError::Capture(error) => capture::unusable(&error),
        error => CommandError::usage(error),
    }
}

/// Where the registry is, and a line to try.
fn announcement(
    registry: &Registry,
    fixture: &RegistryFixture,
    answers_alone: bool,
    authority: Option<&Path>,
) -> String {
    let mut lines = vec![registry.url()];
    let user = fixture.auth.as_ref().and_then(|auth| auth.users.iter().next());
    let credentials = user.map(|(user, password)| format!(" --creds {user}:{password}")).unwrap_or_default();
    match registry.state().first_tag() {
        Some(image) => {
            lines.push(format!("skopeo inspect --tls-verify=false{credentials} docker://{}/{image}", registry.host()));
        }
        None if answers_alone => {
            lines.push(format!("skopeo inspect --tls-verify=false docker://{}/REPOSITORY:TAG", registry.host()));
        }
        None => {
            let credentials = credentials.replace("--creds", "--dest-creds");
            let host = registry.host();
            lines.push(format!(
                "skopeo copy --dest-tls-verify=false{credentials} oci:FOLDER docker://{host}/lib/app:v1"
            ));
        }
    }
    if let (true, Some(folder)) = (fixture.tls.needs_authority(), authority) {
        lines.push(format!("trust {}", folder.join("ca.pem").display()));
    }
    lines.join("\n")
}

/// Says on standard output where everything is.
fn announce(announcement: &str, running: &Running) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{announcement}")?;
    running.announce(&mut out)?;
    out.flush()
}
