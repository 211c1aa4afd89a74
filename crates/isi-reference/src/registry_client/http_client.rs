//! HTTP to registries: the two clients, redirects, and bodies up to a limit.

use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, LOCATION},
};
use reqwest::{Client, Url};
use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;

use super::{
    content_encoding,
    reach::{Reach, UnknownHost},
    tls,
    transport_error::{GoVerb, TransportCause, TransportError},
};
use crate::behaviour::Behaviour;

/// How many requests in a row may be redirected.
const REDIRECT_LIMIT: usize = 10;
/// The longest body that is read from a registry, in bytes, encoded or decoded. Manifests and configs are far shorter;
/// registries themselves take manifests of 4 MiB at most.
pub(crate) const BODY_LIMIT: usize = 16 << 20;
/// The longest body of an error response that is read: its text goes into the status of images and of streams.
pub(crate) const ERROR_BODY_LIMIT: usize = 1 << 20;
/// How long the connection to a registry may take, as with Go's default dialer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection that asks nothing is kept. Servers keep theirs for 90 s; a server that asks many short-lived
/// registries would hold a connection to each of them for as long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a registry may take for the next piece of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Whether certificates of a registry are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportSecurity {
    /// They are, and plain HTTP is not spoken.
    Verified,
    /// Any certificate will do, and plain HTTP where HTTPS fails (`importPolicy.insecure`, insecure registries).
    Insecure,
}

impl TransportSecurity {
    /// The security of a registry that is insecure or not.
    pub(crate) fn new(is_insecure: bool) -> Self {
        if is_insecure { Self::Insecure } else { Self::Verified }
    }
}

/// Why the clients cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientSetupError {
    #[error("cannot trust a certificate for registries: {0}")]
    Tls(#[from] rustls::Error),
    #[error("cannot set up the HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// The clients of a server: one that checks certificates, and one that does not.
#[derive(Debug, Clone)]
pub(crate) struct HttpClients {
    verified: Client,
    insecure: Client,
    behaviour: Behaviour,
}

/// One request to a registry.
#[derive(Debug)]
pub(crate) struct RegistryRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    /// Headers that go with every hop of a redirect.
    pub(crate) headers: HeaderMap,
    pub(crate) security: TransportSecurity,
    /// How long all of it may take; `None` for as long as the request of the API has time.
    pub(crate) timeout: Option<Duration>,
    /// Credentials for the paths of a registry, if it is to have any.
    pub(crate) authorization: Option<Authorization<'a>>,
}

/// An `Authorization` header for the registry at `base`, wherever a redirect leads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authorization<'a> {
    /// Scheme, host and port.
    pub(crate) base: &'a str,
    pub(crate) value: &'a str,
}

impl Authorization<'_> {
    /// Whether a request to `url` gets the header: one to the API of the same registry.
    fn is_for(self, url: &Url) -> bool {
        url.path().starts_with("/v2/") && is_same_origin(url.as_str(), self.base)
    }
}

/// Whether requests to both go to the same host and port in the same way.
pub(crate) fn is_same_origin(one: &str, other: &str) -> bool {
    let origin = |url: &str| Url::parse(url).map(|url| url.origin());
    matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
}

/// A response of a registry.
#[derive(Debug)]
pub(crate) struct RegistryResponse {
    /// What was asked last, where redirects lead.
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or why it cannot be read.
    pub(crate) body: Result<Bytes, BodyError>,
}

impl RegistryResponse {
    /// Whether the status is one of success, to which Go's client counts redirects that lead nowhere.
    pub(crate) fn is_success(&self) -> bool {
        self.status.is_success() || self.status.is_redirection()
    }

    /// Whether the registry closes the connection behind it.
    pub(crate) fn closes_connection(&self) -> bool {
        self.headers.get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
    }
}

/// Why the body of a response cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("unexpected EOF")]
    UnexpectedEof,
    #[error("context deadline exceeded")]
    TimedOut,
    /// Host and port of the registry.
    #[error("read tcp ->{0}: read: connection reset by peer")]
    Reset(String),
    #[error("the registry sent a body of more than {0} bytes")]
    TooLong(usize),
    #[error("gzip: invalid header")]
    GzipHeader,
    #[error("{0}")]
    Compression(String),
    #[error("unsupported Content-Encoding algorithm: {0}")]
    UnknownEncoding(String),
}

impl HttpClients {
    /// Clients that trust what the machine trusts and `extra_roots`, and know the hosts of `reach`.
    pub(crate) fn new(
        extra_roots: Vec<CertificateDer<'static>>,
        reach: &Reach,
        behaviour: Behaviour,
    ) -> Result<Self, ClientSetupError> {
        let verified = client(tls::verified(extra_roots)?, reach)?;
        Ok(Self { verified, insecure: client(tls::unverified()?, reach)?, behaviour })
    }

    /// Sends a request, follows redirects, and reads the response.
    pub(crate) async fn send(&self, request: RegistryRequest<'_>) -> Result<RegistryResponse, TransportError> {
        let client = match request.security {
            TransportSecurity::Verified => &self.verified,
            TransportSecurity::Insecure => &self.insecure,
        };
        let mut url =
            Url::parse(&request.url).map_err(|source| TransportError::Url { url: request.url.clone(), source })?;
        // Go's client asks for gzip, and decodes it, where the caller does not ask for an encoding.
        let decodes = request.method == Method::GET && !request.headers.contains_key(ACCEPT_ENCODING);
        for _ in 0..REDIRECT_LIMIT {
            let mut builder = client.request(request.method.clone(), url.clone()).headers(request.headers.clone());
            if decodes {
                builder = builder.header(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            }
            if let Some(authorization) = request.authorization.filter(|authorization| authorization.is_for(&url)) {
                builder = builder.header(AUTHORIZATION, authorization.value);
            }
            if let Some(timeout) = request.timeout {
                builder = builder.timeout(timeout);
            }
            let response = builder.send().await.map_err(|error| self.failure(&request.method, &url, &error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            if let Some(next) = redirect(status, &headers, &url) {
                url = next;
                continue;
            }
            let mut body = read_body(response, &url).await;
            if decodes {
                body = body.and_then(|body| content_encoding::decode_gzip(&headers, body));
            }
            return Ok(RegistryResponse { url, status, headers, body });
        }
        let cause = TransportCause::Redirects(REDIRECT_LIMIT);
        Err(TransportError::Request { verb: GoVerb::from(&request.method), url: url.into(), cause })
    }

    fn failure(&self, method: &Method, url: &Url, error: &reqwest::Error) -> TransportError {
        let cause = self.cause(url, error);
        TransportError::Request { verb: GoVerb::from(method), url: url.to_string(), cause }
    }

    fn cause(&self, url: &Url, error: &reqwest::Error) -> TransportCause {
        let mut source: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(current) = source {
            if let Some(known) = self.known_cause(url, current) {
                return known;
            }
            source = current.source();
        }
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => TransportCause::DialTimedOut(host_and_port(url)),
            (true, false) => TransportCause::TimedOut,
            (false, _) => TransportCause::Other(error.to_string()),
        }
    }

    fn known_cause(&self, url: &Url, error: &(dyn Error + 'static)) -> Option<TransportCause> {
        let host = url.host_str().unwrap_or_default();
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(TransportCause::Tls(tls::failure(host, error, &self.behaviour)));
        }
        if error.is::<UnknownHost>() {
            return Some(TransportCause::NoSuchHost(host.to_owned()));
        }
        if let Some(http) = error.downcast_ref::<hyper::Error>() {
            if http.is_parse() {
                return Some(TransportCause::Malformed);
            }
            return http.is_incomplete_message().then_some(TransportCause::Eof);
        }
        let io = error.downcast_ref::<std::io::Error>()?;
        // What an I/O error wraps is not among its sources.
        if let Some(known) = io.get_ref().and_then(|inner| self.known_cause(url, inner)) {
            return Some(known);
        }
        let address = host_and_port(url);
        match io.kind() {
            std::io::ErrorKind::ConnectionRefused => Some(TransportCause::Refused(address)),
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => {
                Some(TransportCause::Reset(address))
            }
            std::io::ErrorKind::UnexpectedEof => Some(TransportCause::Eof),
            _ if test_listener::is_out_of_descriptors(io) => Some(TransportCause::TooManyOpenFiles(address)),
            _ => None,
        }
    }
}

fn client(mut config: ClientConfig, reach: &Reach) -> Result<Client, reqwest::Error> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Client::builder()
        .dns_resolver(reach.resolver())
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "-reference/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
}

fn redirect(status: StatusCode, headers: &HeaderMap, from: &Url) -> Option<Url> {
    let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = redirects.then(|| headers.get(LOCATION))??.to_str().ok()?;
    from.join(location).ok()
}

/// Reads a body up to its limit; the rest of a longer one is not waited for.
async fn read_body(mut response: reqwest::Response, url: &Url) -> Result<Bytes, BodyError> {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let limit = if is_error { ERROR_BODY_LIMIT } else { BODY_LIMIT };
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| body_error(&error, url))? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn body_error(error: &reqwest::Error, url: &Url) -> BodyError {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = source {
        let io = current.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionReset) {
            return BodyError::Reset(host_and_port(url));
        }
        source = current.source();
    }
    if error.is_timeout() { BodyError::TimedOut } else { BodyError::UnexpectedEof }
}

/// Host and port of a URL; a scheme's own port is written out.
fn host_and_port(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}
