//! Certificates: the server's own, and those that registries are trusted by.

use std::{net::SocketAddr, path::Path, sync::Arc};

use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use test_authority::Identity;
use tokio_rustls::TlsAcceptor;

use super::options::ServerCertificate;

/// Speaks TLS with `certificate`, on a server that is reached by `address`, by the names of the loopback interface, and by
/// `host`.
pub(crate) fn acceptor(
    certificate: &ServerCertificate,
    address: SocketAddr,
    host: Option<&str>,
) -> Result<TlsAcceptor, String> {
    match certificate {
        ServerCertificate::Given(identity) => speak_as(identity),
        ServerCertificate::SignedBy(authority) => {
            let names = [address.ip().to_string().as_str(), "localhost", "127.0.0.1", "::1"].map(str::to_owned);
            let names: Vec<String> = names.into_iter().chain(host.map(str::to_owned)).collect();
            speak_as(&authority.issue(&names).map_err(|error| error.to_string())?)
        }
    }
}

fn speak_as(identity: &Identity) -> Result<TlsAcceptor, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot use TLS: {error}"))?
        .with_no_client_auth()
        .with_single_cert(identity.certificates.clone(), identity.key.clone_key())
        .map_err(|error| format!("the certificate and the key do not fit: {error}"))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The certificates of a PEM file.
///
/// # Errors
///
/// A sentence that names the file and what is wrong with it.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| format!("{}: {error}", path.display()))?;
    if certificates.is_empty() {
        return Err(format!("{}: no certificate found, expected PEM", path.display()));
    }
    Ok(certificates)
}

/// The private key of a PEM file.
///
/// # Errors
///
/// A sentence that names the file and what is wrong with it.
pub fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| format!("{}: {error}", path.display()))
}
