//! What happens on the wire.

use std::{io::ErrorKind, time::Duration};

use isi_conformance::{
    fixture::{ConnectionFault, Fault},
    registry::{Registry, StartError},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::support::{exchange, get};

const MANIFEST: &str = "/v2/lib/app/manifests/v1";

async fn faulty(fault: Fault) -> Registry {
    Registry::builder().tag("lib/app", "v1", "s2-basic").fault(fault).start().await.unwrap()
}

#[tokio::test]
async fn serves_over_http() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let answer = String::from_utf8(exchange(registry.address(), &get(MANIFEST)).await.unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\n\r\n{\n   \"schemaVersion\": 2"), "{answer}");
}

#[tokio::test]
async fn a_reset_is_a_real_one() {
    let registry = faulty(Fault::when("manifests/*").connection(ConnectionFault::Reset)).await;
    let error = exchange(registry.address(), &get(MANIFEST)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(registry.journal(0)[0].status, None);
}

#[tokio::test]
async fn a_closed_connection_says_nothing() {
    let registry = faulty(Fault::when("manifests/*").connection(ConnectionFault::Close)).await;
    assert_eq!(exchange(registry.address(), &get(MANIFEST)).await.unwrap(), b"");
}

#[tokio::test]
async fn garbage_is_no_http() {
    let registry = faulty(Fault::when("manifests/*").connection(ConnectionFault::Garbage)).await;
    let received = exchange(registry.address(), &get(MANIFEST)).await.unwrap();
    assert!(!received.is_empty() && !received.starts_with(b"HTTP/"));
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_announced() {
    let registry = faulty(Fault { truncate: Some(100), ..Fault::when("manifests/*") }).await;
    let received = String::from_utf8(exchange(registry.address(), &get(MANIFEST)).await.unwrap()).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 730"), "{head}");
    assert_eq!(body.len(), 100);
}

#[tokio::test]
async fn a_tls_handshake_is_refused_at_once_and_is_no_request() {
    let registry = Registry::builder().start().await.unwrap();
    let hello = [&[0x16, 3, 1, 2, 0], [0; 512].as_slice()].concat();
    let answer = timeout(Duration::from_secs(5), exchange(registry.address(), &hello)).await.unwrap().unwrap();
    assert!(!answer.is_empty() && !answer.starts_with(b"HTTP/"));
    assert_eq!(registry.journal(0), []);
}

#[tokio::test]
async fn finishing_waits_for_requests_and_not_for_idle_connections() {
    let registry = faulty(Fault::when("manifests/*").delay(Duration::from_millis(100))).await;
    let address = registry.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET").await.unwrap();
    let request = tokio::spawn(async move { exchange(address, &get(MANIFEST)).await });
    while registry.journal(0).is_empty() {
        tokio::task::yield_now().await;
    }
    drop(idle);
    registry.finish().await;
    assert!(request.await.unwrap().unwrap().starts_with(b"HTTP/1.1 200"));
    TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let first = Registry::builder().start().await.unwrap();
    let error = Registry::builder().listen(first.address()).start().await.unwrap_err();
    assert!(matches!(&error, StartError::Listen { address, .. } if *address == first.address()), "{error}");
}
