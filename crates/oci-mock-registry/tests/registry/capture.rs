//! Upstream registries that stop answering or answer oddly, as a capturing registry meets them. The clock of these tests jumps to the next
//! moment at which something happens.

use std::{
    future::{Future, pending},
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{
    Request, Response,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use oci_mock_registry::registry::{
    Capture, CaptureSummary, Registry, Upstream, UpstreamBody, UpstreamError, UpstreamFailure,
};
use rstest::rstest;

use crate::support::{ask, body, exchange, registry};

/// An upstream registry that stops answering, or answers in bytes that are no text.
#[derive(Debug, Clone, Copy)]
enum OddUpstream {
    HangsBeforeTheAnswer,
    HangsInTheBody,
    IsNoText,
    IsCompressed,
}

/// A header of a server that writes ISO 8859-1.
const NO_TEXT: &[u8] = b"h\xe9 of registry.test";

impl Upstream for OddUpstream {
    fn send(
        &self,
        request: Request<UpstreamBody>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<UpstreamBody>, UpstreamError>> + Send + '_>> {
        Box::pin(async move {
            // What a client sends is taken in.
            let _ = request.into_body().collect().await;
            let response = Response::builder();
            let (length, content) = match self {
                Self::HangsBeforeTheAnswer => return pending().await,
                Self::HangsInTheBody => ("100", Begun(Some(Bytes::from_static(b"begun"))).boxed()),
                Self::IsNoText => ("0", Empty::new().map_err(|never| match never {}).boxed()),
                Self::IsCompressed => ("3", Full::from("\u{1f}\u{8b}").map_err(|never| match never {}).boxed()),
            };
            let response = response.header(CONTENT_LENGTH, length).header("x-place", NO_TEXT);
            let coding = matches!(self, Self::IsCompressed).then_some((CONTENT_ENCODING, "gzip"));
            let response = coding.into_iter().fold(response, |response, (name, value)| response.header(name, value));
            Ok(response.body(content).unwrap())
        })
    }
}

/// A body that has one piece and no end.
struct Begun(Option<Bytes>);

impl Body for Begun {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        match self.0.take() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None => Poll::Pending,
        }
    }
}

/// What a client gets that sends this through a capturing registry, what was captured, and the log of it.
async fn captured(upstream: OddUpstream, sent: &str) -> (String, CaptureSummary, String) {
    let folder = tempfile::tempdir().unwrap();
    let (received, summary) = captured_in(folder.path(), upstream, sent).await;
    let log = std::fs::read_to_string(folder.path().join("exchanges.jsonl")).unwrap();
    (String::from_utf8_lossy(&received).into_owned(), summary, log)
}

async fn captured_in(folder: &Path, upstream: OddUpstream, sent: &str) -> (Vec<u8>, CaptureSummary) {
    let capture = Capture::new("https://registry.test", Arc::new(upstream), folder).unwrap();
    let registry = Registry::builder().capture(capture).start().await.unwrap();
    let received = exchange(registry.address(), sent.as_bytes()).await.unwrap();
    let state = registry.state().clone();
    assert!(registry.shutdown(Duration::from_secs(5)).await);
    (received, state.finish_capture(Duration::from_secs(5)).await.unwrap())
}

/// The client gets the bytes, the log is UTF-8 without the name of the upstream registry, and what is answered from it again
/// has the bytes.
#[tokio::test(start_paused = true)]
async fn a_header_that_is_no_text_is_captured_byte_by_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (received, summary) = captured_in(folder.path(), OddUpstream::IsNoText, GET).await;
    assert!(received.windows(NO_TEXT.len()).any(|bytes| bytes == NO_TEXT));
    assert_eq!(summary.problems, [] as [&str; 0]);
    let log = std::fs::read_to_string(folder.path().join("exchanges.jsonl")).unwrap();
    assert!(log.contains("[\"x-place\",{\"latin1\":\"h\u{e9} of {{host}}\"}]"), "{log}");
    let replayed = registry("{}");
    replayed.load(folder.path()).unwrap();
    let answer = ask(&replayed, "GET /v2/lib/app/tags/list");
    assert_eq!(answer.headers["x-place"].as_bytes(), b"h\xe9 of registry.test:5000");
}

const GET: &str = "GET /v2/lib/app/tags/list HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST /v2/lib/app/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nblob";

#[rstest]
#[case::to_a_question(GET)]
#[case::to_content(POST)]
#[tokio::test(start_paused = true)]
async fn an_upstream_that_does_not_answer_is_captured_as_one_that_stalls(#[case] sent: &str) {
    let (received, summary, log) = captured(OddUpstream::HangsBeforeTheAnswer, sent).await;
    assert_eq!(received, "", "the connection of the client ends without an answer");
    assert_eq!((summary.exchanges, summary.unfinished), (1, 1));
    assert!(log.contains(r#""end":"stalled""#), "{log}");
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_stops_in_the_middle_is_captured_as_far_as_it_came() {
    let (received, summary, log) = captured(OddUpstream::HangsInTheBody, GET).await;
    assert!(received.starts_with("HTTP/1.1 200 OK\r\n") && received.ends_with("\r\n\r\nbegun"), "{received}");
    assert_eq!(summary.unfinished, 1);
    assert!(log.contains(r#""text":"begun""#) && log.contains(r#""end":"stalled""#), "{log}");
}

/// Tokens in it could not be found.
#[tokio::test(start_paused = true)]
async fn what_is_compressed_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (_, summary) = captured_in(folder.path(), OddUpstream::IsCompressed, GET).await;
    let expected = "the answer to GET /v2/lib/app/tags/list is left out of the folder: it is compressed, although nothing \
                    compressed was asked for";
    assert_eq!((summary.left_out, summary.problems), (1, vec![expected.to_owned()]));
    let replayed = registry("{}");
    replayed.load(folder.path()).unwrap();
    let answer = String::from_utf8(body(&ask(&replayed, "GET /v2/lib/app/tags/list")).to_vec()).unwrap();
    assert!(answer.contains("was left out of the capture: it is compressed or too large"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_does_not_answer_at_the_start_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let capture =
        Capture::new("https://registry.test", Arc::new(OddUpstream::HangsBeforeTheAnswer), folder.path()).unwrap();
    let error = capture.reach().await.unwrap_err();
    assert_eq!(
        (error.failure(), error.to_string().as_str()),
        (UpstreamFailure::Unreachable, "there is no answer within 15s")
    );
}

#[test]
fn a_captured_log_with_a_line_without_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = std::fs::File::create(folder.path().join("exchanges.jsonl")).unwrap();
    log.set_len(1 << 40).unwrap();
    let error = registry("{}").load(folder.path()).unwrap_err().to_string();
    assert!(error.ends_with("exchanges.jsonl: line 1 has more than 67108864 bytes"), "{error}");
}
