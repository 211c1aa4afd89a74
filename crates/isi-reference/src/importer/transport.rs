//! HTTP to registries: the two clients, and what their failures are called.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header::LOCATION};
use reqwest::Client;
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme, WantsVerifier, client::danger,
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::reach::Reach;

/// How many requests in a row may be redirected.
const REDIRECT_LIMIT: usize = 10;
/// The longest body that is read from a registry, in bytes, encoded or decoded. Manifests and configs are far shorter;
/// registries themselves take manifests of 4 MiB at most.
pub(crate) const BODY_LIMIT: usize = 16 << 20;

/// The clients of a server: one that checks certificates, and one that does not.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    secure: Client,
    insecure: Client,
    modern_go: bool,
}

/// An answer of a registry.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or why it ended early.
    pub(crate) body: Result<Bytes, String>,
}

/// One request to a registry.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    /// Headers that go with every hop of a redirect.
    pub(crate) headers: HeaderMap,
    pub(crate) insecure: bool,
    pub(crate) timeout: Option<Duration>,
    /// Credentials for a host, if it is to have any.
    pub(crate) authorization: Option<(&'a str, &'a str)>,
}

impl Clients {
    /// Clients that trust what the machine trusts and `extra_roots`, and know the hosts of `reach`.
    pub(crate) fn new(
        extra_roots: Vec<CertificateDer<'static>>,
        reach: &Reach,
        modern_go: bool,
    ) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        // Certificates of the machine that cannot be read are left out; that is no reason not to start.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for root in extra_roots {
            roots.add(root).map_err(|error| format!("cannot trust a certificate for registries: {error}"))?;
        }
        let any = AnyCertificate(Arc::clone(&provider));
        let secure = tls(&provider)?.with_root_certificates(roots).with_no_client_auth();
        let insecure =
            tls(&provider)?.dangerous().with_custom_certificate_verifier(Arc::new(any)).with_no_client_auth();
        Ok(Self { secure: client(secure, reach)?, insecure: client(insecure, reach)?, modern_go })
    }

    /// Sends a request, follows redirects, and reads the answer; an error is in the words of Go's HTTP client.
    pub(crate) async fn send(&self, ask: Ask<'_>) -> Result<Answer, String> {
        let client = if ask.insecure { &self.insecure } else { &self.secure };
        let mut url = reqwest::Url::parse(&ask.url).map_err(|error| format!("parse {:?}: {error}", ask.url))?;
        for _ in 0..REDIRECT_LIMIT {
            let mut request = client.request(ask.method.clone(), url.clone()).headers(ask.headers.clone());
            if let Some((_, value)) = ask.authorization.filter(|(host, _)| *host == host_and_port(&url)) {
                request = request.header(http::header::AUTHORIZATION, value);
            }
            if let Some(timeout) = ask.timeout {
                request = request.timeout(timeout);
            }
            let response = request.send().await.map_err(|error| self.describe(&ask.method, &url, &error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            if let Some(next) = redirect(status, &headers, &url) {
                url = next;
                continue;
            }
            let body = read_body(response).await;
            return Ok(Answer { status, headers, body });
        }
        Err(format!("{} \"{url}\": stopped after {REDIRECT_LIMIT} redirects", go_method(&ask.method)))
    }

    fn describe(&self, method: &Method, url: &reqwest::Url, error: &reqwest::Error) -> String {
        format!("{} \"{url}\": {}", go_method(method), self.cause(url, error))
    }

    fn cause(&self, url: &reqwest::Url, error: &reqwest::Error) -> String {
        let mut source: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(current) = source {
            if let Some(known) = self.known_cause(url, current) {
                return known;
            }
            source = current.source();
        }
        if error.is_timeout() {
            return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned();
        }
        error.to_string()
    }

    fn known_cause(&self, url: &reqwest::Url, error: &(dyn Error + 'static)) -> Option<String> {
        let host = url.host_str().unwrap_or_default();
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(self.tls(host, tls));
        }
        if let Some(http) = error.downcast_ref::<hyper::Error>() {
            if http.is_parse() {
                return Some("net/http: HTTP/1.x transport connection broken: malformed HTTP response".to_owned());
            }
            return http.is_incomplete_message().then(|| "EOF".to_owned());
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            // What an I/O error wraps is not among its sources.
            if let Some(known) = io.get_ref().and_then(|inner| self.known_cause(url, inner)) {
                return Some(known);
            }
            let address = host_and_port_with_default(url);
            return match io.kind() {
                std::io::ErrorKind::ConnectionRefused => {
                    Some(format!("dial tcp {address}: connect: connection refused"))
                }
                std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => {
                    Some(format!("read tcp ->{address}: read: connection reset by peer"))
                }
                std::io::ErrorKind::UnexpectedEof => Some("EOF".to_owned()),
                _ => None,
            };
        }
        (error.to_string() == "dns error").then(|| format!("dial tcp: lookup {host}: no such host"))
    }

    fn tls(&self, host: &str, error: &rustls::Error) -> String {
        use rustls::CertificateError;
        let why = match error {
            rustls::Error::InvalidMessage(_) => {
                return "tls: first record does not look like a TLS handshake".to_owned();
            }
            rustls::Error::InvalidCertificate(why) => why,
            other => return format!("remote error: tls: {other}"),
        };
        let x509 = match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                "x509: certificate has expired or is not yet valid".to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("x509: certificate is not valid for {host}")
            }
            _ => "x509: certificate signed by unknown authority".to_owned(),
        };
        if self.modern_go { format!("tls: failed to verify certificate: {x509}") } else { x509 }
    }
}

fn tls(provider: &Arc<CryptoProvider>) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot use TLS: {error}"))
}

fn client(mut config: ClientConfig, reach: &Reach) -> Result<Client, String> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let builder = match reach.resolver() {
        Some(resolver) => Client::builder().dns_resolver(resolver),
        None => Client::builder(),
    };
    builder
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "-reference/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
        .map_err(|error| format!("cannot set up the HTTP client: {error}"))
}

/// The verb with which Go's client starts its errors.
fn go_method(method: &Method) -> &'static str {
    if *method == Method::HEAD { "Head" } else { "Get" }
}

fn redirect(status: StatusCode, headers: &HeaderMap, from: &reqwest::Url) -> Option<reqwest::Url> {
    let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = redirects.then(|| headers.get(LOCATION))??.to_str().ok()?;
    from.join(location).ok()
}

/// Reads a body up to [`BODY_LIMIT`]; the rest of a longer one is not waited for.
async fn read_body(mut response: reqwest::Response) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| body_error(&error))? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The failure of a body that is longer than [`BODY_LIMIT`].
pub(crate) fn too_long() -> String {
    format!("the registry sent a body of more than {BODY_LIMIT} bytes")
}

fn body_error(error: &reqwest::Error) -> String {
    if error.is_timeout() { "context deadline exceeded".to_owned() } else { "unexpected EOF".to_owned() }
}

/// Host and port as they stand in a URL.
fn host_and_port(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn host_and_port_with_default(url: &reqwest::Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// Accepts every certificate, for registries that were declared insecure.
#[derive(Debug, Clone)]
struct AnyCertificate(Arc<CryptoProvider>);

impl danger::ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<danger::ServerCertVerified, rustls::Error> {
        Ok(danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
