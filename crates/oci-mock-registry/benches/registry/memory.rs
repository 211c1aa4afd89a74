//! Memory, while one large blob goes in and out.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use oci_mock_registry::{oci::Algorithm, registry::Registry};

use crate::peers;

const PIECE: usize = 1024 * 1024;
const PIECES: usize = 1024;

/// The resident memory of this process in KiB, as Linux counts it; 0 elsewhere.
pub(crate) fn resident() -> u64 {
    status("VmRSS:")
}

/// The most memory that this process has had since [`forget_peak`], in KiB.
fn peak() -> u64 {
    status("VmHWM:")
}

fn forget_peak() {
    // Where the system does not do this, the peak is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Pushes and pulls a blob of 1 GiB, and says how much memory grew meanwhile.
pub(crate) fn one_gibibyte() {
    let runtime = peers::runtime();
    let registry = runtime.block_on(Registry::builder().start()).expect("it starts");
    let piece = vec![0x42; PIECE];
    let mut hasher = Algorithm::Sha256.hasher();
    for _ in 0..PIECES {
        hasher.update(&piece);
    }
    let digest = hasher.finish();
    forget_peak();
    let before = resident();

    let began = Instant::now();
    let head =
        format!("POST /v2/lib/app/blobs/uploads/?digest={digest} HTTP/1.1\r\nContent-Length: {}\r\n", PIECE * PIECES);
    let answer = exchange(registry.address(), &head, |stream| {
        (0..PIECES).for_each(|_| stream.write_all(&piece).expect("it reads"));
    });
    assert!(answer.0.contains(" 201 "), "{}", answer.0);
    let pushed = began.elapsed();

    let began = Instant::now();
    let answer = exchange(registry.address(), &format!("GET /v2/lib/app/blobs/{digest} HTTP/1.1\r\n"), |_| {});
    assert_eq!(answer.1, PIECE * PIECES, "{}", answer.0);
    let pulled = began.elapsed();

    let grown = peak().saturating_sub(before);
    println!("a blob of 1 GiB: pushed in {pushed:.2?}, pulled in {pulled:.2?}, memory grew by {grown} KiB at most\n");
}

/// Sends a request; returns the status line and how many bytes of body came.
fn exchange(address: SocketAddr, head: &str, send_body: impl FnOnce(&mut TcpStream)) -> (String, usize) {
    let mut stream = TcpStream::connect(address).expect("it accepts");
    stream.write_all(format!("{head}Host: registry\r\nConnection: close\r\n\r\n").as_bytes()).expect("it reads");
    send_body(&mut stream);
    let mut reader = BufReader::with_capacity(PIECE, stream);
    let mut status = String::new();
    reader.read_line(&mut status).expect("it answers");
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).expect("it answers");
    }
    let mut piece = vec![0; PIECE];
    let mut length = 0;
    loop {
        match reader.read(&mut piece).expect("it answers") {
            0 => return (status, length),
            count => length += count,
        }
    }
}
