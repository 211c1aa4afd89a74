//! Faults as answers; what they do to connections is in `transport`.

use std::time::Duration;

use http::StatusCode;
use oci_mock_registry::{
    fixture::{ConnectionFault, Fault},
    registry::{Answer, RegistryState},
};
use rstest::rstest;

use crate::support::{ask, body, header, registry, send};

const MANIFEST: &str = "GET /v2/lib/app/manifests/v1";

fn faulty(faults: &str) -> RegistryState {
    registry(&format!("repositories: {{ lib/app: {{ v1: s2-basic }} }}\nfaults: [{faults}]"))
}

#[test]
fn errors_are_a_new_answer() {
    let answer = ask(
        &faulty("{ when: manifests/*, status: 429, errors: [TOOMANYREQUESTS], headers: { Retry-After: '1' } }"),
        MANIFEST,
    );
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(body(&answer), r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"toomanyrequests"}]}"#);
    assert_eq!(header(&answer, "content-type"), Some("application/json"));
    assert_eq!(header(&answer, "retry-after"), Some("1"));
    assert_eq!(header(&answer, "docker-content-digest"), None);
}

#[rstest]
#[case::body("body: '{}'", |answer: &Answer| body(answer) == "{}" && header(answer, "content-length") == Some("2"))]
#[case::header("headers: { Docker-Content-Digest: sha256:0 }", |answer: &Answer| header(answer, "docker-content-digest") == Some("sha256:0"))]
#[case::no_header("headers: { Content-Type: null }", |answer: &Answer| header(answer, "content-type").is_none())]
fn without_a_status_the_usual_answer_is_changed(#[case] change: &str, #[case] expected: fn(&Answer) -> bool) {
    let answer = ask(&faulty(&format!("{{ when: manifests/*, {change} }}")), MANIFEST);
    assert_eq!(answer.status, StatusCode::OK);
    assert!(expected(&answer), "{answer:?}");
    assert!(!expected(&ask(&faulty(""), MANIFEST)));
}

#[test]
fn another_image_can_be_served_in_place() {
    let swapped = ask(&faulty("{ when: manifests/*, image: s2-second }"), MANIFEST);
    let usual = ask(&faulty(""), MANIFEST);
    assert_ne!(body(&swapped), body(&usual));
    assert_eq!(header(&swapped, "docker-content-digest"), header(&usual, "docker-content-digest"));
}

#[rstest]
#[case(Fault::when("GET manifests/*").status(99), "fault `GET manifests/*`: `status`: expected a status from 200 to 599, found 99")]
#[case(Fault::when("GET manifests/*").named("n").nth(0), "fault `n`: `nth`: expected a number from 1 on, found 0")]
#[case(Fault::when("GET manifests/*").chance(1.5, 7), "fault `GET manifests/*`: `chance`: expected a chance from 0 to 1, found 1.5")]
#[case(Fault::when("GET manifests/*").first(1).nth(2), "fault `GET manifests/*`: `nth` and `first` have no request in common, so that the fault never fires; leave one of them out")]
#[case(Fault::when("GET manifests/*").nth(3).every(2), "fault `GET manifests/*`: `nth` and `every` have no request in common, so that the fault never fires; leave one of them out")]
#[case(Fault::when("GET manifests/*").every(3).first(2), "fault `GET manifests/*`: `every` and `first` have no request in common, so that the fault never fires; leave one of them out")]
fn a_fault_of_rust_has_the_limits_of_files(#[case] fault: Fault, #[case] message: &str) {
    assert_eq!(registry("{}").arm(fault).unwrap_err().to_string(), message);
}

/// Each method sets the field of its name.
#[test]
fn a_fault_of_rust_is_the_one_of_a_file() {
    let second = Duration::from_secs(1);
    let built = Fault::when("GET blobs/*")
        .named("all")
        .first(3)
        .nth(2)
        .every(2)
        .after(second)
        .during(second)
        .chance(0.5, 7)
        .quota(9, second)
        .never()
        .delay(second)
        .status(418)
        .error("TEAPOT")
        .redirect("http://a/")
        .body("b")
        .header("X", "y")
        .without_header("Z")
        .image("s2-basic")
        .corrupt(4)
        .truncate(5)
        .bytes_per_second(6)
        .connection(ConnectionFault::Stall);
    let file = "{ when: GET blobs/*, name: all, first: 3, nth: 2, every: 2, after: 1s, during: 1s, chance: 0.5, seed: 7, \
                quota: { requests: 9, per: 1s }, fires: never, delay: 1s, status: 418, errors: [TEAPOT], redirect: 'http://a/', \
                body: b, headers: { X: y, Z: null }, image: s2-basic, corrupt: 4, truncate: 5, bytesPerSecond: 6, connection: stall }";
    assert_eq!(built, serde_saphyr::from_str::<Fault>(file).unwrap());
}

#[test]
fn a_byte_can_be_wrong_in_a_body_of_the_right_length() {
    let usual = body(&ask(&faulty(""), MANIFEST));
    let corrupted = body(&ask(&faulty("{ when: manifests/*, corrupt: 5 }"), MANIFEST));
    let different: Vec<usize> = (0..usual.len()).filter(|at| usual[*at] != corrupted[*at]).collect();
    assert_eq!((corrupted.len(), different), (usual.len(), vec![5]));
    assert_eq!(body(&ask(&faulty("{ when: manifests/*, corrupt: 1000000 }"), MANIFEST)), usual);
}

#[rstest]
#[case::to_itself("'http://{{registry}}/v2/lib/app/manifests/v1'", "http://registry.test:5000/v2/lib/app/manifests/v1")]
#[case::elsewhere("'http://{{elsewhere}}/v2/'", "http://registry.test:5000/v2/")]
fn a_redirect_may_be_a_loop_or_lead_elsewhere(#[case] redirect: &str, #[case] expected: &str) {
    let answer = ask(&faulty(&format!("{{ when: manifests/*, redirect: {redirect} }}")), MANIFEST);
    assert_eq!(header(&answer, "location"), Some(expected));
}

#[test]
fn a_redirect_may_lead_to_the_registry_itself() {
    let registry =
        faulty("{ when: manifests/v1, redirect: 'http://{{registry}}/v2/lib/app/manifests/{{digest s2-basic}}' }");
    let answer = ask(&registry, MANIFEST);
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    let location = header(&answer, "location").unwrap();
    let path = location.strip_prefix("http://registry.test:5000").unwrap();
    assert_eq!(ask(&registry, &format!("GET {path}")).status, StatusCode::OK);
}

#[rstest]
#[case("first: 2", [503, 503, 200, 200])]
#[case("nth: 2", [200, 503, 200, 200])]
#[case("every: 2", [200, 503, 200, 503])]
#[case("every: 1", [503, 503, 503, 503])]
#[case("after: 1h", [200, 200, 200, 200])]
#[case("during: 1h", [503, 503, 503, 503])]
#[case("chance: 0", [200, 200, 200, 200])]
#[case("chance: 1", [503, 503, 503, 503])]
#[case("quota: { requests: 3, per: 1h }", [200, 200, 200, 503])]
fn a_fault_fires_as_often_as_it_says(#[case] schedule: &str, #[case] expected: [u16; 4]) {
    let registry = faulty(&format!("{{ when: manifests/*, status: 503, {schedule} }}"));
    assert_eq!([(); 4].map(|()| ask(&registry, MANIFEST).status.as_u16()), expected);
}

/// Rules count the requests that they are for, also those that an earlier rule takes.
#[test]
fn rules_count_side_by_side() {
    let registry = faulty(
        "{ when: manifests/*, nth: 1, status: 501 }, { when: manifests/*, nth: 2, status: 502 }, \
         { when: manifests/*, first: 3, status: 503 }",
    );
    assert_eq!([(); 4].map(|()| ask(&registry, MANIFEST).status.as_u16()), [501, 502, 503, 200]);
}

/// A request whose answer never comes changes nothing; one whose answer is cut has been done.
#[rstest]
#[case("connection: reset", 200)]
#[case("connection: close, truncate: 0", 404)]
#[case("status: 503", 200)]
fn a_request_that_fails_changes_nothing(#[case] fault: &str, #[case] expected: u16) {
    let registry = faulty(&format!("{{ when: DELETE manifests/*, {fault} }}"));
    ask(&registry, "DELETE /v2/lib/app/manifests/v1");
    assert_eq!(ask(&registry, MANIFEST).status.as_u16(), expected);
}

#[test]
fn a_pushed_manifest_is_stored_although_its_answer_is_cut() {
    let registry = faulty("{ when: PUT manifests/*, connection: close, truncate: 0 }");
    send(&registry, "PUT /v2/lib/app/manifests/new", &[], br#"{"schemaVersion":2}"#);
    assert_eq!(ask(&registry, "GET /v2/lib/app/manifests/new").status, StatusCode::OK);
}

#[test]
fn chance_is_the_same_in_every_run() {
    let run = |seed: u64| {
        let registry = faulty(&format!("{{ when: manifests/*, status: 503, chance: 0.5, seed: {seed} }}"));
        [(); 64].map(|()| ask(&registry, MANIFEST).status == StatusCode::OK)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let passed = run(1).into_iter().filter(|passed| *passed).count();
    assert!((20..44).contains(&passed), "{passed} of 64");
}

#[test]
fn a_quota_says_when_it_is_over() {
    let registry =
        faulty("{ when: manifests/*, status: 429, errors: [TOOMANYREQUESTS], quota: { requests: 1, per: 1h } }");
    assert_eq!(ask(&registry, MANIFEST).status, StatusCode::OK);
    let answer = ask(&registry, MANIFEST);
    let seconds: u64 = header(&answer, "retry-after").unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&seconds), "{seconds}");
}

#[test]
fn accounts_for_faults_that_never_fired_and_requests_that_nobody_expected() {
    let registry = faulty("{ when: HEAD blobs/*, status: 500 }, { when: manifests/*, name: outage, status: 503 }");
    ask(&registry, MANIFEST);
    ask(&registry, "GET /favicon.ico");
    assert_eq!(registry.unfired_faults(), ["HEAD blobs/*"]);
    let journal = registry.journal(0);
    assert_eq!(journal.iter().map(|entry| entry.unexpected).collect::<Vec<_>>(), [false, true]);
    assert_eq!(journal[0].fault.as_deref(), Some("outage"));
    assert_eq!(journal[0].status, Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[rstest]
#[case::redirect(Fault { redirect: Some("http://other.example/a\nb".to_owned()), ..Fault::when("manifests/*") }, "`Location`")]
#[case::value(Fault::when("manifests/*").header("X-Mark", "a\r\nb"), "`X-Mark`")]
#[case::name(Fault::when("manifests/*").header("X Mark", "a"), "`X Mark`")]
fn a_header_that_http_cannot_carry_is_refused_when_the_fault_is_armed(#[case] fault: Fault, #[case] expected: &str) {
    let error = faulty("").arm(fault).unwrap_err().to_string();
    assert!(error.contains(expected) && error.contains("HTTP cannot carry it"), "{error}");
}
