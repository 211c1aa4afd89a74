//! A client that asks for one manifest as often as it can.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How many connections ask at the same time.
pub(crate) const CONNECTIONS: usize = 32;

/// What a client of today sends.
const REQUEST: &[u8] = b"GET /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: registry\r\nUser-Agent: bench\r\nAccept: \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*\r\n\r\n";

/// Answers a second, over a period of full load.
pub(crate) fn gets_per_second(address: SocketAddr, period: Duration) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let began = Instant::now();
        let tasks: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(ask_until(address, began + period))).collect();
        let mut answers = 0;
        for task in tasks {
            answers += task.await.expect("the client does not panic");
        }
        f64::from(answers) / began.elapsed().as_secs_f64()
    })
}

async fn ask_until(address: SocketAddr, end: Instant) -> u32 {
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the server accepts");
    stream.set_nodelay(true).expect("TCP");
    let mut buffer = vec![0; 64 * 1024];
    stream.write_all(REQUEST).await.expect("the server reads");
    let first = stream.read(&mut buffer).await.expect("the server answers");
    assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..first]));
    let length = length(&buffer[..first]);
    let mut answers = 1;
    let mut left = length - first;
    while Instant::now() < end {
        if left == 0 {
            stream.write_all(REQUEST).await.expect("the server reads");
            left = length;
            answers += 1;
        }
        left -= stream.read(&mut buffer[..left]).await.expect("the server answers");
    }
    answers
}

/// The length of an answer, head and body, of which at least the head is there.
fn length(answer: &[u8]) -> usize {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let head = text.find("\r\n\r\n").expect("a head arrives at once") + 4;
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    head + length.and_then(|length| length.parse::<usize>().ok()).expect("a length")
}

/// Asks once, on a connection of its own.
pub(crate) fn get_once(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream
        .write_all(b"GET /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}
