//! What happens to a connection once HTTP is over: bytes written by hand, and ways to end.

use std::time::Duration;

use http_body_util::BodyExt;
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{body::AnswerBody, ending::Ending, pace::piece_per_pause, security::Wire};
use crate::registry::{
    answer::{Answer, End, Manner},
    store::Content,
};

/// How long a client has to take in what was written before the connection is closed.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Delivers an answer in its manner, and ends the connection. The client may be gone: then there is nothing left to do.
pub(super) async fn end(mut stream: impl Wire, ending: Ending) {
    let end = match ending.manner {
        Manner::Whole => End::Close,
        Manner::Nothing(end) => end,
        Manner::Garbage => {
            let _ = stream.write_all(b"this is not http at all\r\n\r\n").await;
            End::Close
        }
        Manner::Cut { length, bytes_per_second, end } => {
            let body = ending.answer.body.slice(0..length.min(ending.answer.body.len()));
            let _ = write(&mut stream, &ending.answer, body, bytes_per_second).await;
            end
        }
    };
    match end {
        End::Close => close(stream).await,
        End::Reset => reset(stream),
        End::Stall => {
            let mut rest = [0; 1024];
            let _ =
                timeout(LONGEST_STALL, async { while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {} })
                    .await;
        }
    }
}

/// Writes an answer, its body no faster than it should be.
async fn write(
    stream: &mut impl Wire,
    answer: &Answer,
    body: Content,
    bytes_per_second: Option<u64>,
) -> std::io::Result<()> {
    stream.write_all(&head(answer)).await?;
    let mut body = AnswerBody::new(body)?;
    // A piece at a time, so that a blob is never in memory as a whole.
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        match bytes_per_second {
            None => stream.write_all(&piece).await?,
            Some(rate) => write_slowly(stream, &piece, rate).await?,
        }
    }
    stream.flush().await
}

/// Writes no more than `rate` bytes a second.
async fn write_slowly(stream: &mut impl Wire, mut bytes: &[u8], rate: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let (length, pause) = piece_per_pause(rate, bytes.len());
        let (piece, rest) = bytes.split_at(length);
        stream.write_all(piece).await?;
        stream.flush().await?;
        tokio::time::sleep(pause).await;
        bytes = rest;
    }
    Ok(())
}

/// How long a connection stalls if the client does not give up.
pub(super) const LONGEST_STALL: Duration = Duration::from_secs(3_600);

/// Closes with a TCP RST: lingering for no time discards what was not sent, and the peer is told.
fn reset(stream: impl Wire) {
    if let Err(error) = SockRef::from(stream.tcp()).set_linger(Some(Duration::ZERO)) {
        tracing::warn!(%error, "a connection is closed where it should be reset");
    }
    drop(stream);
}

/// Closes in order: says that nothing more comes, and reads what the client still sends, because closing with unread data
/// would reset the connection and could take away what was written.
async fn close(mut stream: impl Wire) {
    let _ = stream.shutdown().await;
    let mut rest = [0; 1024];
    let _ = timeout(PATIENCE, async { while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {} }).await;
}

/// Answers a TLS handshake on a port for plain HTTP: one line that is neither TLS nor an HTTP answer, so that a client
/// knows at once.
pub(super) async fn refuse_tls(mut stream: TcpStream) {
    let _ = stream.write_all(b"this port speaks plain HTTP, not TLS\n").await;
    close(stream).await;
}

/// Answers plain HTTP on a port for TLS, in the words of Go's server.
pub(super) async fn refuse_plain_http(mut stream: TcpStream) {
    let answer = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    let _ = stream.write_all(answer).await;
    close(stream).await;
}

/// Answers a TLS handshake with a `ServerHello` of TLS 1.1 (RFC 4346, section 7.4.1.3), which no client of today takes.
pub(super) async fn answer_with_old_tls(mut stream: TcpStream) {
    const VERSION: [u8; 2] = [3, 2];
    const RANDOM: [u8; 32] = [0x42; 32];
    let mut hello = VERSION.to_vec();
    hello.extend(RANDOM);
    // No session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0, 0xc0, 0x13, 0]);
    // Secure renegotiation (RFC 5746, section 3.4), which OpenSSL looks for before it looks at the version.
    hello.extend([0, 5, 0xff, 0x01, 0, 1, 0]);
    let length = u8::try_from(hello.len()).expect("a hello with one extension is 45 bytes long");
    let hello = [&[0x16], VERSION.as_slice(), &[0, length + 4, 0x02, 0, 0, length], &hello].concat();
    // A client that would go on all the same learns by an alert what is wrong: protocol_version (section 7.2.2).
    let alert = [&[0x15], VERSION.as_slice(), &[0, 2, 2, 70]].concat();
    let _ = stream.write_all(&[hello, alert].concat()).await;
    close(stream).await;
}

/// The head of an HTTP/1.1 answer, its names written as hyper writes those of the others.
fn head(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        let mut starts_word = true;
        for byte in name.as_str().bytes() {
            head.push(if starts_word { byte.to_ascii_uppercase() } else { byte });
            starts_word = byte == b'-';
        }
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}
