//! Certificates and keys in PEM.

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject};

/// A client certificate with its chain and its key.
pub(in crate::cli) struct ClientCertificate {
    /// The certificate first, then those of its issuers.
    pub(in crate::cli::target) chain: Vec<CertificateDer<'static>>,
    /// The private key.
    pub(in crate::cli::target) key: PrivateKeyDer<'static>,
}

/// Why a PEM text cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum CertificateError {
    /// The PEM sections are damaged.
    #[error("invalid PEM: {0}")]
    Pem(String),
    /// There is no section of a certificate.
    #[error("no certificate found, expected PEM (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate,
    /// There is no section of a private key.
    #[error("no private key found, expected PEM (`-----BEGIN PRIVATE KEY-----`)")]
    NoKey,
    /// The private key is protected by a passphrase.
    #[error("the private key is encrypted, expected one without a passphrase")]
    EncryptedKey,
}

impl ClientCertificate {
    /// Reads the PEM texts of a certificate and of its key.
    ///
    /// # Errors
    /// When one of them holds none.
    pub(in crate::cli::target) fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        Ok(Self { chain: certificates(certificate)?, key: private_key(key)? })
    }
}

/// The certificates of a PEM text.
///
/// # Errors
/// When there is none.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| CertificateError::Pem(described(&error)))?;
    if found.is_empty() { Err(CertificateError::NoCertificate) } else { Ok(found) }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound if contains(pem, b"ENCRYPTED PRIVATE KEY-----") => CertificateError::EncryptedKey,
        pem::Error::NoItemsFound => CertificateError::NoKey,
        error => CertificateError::Pem(described(&error)),
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// What is wrong, without the text itself, which may be secret.
fn described(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no end".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "a section begins with a malformed line".to_owned(),
        pem::Error::Base64Decode(_) => "a section is not base64".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}
