//! What happens on the wire.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use oci_mock_registry::{
    fixture::{Auth, ConnectionFault, Fault},
    registry::{Registry, StartError},
};
use rstest::rstest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

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
    assert_eq!(registry.state().journal(0)[0].status, None);
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
    assert!(head.contains("Content-Length: 730"), "{head}");
    assert_eq!(body.len(), 100);
}

/// Scripts look for `Docker-Content-Digest` with `grep`, as servers written in Go send it.
#[rstest]
#[case::whole(Fault::when("nothing"))]
#[case::cut(Fault { truncate: Some(100), ..Fault::when("manifests/*") })]
#[tokio::test]
async fn names_of_headers_begin_with_capitals(#[case] fault: Fault) {
    let registry = faulty(fault).await;
    let received = String::from_utf8(exchange(registry.address(), &get(MANIFEST)).await.unwrap()).unwrap();
    let (head, _) = received.split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> = head.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert!(names.contains(&"Docker-Content-Digest") && names.contains(&"Etag"), "{names:?}");
    assert_eq!(names.iter().find(|name| name.starts_with(|first: char| first.is_lowercase())), None);
}

#[tokio::test]
async fn a_body_can_break_off_with_a_reset() {
    let fault = Fault { truncate: Some(100), ..Fault::when("manifests/*").connection(ConnectionFault::Reset) };
    let registry = faulty(fault).await;
    let mut stream = TcpStream::connect(registry.address()).await.unwrap();
    stream.write_all(&get(MANIFEST)).await.unwrap();
    let mut received = Vec::new();
    let error = stream.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stalled_connection_says_nothing_and_stays_open() {
    let registry = faulty(Fault::when("manifests/*").connection(ConnectionFault::Stall)).await;
    let waiting = timeout(Duration::from_millis(200), exchange(registry.address(), &get(MANIFEST))).await;
    assert!(waiting.is_err(), "{waiting:?}");
    assert_eq!(registry.state().journal(0)[0].status, None);
}

#[tokio::test]
async fn a_slow_body_takes_its_time_and_arrives() {
    let registry = faulty(Fault { bytes_per_second: Some(2_000), ..Fault::when("manifests/*") }).await;
    let began = Instant::now();
    let received = exchange(registry.address(), &get(MANIFEST)).await.unwrap();
    assert!(received.ends_with(b"}"));
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!(registry.state().journal(0)[0].status.map(|status| status.as_u16()), Some(200));
}

#[rstest]
#[case(Fault::when("manifests/*").header("Content-Length", "5"), "Content-Length: 5")]
#[case(Fault::when("manifests/*").header("Content-Length", "5000"), "Content-Length: 5000")]
#[case(Fault::when("manifests/*").without_header("Content-Length"), "")]
#[tokio::test]
async fn a_length_can_be_wrong_or_missing(#[case] fault: Fault, #[case] expected: &str) {
    let registry = faulty(fault).await;
    let received = String::from_utf8(exchange(registry.address(), &get(MANIFEST)).await.unwrap()).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find(|line| line.starts_with("Content-Length")).unwrap_or_default();
    assert_eq!((length, body.len()), (expected, 730));
}

#[rstest]
#[case(Fault::when("manifests/*").header("Content-Length", "5"))]
#[case(Fault { truncate: Some(100), ..Fault::when("manifests/*") })]
#[case(Fault { bytes_per_second: Some(1), ..Fault::when("manifests/*") })]
#[tokio::test]
async fn a_head_request_is_never_answered_with_a_body(#[case] fault: Fault) {
    let registry = faulty(fault).await;
    let head = format!("HEAD {MANIFEST} HTTP/1.1\r\nHost: registry.test\r\n\r\n");
    let received = exchange(registry.address(), head.as_bytes()).await.unwrap();
    assert!(received.starts_with(b"HTTP/1.1 200") && received.ends_with(b"\r\n\r\n"));
    assert!(registry.state().journal(0)[0].status.is_some());
}

#[tokio::test]
async fn a_tls_handshake_is_refused_at_once_and_is_no_request() {
    let registry = Registry::builder().start().await.unwrap();
    let hello = [&[0x16, 3, 1, 2, 0], [0; 512].as_slice()].concat();
    let answer = timeout(Duration::from_secs(5), exchange(registry.address(), &hello)).await.unwrap().unwrap();
    assert!(!answer.is_empty() && !answer.starts_with(b"HTTP/"));
    assert_eq!(registry.state().journal(0), []);
}

#[tokio::test]
async fn shutting_down_waits_for_requests_and_not_for_idle_connections() {
    let registry = faulty(Fault::when("manifests/*").delay(Duration::from_millis(100))).await;
    let address = registry.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET").await.unwrap();
    let request = tokio::spawn(async move { exchange(address, &get(MANIFEST)).await });
    while registry.state().journal(0).is_empty() {
        tokio::task::yield_now().await;
    }
    drop(idle);
    assert!(registry.shutdown(Duration::from_secs(5)).await);
    assert!(request.await.unwrap().unwrap().starts_with(b"HTTP/1.1 200"));
    TcpStream::connect(address).await.unwrap_err();
}

#[rstest]
#[case::at_once(Fault::when("manifests/*").connection(ConnectionFault::Stall))]
#[case::in_the_body(Fault { truncate: Some(1), ..Fault::when("manifests/*").connection(ConnectionFault::Stall) })]
#[tokio::test]
async fn shutting_down_does_not_wait_for_a_connection_that_stalls(#[case] fault: Fault) {
    let registry = faulty(fault).await;
    let mut stalled = TcpStream::connect(registry.address()).await.unwrap();
    stalled.write_all(&get(MANIFEST)).await.unwrap();
    while registry.state().journal(0).is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(registry.shutdown(Duration::from_secs(5)).await);
}

#[rstest]
#[case::half_a_body(Fault::when("manifests/none"), b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{".to_vec())]
#[case::a_long_delay(Fault::when("manifests/*").delay(Duration::from_secs(3_600)), get(MANIFEST))]
#[case::slow(Fault { bytes_per_second: Some(1), ..Fault::when("manifests/*") }, get(MANIFEST))]
#[tokio::test]
async fn shutting_down_waits_no_longer_than_its_grace(#[case] fault: Fault, #[case] request: Vec<u8>) {
    let registry = faulty(fault).await;
    let mut client = TcpStream::connect(registry.address()).await.unwrap();
    client.write_all(&request).await.unwrap();
    // Another client is served meanwhile, so the request has been accepted.
    exchange(registry.address(), &get("/v2/")).await.unwrap();
    let ended = timeout(Duration::from_secs(5), registry.shutdown(Duration::from_millis(50))).await;
    assert!(!ended.unwrap());
    let mut rest = Vec::new();
    // The connection is closed, or reset because the rest of the request was not read.
    let _ = timeout(Duration::from_secs(5), client.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let first = Registry::builder().start().await.unwrap();
    let error = Registry::builder().listen(first.address()).start().await.unwrap_err();
    assert!(matches!(&error, StartError::Listen { address, .. } if *address == first.address()), "{error}");
}

#[tokio::test]
async fn the_realm_of_a_client_that_names_no_host_is_on_the_registrys_own() {
    let registry = Registry::builder().auth(Auth::bearer().user("robot", "secret")).start().await.unwrap();
    let answer = exchange(registry.address(), b"GET /v2/ HTTP/1.0\r\n\r\n").await.unwrap();
    let realm = format!("realm=\"http://{}/token\"", registry.host());
    assert!(String::from_utf8_lossy(&answer).contains(&realm), "{}", String::from_utf8_lossy(&answer));
}
