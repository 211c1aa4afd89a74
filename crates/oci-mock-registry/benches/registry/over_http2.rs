//! Manifests over HTTP/2 and TLS.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{
    compare::{Sample, compare},
    peers,
};

/// How many requests are under way on the connection.
const STREAMS: usize = 32;

/// Manifests over one connection.
pub(crate) fn reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let pair = rcgen::KeyPair::generate().expect("a key");
    let parameters = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let signed = parameters.self_signed(&pair).expect("a certificate");
    fs::write(&certificate, signed.pem()).expect("a file");
    fs::write(&key, pair.serialize_pem()).expect("a file");
    let files: [&Path; 2] = [&certificate, &key];
    let peers = [peers::own("this registry", &files), peers::own("bare hyper", &files)];
    compare(
        format_args!("GET of a manifest over HTTP/2 and TLS, {STREAMS} streams of one connection"),
        &peers,
        |peer| Sample::of(peer, || gets(peer.address, &certificate, Duration::from_millis(700))),
    );
}

fn gets(address: SocketAddr, certificate: &Path, period: Duration) -> (f64, Duration) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        stream.set_nodelay(true).expect("TCP");
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(ServerName::from(address.ip()), stream).await.expect("a handshake");
        let (requests, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        let began = Instant::now();
        let tasks: Vec<_> = (0..STREAMS).map(|_| tokio::spawn(ask_until(requests.clone(), began + period))).collect();
        let mut answers = 0;
        for task in tasks {
            answers += task.await.expect("the client does not panic");
        }
        (f64::from(answers), began.elapsed())
    })
}

async fn ask_until(requests: SendRequest<Bytes>, end: Instant) -> u32 {
    let mut answers = 0;
    while Instant::now() < end {
        let request = Request::get("https://127.0.0.1/v2/lib/app/manifests/v1").body(()).expect("a request");
        let mut ready = requests.clone().ready().await.expect("the connection is open");
        let (response, _) = ready.send_request(request, true).expect("it can be sent");
        let mut body = response.await.expect("an answer").into_body();
        while let Some(piece) = body.data().await {
            let length = piece.expect("all of it").len();
            body.flow_control().release_capacity(length).expect("it was received");
        }
        answers += 1;
    }
    answers
}
