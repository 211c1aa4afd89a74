//! Kubeconfig files: authority, bearer tokens, exec plugins and client certificates, through the command itself.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use isi_conformance::reference::{self, Identity, Options};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{RootCertStore, ServerConfig, crypto::ring, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

/// A certificate authority and what it signed for this machine and for one client.
struct Certificates {
    folder: TempDir,
    authority: String,
    server: (String, String),
}

impl Certificates {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let issue = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
            (parameters.signed_by(&key, &authority).unwrap().pem(), key.serialize_pem())
        };
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = issue("client");
        fs::write(folder.path().join("client.pem"), certificate).unwrap();
        fs::write(folder.path().join("client-key.pem"), key).unwrap();
        fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        Self { server: issue("127.0.0.1"), authority: authority.pem(), folder }
    }

    fn kubeconfig(&self, url: &str, user: &str) -> PathBuf {
        let path = self.folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             contexts: [{{ name: here, context: {{ cluster: here, user: me }} }}]\n\
             clusters: [{{ name: here, cluster: {{ server: \"{url}\", certificate-authority: ca.pem }} }}]\n\
             users: [{{ name: me, user: {user} }}]\n"
        );
        fs::write(&path, text).unwrap();
        path
    }

    fn chain(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let (certificate, key) = &self.server;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        (vec![certificate], PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
    }
}

/// One case, against what the kubeconfig says.
fn run_one_case(kubeconfig: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .args(["run", "--run", "stream::stream-import-moved-tag", "--kubeconfig"])
        .arg(kubeconfig)
        .output()
        .unwrap()
}

fn reference_over_tls(certificates: &Certificates) -> (Runtime, reference::Running) {
    let runtime = Runtime::new().unwrap();
    let (certificates, key) = certificates.chain();
    let options = Options { tls: Some(Identity { certificates, key }), ..Options::default() };
    let running = runtime.block_on(reference::start(options)).unwrap();
    (runtime, running)
}

#[test]
fn a_token_and_an_authority_are_taken_from_a_kubeconfig() {
    let certificates = Certificates::new();
    let (_runtime, reference) = reference_over_tls(&certificates);
    let output = run_one_case(&certificates.kubeconfig(reference.url(), "{ token: user-alice }"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_token_that_nobody_knows_is_told_before_anything_runs() {
    let certificates = Certificates::new();
    let (_runtime, reference) = reference_over_tls(&certificates);
    let output = run_one_case(&certificates.kubeconfig(reference.url(), "{ token: nobody }"));
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not accept the credentials"));
}

#[cfg(unix)]
#[test]
fn an_exec_plugin_gives_the_token() {
    use std::os::unix::fs::PermissionsExt;

    let certificates = Certificates::new();
    let (_runtime, reference) = reference_over_tls(&certificates);
    let plugin = certificates.folder.path().join("plugin");
    let credential =
        r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"user-exec"}}"#;
    fs::write(&plugin, format!("#!/bin/sh\necho '{credential}'\n")).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let user = format!(
        "{{ exec: {{ apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: \"{}\" }} }}",
        plugin.display()
    );
    let output = run_one_case(&certificates.kubeconfig(reference.url(), &user));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_client_certificate_says_who_asks() {
    let certificates = Certificates::new();
    let (_runtime, url) = server_that_wants_a_client_certificate(&certificates);
    let list = |user: &str| {
        Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
            .args(["run", "dry-run", "--list", "--namespace", "here", "--kubeconfig"])
            .arg(certificates.kubeconfig(&url, user))
            .output()
            .unwrap()
    };
    let with = list("{ client-certificate: client.pem, client-key: client-key.pem }");
    assert_eq!(with.status.code(), Some(0), "{}", String::from_utf8_lossy(&with.stderr));
    let without = list("{}");
    assert_eq!(without.status.code(), Some(3), "{}", String::from_utf8_lossy(&without.stderr));
}

#[test]
fn a_kubeconfig_that_is_none_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    fs::write(&path, "clusters: 3\n").unwrap();
    assert_eq!(run_one_case(&path).status.code(), Some(2));
    assert_eq!(run_one_case(&folder.path().join("none")).status.code(), Some(2));
}

/// A server that answers anything with an empty object, to clients that show a certificate of the authority.
fn server_that_wants_a_client_certificate(certificates: &Certificates) -> (Runtime, String) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificates.authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let (chain, key) = certificates.chain();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let mut request = [0; 4096];
                // A client that goes away early is no matter of this test; its requests fit into one read.
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (runtime, url)
}
