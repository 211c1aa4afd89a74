//! Clients that ask for one thing as often as they can.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends GETs of `path` over so many connections for a while; returns how many were answered, and in which time.
pub(crate) fn gets(address: SocketAddr, path: &str, connections: usize, period: Duration) -> (u32, Duration) {
    // What a client of today sends.
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: registry\r\nUser-Agent: bench\r\nAccept: \
         application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, \
         application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*\r\n\r\n"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let began = Instant::now();
        let end = began + period;
        let tasks: Vec<_> =
            (0..connections).map(|_| tokio::spawn(ask_until(address, request.clone().into_bytes(), end))).collect();
        let mut answers = 0;
        for task in tasks {
            answers += task.await.expect("the client does not panic");
        }
        (answers, began.elapsed())
    })
}

async fn ask_until(address: SocketAddr, request: Vec<u8>, end: Instant) -> u32 {
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the server accepts");
    stream.set_nodelay(true).expect("TCP");
    let mut buffer = vec![0; 64 * 1024];
    let mut answers = 0;
    while Instant::now() < end {
        stream.write_all(&request).await.expect("the server reads");
        let mut read = 0;
        // Every head is read: some servers say something else from time to time.
        while !is_whole(&buffer[..read]) {
            read += match stream.read(&mut buffer[read..]).await.expect("the server answers") {
                0 => panic!("the server has closed the connection"),
                count => count,
            };
        }
        answers += 1;
    }
    answers
}

/// Whether an answer is there with all of its body.
fn is_whole(answer: &[u8]) -> bool {
    const LENGTH: &[u8] = b"content-length: ";
    let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|end| end + 4) else { return false };
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
    let lines = answer[..head].split(|byte| *byte == b'\n');
    let mut lengths =
        lines.filter(|line| line.len() > LENGTH.len() && line[..LENGTH.len()].eq_ignore_ascii_case(LENGTH));
    match lengths.next() {
        Some(line) => {
            let digits = std::str::from_utf8(line[LENGTH.len()..].trim_ascii()).ok();
            let body: usize = digits.and_then(|digits| digits.parse().ok()).expect("a number");
            answer.len() >= head + body
        }
        // The answer comes in chunks.
        None => answer.ends_with(b"\r\n0\r\n\r\n"),
    }
}
