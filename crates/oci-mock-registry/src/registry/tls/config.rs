//! From a fixture's word to a TLS acceptor.

use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};
use spanned_yaml::Source;
use tokio_rustls::TlsAcceptor;

use super::{Authority, AuthorityError, Identity};
use crate::fixture::{CertificateFiles, Tls};

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// There is no certificate.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file is no PEM file of what it should hold.
    #[error("{path}: expected {expected} in PEM: {source}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The private key is not that of the certificate.
    #[error("{key} is not the private key of the first certificate in {certificate}")]
    OtherKey {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// Certificate and key do not make a server.
    #[error("cannot serve this certificate: {0}")]
    Config(#[from] rustls::Error),
}

/// HTTP/2 among the protocols that a client can choose (RFC 9113, section 3.2).
#[cfg(feature = "http2")]
pub(crate) const HTTP_2: &[u8] = b"h2";

/// Which versions of HTTP are offered to clients that can choose (ALPN).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// HTTP/2 and HTTP/1.1.
    #[cfg(feature = "http2")]
    Http2,
    /// None: every client speaks HTTP/1.
    Http1,
}

impl Offer {
    fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            #[cfg(feature = "http2")]
            Self::Http2 => vec![HTTP_2.to_vec(), b"http/1.1".to_vec()],
            Self::Http1 => Vec::new(),
        }
    }
}

/// The acceptor for a fixture's `tls`, which is one of those that speak TLS. `host` is the name (with port) by which clients reach
/// the registry.
pub(crate) fn acceptor(
    tls: &Tls,
    authority: &Authority,
    host: &str,
    address: IpAddr,
    offer: Offer,
) -> Result<TlsAcceptor, TlsError> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let names = [name.to_owned(), address.to_string(), "localhost".to_owned()];
    let identity = match tls {
        Tls::None | Tls::PlainHttp | Tls::TooOld | Tls::SelfSigned => Identity::self_signed(&names)?,
        Tls::Trusted => authority.issue(&names)?,
        Tls::Expired => authority.issue_expired(&names)?,
        Tls::OtherName => authority.issue(&["other.example".to_owned()])?,
        Tls::Files(files) => read(files)?,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(identity.certificates, identity.key)
        .map_err(|error| match (error, tls) {
            (rustls::Error::InconsistentKeys(_), Tls::Files(CertificateFiles { certificate, key })) => {
                TlsError::OtherKey { certificate: certificate.clone(), key: key.clone() }
            }
            (error, _) => TlsError::Config(error),
        })?;
    config.alpn_protocols = offer.protocols();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(files: &CertificateFiles) -> Result<Identity, TlsError> {
    let certificates = from_pem(&files.certificate, "a certificate", |text| {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>()?;
        if certificates.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(certificates) }
    })?;
    let key = from_pem(&files.key, "a private key without a password", PrivateKeyDer::from_pem_slice)?;
    Ok(Identity { certificates, key })
}

fn from_pem<T>(
    path: &Path,
    expected: &'static str,
    parse: impl FnOnce(&[u8]) -> Result<T, pem::Error>,
) -> Result<T, TlsError> {
    let file = Source::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })?;
    parse(file.text().as_bytes()).map_err(|source| TlsError::Pem { path: path.to_owned(), expected, source })
}
