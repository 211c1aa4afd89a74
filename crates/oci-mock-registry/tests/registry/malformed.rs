//! Requests that are not HTTP, or too large.

use std::time::Duration;

use http::{Request, StatusCode};
use oci_mock_registry::{
    fixture::Auth,
    oci::Digest,
    registry::{Finding, HEAD_LIMIT, MANIFEST_LIMIT, Registry},
};
use proptest::prelude::*;
use rstest::rstest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{ask, body, error_code, exchange, get, header, registry, send};

#[rstest]
#[case::no_http(b"hello\r\n\r\n".as_slice(), "400 Bad Request", "UNSUPPORTED")]
#[case::no_version(b"GET /v2/\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::a_space_in_the_path(b"GET /v2/ lib HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::a_header_without_colon(b"GET /v2/ HTTP/1.1\r\nHost\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::two_lengths(
    b"PUT /v2/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "400 Bad Request",
    "UNSUPPORTED"
)]
#[case::a_length_beyond_all_bounds(
    b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n",
    "413 Payload Too Large",
    "SIZE_INVALID"
)]
#[case::a_length_beyond_all_bounds_with_a_body(
    b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n{}",
    "413 Payload Too Large",
    "SIZE_INVALID"
)]
#[case::a_length_that_is_no_number_of_64_bits(
    b"PUT /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "400 Bad Request",
    "UNSUPPORTED"
)]
#[case::no_host(b"GET /v2/ HTTP/1.1\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::two_hosts(b"GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::a_host_with_a_space(b"GET /v2/ HTTP/1.1\r\nHost: a b\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::a_host_with_a_quotation_mark(b"GET /v2/ HTTP/1.1\r\nHost: a\"b\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::a_host_with_a_user(b"GET /v2/ HTTP/1.1\r\nHost: a@b\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[case::an_unknown_coding(
    b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "501 Not Implemented",
    "UNSUPPORTED"
)]
#[case::two_expectations(
    b"GET /v2/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: 200-ok\r\n\r\n",
    "417 Expectation Failed",
    "UNSUPPORTED"
)]
#[case::expectation(b"GET /v2/ HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", "417 Expectation Failed", "UNSUPPORTED")]
#[case::no_chunk(
    b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "400 Bad Request",
    "UNSUPPORTED"
)]
#[case::http2(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad Request", "UNSUPPORTED")]
#[tokio::test]
async fn what_is_no_request_is_an_error_of_the_specification(
    #[case] sent: &[u8],
    #[case] status: &str,
    #[case] code: &str,
) {
    let registry = Registry::builder().start().await.unwrap();
    let answer = String::from_utf8(exchange(registry.address(), sent).await.unwrap()).unwrap();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    assert!(answer.contains(&format!("{{\"errors\":[{{\"code\":\"{code}\"")), "{answer}");
    assert_eq!(registry.state().findings(), [Finding::Malformed(1)]);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let registry = Registry::builder().start().await.unwrap();
    let mut stream = TcpStream::connect(registry.address()).await.unwrap();
    let head = format!("GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "x".repeat(2 * HEAD_LIMIT));
    // The registry stops reading in between.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 431 ") && answer.contains("SIZE_INVALID"), "{answer}");
}

#[tokio::test]
async fn a_head_with_too_many_headers_is_refused() {
    let registry = Registry::builder().start().await.unwrap();
    let headers: String = (0..200).map(|number| format!("X-{number}: a\r\n")).collect();
    let head = format!("GET /v2/ HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
    let answer = exchange(registry.address(), head.as_bytes()).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 431 ") && answer.contains("too many headers"), "{answer}");
}

#[tokio::test]
async fn a_request_behind_another_that_is_none_ends_the_connection() {
    let registry = Registry::builder().start().await.unwrap();
    let both = b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\nhello\r\n\r\n";
    let ended = timeout(Duration::from_secs(5), exchange(registry.address(), both)).await.unwrap().unwrap();
    assert!(ended.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(registry.state().findings(), [Finding::Malformed(1)]);
}

#[rstest]
#[case("GET /v2/../../etc/passwd", 404, "UNSUPPORTED")]
#[case("GET /v2/../etc/manifests/v1", 400, "NAME_INVALID")]
#[case("GET /v2/lib/app/manifests/..%2F..%2Fetc", 404, "MANIFEST_UNKNOWN")]
#[case("GET /v2/lib/app/blobs/..%2F..%2Fetc", 404, "BLOB_UNKNOWN")]
#[case("GET /v2/lib/app/blobs/sha256:%00", 404, "BLOB_UNKNOWN")]
#[case("GET /etc/passwd", 404, "UNSUPPORTED")]
#[case("PATCH /v2/lib/app/tags/list", 405, "UNSUPPORTED")]
#[case("PUT /v2/lib/app/manifests/%2e%2e", 400, "MANIFEST_INVALID")]
#[case("PUT /v2/lib/app/blobs/uploads/none?digest=sha256:0", 404, "BLOB_UPLOAD_UNKNOWN")]
#[case("POST /v2/lib/app/blobs/uploads/?digest=md5:0", 400, "DIGEST_INVALID")]
fn what_leads_nowhere_is_an_error_of_the_specification(#[case] request: &str, #[case] status: u16, #[case] code: &str) {
    let registry = registry("repositories: { lib/app: { v1: s2-basic } }");
    let answer = ask(&registry, request);
    assert_eq!((answer.status.as_u16(), error_code(&answer).as_str()), (status, code));
}

#[rstest]
#[case("POST /v2/lib/app/manifests/v1", "GET, HEAD, PUT, DELETE")]
#[case("GET /v2/lib/app/blobs/uploads/", "POST")]
fn a_method_that_an_endpoint_does_not_have_says_which_it_has(#[case] request: &str, #[case] allowed: &str) {
    let registry = registry("repositories: { lib/app: { v1: s2-basic } }");
    let refused = ask(&registry, request);
    assert_eq!((refused.status.as_u16(), header(&refused, "allow")), (405, Some(allowed)));
    assert!(
        matches!(registry.findings().as_slice(), [Finding::Unexpected(entry)] if request.starts_with(entry.method.as_str()))
    );
}

#[test]
fn a_manifest_that_is_too_large_is_refused() {
    let registry = registry("{}");
    let refused = send(&registry, "PUT /v2/lib/app/manifests/v1", &[], &vec![b' '; MANIFEST_LIMIT + 1]);
    assert_eq!((refused.status.as_u16(), error_code(&refused).as_str()), (413, "SIZE_INVALID"));
}

/// What was asked is in the journal, whether or not whoever asked has heard the answer.
#[tokio::test]
async fn a_request_that_breaks_off_is_in_the_journal() {
    let registry = Registry::builder().start().await.unwrap();
    let mut stream = TcpStream::connect(registry.address()).await.unwrap();
    stream.write_all(b"PATCH /favicon.ico HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc").await.unwrap();
    drop(stream);
    let noted = async {
        while registry.state().journal(0).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), noted).await.unwrap();
    assert_eq!(registry.state().journal(0)[0].status, None);
    assert!(matches!(registry.state().findings().as_slice(), [Finding::Unexpected(_)]));
}

/// Many clients send all of a body before they read anything.
#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let registry = Registry::builder().start().await.unwrap();
    let mut stream = TcpStream::connect(registry.address()).await.unwrap();
    let length = 4 * MANIFEST_LIMIT;
    let head = format!("PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; length]).await.unwrap();
    // The connection is as good as before.
    stream.write_all(&get("/v2/")).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 413 ") && answers.contains("\r\n\r\n{\"errors\""), "{answers}");
    assert!(answers.contains("HTTP/1.1 200 OK"), "{answers}");
}

#[tokio::test]
async fn a_client_that_asks_first_is_refused_before_it_sends() {
    let registry = Registry::builder().auth(Auth::basic()).start().await.unwrap();
    let asking =
        b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
    let answer = timeout(Duration::from_secs(5), exchange(registry.address(), asking)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 401 "), "{}", String::from_utf8_lossy(&answer));
}

/// A client that leaves in the middle of a head or a body costs nothing, and nobody else notices.
#[tokio::test]
async fn clients_that_leave_are_forgotten() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    for half in
        [b"GET /v2/lib".as_slice(), b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nContent-Length: 100\r\n\r\n{", b""]
    {
        let mut stream = TcpStream::connect(registry.address()).await.unwrap();
        stream.write_all(half).await.unwrap();
    }
    let answer = exchange(registry.address(), &get("/v2/lib/app/manifests/v1")).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// One step of a client that pushes a blob.
#[derive(Debug, Clone)]
enum Step {
    Begin,
    /// A chunk of so many bytes that says where it begins: right, or so far off.
    Chunk {
        length: usize,
        off: Option<usize>,
    },
    State,
    Cancel,
    /// The end, with the right digest or a wrong one.
    End {
        right: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Begin),
        4 => (0_usize..40, proptest::option::of(1_usize..5)).prop_map(|(length, off)| Step::Chunk { length, off }),
        2 => Just(Step::State),
        1 => Just(Step::Cancel),
        2 => any::<bool>().prop_map(|right| Step::End { right }),
    ]
}

proptest! {
    /// An upload is what its chunks add up to, whatever a client does in between.
    #[test]
    fn an_upload_is_the_sum_of_its_chunks(steps in proptest::collection::vec(step(), 1..25)) {
        let registry = registry("{}");
        let mut upload: Option<(String, Vec<u8>)> = None;
        for step in steps {
            let location = upload.as_ref().map_or("/v2/lib/app/blobs/uploads/none", |(location, _)| location).to_owned();
            match step {
                Step::Begin => {
                    let answer = ask(&registry, "POST /v2/lib/app/blobs/uploads/");
                    prop_assert_eq!(answer.status, StatusCode::ACCEPTED);
                    upload = Some((header(&answer, "location").unwrap().to_owned(), Vec::new()));
                }
                Step::Chunk { length, off } => {
                    let first = upload.as_ref().map_or(0, |(_, content)| content.len()) + off.unwrap_or(0);
                    let range = format!("{first}-{}", (first + length).saturating_sub(1));
                    let piece = vec![b'x'; length];
                    let answer = send(&registry, &format!("PATCH {location}"), &[("content-range", &range)], &piece);
                    let expected = match (&mut upload, off) {
                        (None, _) => StatusCode::NOT_FOUND,
                        (Some(_), Some(_)) => StatusCode::RANGE_NOT_SATISFIABLE,
                        (Some((_, content)), None) => {
                            content.extend(piece);
                            StatusCode::ACCEPTED
                        }
                    };
                    prop_assert_eq!(answer.status, expected);
                }
                Step::State => {
                    let answer = ask(&registry, &format!("GET {location}"));
                    match &upload {
                        None => prop_assert_eq!(answer.status, StatusCode::NOT_FOUND),
                        Some((_, content)) => {
                            let range = format!("0-{}", content.len().saturating_sub(1));
                            prop_assert_eq!(header(&answer, "range"), Some(range.as_str()));
                        }
                    }
                }
                Step::Cancel => {
                    let expected = if upload.take().is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND };
                    prop_assert_eq!(ask(&registry, &format!("DELETE {location}")).status, expected);
                }
                Step::End { right } => {
                    let content = upload.take().map(|(_, content)| content);
                    let digest = match (&content, right) {
                        (Some(content), true) => Digest::sha256(content),
                        _ => Digest::sha256(b"something else"),
                    };
                    let answer = ask(&registry, &format!("PUT {location}?digest={digest}"));
                    let expected = match (&content, right) {
                        (None, _) => StatusCode::NOT_FOUND,
                        (Some(_), true) => StatusCode::CREATED,
                        (Some(_), false) => StatusCode::BAD_REQUEST,
                    };
                    prop_assert_eq!(answer.status, expected);
                    if let (Some(content), true) = (content, right) {
                        prop_assert_eq!(body(&ask(&registry, &format!("GET /v2/lib/app/blobs/{digest}"))), content);
                    }
                }
            }
        }
    }

    /// Whatever is asked, the registry answers, and an answer that is an error says so in the form of the specification.
    #[test]
    fn any_request_has_an_answer(
        quirks in proptest::sample::select(vec!["quay, signature-extension", "docker-hub", "artifactory"]),
        method in "GET|HEAD|PUT|POST|PATCH|DELETE|OPTIONS|BREW",
        path in "/(v2|extensions/v2|lookaside|token|_storage)?(/(lib|app|manifests|blobs|uploads|tags|list|referrers|signatures|_catalog|v1|sha256:[0-9a-f]{0,64}|%2e%2e|[!-~&&[^?#]]{0,12})){0,7}/?",
        query in proptest::option::of("((n|last|mount|from|digest|tag|artifactType|scope|service)=[!-~&&[^#&]]{0,20}&?){0,4}"),
        range in proptest::option::of("(bytes=)?[0-9]{0,20}-[0-9]{0,20}(,[0-9]-)?"),
        media_type in proptest::option::of("[ -~]{0,30}"),
        content in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let registry = registry(&format!("{{ repositories: {{ lib/app: {{ v1: s2-basic }} }}, quirks: [{quirks}] }}"));
        let uri = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        let mut request = Request::builder().method(method.as_str()).uri(&uri);
        for (name, value) in [("range", &range), ("content-range", &range), ("content-type", &media_type), ("accept", &media_type)] {
            if let Some(value) = value {
                request = request.header(name, value.as_str());
            }
        }
        // What is no URI never reaches the registry.
        let Ok(request) = request.body(()) else { return Ok(()) };
        let answer = registry.respond(&request.into_parts().0, &content).answer;
        prop_assert!(answer.status.as_u16() < 500, "{uri}: {}", answer.status);
        let text = body(&answer);
        if answer.status.is_client_error() && !text.is_empty() && header(&answer, "content-type") == Some("application/json") {
            let parsed: serde_json::Value = serde_json::from_slice(&text).unwrap();
            prop_assert!(parsed["errors"].is_array() || parsed["details"].is_string(), "{uri}: {parsed}");
        }
    }
}
