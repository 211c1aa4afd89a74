//! `isi-conformance serve`: the registry of a case kept up, for repeating its steps by hand.

use std::{
    io::{self, BufRead, Write},
    net::SocketAddr,
    pin::pin,
    time::Duration,
};

use clap::Args;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::sync::mpsc;

use super::{
    case_name::CaseName,
    exit::{CommandError, Exit, notice, printed},
    interrupted, listen,
    target::{TargetArguments, connect},
};
use crate::{
    reference,
    registry::Authority,
    runner::{ServedCase, ServedStep, ServingPlace, Target},
    version::ApiVersion,
};

/// Bring up the registry of a case, and print its steps as commands that repeat them.
///
/// Without a target the embedded reference is started, too. A step that changes the registry waits for Enter. What the
/// registry is asked is printed as it comes; Ctrl-C ends the command.
#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    case: CaseName,
    /// Where the registry listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The host name or address by which the implementation reaches the registry, if it is not that of `--listen`.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The API version that the embedded reference answers with.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    #[command(flatten)]
    target: TargetArguments,
}

/// How long an answer of the target may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs until the command is interrupted.
///
/// # Errors
/// When there is no such case, an address is taken, or the target is wrong.
pub(super) fn run(arguments: &ServeArguments) -> Result<Exit, CommandError> {
    super::runtime()?.block_on(serve(arguments))
}

async fn serve(arguments: &ServeArguments) -> Result<Exit, CommandError> {
    let mut stop = pin!(interrupted());
    let (folder, case) = arguments.case.find()?;
    let authority = Authority::of_this_process();
    let (target, running) = if arguments.target.is_embedded() {
        let running = start_reference(arguments, authority).await?;
        let given = TargetArguments {
            target: Some(running.url().to_owned()),
            token: Some("user-alice".to_owned()),
            admin_token: Some("admin-token".to_owned()),
            restricted_token: Some("user-carol".to_owned()),
            ..TargetArguments::default()
        };
        (connect(&given, PATIENCE).await?, Some(running))
    } else {
        (connect(&arguments.target, PATIENCE).await?, None)
    };
    let namespace = arguments.target.namespace.as_deref().unwrap_or("default");
    let place = ServingPlace {
        listen: arguments.listen,
        host: arguments.host.as_deref(),
        authority,
        target: &target,
        namespace,
    };
    let mut served = ServedCase::start(&case, &folder.images, &place)
        .map_err(|problem| CommandError::harness(problem).hint(listen::hint(arguments.listen, "--listen")))?;
    printed(introduce(&case.full_name(), &case.about, &served, &target, running.is_some()))?;
    let mut enter = lines_of_standard_input();
    let steps = std::mem::take(&mut served.steps);
    let until_interrupted = async {
        'steps: for (index, step) in steps.iter().enumerate() {
            printed(show(index + 1, step))?;
            let ServedStep::Registry(change) = step else { continue };
            loop {
                tokio::select! {
                    biased;
                    lines = served.next_requests() => printed(requests(&lines))?,
                    line = enter.recv() => {
                        if line.is_none() {
                            notice("note: standard input is closed, so that the registry is not changed");
                            break 'steps;
                        }
                        break;
                    }
                }
            }
            served.change(change).map_err(CommandError::harness)?;
            printed(writeln!(io::stdout().lock(), "the registry is changed"))?;
        }
        loop {
            printed(requests(&served.next_requests().await))?;
        }
    };
    let ended: Result<(), CommandError> = tokio::select! {
        biased;
        () = &mut stop => Ok(()),
        ended = until_interrupted => ended,
    };
    served.stop().await;
    if let Some(running) = running {
        running.shutdown(super::reference::GRACE).await;
    }
    ended.map(|()| Exit::Success)
}

async fn start_reference(
    arguments: &ServeArguments,
    authority: &Authority,
) -> Result<reference::Reference, CommandError> {
    let certificate = CertificateDer::from_pem_slice(authority.pem().as_bytes()).map_err(CommandError::harness)?;
    let options = reference::Options {
        api_version: arguments.api_version,
        registry_roots: vec![certificate],
        ..reference::Options::default()
    };
    reference::start(options).await.map_err(CommandError::harness)
}

fn introduce(name: &str, about: &str, served: &ServedCase, target: &Target, is_embedded: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{name}: {about}")?;
    writeln!(out, "registry        {}", served.address)?;
    writeln!(out, "implementation  {}", target.url)?;
    writeln!(out, "stream          {}", served.stream)?;
    if is_embedded {
        writeln!(out, "\n  export ISI_TOKEN=user-alice ISI_ADMIN_TOKEN=admin-token ISI_RESTRICTED_TOKEN=user-carol")?;
    }
    out.flush()
}

fn show(number: usize, step: &ServedStep) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match step {
        ServedStep::Requests(commands) => {
            let together = if commands.len() > 1 { ", sent at the same time" } else { "" };
            writeln!(out, "\nstep {number}{together}")?;
            for command in commands {
                writeln!(out, "  {command}")?;
            }
        }
        ServedStep::Registry(_) => writeln!(out, "\nstep {number} changes the registry: press Enter to do it")?,
        ServedStep::Cluster(objects) => {
            writeln!(out, "\nstep {number} changes the configuration of the cluster; put in place by hand:")?;
            for object in objects {
                writeln!(out, "  {object}")?;
            }
        }
        ServedStep::Wait(length) => writeln!(out, "\nstep {number} waits {length:?}")?,
    }
    out.flush()
}

/// Prints what the registry was asked.
fn requests(lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "registry: {line}")?;
    }
    out.flush()
}

/// One message for each line of standard input; the channel closes with it. The thread that reads ends with the process.
fn lines_of_standard_input() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.is_err() || sender.blocking_send(()).is_err() {
                break;
            }
        }
    });
    receiver
}
