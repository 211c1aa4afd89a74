//! From a fixture's word to a TLS acceptor.

use std::{net::IpAddr, path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
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
    /// A file is no PEM file of what it should hold.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
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
        .with_single_cert(identity.certificates, identity.key)?;
    config.alpn_protocols = offer.protocols();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(files: &CertificateFiles) -> Result<Identity, TlsError> {
    let at = |path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::File { path, source }
    };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(at(&files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(at(&files.key))?;
    Ok(Identity { certificates, key })
}
