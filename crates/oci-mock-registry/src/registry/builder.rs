//! A running registry, and how to start one.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use super::{
    fixture_error::FixtureError,
    journal::{Entry, Listener},
    server::{Security, Server},
    shelf::Recipes,
    state::RegistryState,
};
use crate::fixture::{
    Auth, BuildError, Fault, ImageCatalogue, ImageSignature, Images, RegistryFixture, Salt, TagListing, Tls,
    UnknownQuirk, builtin_images,
};

/// A registry on a TCP port. It stops when it is dropped.
///
/// What it holds and how it behaves can be looked at and changed at any time: see [`state`](Self::state).
#[derive(Debug)]
pub struct Registry {
    state: Arc<RegistryState>,
    address: SocketAddr,
    host: String,
    server: Server,
}

/// Why a registry does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is no certificate to serve.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] super::tls::TlsError),
    /// The fixture asks for TLS, which this build cannot do.
    #[cfg(not(feature = "tls"))]
    #[error("this registry cannot do TLS (hint: enable the feature `tls`)")]
    NoTls,
    /// The fixture asks for HTTP/2, which this build cannot do.
    #[cfg(all(feature = "tls", not(feature = "http2")))]
    #[error("this registry cannot do HTTP/2 (hint: enable the feature `http2`)")]
    NoHttp2,
    /// An image cannot be built.
    #[error(transparent)]
    Image(#[from] BuildError),
    /// The fixture names something that is not there.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// Nothing can be captured.
    #[cfg(feature = "capture")]
    #[error(transparent)]
    Capture(#[from] super::capture::CaptureError),
}

impl Registry {
    /// Starts with an empty registry on a free loopback port.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    /// The address it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Host and port by which clients reach it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What it holds and remembers, to look at and to change; it outlives the registry where it is cloned.
    #[must_use]
    pub const fn state(&self) -> &Arc<RegistryState> {
        &self.state
    }

    /// The base URL by which clients reach it, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.state.url()
    }

    /// Accepts no more connections, and returns when the requests under way have been answered, or after `grace`: a client
    /// that sends half a request, or a fault that stalls, would hold it up for ever. Connections that are still open then
    /// are closed, and `false` is returned.
    pub async fn shutdown(self, grace: Duration) -> bool {
        self.server.shutdown(grace).await
    }
}

/// A registry to be started. It reads like a fixture file:
///
/// ```
/// use oci_mock_registry::{fixture::{Auth, Fault, ImageSignature}, registry::Registry};
///
/// let builder = Registry::builder()
///     .tag("lib/app", "v1", "s2-basic")
///     .signature(ImageSignature::of("s2-basic", "fixture"))
///     .auth(Auth::basic().user("robot", "secret"))
///     .fault(Fault::when("GET manifests/*").first(1).status(503).error("UNAVAILABLE"));
/// ```
#[derive(Debug)]
#[must_use = "a registry does nothing until it is started"]
pub struct RegistryBuilder {
    fixture: RegistryFixture,
    images: Option<Images>,
    catalogue: Option<ImageCatalogue>,
    salt: Salt,
    address: SocketAddr,
    host: Option<String>,
    listener: Option<Listener>,
    #[cfg(feature = "capture")]
    capture: Option<super::capture::Capture>,
    #[cfg(feature = "tls")]
    authority: Option<super::tls::Authority>,
}

impl Default for RegistryBuilder {
    fn default() -> Self {
        Self {
            fixture: RegistryFixture::default(),
            images: None,
            catalogue: None,
            salt: Salt::default(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            host: None,
            listener: None,
            #[cfg(feature = "capture")]
            capture: None,
            #[cfg(feature = "tls")]
            authority: None,
        }
    }
}

impl RegistryBuilder {
    /// Takes everything from a fixture, in place of what was said before.
    pub fn fixture(mut self, fixture: RegistryFixture) -> Self {
        self.fixture = fixture;
        self
    }

    /// Uses these images instead of building those of the built-in catalogue.
    pub fn images(mut self, images: Images) -> Self {
        self.images = Some(images);
        self
    }

    /// Builds images from these recipes instead of the built-in ones, those that are asked for while the registry runs
    /// included.
    pub fn catalogue(mut self, catalogue: ImageCatalogue) -> Self {
        self.catalogue = Some(catalogue);
        self
    }

    /// Builds the images with this salt.
    pub fn salt(mut self, salt: Salt) -> Self {
        self.salt = salt;
        self
    }

    /// Listens on this address instead of a free loopback port.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Tells clients this host (with port), where they reach the registry by another name than its address.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Tells `listener` of every request as it is answered. It is called while the journal is locked: it should be quick, and
    /// ask nothing of the registry.
    pub fn on_request(mut self, listener: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.listener = Some(Listener(Box::new(listener)));
        self
    }

    /// Has the habits of a registry that is known, or a single one.
    ///
    /// # Errors
    /// When no quirk and no profile has this name.
    pub fn quirk(mut self, name: &str) -> Result<Self, UnknownQuirk> {
        self.fixture.quirks.add(name)?;
        Ok(self)
    }

    /// Adds a repository without tags.
    pub fn repository(mut self, repository: impl Into<String>) -> Self {
        self.fixture.repositories.entry(repository.into()).or_default();
        self
    }

    /// Adds an image under a tag.
    pub fn tag(mut self, repository: impl Into<String>, tag: impl Into<String>, image: impl Into<String>) -> Self {
        self.fixture.repositories.entry(repository.into()).or_default().insert(tag.into(), image.into());
        self
    }

    /// Adds an image without a tag, such as one that refers to another.
    pub fn untagged(mut self, repository: impl Into<String>, image: impl Into<String>) -> Self {
        self.fixture.untagged.entry(repository.into()).or_default().push(image.into());
        self
    }

    /// Adds a signature that is kept beside the image.
    pub fn signature(mut self, signature: ImageSignature) -> Self {
        self.fixture.signatures.push(signature);
        self
    }

    /// Adds the signatures of this lookaside folder.
    pub fn lookaside(mut self, folder: impl Into<PathBuf>) -> Self {
        self.fixture.lookaside = Some(folder.into());
        self
    }

    /// Asks for credentials.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.fixture.auth = Some(auth);
        self
    }

    /// Secures connections.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.fixture.tls = tls;
        self
    }

    /// Offers HTTP/2 beside HTTP/1.1 in TLS handshakes, or HTTP/1.1 alone.
    pub const fn http2(mut self, offered: bool) -> Self {
        self.fixture.http2 = Some(offered);
        self
    }

    /// Takes certificates from this authority instead of that of the process.
    #[cfg(feature = "tls")]
    pub fn authority(mut self, authority: super::tls::Authority) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fixture.faults.push(fault);
        self
    }

    /// Lists tags in this way.
    pub fn tags(mut self, tags: TagListing) -> Self {
        self.fixture.tags = tags;
        self
    }

    /// Lets archives with images unpack to so many bytes, in place of 1 GiB or a hundred times their size.
    pub const fn archive_limit(mut self, bytes: u64) -> Self {
        self.fixture.archive_limit = Some(bytes);
        self
    }

    /// Takes scheme and host of the URLs in answers from what the proxy in front says, in `Forwarded` or
    /// `X-Forwarded-Proto` and `X-Forwarded-Host`.
    pub const fn behind_proxy(mut self) -> Self {
        self.fixture.behind_proxy = true;
        self
    }

    /// Passes every request to an upstream registry and captures its answers, in place of answering from a fixture. Once the
    /// registry is shut down, [`finish_capture`](RegistryState::finish_capture) completes the folder.
    #[cfg(feature = "capture")]
    pub fn capture(mut self, capture: super::capture::Capture) -> Self {
        self.capture = Some(capture);
        self
    }

    /// Starts the registry on the Tokio runtime of the caller.
    ///
    /// # Errors
    /// When an image cannot be built or is unknown, or the address cannot be listened on.
    pub async fn start(self) -> Result<Registry, StartError> {
        let listen = |source| StartError::Listen { address: self.address, source };
        let listener = TcpListener::bind(self.address).await.map_err(listen)?;
        self.start_on(listener)
    }

    /// Starts the registry on a socket that listens already, on the Tokio runtime of the caller.
    ///
    /// # Errors
    /// When an image cannot be built or is unknown.
    pub fn start_on(mut self, listener: TcpListener) -> Result<Registry, StartError> {
        let address = listener.local_addr().map_err(|source| StartError::Listen { address: self.address, source })?;
        let host = self.host.get_or_insert_with(|| address.to_string()).clone();
        let security = match &self.fixture.tls {
            Tls::None | Tls::PlainHttp => Security::Plain,
            Tls::TooOld => Security::TooOld,
            #[cfg(feature = "tls")]
            tls => {
                let authority = self.authority.as_ref().unwrap_or_else(|| super::tls::Authority::of_this_process());
                let offer = offer(self.fixture.http2)?;
                Security::Tls(super::tls::acceptor(tls, authority, &host, address.ip(), offer)?)
            }
            #[cfg(not(feature = "tls"))]
            _ => return Err(StartError::NoTls),
        };
        let state = Arc::new(self.build()?);
        let server = Server::start(listener, state.clone(), security);
        Ok(Registry { state, address, host, server })
    }

    /// The registry without a network, for a transport of the caller's own.
    ///
    /// # Errors
    /// When an image cannot be built or is unknown.
    pub fn build(self) -> Result<RegistryState, StartError> {
        let is_builtin = self.catalogue.is_none() && self.salt == Salt::default();
        // A caller with images of its own has all of them, or recipes for the others.
        let recipes = match (self.catalogue, &self.images) {
            (Some(catalogue), _) => Recipes::Own(catalogue),
            (None, Some(_)) => Recipes::Own(ImageCatalogue::default()),
            (None, None) => Recipes::Builtin,
        };
        let images = match self.images {
            Some(images) => images,
            None if is_builtin => builtin_images(self.fixture.image_names())?,
            None => recipes.catalogue().build(self.fixture.image_names(), &self.salt)?,
        };
        let host = self.host.unwrap_or_else(|| self.address.to_string());
        let secure = self.fixture.tls != Tls::None;
        let mut state = RegistryState::with_recipes(&self.fixture, images, recipes, self.salt, host, secure)?;
        #[cfg(feature = "capture")]
        if let Some(capture) = self.capture {
            state.proxy = Some(Arc::new(super::capture::Proxy::start(capture)?));
        }
        if let Some(listener) = self.listener {
            state.on_request(listener);
        }
        Ok(state)
    }
}

/// Which versions of HTTP are offered where a fixture's `http2` says this.
#[cfg(feature = "http2")]
#[expect(clippy::unnecessary_wraps, reason = "without HTTP/2 it can fail")]
const fn offer(http2: Option<bool>) -> Result<super::tls::Offer, StartError> {
    match http2 {
        None | Some(true) => Ok(super::tls::Offer::Http2),
        Some(false) => Ok(super::tls::Offer::Http1),
    }
}

/// Which versions of HTTP are offered where a fixture's `http2` says this.
#[cfg(all(feature = "tls", not(feature = "http2")))]
const fn offer(http2: Option<bool>) -> Result<super::tls::Offer, StartError> {
    match http2 {
        None | Some(false) => Ok(super::tls::Offer::Http1),
        Some(true) => Err(StartError::NoHttp2),
    }
}
