//! A server that limits requests: 429 with `Retry-After` is no answer of the implementation, and fails no case.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, Uri, header::HOST, header::RETRY_AFTER};

use super::harmless::{cluster::Cluster, command::finish};

/// Stands before a reference, and puts requests off.
#[derive(Clone)]
struct Front {
    target: String,
    client: reqwest::Client,
    rule: Rule,
    count: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
enum Rule {
    /// Every third request may be sent again at once.
    EveryThird,
    /// Every request, for an hour.
    ForAnHour,
}

impl Front {
    async fn start(cluster: &Cluster, rule: Rule) -> String {
        let client = cluster.client.clone();
        let front = Self { target: cluster.url().to_owned(), client, rule, count: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(front);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }
}

async fn answer(State(front): State<Front>, method: Method, uri: Uri, mut headers: HeaderMap, body: Bytes) -> Response {
    let number = front.count.fetch_add(1, Ordering::Relaxed);
    let put_off = |seconds| (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)], "slow down").into_response();
    match front.rule {
        Rule::EveryThird if number % 3 == 2 => return put_off("0"),
        Rule::ForAnHour => return put_off("3600"),
        Rule::EveryThird => {}
    }
    headers.remove(HOST);
    let request = front.client.request(method, format!("{}{uri}", front.target)).headers(headers).body(body);
    let response = request.send().await.unwrap();
    (response.status(), response.headers().clone(), response.bytes().await.unwrap()).into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_put_off_are_sent_again_and_counted() {
    let cluster = Cluster::start().await;
    let url = Front::start(&cluster, Rule::EveryThird).await;
    let run = finish(&url, &["run", "single-image", "--run", "*content*"]).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    let counted = regex::Regex::new("request-limit: 429 with Retry-After, [1-9][0-9]* times").unwrap();
    assert!(counted.is_match(&run.stdout), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_puts_everything_off_for_long_is_told_in_one_sentence() {
    let cluster = Cluster::start().await;
    let url = Front::start(&cluster, Rule::ForAnHour).await;
    let run = finish(&url, &["run", "single-image"]).await;
    assert_eq!(run.exit, Some(3), "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("429 to 1 tries, the last with `Retry-After: 3600`"), "{}", run.stderr);
}
