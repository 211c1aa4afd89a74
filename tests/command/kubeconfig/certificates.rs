//! Certificates of the tests.

use std::{fs, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tempfile::TempDir;

/// A folder with a certificate authority (`ca.pem`) and what it signed for a client (`client.pem`, `client-key.pem`).
pub(crate) struct Certificates {
    pub(crate) folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate in PEM, and its key.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let certificates = Self { folder: tempfile::tempdir().unwrap(), authority };
        let client = certificates.signed("client");
        certificates.write("client.pem", &client.certificate);
        certificates.write("client-key.pem", &client.key);
        certificates.write("ca.pem", &certificates.authority());
        certificates
    }

    /// The certificate of the authority.
    pub(crate) fn authority(&self) -> String {
        self.authority.pem()
    }

    /// A certificate for a host name or an address.
    pub(crate) fn signed(&self, name: &str) -> Pair {
        self.signed_with(name, |_| {})
    }

    /// A certificate that has expired.
    pub(crate) fn expired(&self, name: &str) -> Pair {
        self.signed_with(name, |parameters| {
            parameters.not_before = date_time_ymd(2021, 1, 1);
            parameters.not_after = date_time_ymd(2022, 3, 4);
        })
    }

    fn signed_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut parameters);
        Pair { certificate: parameters.signed_by(&key, &self.authority).unwrap().pem(), key: key.serialize_pem() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A kubeconfig with one context, in the folder; `cluster` and `user` are YAML.
    pub(crate) fn kubeconfig(&self, cluster: &str, user: &str) -> PathBuf {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             contexts: [{{ name: here, context: {{ cluster: here, user: me, namespace: team-a }} }}]\n\
             clusters: [{{ name: here, cluster: {cluster} }}]\n\
             users: [{{ name: me, user: {user} }}]\n"
        );
        self.write("kubeconfig", &text)
    }

    /// A kubeconfig whose cluster is at `url` and trusts the authority.
    pub(crate) fn trusting(&self, url: &str, user: &str) -> PathBuf {
        self.kubeconfig(&format!("{{ server: \"{url}\", certificate-authority: ca.pem }}"), user)
    }
}

impl Pair {
    /// What `openssl req -x509` makes: a certificate of an authority, signed by itself, for a host.
    pub(crate) fn of_itself(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { certificate: parameters.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()]
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap()
    }
}
