//! Registries and clients that send too much, too slowly, or without an end.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use isi_reference::Options;
use oci_types::media_type::DOCKER_MANIFEST_V2;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use test_listener::Listener;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{NAMESPACE, Reference, import_of, read};

/// What a misbehaving registry answers to a path.
#[derive(Debug, Clone, Copy)]
enum Misbehaviour {
    /// A response with these headers and this body.
    Says(&'static str, &'static str),
    /// A body of these bytes, again and again, without an end.
    Endless(&'static str, &'static str),
    /// An error whose body has no end.
    EndlessError,
    /// A head of headers without an end.
    EndlessHead,
    /// A redirect to the next path.
    Loop,
    /// A page with one tag and a link to another page.
    NextPage,
    /// A challenge for a token.
    Challenge,
    /// Nothing.
    Silence,
}

const PING: (&str, Misbehaviour) = ("/v2/", Misbehaviour::Says("Content-Type: application/json", "{}"));

/// A registry that answers paths by their beginnings, the longest first; it counts the bytes that it has sent.
struct Hostile {
    address: SocketAddr,
    sent: Arc<AtomicUsize>,
    _listener: Listener,
}

impl Hostile {
    async fn start(answers: &'static [(&'static str, Misbehaviour)]) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let listener = Listener::start(socket, move |stream, _| serve(stream, answers, address, Arc::clone(&counter)));
        Self { address, sent, _listener: listener }
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn serve(
    stream: TcpStream,
    answers: &'static [(&'static str, Misbehaviour)],
    address: SocketAddr,
    sent: Arc<AtomicUsize>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        let answer =
            answers.iter().filter(|(prefix, _)| path.starts_with(prefix)).max_by_key(|(prefix, _)| prefix.len());
        let Some((_, answer)) = answer else { return };
        let (head, repeated) = match *answer {
            Misbehaviour::Says(headers, body) => {
                (format!("HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}", body.len()), None)
            }
            Misbehaviour::Endless(headers, piece) => (format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n"), Some(piece)),
            Misbehaviour::EndlessError => ("HTTP/1.1 400 Bad Request\r\n\r\n".to_owned(), Some("<html>")),
            Misbehaviour::EndlessHead => ("HTTP/1.1 200 OK\r\n".to_owned(), Some("X-Padding: 0123456789\r\n")),
            Misbehaviour::Loop => {
                (format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {path}x\r\nContent-Length: 0\r\n\r\n"), None)
            }
            Misbehaviour::NextPage => {
                let page = path.rsplit('=').next().and_then(|page| page.parse::<u64>().ok()).unwrap_or(0) + 1;
                let link = format!("Link: </v2/app/tags/list?page={page}>; rel=\"next\"");
                let body = format!("{{\"tags\": [\"v{page}\"]}}");
                (format!("HTTP/1.1 200 OK\r\n{link}\r\nContent-Length: {}\r\n\r\n{body}", body.len()), None)
            }
            Misbehaviour::Challenge => {
                let challenge = format!("WWW-Authenticate: Bearer realm=\"http://{address}/token\"");
                (format!("HTTP/1.1 401 Unauthorized\r\n{challenge}\r\nContent-Length: 0\r\n\r\n"), None)
            }
            Misbehaviour::Silence => {
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return;
            }
        };
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        if let Some(piece) = repeated {
            let pieces = piece.repeat(64 * 1024 / piece.len());
            while stream.write_all(pieces.as_bytes()).await.is_ok() {
                sent.fetch_add(pieces.len(), Ordering::Relaxed);
            }
            return;
        }
    }
}

/// Imports `app:v1` and returns the message of its status.
async fn message(reference: &Reference, registry: &Hostile) -> String {
    let answer = reference.import(&format!("{}/app:v1", registry.address), "v1").await;
    let status = &answer["status"]["images"][0]["status"];
    assert_eq!(status["status"], "Failure", "{status}");
    status["message"].as_str().unwrap().to_owned()
}

#[rstest]
#[case::manifest(&[PING, ("/v2/app/manifests/", Misbehaviour::Endless("Content-Type: application/json", "{\"a\": [")) ], "sent a body of more than 16777216 bytes")]
#[case::ping(&[("/v2/", Misbehaviour::Endless("Content-Type: application/json", " ")) ], "sent a body of more than 16777216 bytes")]
#[case::head(&[PING, ("/v2/app/manifests/", Misbehaviour::EndlessHead)], "malformed HTTP response")]
#[case::error(&[PING, ("/v2/app/manifests/", Misbehaviour::EndlessError)], "sent a body of more than 1048576 bytes")]
#[case::redirects(&[PING, ("/v2/app/manifests/", Misbehaviour::Loop)], "stopped after 10 redirects")]
#[tokio::test]
async fn a_response_without_an_end_fails_its_image(
    #[case] answers: &'static [(&'static str, Misbehaviour)],
    #[case] expected: &str,
) {
    let registry = Hostile::start(answers).await;
    let message = message(&Reference::start().await, &registry).await;
    assert!(message.contains(expected), "{message}");
    // What the kernel buffers is sent, but not read.
    assert!(registry.sent() < 64 << 20, "{} bytes were sent", registry.sent());
}

#[tokio::test]
async fn a_token_without_an_end_is_not_waited_for() {
    let registry = Hostile::start(&[
        ("/v2/", Misbehaviour::Challenge),
        ("/token", Misbehaviour::Endless("Content-Type: application/json", "{\"token\": [")),
    ])
    .await;
    let message = message(&Reference::start().await, &registry).await;
    assert!(message.contains("sent a body of more than 16777216 bytes"), "{message}");
}

#[tokio::test]
async fn a_manifest_of_a_million_layers_is_refused_before_it_takes_a_gigabyte() {
    let layers = "{},".repeat(4 << 20);
    let manifest =
        format!("{{\"schemaVersion\": 2, \"mediaType\": \"{DOCKER_MANIFEST_V2}\", \"layers\": [{layers}{{}}]}}");
    let headers = format!("Content-Type: {DOCKER_MANIFEST_V2}");
    let answers: &'static [(&str, Misbehaviour)] =
        vec![PING, ("/v2/app/manifests/", Misbehaviour::Says(headers.leak(), manifest.leak()))].leak();
    let registry = Hostile::start(answers).await;
    let message = message(&Reference::start().await, &registry).await;
    assert!(message.ends_with("more than 1048576 values"), "{message}");
}

#[tokio::test]
async fn pages_of_tags_are_counted_even_if_each_is_new() {
    let registry = Hostile::start(&[PING, ("/v2/app/tags/list", Misbehaviour::NextPage)]).await;
    let mut import = import_of("app", "", "");
    import["spec"] = json!({ "import": false, "repository": {
        "from": { "kind": "DockerImage", "name": format!("{}/app", registry.address) }, "importPolicy": { "insecure": true },
    } });
    let answer: Value = Reference::start().await.post(&format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let message = answer["status"]["repository"]["status"]["message"].as_str().unwrap();
    assert!(message.contains("list of tags does not end") && message.contains("after 10000 tags"), "{message}");
}

#[tokio::test]
async fn a_registry_that_says_nothing_takes_no_longer_than_the_request() {
    let registry = Hostile::start(&[PING, ("/v2/app/manifests/", Misbehaviour::Silence)]).await;
    let reference = Reference::start().await;
    let import = import_of("app", &format!("{}/app:v1", registry.address), "v1");
    let path = format!("{NAMESPACE}/imagestreamimports?timeout=200ms");
    let answer = read(reference.send(Method::POST, &path, &import).await, 504).await;
    assert_eq!(answer["reason"], "Timeout");
}

#[tokio::test]
async fn the_head_of_a_request_has_a_megabyte_at_most() {
    let reference = Reference::start().await;
    let mut client = TcpStream::connect(reference.running.url().trim_start_matches("http://")).await.unwrap();
    let (mut reading, mut writing) = client.split();
    let write = async {
        let _ = writing.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ").await;
        let piece = "x".repeat(64 * 1024);
        // The server stops reading in the middle.
        for _ in 0..64 {
            let _ = writing.write_all(piece.as_bytes()).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(10), reading.read_exact(&mut answer));
    tokio::select! {
        read = read => drop(read.expect("an answer in time").unwrap()),
        () = write => {}
    }
    assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 431");
}

#[tokio::test]
async fn a_client_that_sends_no_more_of_a_body_gets_an_answer_and_no_stream() {
    let reference = Reference::start_with(Options::default(), Vec::new()).await;
    let mut client = TcpStream::connect(reference.running.url().trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /{NAMESPACE}/imagestreams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user-alice\r\n\
         Content-Type: application/json\r\nContent-Length: 100000000\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b' '; 1 << 20];
    // More than is kept is read and dropped, so that the client can read the answer.
    for _ in 0..95 {
        client.write_all(&piece).await.unwrap();
    }
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), client.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
}
