//! `isi-conformance registry --upstream URL --capture DIR`: what is captured, and the HTTP client that asks.

use std::{fs, future::Future, path::PathBuf, pin::Pin, sync::Arc};

use clap::{Args, ValueEnum};
use http::StatusCode;

use crate::{
    cli::{
        exit::{CommandError, notice},
        target::{Authorities, Transport},
    },
    registry::{
        Capture, CaptureBlobs, CaptureError, CaptureSummary, Upstream, UpstreamBody, UpstreamError, upstream_body,
    },
    report::plural,
};

/// What is captured, and from where.
#[derive(Debug, Args)]
pub(super) struct CaptureArguments {
    /// Pass every request to this registry, and write what it answers into the folder of `--capture`. Hosts that it names,
    /// such as a token server, are reached through this one.
    #[arg(help_heading = "Capture", long, value_name = "URL", requires = "capture", conflicts_with_all = ALONE)]
    upstream: Option<String>,
    /// The folder that is written: a layout for each repository and `exchanges.jsonl`, without credentials and hosts. It is
    /// made, and has to be empty if it is there. `isi-conformance registry DIR` answers the same again.
    #[arg(help_heading = "Capture", long, value_name = "DIR", requires = "upstream")]
    capture: Option<PathBuf>,
    /// Which blobs are kept: none, small (of at most 1 MiB, which configs are) or all.
    #[arg(
        help_heading = "Capture",
        long,
        value_name = "WHICH",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        requires = "capture"
    )]
    capture_blobs: Blobs,
    /// Trust the certificate authority in this PEM file for upstream hosts, besides those of the system.
    #[arg(help_heading = "Capture", long, value_name = "PEM", requires = "capture")]
    upstream_certificate_authority: Option<PathBuf>,
    /// Trust any certificate of upstream hosts.
    #[arg(help_heading = "Capture", long, requires = "capture", conflicts_with = "upstream_certificate_authority")]
    upstream_insecure_skip_tls_verify: bool,
}

/// What has no effect where every request is passed on.
const ALONE: [&str; 6] = ["fixture", "auth", "quirks", "save", "read_only", "images"];

/// Which blobs are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Blobs {
    None,
    #[default]
    Small,
    All,
}

impl CaptureArguments {
    /// What is to be captured, if anything. The upstream registry has answered.
    ///
    /// # Errors
    /// When the URL is not one of a registry, or nothing answers there.
    pub(super) async fn capture(&self) -> Result<Option<Capture>, CommandError> {
        let (Some(url), Some(folder)) = (&self.upstream, &self.capture) else { return Ok(None) };
        let blobs = match self.capture_blobs {
            Blobs::None => CaptureBlobs::None,
            Blobs::Small => CaptureBlobs::Small,
            Blobs::All => CaptureBlobs::All,
        };
        let client = self.client(&Capture::upstream_url(url).map_err(|error| unusable(&error))?)?;
        let capture = Capture::new(url, Arc::new(client), folder).map_err(|error| unusable(&error))?.blobs(blobs);
        let url = capture.url();
        match capture.reach().await {
            Ok(StatusCode::OK | StatusCode::UNAUTHORIZED) => {}
            Ok(status) => notice(format_args!(
                "note: {url}/v2/ is answered with {status}, and by a registry with 200 or 401; is the URL right?"
            )),
            Err(error) => {
                return Err(CommandError::harness(format!("the upstream registry at {url} cannot be reached: {error}"))
                    .hint("`--upstream http://HOST:PORT` is for a registry without TLS, and `--upstream-certificate-authority PEM` for one with a certificate of its own"));
            }
        }
        Ok(Some(capture))
    }

    /// Whether something is to be captured.
    pub(super) const fn is_given(&self) -> bool {
        self.capture.is_some()
    }

    fn client(&self, url: &str) -> Result<Client, CommandError> {
        let authorities = match &self.upstream_certificate_authority {
            _ if self.upstream_insecure_skip_tls_verify => Authorities::Any,
            None => Authorities::System(Vec::new()),
            Some(path) => {
                let shown = path.display();
                let pem =
                    fs::read(path).map_err(|error| CommandError::usage(format!("cannot read {shown}: {error}")))?;
                let mut authorities = Authorities::System(Vec::new());
                authorities.add_pem(&pem).map_err(|error| CommandError::usage(format!("{shown}: {error}")))?;
                authorities
            }
        };
        Transport::new(url, &authorities)?.client(None).map(Client)
    }

    /// Says what was captured.
    pub(super) fn report(&self, summary: &CaptureSummary) {
        let Some(folder) = &self.capture else { return };
        let folder = folder.display();
        for problem in &summary.problems {
            notice(format_args!("warning: {problem}"));
        }
        let exchanges = usize::try_from(summary.exchanges).unwrap_or(usize::MAX);
        notice(format_args!(
            "captured {} in {folder}: {} and {} of {}",
            plural(exchanges, "exchange"),
            plural(summary.manifests, "manifest"),
            plural(summary.blobs, "blob"),
            match summary.repositories {
                1 => "1 repository".to_owned(),
                count => format!("{count} repositories"),
            }
        ));
        if summary.left_out > 0 {
            let bodies = match summary.left_out {
                1 => "the body of 1 answer is".to_owned(),
                count => format!("the bodies of {count} answers are"),
            };
            match self.capture_blobs {
                Blobs::All => notice(format_args!("{bodies} left out")),
                _ => notice(format_args!("{bodies} left out; `--capture-blobs all` keeps every blob")),
            }
        }
        if summary.unfinished > 0 {
            notice(format_args!("the upstream registry has not finished {} of them", summary.unfinished));
        }
        notice(format_args!("`isi-conformance registry {folder}` answers the same again"));
    }
}

/// What to say where nothing can be captured.
pub(super) fn unusable(error: &CaptureError) -> CommandError {
    let told = CommandError::usage(error);
    match error {
        CaptureError::NotEmpty(_) => told.hint("name a new folder: what was captured is never overwritten"),
        CaptureError::Url(url) if !url.contains("://") => told.hint(format!("did you mean `https://{url}`?")),
        CaptureError::Url(url) => match url.split_once("://").map(|(scheme, rest)| (scheme, rest.split('/').next())) {
            Some((scheme @ ("http" | "https"), Some(host))) if !host.is_empty() && !url.ends_with(host) => {
                told.hint(format!("did you mean `{scheme}://{host}`?"))
            }
            _ => told,
        },
        _ => told,
    }
}

/// The HTTP client that asks upstream hosts.
#[derive(Debug)]
struct Client(reqwest::Client);

impl Upstream for Client {
    fn send(
        &self,
        request: http::Request<UpstreamBody>,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<UpstreamBody>, UpstreamError>> + Send + '_>> {
        Box::pin(async move {
            // URLs may hold the signature of a blob store: they are not repeated.
            let failed = |error: reqwest::Error| {
                let connecting = error.is_connect();
                let error = UpstreamError::caused_by(&error.without_url());
                if connecting { error.while_connecting() } else { error }
            };
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap)).map_err(failed)?;
            let response: http::Response<reqwest::Body> = self.0.execute(request).await.map_err(failed)?.into();
            Ok(response.map(upstream_body))
        })
    }
}
