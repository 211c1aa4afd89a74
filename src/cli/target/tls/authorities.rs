//! The certificate authorities that a run trusts.

use std::sync::Arc;

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
};
use rustls_pki_types::CertificateDer;

use super::{
    any_certificate::AnyCertificate, certificate, certificate::CertificateError, pinned::PinnedOrSigned, provider,
};

/// Whose certificates are trusted.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Authorities {
    /// Those of the system, and these.
    System(Vec<CertificateDer<'static>>),
    /// These alone.
    Only(Vec<CertificateDer<'static>>),
    /// Any certificate is trusted.
    Any,
}

impl Authorities {
    /// Trusts the certificates of a PEM text too.
    ///
    /// # Errors
    /// When the text holds no certificate that can be trusted.
    pub(in crate::cli) fn add_pem(&mut self, pem: &[u8]) -> Result<(), CertificateError> {
        let found = certificate::certificates(pem)?;
        match self {
            Self::System(certificates) | Self::Only(certificates) => certificates.extend(found),
            Self::Any => {}
        }
        Ok(())
    }

    /// What verifies the certificates of servers.
    ///
    /// # Errors
    /// When one of the certificates is malformed.
    pub(in crate::cli::target) fn verifier(&self) -> Result<Arc<dyn ServerCertVerifier>, String> {
        let (mut roots, certificates) = match self {
            Self::Any => return Ok(Arc::new(AnyCertificate)),
            Self::System(certificates) => (system_roots(), certificates),
            Self::Only(certificates) => (RootCertStore::empty(), certificates),
        };
        for certificate in certificates {
            roots
                .add(certificate.clone())
                .map_err(|_| "a certificate of the authorities is malformed, expected X.509".to_owned())?;
        }
        let signed = match roots.is_empty() {
            true => None,
            false => {
                let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
                Some(builder.build().map_err(|error| error.to_string())?)
            }
        };
        Ok(Arc::new(PinnedOrSigned::new(signed, certificates.clone())))
    }
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
