//! What the size of a registry costs: starting, and finding one manifest or one tag among many.

use std::time::{Duration, Instant};

use http::Request;
use oci_mock_registry::{fixture::Images, fixture::RegistryFixture, registry::RegistryState};

/// Pushes ever more manifests and tags; what one lookup and one page of tags take should not follow.
pub(crate) fn curve() {
    println!("manifests    tags   push each   GET by tag   GET by digest   100 tags");
    for (manifests, tags) in [(100, 10), (1_000, 100), (10_000, 1_000), (100_000, 10_000), (100_000, 1_000_000)] {
        let state = RegistryState::new(&RegistryFixture::default(), Images::default(), "registry".to_owned(), false)
            .expect("an empty fixture");
        let began = Instant::now();
        let mut digest = String::new();
        let pushes = manifests.max(tags);
        for number in 0..pushes {
            let reference = if number < tags { format!("t{number}") } else { "latest".to_owned() };
            let body = format!("{{\"schemaVersion\":2,\"number\":{}}}", number % manifests);
            let answer = ask(&state, "PUT", &format!("/v2/lib/app/manifests/{reference}"), body.as_bytes());
            digest = answer.headers["docker-content-digest"].to_str().expect("a digest").to_owned();
        }
        let push = began.elapsed() / pushes;
        let by_tag = timed(&state, "/v2/lib/app/manifests/t7");
        let by_digest = timed(&state, &format!("/v2/lib/app/manifests/{digest}"));
        let page = timed(&state, "/v2/lib/app/tags/list?n=100&last=t4");
        println!("{manifests:>9} {tags:>7} {push:>11.1?} {by_tag:>12.1?} {by_digest:>15.1?} {page:>10.1?}");
    }
}

/// What one GET takes: the median of many, because other processes take the processor away from some.
fn timed(state: &RegistryState, path: &str) -> Duration {
    const ROUNDS: usize = 2_001;
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            assert!(ask(state, "GET", path, &[]).status.is_success());
            began.elapsed()
        })
        .collect();
    took.sort();
    took[ROUNDS / 2]
}

fn ask(state: &RegistryState, method: &str, path: &str, body: &[u8]) -> oci_mock_registry::registry::Answer {
    let request = Request::builder().method(method).uri(path).body(()).expect("a valid request");
    state.respond(&request.into_parts().0, body).answer
}
