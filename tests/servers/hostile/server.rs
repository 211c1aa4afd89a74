//! A server that misbehaves as the path of a request says.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// How long a slow server waits between two bytes.
const SLOWLY: Duration = Duration::from_millis(100);

/// A server on a port of this machine, for as long as the test runs.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// `METHOD /path` of every request.
    requests: Mutex<Vec<String>>,
    arrived: Notify,
    /// The most bytes that were sent on one connection.
    most_sent: AtomicUsize,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let server = Self { url, seen: seen.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let seen = seen.clone();
                // Whatever becomes of a connection, it is no concern of the server.
                tokio::spawn(async move { serve(stream, &seen).await.ok() });
            }
        });
        server
    }

    /// One that takes connections and says nothing.
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
            }
        });
        Self { url, seen: Arc::default() }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(crate) fn most_sent(&self) -> usize {
        self.seen.most_sent.load(Ordering::Relaxed)
    }

    /// Waits for a request.
    pub(crate) async fn asked(&self, request: &str) {
        loop {
            let arrived = self.seen.arrived.notified();
            if self.requests().iter().any(|seen| seen == request) {
                return;
            }
            arrived.await;
        }
    }
}

async fn serve(mut stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let request = head.split(' ').take(2).collect::<Vec<_>>().join(" ");
    seen.requests.lock().unwrap().push(request.clone());
    seen.arrived.notify_waiters();
    answer(&request, &mut stream, seen).await
}

/// Answers one request; connections are not kept.
async fn answer(request: &str, stream: &mut TcpStream, seen: &Seen) -> std::io::Result<()> {
    const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let path = request.rsplit('/').next().unwrap_or_default();
    match path {
        "hang-before-head" => std::future::pending().await,
        "imagestreamimports?hang" => std::future::pending().await,
        "imagestreamimports" if request.contains("/stuck/") => std::future::pending().await,
        "hang-within-head" => say_and_hang(stream, b"HTTP/1.1 200 OK\r\ncontent-ty").await,
        "hang-within-body" => say_and_hang(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"kind\":").await,
        "close-at-once" => Ok(()),
        "close-within-head" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-ty").await,
        "close-within-body" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"kind\":").await,
        "close-within-chunks" => stream.write_all(&[ENDLESS, b"8\r\n{\"kind\":\r\n"].concat()).await,
        "garbage" => stream.write_all(b"\x00\x01\x02 this is no HTTP\r\n\r\n").await,
        "endless-head" => flood(stream, b"HTTP/1.1 200 OK\r\n", b"x-filler: 0123456789\r\n", usize::MAX, seen).await,
        "200-mb" => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 200000000\r\n\r\n\"";
            flood(stream, head, &[b'x'; 1 << 16], 200_000_000, seen).await
        }
        "endless-chunks" => {
            let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
            flood(stream, ENDLESS, &chunk, usize::MAX, seen).await
        }
        "slow-loris" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(SLOWLY).await;
            }
        }
        "length-too-short" => respond(stream, "200 OK", "content-length: 8", b"{\"kind\":\"Weather\"}").await,
        "length-no-number" => respond(stream, "200 OK", "content-length: many", b"{}").await,
        "html-500" => respond(stream, "500 Oops", "content-type: text/html", b"<html>It is broken</html>").await,
        "unauthorized" => respond(stream, "401 Unauthorized", "www-authenticate: Bearer", b"Unauthorized\n").await,
        "nested" => respond(stream, "200 OK", "content-type: application/json", &nested(100_000)).await,
        "not-utf-8" => respond(stream, "200 OK", "content-type: application/json", b"{\"kind\":\"\xff\xfe\"}").await,
        "half-a-json" => respond(stream, "200 OK", "content-type: application/json", b"{\"kind\":\"Weather\",").await,
        "no-body" => respond(stream, "200 OK", "content-type: application/json", b"").await,
        "failure-with-200" => {
            let status = br#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":500}"#;
            respond(stream, "200 OK", "content-type: application/json", status).await
        }
        "redirect-to-itself" => respond(stream, "302 Found", &format!("location: {path}"), b"").await,
        "v1" => {
            let body = br#"{"kind":"APIResourceList","groupVersion":"image.openshift.io/v1","resources":[]}"#;
            respond(stream, "200 OK", "content-type: application/json", body).await
        }
        "calm" => {
            let body = br#"{"kind":"Weather","apiVersion":"v1"}"#;
            respond(stream, "200 OK", "content-type: application/json", body).await
        }
        _ => respond(stream, "404 Not Found", "content-type: text/plain", b"404 page not found\n").await,
    }
}

async fn say_and_hang(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<()> {
    stream.write_all(text).await?;
    std::future::pending().await
}

async fn respond(stream: &mut TcpStream, status: &str, header: &str, body: &[u8]) -> std::io::Result<()> {
    let length = match header.starts_with("content-length") {
        true => String::new(),
        false => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {status}\r\n{header}\r\n{length}connection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await
}

/// Sends as much as the other side takes, up to `limit`.
async fn flood(stream: &mut TcpStream, head: &[u8], piece: &[u8], limit: usize, seen: &Seen) -> std::io::Result<()> {
    stream.write_all(head).await?;
    let mut sent = 0;
    while sent < limit {
        stream.write_all(piece).await?;
        sent += piece.len();
        seen.most_sent.fetch_max(sent, Ordering::Relaxed);
    }
    Ok(())
}

/// JSON that is `depth` arrays deep.
fn nested(depth: usize) -> Vec<u8> {
    [vec![b'['; depth], vec![b']'; depth]].concat()
}
