//! What is captured, why it cannot be, and what came of it.

use std::{io, path::PathBuf, sync::Arc};

use http::StatusCode;

use super::{
    rewrite::Base,
    upstream::{self, Upstream, UpstreamError},
};

/// The largest blob, in bytes, that [`CaptureBlobs::Small`] keeps: configs are far smaller, most layers larger.
pub const SMALL_BLOB: u64 = 1024 * 1024;

/// Which blobs are kept. Manifests always are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CaptureBlobs {
    /// None: configs are blobs, too, so that importing an image from the captured folder fails.
    None,
    /// Those of at most [`SMALL_BLOB`] bytes: images can be inspected and imported, and the folder is small enough to be sent.
    #[default]
    Small,
    /// All, so that images can be pulled.
    All,
}

impl CaptureBlobs {
    pub(super) const fn limit(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Small => SMALL_BLOB,
            Self::All => u64::MAX,
        }
    }
}

/// What is captured, and where to.
#[derive(Debug, Clone)]
#[must_use = "nothing is captured until a registry is started with it"]
pub struct Capture {
    pub(super) folder: PathBuf,
    pub(super) upstream: Base,
    pub(super) client: Arc<dyn Upstream>,
    pub(super) blobs: CaptureBlobs,
}

/// Why nothing can be captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The URL is not one of a registry.
    #[error("invalid URL of an upstream registry `{0}`: expected `https://HOST` or `http://HOST:PORT`, without a path")]
    Url(String),
    /// Something is in the folder already.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// The folder cannot be written.
    #[error("cannot write into {}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Capture {
    /// Captures what the registry at `url` answers to `client` into a folder, which is made, or has to be empty.
    ///
    /// # Errors
    /// When the URL is not one of a registry.
    pub fn new(url: &str, client: Arc<dyn Upstream>, folder: impl Into<PathBuf>) -> Result<Self, CaptureError> {
        let upstream = Self::base(url)?;
        Ok(Self { folder: folder.into(), upstream, client, blobs: CaptureBlobs::default() })
    }

    /// The URL of an upstream registry as it is written here: scheme and host, without a slash at the end.
    ///
    /// # Errors
    /// When the URL is not one of a registry.
    pub fn upstream_url(url: &str) -> Result<String, CaptureError> {
        Self::base(url).map(|base| base.url())
    }

    fn base(url: &str) -> Result<Base, CaptureError> {
        let url = url.trim().trim_end_matches('/');
        // What stands before an `@` may be a password: it is never repeated.
        let shown = url.rsplit_once('@').map_or(url, |(_, host)| host);
        let invalid = || CaptureError::Url(shown.to_owned());
        let host = url.split_once("://").ok_or_else(invalid)?.1;
        if host.contains(['/', '?', '#', '@', '\\']) || host.parse::<http::uri::Authority>().is_err() {
            return Err(invalid());
        }
        Base::of(url).ok_or_else(invalid)
    }

    /// Keeps these blobs.
    pub const fn blobs(mut self, blobs: CaptureBlobs) -> Self {
        self.blobs = blobs;
        self
    }

    /// The URL of the upstream registry.
    #[must_use]
    pub fn url(&self) -> String {
        self.upstream.url()
    }

    /// Asks the upstream registry for `/v2/`, to find out whether it can be reached, and returns the status of its answer: 200
    /// or 401, as registries have it. That is not captured.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn reach(&self) -> Result<StatusCode, UpstreamError> {
        upstream::reach(&*self.client, &self.upstream.url()).await
    }
}

/// What was captured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureSummary {
    /// How many exchanges.
    pub exchanges: u64,
    /// How many repositories have a layout.
    pub repositories: usize,
    /// How many manifests.
    pub manifests: usize,
    /// How many blobs.
    pub blobs: usize,
    /// How many answers were left out: blobs that are not to be kept.
    pub left_out: u64,
    /// How many exchanges the upstream registry did not finish.
    pub unfinished: u64,
    /// What went wrong while the folder was written; empty if it is whole.
    pub problems: Vec<String>,
}
