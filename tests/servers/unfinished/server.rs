//! Servers that have only a part of the API: the reference, behind one that does not pass everything on.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Response, header},
};
use test_support::loopback_client;
use tokio::net::TcpListener;

/// No body in these tests is longer than this many bytes.
const LONGEST_BODY: usize = 64 << 20;

/// What a server does with a request.
pub(crate) enum Plays {
    /// It has the endpoint.
    Served,
    /// It has not, and answers with this status and text.
    Missing(u16, &'static str),
    /// It has a part of the endpoint: this JSON.
    Json(&'static str),
}

/// Decides by method and path what a server does with a request. The path is the resource and what follows it.
pub(crate) type Part = fn(&Method, &str) -> Plays;

/// Starts a server with `part` of the API in front of the reference at `target`, and returns its URL.
///
/// A server that keeps nothing deletes each stream before the next import into it.
pub(crate) async fn start(part: Part, target: &str, keeps: Keeps) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let front = Arc::new(Front { part, target: target.to_owned(), keeps, client: loopback_client() });
    let router = Router::new().fallback(answer).with_state(front);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Whether a server keeps what was imported.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    Streams,
    Nothing,
}

struct Front {
    part: Part,
    target: String,
    keeps: Keeps,
    client: reqwest::Client,
}

async fn answer(State(front): State<Arc<Front>>, received: axum::extract::Request) -> Response<Body> {
    let (parts, body) = received.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await.unwrap();
    let path = parts.uri.path();
    let resource = path.strip_prefix("/apis/image.openshift.io/v1").unwrap_or(path).trim_start_matches('/');
    let resource =
        resource.strip_prefix("namespaces/").and_then(|rest| rest.split_once('/')).map_or(resource, |(_, rest)| rest);
    let (status, text, content_type) = match (front.part)(&parts.method, resource) {
        Plays::Served => {
            let mut headers = parts.headers;
            for name in [header::HOST, header::CONTENT_LENGTH] {
                headers.remove(name);
            }
            let url = format!("{}{}", front.target, parts.uri);
            let request = front.client.request(parts.method.clone(), &url).headers(headers.clone()).body(body.clone());
            let response = request.send().await.unwrap();
            let (status, mut answered) = (response.status(), response.headers().clone());
            let bytes = response.bytes().await.unwrap();
            if front.keeps == Keeps::Nothing && resource == "imagestreamimports" {
                front.forget(path, &headers, &body).await;
            }
            for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
                answered.remove(name);
            }
            let mut response = Response::new(Body::from(bytes));
            *response.status_mut() = status;
            *response.headers_mut() = answered;
            return response;
        }
        Plays::Missing(status, text) => (status, text, "text/plain"),
        Plays::Json(text) => (200, text, "application/json"),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status.try_into().unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

impl Front {
    /// Deletes the stream that an import stored, if it did.
    async fn forget(&self, path: &str, headers: &HeaderMap, body: &[u8]) {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(name) = body["metadata"]["name"].as_str() else { return };
        let stream = path.replace("/imagestreamimports", &format!("/imagestreams/{name}"));
        let mut headers = headers.clone();
        headers.remove(header::CONTENT_TYPE);
        // A stream that was not stored cannot be deleted, which does not matter.
        let _ = self.client.delete(format!("{}{stream}", self.target)).headers(headers).send().await;
    }
}
