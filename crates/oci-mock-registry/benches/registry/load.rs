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
    let mut answers = 0;
    while Instant::now() < end {
        stream.write_all(REQUEST).await.expect("the server reads");
        let mut read = 0;
        // Every head is read: some servers say something else from time to time.
        let length = loop {
            read += stream.read(&mut buffer[read..]).await.expect("the server answers");
            if let Some(length) = length(&buffer[..read]) {
                break length;
            }
        };
        while read < length {
            read += stream.read(&mut buffer[read..length]).await.expect("the server answers");
        }
        answers += 1;
    }
    answers
}

/// The length of an answer, head and body, once all of its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"content-length: ";
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
    let lines = answer[..head].split(|byte| *byte == b'\n');
    let mut lengths =
        lines.filter(|line| line.len() > LENGTH.len() && line[..LENGTH.len()].eq_ignore_ascii_case(LENGTH));
    let digits = lengths.next().expect("a length")[LENGTH.len()..].trim_ascii();
    let body: usize = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).expect("a number");
    Some(head + body)
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
