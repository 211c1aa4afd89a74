//! The reference, as its clients and the registries it asks see it.
#![allow(clippy::unwrap_used)]

mod access;
mod client;
mod early;
mod examples;
mod image_tags;
mod images;
mod import;
mod import_controller;
mod kubectl;
mod limits;
mod metrics;
mod names;
mod objects;
mod options;
mod patches;
mod protobuf;
mod registry;
mod server;
mod spec_tags;
mod status;
mod strategic_lists;
mod tag_patches;
mod tags;
mod views;
mod watch;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use isi_reference::{self, Options};
use reqwest::{Client, Method, RequestBuilder, Response};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};

/// The image API within the namespace of these tests.
const NAMESPACE: &str = "apis/image.openshift.io/v1/namespaces/team";

/// A reference with a client of its own.
struct Reference {
    running: isi_reference::Reference,
    client: Client,
}

impl Reference {
    async fn start() -> Self {
        Self::start_with(Options::default(), Vec::new()).await
    }

    /// Starts a reference whose certificate is signed by one of `roots`, if it has one.
    async fn start_with(options: Options, roots: Vec<CertificateDer<'static>>) -> Self {
        Self { running: isi_reference::start(options).await.unwrap(), client: client(roots) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/{path}", self.running.url())).bearer_auth("user-alice")
    }

    /// Creates a pull secret with the credentials `robot:secret` for a registry.
    async fn create_pull_secret(&self, host: &str) {
        let auths = json!({ "auths": { host: { "auth": STANDARD.encode("robot:secret") } } });
        let secret = json!({
            "metadata": { "name": "pull" }, "type": "kubernetes.io/dockerconfigjson",
            "data": { ".dockerconfigjson": STANDARD.encode(auths.to_string()) },
        });
        self.post("api/v1/namespaces/team/secrets", &secret).await;
    }

    async fn get(&self, path: &str) -> Value {
        read(self.request(Method::GET, path).send().await.unwrap(), 200).await
    }

    /// Posts an object and expects it to be created.
    async fn post(&self, path: &str, object: &Value) -> Value {
        read(self.send(Method::POST, path, object).await, 201).await
    }

    async fn send(&self, method: Method, path: &str, object: &Value) -> Response {
        let request = self.request(method, path).header("content-type", "application/json");
        request.body(object.to_string()).send().await.unwrap()
    }

    /// Imports one image into the stream `app`, as a client would.
    async fn import(&self, from: &str, to: &str) -> Value {
        self.post(&format!("{NAMESPACE}/imagestreamimports"), &import_of("app", from, to)).await
    }
}

fn import_of(stream: &str, from: &str, to: &str) -> Value {
    json!({
        "kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1",
        "metadata": { "name": stream, "namespace": "team" },
        "spec": { "import": true, "images": [{
            "from": { "kind": "DockerImage", "name": from }, "to": { "name": to },
            "importPolicy": { "insecure": true, "importMode": "Legacy" }, "referencePolicy": { "type": "Source" },
        }] },
        "status": {},
    })
}

async fn read(response: Response, status: u16) -> Value {
    let found = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn client(roots: Vec<CertificateDer<'static>>) -> Client {
    let mut store = RootCertStore::empty();
    roots.into_iter().for_each(|root| store.add(root).unwrap());
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Client::builder().tls_backend_preconfigured(config).no_proxy().build().unwrap()
}
