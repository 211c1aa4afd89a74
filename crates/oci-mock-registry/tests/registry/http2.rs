//! HTTP/2 over TLS, as a client that sees every frame meets it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use h2::{Reason, client::SendRequest};
use http::{HeaderMap, Request, StatusCode};
use oci_mock_registry::{
    fixture::{Auth, ConnectionFault, Fault, Tls},
    oci::Digest,
    registry::{Authority, EndpointKind, JournalFilter, Registry, RegistryBuilder},
};
use rstest::rstest;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::get;

/// More than anything takes here: only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);
const MANIFEST: &str = "/v2/lib/app/manifests/v1";

fn secured() -> RegistryBuilder {
    Registry::builder().tag("lib/app", "v1", "s2-basic").tls(Tls::Trusted)
}

/// A client that trusts the authority of this process and offers these protocols.
async fn connect(address: SocketAddr, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(Authority::of_this_process().pem().as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::from(address.ip()), stream).await.unwrap()
}

fn chosen(stream: &TlsStream<TcpStream>) -> Option<&[u8]> {
    stream.get_ref().1.alpn_protocol()
}

/// A connection of HTTP/2.
struct Client {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn of(registry: &Registry) -> Self {
        Self::with_windows(registry, 1 << 20).await
    }

    /// A client that takes in so many bytes before it says that it can take in more.
    async fn with_windows(registry: &Registry, bytes: u32) -> Self {
        let stream = connect(registry.address(), &["h2"]).await;
        assert_eq!(chosen(&stream), Some(b"h2".as_slice()));
        let (requests, connection) =
            h2::client::Builder::new().initial_window_size(bytes).handshake::<_, Bytes>(stream).await.unwrap();
        Self { requests, connection: tokio::spawn(connection) }
    }

    async fn send(&self, request: Request<()>, body: &[u8]) -> Result<Answer, h2::Error> {
        let mut ready = self.requests.clone().ready().await?;
        let (response, mut stream) = ready.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            stream.send_data(Bytes::copy_from_slice(body), true)?;
        }
        let (head, mut body) = response.await?.into_parts();
        let mut answer = Answer { status: head.status, headers: head.headers, body: Vec::new(), end: Ok(()) };
        while let Some(piece) = body.data().await {
            match piece {
                Ok(piece) => {
                    answer.body.extend_from_slice(&piece);
                    body.flow_control().release_capacity(piece.len())?;
                }
                Err(error) => {
                    answer.end = Err(error);
                    break;
                }
            }
        }
        Ok(answer)
    }

    async fn ask(&self, method: &str, path: &str) -> Result<Answer, h2::Error> {
        self.send(request(method, path), &[]).await
    }
}

/// Waits until a request for this endpoint is in the journal.
async fn arrived(registry: &Registry, endpoint: EndpointKind) {
    registry.state().wait_for(&JournalFilter::default().endpoint(endpoint), 1, PATIENCE).await.unwrap();
}

fn request(method: &str, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("https://registry.test{path}")).body(()).unwrap()
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    end: Result<(), h2::Error>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn length(&self) -> Option<usize> {
        self.header("content-length").map(|length| length.parse().unwrap())
    }
}

/// What an error says that came from the registry.
fn reset_by_registry(error: &h2::Error) -> Option<Reason> {
    error.reason().filter(|_| error.is_reset() && error.is_remote())
}

#[rstest]
#[case::both(&["h2", "http/1.1"], Some("h2"))]
#[case::only_the_old_one(&["http/1.1"], Some("http/1.1"))]
#[case::none(&[], None)]
#[tokio::test]
async fn clients_choose_in_the_handshake(#[case] offered: &[&str], #[case] expected: Option<&str>) {
    let registry = secured().start().await.unwrap();
    let stream = connect(registry.address(), offered).await;
    assert_eq!(chosen(&stream), expected.map(str::as_bytes));
}

#[tokio::test]
async fn one_switch_takes_it_away() {
    let registry = secured().http2(false).start().await.unwrap();
    assert_eq!(chosen(&connect(registry.address(), &["h2", "http/1.1"]).await), None);
}

#[tokio::test]
async fn a_manifest_is_the_same_as_over_the_older_version() {
    let registry = secured().start().await.unwrap();
    let answer = Client::of(&registry).await.ask("GET", MANIFEST).await.unwrap();
    assert_eq!((answer.status, answer.length()), (StatusCode::OK, Some(answer.body.len())));
    let digest = registry.state().repository("lib/app").unwrap().tags[0].digest.to_string();
    assert_eq!(answer.header("docker-content-digest"), Some(digest.as_str()));
    let hash = Digest::sha256(&answer.body);
    assert_eq!(hash.to_string(), digest);
    assert!(answer.end.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let registry = secured().start().await.unwrap();
    let client = Client::of(&registry).await;
    let answer = client.ask("HEAD", MANIFEST).await.unwrap();
    assert_eq!(answer.length(), client.ask("GET", MANIFEST).await.unwrap().length());
    assert_eq!(answer.body, b"");
}

#[tokio::test]
async fn a_pushed_blob_comes_back_whole() {
    let registry = secured().start().await.unwrap();
    let client = Client::of(&registry).await;
    // More than stays in memory, and more than a window.
    let blob: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let digest = Digest::sha256(&blob);
    let path = format!("/v2/lib/app/blobs/uploads/?digest={digest}");
    assert_eq!(client.send(request("POST", &path), &blob).await.unwrap().status, StatusCode::CREATED);
    let answer = client.ask("GET", &format!("/v2/lib/app/blobs/{digest}")).await.unwrap();
    assert!(answer.body == blob);
}

#[tokio::test]
async fn urls_of_answers_have_the_authority_of_the_request() {
    let registry = secured().auth(Auth::bearer().user("robot", "secret")).start().await.unwrap();
    let answer = Client::of(&registry).await.ask("GET", MANIFEST).await.unwrap();
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"https://registry.test/"), "{challenge}");
}

#[tokio::test]
async fn a_host_beside_another_authority_is_refused() {
    let registry = secured().start().await.unwrap();
    let mut odd = request("GET", MANIFEST);
    odd.headers_mut().insert("host", "other.test".parse().unwrap());
    assert_eq!(Client::of(&registry).await.send(odd, &[]).await.unwrap().status, StatusCode::BAD_REQUEST);
    assert_eq!(registry.state().findings().len(), 1);
}

#[tokio::test]
async fn the_journal_says_which_requests_came_over_it() {
    let registry = secured().start().await.unwrap();
    Client::of(&registry).await.ask("GET", MANIFEST).await.unwrap();
    let entries = registry.state().journal(0);
    assert_eq!(entries.iter().map(|entry| entry.http2).collect::<Vec<_>>(), [true]);
}

/// What a request for a manifest meets on a registry with a fault.
async fn beside_a_fault(fault: Fault) -> (Result<Answer, h2::Error>, Client, Registry) {
    let registry = secured().fault(fault).start().await.unwrap();
    let client = Client::of(&registry).await;
    let faulty = client.ask("GET", MANIFEST).await;
    (faulty, client, registry)
}

#[tokio::test]
async fn a_reset_is_that_of_the_stream_and_others_go_on() {
    let fault = Fault::when("manifests/*").first(1).connection(ConnectionFault::Reset);
    let (faulty, client, registry) = beside_a_fault(fault).await;
    assert_eq!(reset_by_registry(&faulty.unwrap_err()), Some(Reason::INTERNAL_ERROR));
    assert_eq!(client.ask("GET", MANIFEST).await.unwrap().status, StatusCode::OK);
    assert_eq!(registry.state().journal(0)[0].status, None);
}

#[rstest]
#[case::closed(None)]
#[case::reset(Some(ConnectionFault::Reset))]
#[tokio::test]
async fn a_body_that_is_cut_ends_with_a_reset_of_the_stream(#[case] connection: Option<ConnectionFault>) {
    let fault = Fault { truncate: Some(100), connection, ..Fault::when("manifests/*").first(1) };
    let (faulty, client, _registry) = beside_a_fault(fault).await;
    let faulty = faulty.unwrap();
    assert_eq!((faulty.status, faulty.body.len()), (StatusCode::OK, 100));
    assert!(faulty.length().unwrap() > 100);
    assert_eq!(reset_by_registry(faulty.end.as_ref().unwrap_err()), Some(Reason::INTERNAL_ERROR));
    assert_eq!(Some(client.ask("GET", MANIFEST).await.unwrap().body.len()), faulty.length());
}

/// Resetting a stream takes away what was not sent: the client's window is smaller than what is to arrive.
#[rstest]
#[case(0)]
#[case(1)]
#[case(999_999)]
#[tokio::test]
async fn all_bytes_before_the_cut_arrive(#[case] length: u64) {
    let blob = vec![7; 1_500_000];
    let fault = Fault { truncate: Some(length), ..Fault::when("GET blobs/*") };
    let registry = secured().fault(fault).start().await.unwrap();
    let digest = registry.state().add_blob("lib/app", &blob).unwrap();
    let client = Client::with_windows(&registry, 20_000).await;
    let answer = client.ask("GET", &format!("/v2/lib/app/blobs/{digest}")).await.unwrap();
    assert_eq!(answer.body.len() as u64, length);
    assert!(reset_by_registry(&answer.end.unwrap_err()).is_some());
}

#[tokio::test]
async fn closing_ends_every_stream_of_the_connection() {
    let registry = secured()
        .fault(Fault::when("tags/list").connection(ConnectionFault::Stall))
        .fault(Fault::when("manifests/*").connection(ConnectionFault::Close))
        .start()
        .await
        .unwrap();
    let client = Client::of(&registry).await;
    let (stalled, closed) = tokio::join!(client.ask("GET", "/v2/lib/app/tags/list"), async {
        arrived(&registry, EndpointKind::Tags).await;
        client.ask("GET", MANIFEST).await
    });
    for error in [stalled.unwrap_err(), closed.unwrap_err()] {
        assert!(!error.is_reset(), "{error:?}");
    }
}

/// The types of the frames (RFC 9113, section 6) that a registry sends until it closes the connection behind a request.
async fn frames_until_the_end(registry: &Registry) -> Vec<u8> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let mut stream = connect(registry.address(), &["h2"]).await;
    // `:method: GET`, `:scheme: https`, `:path` and `:authority` without Huffman coding (RFC 7541, appendix A).
    let mut fields = vec![0x82, 0x87, 0x04, u8::try_from(MANIFEST.len()).unwrap()];
    fields.extend_from_slice(MANIFEST.as_bytes());
    fields.extend_from_slice(&[0x01, 1, b'a']);
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    sent.extend(SETTINGS);
    // HEADERS with the end of the headers and of the stream, for stream 1.
    sent.extend([0, 0, u8::try_from(fields.len()).unwrap(), 1, 0x05, 0, 0, 0, 1]);
    sent.extend(fields);
    stream.write_all(&sent).await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    let (mut rest, mut types) = (received.as_slice(), Vec::new());
    while let [a, b, c, kind, _, _, _, _, _, payload @ ..] = rest {
        types.push(*kind);
        rest = &payload[usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap()..];
    }
    types
}

#[tokio::test]
async fn closing_says_goaway_first_and_answers_nothing() {
    let (headers, goaway) = (1, 7);
    let fault = Fault::when("manifests/*").connection(ConnectionFault::Close);
    let registry = secured().fault(fault).start().await.unwrap();
    let types = frames_until_the_end(&registry).await;
    assert!(types.contains(&goaway) && !types.contains(&headers), "{types:?}");
}

#[tokio::test]
async fn what_is_no_http_breaks_the_connection() {
    let fault = Fault::when("manifests/*").connection(ConnectionFault::Garbage);
    let (faulty, client, _registry) = beside_a_fault(fault).await;
    assert!(faulty.is_err());
    // The client says what is wrong: what the registry has sent is no frame.
    let error = client.connection.await.unwrap().unwrap_err();
    assert_eq!((error.reason(), error.is_remote()), (Some(Reason::FRAME_SIZE_ERROR), false), "{error:?}");
}

#[tokio::test]
async fn a_stall_holds_up_its_stream_and_no_other() {
    let fault = Fault::when("manifests/*").first(1).connection(ConnectionFault::Stall);
    let registry = secured().fault(fault).start().await.unwrap();
    let client = Client::of(&registry).await;
    let mut stalled = std::pin::pin!(client.ask("GET", MANIFEST));
    tokio::select! {
        biased;
        answer = &mut stalled => panic!("{answer:?}"),
        answer = async {
            arrived(&registry, EndpointKind::Manifest).await;
            client.ask("GET", MANIFEST).await
        } => assert_eq!(answer.unwrap().status, StatusCode::OK),
    }
    // Nothing more is said, so there is nothing to wait for.
    let (finished, stalled) = tokio::join!(registry.shutdown(PATIENCE), stalled);
    assert!(finished);
    stalled.unwrap_err();
}

#[tokio::test]
async fn a_slow_body_arrives_whole_and_the_connection_ends_behind_it() {
    let fault = Fault { bytes_per_second: Some(1_000_000), ..Fault::when("manifests/*") };
    let (faulty, client, _registry) = beside_a_fault(fault).await;
    let faulty = faulty.unwrap();
    assert_eq!(Some(faulty.body.len()), faulty.length());
    assert!(faulty.end.is_ok());
    client.connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn shutting_down_lets_requests_finish() {
    let registry = secured().start().await.unwrap();
    let client = Client::of(&registry).await;
    assert_eq!(client.ask("GET", MANIFEST).await.unwrap().status, StatusCode::OK);
    assert!(registry.shutdown(PATIENCE).await);
    client.connection.await.unwrap().unwrap();
}

/// A client that has chosen HTTP/2 and speaks HTTP/1.1 all the same.
#[tokio::test]
async fn a_client_that_does_not_keep_to_its_choice_is_sent_away() {
    let registry = secured().start().await.unwrap();
    let mut stream = connect(registry.address(), &["h2"]).await;
    stream.write_all(&get(MANIFEST)).await.unwrap();
    let mut received = Vec::new();
    // The connection may end without a farewell of TLS.
    let _ = stream.read_to_end(&mut received).await;
    assert!(!received.starts_with(b"HTTP/1.1"), "{received:?}");
    assert_eq!(registry.state().journal(0), []);
}
