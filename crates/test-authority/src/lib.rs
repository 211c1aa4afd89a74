#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate authority that clients are told to trust. No private key is part of this crate.
#[derive(Clone)]
pub struct Authority {
    issuer: Arc<Issuer<'static, KeyPair>>,
    pem: String,
}

/// A certificate with its private key.
#[derive(Debug)]
pub struct Identity {
    /// The certificate, then those that it is signed by.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The private key of the first certificate.
    pub key: PrivateKeyDer<'static>,
}

/// Why there is no authority or certificate.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The folder of the authority cannot be read or written.
    #[error("cannot keep the certificate authority in {path}: {source}")]
    Folder {
        /// The file in question.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Authority {
    const KEY: &str = "ca-key.pem";
    const CERTIFICATE: &str = "ca.pem";

    /// A new authority, kept in memory only.
    ///
    /// # Errors
    /// When the system gives no randomness for a key.
    pub fn generate() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let pem = parameters().self_signed(&key)?.pem();
        Ok(Self { issuer: Arc::new(Issuer::new(parameters(), key)), pem })
    }

    /// The authority of this process: made at the first call, the same ever after.
    ///
    /// # Panics
    /// When the system gives no randomness for a key.
    #[must_use]
    pub fn of_this_process() -> &'static Self {
        static AUTHORITY: LazyLock<Authority> =
            LazyLock::new(|| Authority::generate().expect("the system gives randomness for a key"));
        &AUTHORITY
    }

    /// The authority kept in `folder`, as `ca.pem` and `ca-key.pem`; created if missing. Only its owner may read
    /// the key.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or holds something else.
    pub fn kept_in(folder: &Path) -> Result<Self, AuthorityError> {
        let (key_path, path) = (folder.join(Self::KEY), folder.join(Self::CERTIFICATE));
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| AuthorityError::Folder { path, source }
        };
        if !key_path.exists() {
            fs::create_dir_all(folder).map_err(at(folder))?;
            let key = KeyPair::generate()?;
            write_private(&key_path, &key.serialize_pem()).map_err(at(&key_path))?;
        }
        let key = KeyPair::from_pem(&fs::read_to_string(&key_path).map_err(at(&key_path))?)?;
        if !path.exists() {
            fs::write(&path, parameters().self_signed(&key)?.pem()).map_err(at(&path))?;
        }
        let pem = fs::read_to_string(&path).map_err(at(&path))?;
        Ok(Self { issuer: Arc::new(Issuer::new(parameters(), key)), pem })
    }

    /// The authority's certificate in PEM: what clients have to trust.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for these host names and addresses.
    ///
    /// # Errors
    /// When a certificate cannot hold one of the names.
    pub fn issue(&self, names: &[String]) -> Result<Identity, AuthorityError> {
        self.sign(&server(names)?)
    }

    /// A certificate for these names that has ended long ago.
    ///
    /// # Errors
    /// When a certificate cannot hold one of the names.
    pub fn issue_expired(&self, names: &[String]) -> Result<Identity, AuthorityError> {
        let mut parameters = server(names)?;
        parameters.not_before = date_time_ymd(2001, 1, 1);
        parameters.not_after = date_time_ymd(2002, 1, 1);
        self.sign(&parameters)
    }

    fn sign(&self, parameters: &CertificateParams) -> Result<Identity, AuthorityError> {
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        Ok(Identity::new(certificate.der().clone(), &key))
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Identity {
    /// A certificate for these names, signed by itself.
    ///
    /// # Errors
    /// When a certificate cannot hold one of the names.
    pub fn self_signed(names: &[String]) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let certificate = server(names)?.self_signed(&key)?;
        Ok(Self::new(certificate.der().clone(), &key))
    }

    fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Self { certificates: vec![certificate], key }
    }
}

/// Writes a file that only its owner may read, unless it is there already: then another process was faster, and its file
/// counts.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => io::Write::write_all(&mut file, text.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "isi-conformance test authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn server(names: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, "isi-conformance test server");
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_in_a_folder_stays_the_same_and_its_key_private() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("authority");
        let first = Authority::kept_in(&folder).unwrap();
        assert_eq!(Authority::kept_in(&folder).unwrap().pem(), first.pem());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(folder.join(Authority::KEY)).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
