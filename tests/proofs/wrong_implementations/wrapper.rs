//! An HTTP server in front of an implementation, which passes everything on, but for one bug.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Response, header},
};

use test_support::loopback_client;
use tokio::net::TcpListener;

use super::{
    between,
    bug::{Answer, Bug, Request},
};

/// No body in these tests is longer than this many bytes.
const LONGEST_BODY: usize = 64 << 20;

struct Wrapper {
    bug: Bug,
    target: String,
    client: reqwest::Client,
    /// Registries, and who stands between them and the target.
    between: Mutex<Vec<(String, String)>>,
}

/// Starts a wrapper in front of `target`, for as long as the test runs, and says its URL.
pub(crate) async fn start(bug: Bug, target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let wrapper =
        Arc::new(Wrapper { bug, target: target.to_owned(), client: loopback_client(), between: Mutex::default() });
    let router = Router::new().fallback(pass_on).with_state(wrapper);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn pass_on(State(wrapper): State<Arc<Wrapper>>, received: axum::extract::Request) -> Response<Body> {
    let (parts, body) = received.into_parts();
    let bytes = to_bytes(body, LONGEST_BODY).await.unwrap();
    let request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let (status, mut headers, bytes) = wrapper.forward(&request, bytes).await;
    let mut answer = Answer {
        status,
        warnings: headers.get_all(header::WARNING).iter().map(|value| value.to_str().unwrap().to_owned()).collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let unchanged = answer.body.clone();
    (wrapper.bug.answer)(&request, &mut answer);
    wrapper.ask_registry(&request, &answer).await;
    headers.remove(header::WARNING);
    for warning in &answer.warnings {
        headers.append(header::WARNING, HeaderValue::try_from(warning).unwrap());
    }
    let body = if answer.body == unchanged { bytes } else { answer.body.to_string().into() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = answer.status.try_into().unwrap();
    *response.headers_mut() = headers;
    response
}

impl Wrapper {
    /// Passes a request on, byte by byte where the bug leaves it alone.
    async fn forward(&self, request: &Request, bytes: Bytes) -> (u16, HeaderMap, Bytes) {
        let mut forwarded = request.clone();
        (self.bug.request)(&mut forwarded);
        let mut bytes = if forwarded.body == request.body { bytes } else { forwarded.body.to_string().into() };
        if let (Some(change), Some(registry)) = (self.bug.reading, request.registry()) {
            let between = between::start(registry, change).await;
            bytes = renamed(&bytes, registry, &between);
            self.between.lock().unwrap().push((registry.to_owned(), between));
        }
        let query = forwarded.query.map(|query| format!("?{query}")).unwrap_or_default();
        let mut headers = forwarded.headers;
        for name in [header::HOST, header::CONTENT_LENGTH] {
            headers.remove(name);
        }
        let url = format!("{}{}{query}", self.target, forwarded.path);
        let response = self.client.request(forwarded.method, url).headers(headers).body(bytes).send().await.unwrap();
        let status = response.status().as_u16();
        let mut headers = response.headers().clone();
        for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
            headers.remove(name);
        }
        let bytes = response.bytes().await.unwrap();
        let places = self.between.lock().unwrap().clone();
        (status, headers, places.iter().fold(bytes, |bytes, (registry, between)| renamed(&bytes, between, registry)))
    }

    async fn ask_registry(&self, request: &Request, answer: &Answer) {
        for asked in (self.bug.registry)(request, answer) {
            let mut builder = self.client.request(asked.method, asked.url);
            if asked.credentials {
                builder = builder.basic_auth("robot", Some("secret"));
            }
            // What the registry says to it does not matter.
            let _ = builder.send().await;
        }
    }
}

/// The same bytes with one host in place of another.
fn renamed(bytes: &[u8], from: &str, to: &str) -> Bytes {
    String::from_utf8_lossy(bytes).replace(from, to).into()
}
