//! The servers that are compared: each on one thread of its own.

use std::{convert::Infallible, net::SocketAddr, sync::mpsc, thread};

use bytes::Bytes;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use oci_mock_registry::{
    fixture::{Salt, builtin},
    oci::media_type::DOCKER_MANIFEST_V2,
    registry::Registry,
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
};

/// A running server. It stops when it is dropped.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    _stop: Option<oneshot::Sender<()>>,
    _wiremock: Option<wiremock::MockServer>,
}

/// A runtime for servers: its threads are not those of the client.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// Runs a server on a thread of its own until the peer is dropped.
fn on_thread<F, S>(start: F) -> Peer
where
    F: FnOnce() -> S + Send + 'static,
    S: Future<Output = (SocketAddr, Box<dyn std::any::Any>)>,
{
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (address, _server) = start().await;
            tell.send(address).expect("the receiver waits");
            // Either way the server has to end.
            let _ = stopped.await;
        });
    });
    Peer { address: told.recv().expect("the server starts"), _stop: Some(stop), _wiremock: None }
}

/// The manifest that all of them serve.
fn manifest() -> Bytes {
    let images = builtin().build(["s2-basic"], &Salt::default()).expect("it is built in");
    images.get("s2-basic").expect("it was asked for").manifest.clone()
}

/// This registry.
pub(crate) fn registry() -> Peer {
    on_thread(|| async {
        let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.expect("it starts");
        (registry.address(), Box::new(registry) as Box<dyn std::any::Any>)
    })
}

/// hyper, answering everything with the manifest.
pub(crate) fn hyper() -> Peer {
    on_thread(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let manifest = manifest();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manifest = manifest.clone();
                let service = service_fn(move |_| {
                    let mut response = Response::new(Full::new(manifest.clone()));
                    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(DOCKER_MANIFEST_V2));
                    async { Ok::<_, Infallible>(response) }
                });
                stream.set_nodelay(true).expect("TCP");
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        (address, Box::new(server) as Box<dyn std::any::Any>)
    })
}

/// The server that `ISI_BENCH_PEER` names, if it does.
pub(crate) fn other() -> Option<Peer> {
    let address = std::env::var("ISI_BENCH_PEER").ok()?;
    let address = address.parse().expect("ISI_BENCH_PEER is an address and a port, such as 127.0.0.1:5000");
    Some(Peer { address, _stop: None, _wiremock: None })
}

/// wiremock, answering everything with the manifest; it has a thread of its own already.
pub(crate) fn wiremock() -> Peer {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::builder().disable_request_recording().start().await;
        let response = ResponseTemplate::new(200).set_body_raw(manifest().to_vec(), DOCKER_MANIFEST_V2);
        Mock::given(any()).respond_with(response).mount(&server).await;
        server
    });
    Peer { address: *server.address(), _stop: None, _wiremock: Some(server) }
}
