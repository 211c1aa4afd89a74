//! A server between an implementation and a registry, which makes it read manifests as a bug reads them.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderName, Response, header},
};
use serde_json::Value;
use tokio::net::TcpListener;

use test_support::loopback_client;

struct Between {
    registry: String,
    change: fn(&mut Value),
    client: reqwest::Client,
}

/// Starts one in front of `registry`, for as long as the test runs, and says its host and port.
pub(crate) async fn start(registry: &str, change: fn(&mut Value)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let between = Arc::new(Between { registry: registry.to_owned(), change, client: loopback_client() });
    let router = Router::new().fallback(pass_on).with_state(between);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn pass_on(State(between): State<Arc<Between>>, received: axum::extract::Request) -> Response<Body> {
    let (parts, _) = received.into_parts();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let url = format!("http://{}{}", between.registry, parts.uri);
    let answered = between.client.request(parts.method, url).headers(headers).send().await.unwrap();
    let (status, mut headers) = (answered.status(), answered.headers().clone());
    let bytes = answered.bytes().await.unwrap();
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let read = between.read(parts.uri.path(), &bytes);
    if read != bytes {
        headers.remove(HeaderName::from_static("docker-content-digest"));
    }
    let mut response = Response::new(Body::from(read));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

impl Between {
    /// What a bug makes of a manifest with this tag; images by digest could not be read any other way unnoticed.
    fn read(&self, path: &str, bytes: &Bytes) -> Bytes {
        if !path.contains("/manifests/") || path.contains("sha256:") {
            return bytes.clone();
        }
        let Ok(manifest) = serde_json::from_slice::<Value>(bytes) else { return bytes.clone() };
        let mut changed = manifest.clone();
        (self.change)(&mut changed);
        if changed == manifest { bytes.clone() } else { changed.to_string().into() }
    }
}
