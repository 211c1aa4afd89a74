//! TLS, right and wrong, as a client that trusts the harness's authority sees it.

use std::{error::Error, net::SocketAddr, sync::Arc};

use oci_mock_registry::{
    fixture::{CertificateFiles, ConnectionFault, Fault, Tls},
    registry::{Authority, Registry},
};
use rstest::rstest;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::support::{exchange, get};

const MANIFEST: &str = "/v2/lib/app/manifests/v1";

async fn secured(tls: Tls) -> Registry {
    Registry::builder().tag("lib/app", "v1", "s2-basic").tls(tls).start().await.unwrap()
}

/// What a client gets that trusts only the authority of this process.
async fn get_over_tls(address: SocketAddr, path: &str) -> Result<String, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(Authority::of_this_process().pem().as_bytes())?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await?;
    stream.write_all(&get(path)).await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    Ok(received)
}

#[tokio::test]
async fn a_trusted_certificate_is_trusted() {
    let registry = secured(Tls::Trusted).await;
    assert!(registry.url().starts_with("https://127.0.0.1:"));
    let answer = get_over_tls(registry.address(), MANIFEST).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[rstest]
#[case(Tls::SelfSigned, "UnknownIssuer")]
#[case(Tls::Expired, "expired")]
#[case(Tls::OtherName, "not valid for name")]
#[case(Tls::TooOld, "peer is incompatible")]
#[case(Tls::PlainHttp, "InvalidContentType")]
#[tokio::test]
async fn a_wrong_certificate_is_refused_for_the_right_reason(#[case] tls: Tls, #[case] reason: &str) {
    let registry = secured(tls).await;
    let error = get_over_tls(registry.address(), MANIFEST).await.unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
    assert_eq!(registry.state().journal(0), []);
}

/// A client that takes TLS 1.1 is told by an alert, any other sees the version.
#[tokio::test]
async fn a_server_that_is_too_old_names_its_version_twice() {
    let registry = secured(Tls::TooOld).await;
    let answer = exchange(registry.address(), &[0x16, 3, 1, 0, 0]).await.unwrap();
    let (hello, alert) = answer.split_at(answer.len() - 7);
    assert_eq!(
        (&hello[..3], &hello[9..11], alert),
        ([0x16, 3, 2].as_slice(), [3, 2].as_slice(), [0x15, 3, 2, 0, 2, 2, 70].as_slice())
    );
}

#[tokio::test]
async fn plain_http_on_a_tls_port_is_told_so() {
    let registry = secured(Tls::Trusted).await;
    let answer = exchange(registry.address(), &get(MANIFEST)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.0 400 Bad Request\r\n"));
}

#[tokio::test]
async fn certificates_may_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let files = CertificateFiles { certificate: folder.path().join("tls.crt"), key: folder.path().join("tls.key") };
    std::fs::write(&files.certificate, certificate.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    let registry = secured(Tls::Files(files.clone())).await;
    let error = get_over_tls(registry.address(), MANIFEST).await.unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer"), "{error}");

    std::fs::write(&files.key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let error = Registry::builder().tls(Tls::Files(files)).start().await.unwrap_err().to_string();
    assert!(error.contains("tls.key is not the private key of the first certificate in"), "{error}");
}

#[rstest]
#[case::no_certificate("tls.key", "tls.key", "tls.key: expected a certificate in PEM: no items found")]
#[case::no_key("tls.crt", "tls.crt", "tls.crt: expected a private key without a password in PEM: no items found")]
#[case::missing("tls.crt", "none", "none: No such file or directory (os error 2)")]
#[cfg_attr(unix, case::pipe("tls.crt", "pipe", "it is no regular file, but a pipe or a device"))]
#[tokio::test]
async fn files_that_hold_no_certificate_or_key_are_refused(
    #[case] certificate: &str,
    #[case] key: &str,
    #[case] expected: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::KeyPair::generate().unwrap();
    let issued = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&own).unwrap();
    std::fs::write(folder.path().join("tls.crt"), issued.pem()).unwrap();
    std::fs::write(folder.path().join("tls.key"), own.serialize_pem()).unwrap();
    #[cfg(unix)]
    std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    let files = CertificateFiles { certificate: folder.path().join(certificate), key: folder.path().join(key) };
    let error = Registry::builder().tls(Tls::Files(files)).start().await.unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn faults_reach_through_tls() {
    let fault = Fault::when("manifests/*").connection(ConnectionFault::Reset);
    let registry = Registry::builder().tls(Tls::Trusted).fault(fault).start().await.unwrap();
    let error = get_over_tls(registry.address(), MANIFEST).await.unwrap_err().to_string();
    assert!(error.contains("reset"), "{error}");
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_half_a_handshake() {
    let registry = secured(Tls::Trusted).await;
    let mut half = TcpStream::connect(registry.address()).await.unwrap();
    half.write_all(&[0x16, 3, 1]).await.unwrap();
    // Somebody else is served meanwhile, so the half one has been accepted.
    get_over_tls(registry.address(), MANIFEST).await.unwrap();
    assert!(registry.shutdown(std::time::Duration::from_secs(5)).await);
}
