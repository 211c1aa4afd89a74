//! A server that records who asks: the name in the TLS handshake, the client certificate, and the header.

use std::sync::{Arc, Mutex};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use super::certificates::{Certificates, Pair};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// The name that the TLS handshake asked for.
    pub(crate) server_name: Option<String>,
    /// Whether the client presented a certificate.
    pub(crate) certificate: bool,
    /// Method and path.
    pub(crate) line: String,
    /// The lines of the header, with names in lower case.
    header: Vec<String>,
}

impl Recorded {
    /// The values of a header field.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let fields = self.header.iter().filter_map(|line| line.split_once(": "));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The value of `Authorization`.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.values("authorization").first().copied()
    }
}

/// A server that answers discovery, and everything else with a small object. It asks for a client certificate of the
/// authority, and does without.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
    _runtime: Runtime,
}

impl Server {
    pub(crate) fn start(certificates: &Certificates) -> Self {
        Self::presenting(certificates, &certificates.signed("127.0.0.1"))
    }

    /// Answers 401 where `Authorization` is `refused`.
    pub(crate) fn refusing(certificates: &Certificates, refused: &'static str) -> Self {
        Self::begin(certificates, &certificates.signed("127.0.0.1"), Some(refused))
    }

    pub(crate) fn presenting(certificates: &Certificates, pair: &Pair) -> Self {
        Self::begin(certificates, pair, None)
    }

    fn begin(certificates: &Certificates, pair: &Pair, refused: Option<&'static str>) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config(certificates, pair)));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Clients that do not trust the certificate go away: that is what some tests are about.
                tokio::spawn(serve(acceptor.clone(), stream, seen.clone(), refused));
            }
        });
        Self { url, requests, _runtime: runtime }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    /// The one request for `path`.
    pub(crate) fn request(&self, path: &str) -> Recorded {
        let requests = self.requests();
        let found = requests.iter().find(|request| request.line.ends_with(path));
        found.unwrap_or_else(|| panic!("no request for {path} among {requests:#?}")).clone()
    }
}

/// Presents a certificate as it is, also one that rustls would not read.
#[derive(Debug)]
struct Presents(Arc<CertifiedKey>);

impl ResolvesServerCert for Presents {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

fn config(certificates: &Certificates, pair: &Pair) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificates.authority().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = verifier.allow_unauthenticated().build().unwrap();
    let key = ring::sign::any_supported_type(&pair.key()).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(Presents(Arc::new(CertifiedKey::new(pair.chain(), key)))))
}

async fn serve(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    requests: Arc<Mutex<Vec<Recorded>>>,
    refused: Option<&'static str>,
) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let (_, session) = stream.get_ref();
    let server_name = session.server_name().map(str::to_owned);
    let certificate = session.peer_certificates().is_some();
    let mut buffer = Vec::new();
    // Requests of these tests have no body that does not fit into the buffer with the header.
    while let Some(text) = head(&mut stream, &mut buffer).await {
        let mut lines = text.lines();
        let line = lines.next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
        let body = match line.as_str() {
            "GET /apis/image.openshift.io/v1" => {
                r#"{"kind":"APIResourceList","groupVersion":"image.openshift.io/v1","resources":[]}"#
            }
            _ => r#"{"kind":"Weather","apiVersion":"v1"}"#,
        };
        let header = lines.map(str::to_owned).collect();
        let recorded = Recorded { server_name: server_name.clone(), certificate, line, header };
        let is_refused = refused.is_some() && recorded.authorization() == refused;
        requests.lock().unwrap().push(recorded);
        let status = if is_refused { "401 Unauthorized" } else { "200 OK" };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\n");
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// The header of the next request; its body is read and dropped.
async fn head(stream: &mut (impl AsyncReadExt + Unpin), buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            while buffer.len() < end + 4 + length {
                if stream.read_buf(buffer).await.ok()? == 0 {
                    return None;
                }
            }
            buffer.drain(..end + 4 + length);
            return Some(text);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
