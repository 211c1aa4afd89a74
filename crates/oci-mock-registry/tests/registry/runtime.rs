//! A registry that is changed and looked at while it runs.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use oci_mock_registry::{
    fixture::{Auth, ImageFile, Quirks},
    oci::{Digest, media_type::OCI_MANIFEST},
    registry::{Behaviour, EndpointKind, JournalFilter, Registry, RegistryState},
};
use rstest::rstest;
use serde_json::Value;

use crate::support::{ask, ask_with, body, error_code, exchange, get, header, registry, send};

const MANIFEST: &str = "GET /v2/lib/app/manifests/v1";

fn status(state: &RegistryState, request: &str) -> StatusCode {
    ask(state, request).status
}

fn recipes(text: &str) -> ImageFile {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn repositories_and_tags_come_and_go() {
    let registry = registry("repositories: { lib/app: { v1: s2-basic } }");
    registry.add_repository("empty").unwrap();
    let digest = registry.tag_manifest("lib/app", "v2", "v1").unwrap();
    assert_eq!(
        header(&ask(&registry, "GET /v2/lib/app/manifests/v2"), "docker-content-digest").unwrap(),
        digest.to_string()
    );
    let names: Vec<String> = registry.repositories().into_iter().map(|repository| repository.name).collect();
    assert_eq!(names, ["empty", "lib/app"]);
    assert!(registry.untag("lib/app", "v1") && !registry.untag("lib/app", "v1") && !registry.untag("nowhere", "v1"));
    assert_eq!(status(&registry, MANIFEST), StatusCode::NOT_FOUND);
    assert!(registry.repository("nowhere").is_none(), "asking makes no repository");
    assert!(registry.remove_repository("lib/app") && !registry.remove_repository("lib/app"));
    assert_eq!(error_code(&ask(&registry, "GET /v2/lib/app/tags/list")), "NAME_UNKNOWN");
}

#[test]
fn content_is_put_there_past_a_registry_that_takes_no_pushes() {
    let registry = registry("readOnly: true");
    let config = registry.add_blob("app", b"{}").unwrap();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/json","digest":"{config}","size":2}},"layers":[]}}"#
    );
    let held = registry.add_manifest("app", "v1", None, Bytes::from(manifest.clone())).unwrap();
    assert_eq!((held.media_type.as_str(), held.size), (OCI_MANIFEST, manifest.len()));
    assert_eq!(body(&ask(&registry, "GET /v2/app/manifests/v1")), manifest);
    assert_eq!(body(&ask(&registry, &format!("GET /v2/app/blobs/{config}"))), "{}");
    assert_eq!(registry.journal(0).len(), 2, "what a test puts there is nothing that a client did");

    let other = Digest::sha256(b"other").to_string();
    let broken = Bytes::from(r#"{"layers":[{"size":"5"}]}"#);
    assert!(registry.add_manifest("app", "broken", Some(OCI_MANIFEST), broken.clone()).is_ok(), "a test may want it");
    assert_eq!(body(&ask(&registry, "GET /v2/app/manifests/broken")), broken);
    let error = registry.add_manifest("app", &other, None, Bytes::from(manifest)).unwrap_err().to_string();
    assert!(error.contains(&format!("not `{other}`")), "{error}");
    assert!(
        registry.remove_manifest("app", &held.digest.to_string()) && registry.remove_blob("app", &config.to_string())
    );
    assert_eq!(status(&registry, "GET /v2/app/manifests/v1"), StatusCode::NOT_FOUND);
}

#[rstest]
#[case("My/App", "v1", "`My/App` cannot be the name of a repository: expected lower-case letters")]
#[case("lib//app", "v1", "cannot be the name of a repository")]
#[case("lib/app", ".v1", "`.v1` cannot be a tag: expected at most 128 letters")]
#[case("lib/app", "my tag", "`my tag` cannot be a tag")]
fn names_that_nobody_can_ask_for_are_refused(#[case] repository: &str, #[case] tag: &str, #[case] message: &str) {
    let fixture = format!("repositories: {{ '{repository}': {{ '{tag}': s2-basic }} }}");
    let fixture = serde_saphyr::from_str(&fixture).unwrap();
    let images = crate::support::images(&fixture);
    let error =
        RegistryState::new(&fixture, images.clone(), "registry.test".to_owned(), false).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    let running = RegistryState::new(&Default::default(), images, "registry.test".to_owned(), false).unwrap();
    assert_eq!(running.tag_image(repository, tag, "s2-basic").unwrap_err().to_string(), error);
    assert!(running.repository(repository).is_none_or(|repository| repository.tags.is_empty()));
}

#[tokio::test]
async fn images_are_built_when_they_are_asked_for() {
    let registry = Registry::builder().start().await.unwrap();
    let built_in = registry.state().tag_image("app", "v1", "oci-basic").unwrap();
    let added = registry
        .state().add_recipes(recipes("images: { mine: { about: mine, oci: { layers: [5] } }, all: { about: an index, index: [{ image: mine }] } }"))
        .unwrap();
    assert_eq!(added.iter().map(|image| image.name.as_str()).collect::<Vec<_>>(), ["all", "mine"]);
    let mine = registry.state().tag_image("app", "mine", "mine").unwrap();
    assert_ne!(built_in, mine);

    // Another recipe of the same name changes what consists of it, too.
    let before = registry.state().tag_image("app", "all", "all").unwrap();
    registry.state().add_recipes(recipes("images: { mine: { about: mine, oci: { layers: [6] } } }")).unwrap();
    assert_ne!(registry.state().tag_image("app", "all", "all").unwrap(), before);

    let wrong = recipes("images: { good: { about: a, oci: {} }, bad: { about: b, index: [{ image: nowhere }] } }");
    assert!(registry.state().add_recipes(wrong).unwrap_err().to_string().contains("there is no image `nowhere`"));
    let error = registry.state().tag_image("app", "good", "good").unwrap_err().to_string();
    assert!(error.contains("there is no image `good`"), "{error}");
}

#[test]
fn faults_are_disarmed_and_their_counts_read() {
    let registry = registry("repositories: { lib/app: { v1: s2-basic } }");
    let outage: oci_mock_registry::fixture::Fault =
        serde_saphyr::from_str("{ when: manifests/*, name: outage, nth: 2, status: 503 }").unwrap();
    let id = registry.arm(outage.clone()).unwrap();
    let other = registry.arm(outage).unwrap();
    assert_ne!(id, other);
    for expected in [200, 503, 200] {
        assert_eq!(status(&registry, MANIFEST), expected);
    }
    let state = &registry.faults()[0];
    assert_eq!(
        (state.id, state.name.as_str(), state.when.as_str(), state.matched, state.fired),
        (id, "outage", "manifests/*", 3, 1)
    );
    assert!(registry.disarm(id) && !registry.disarm(id));
    assert_eq!(registry.faults().len(), 1);
    assert_eq!((registry.disarm_all(), registry.faults(), registry.findings()), (1, Vec::new(), Vec::new()));
}

#[test]
fn quirks_and_credentials_are_switched_between_requests() {
    let registry = registry("repositories: { lib/app: { v1: s2-basic } }");
    assert_eq!(status(&registry, MANIFEST), StatusCode::OK);
    let mut quirks = Quirks::default();
    quirks.add("no-digest").unwrap();
    registry.set_behaviour(Behaviour { quirks, ..registry.behaviour() }).unwrap();
    assert_eq!(header(&ask(&registry, "GET /v2/lib/app/manifests/v1"), "docker-content-digest"), None);
    registry
        .set_behaviour(Behaviour {
            auth: Some(Auth::basic().user("robot", "secret")),
            read_only: true,
            ..Behaviour::default()
        })
        .unwrap();
    assert_eq!(status(&registry, MANIFEST), StatusCode::UNAUTHORIZED);
    let robot = [("authorization", "Basic cm9ib3Q6c2VjcmV0")];
    assert_eq!(ask_with(&registry, MANIFEST, &robot).status, StatusCode::OK);
    assert_eq!(send(&registry, "POST /v2/lib/app/blobs/uploads/", &robot, b"").status, StatusCode::METHOD_NOT_ALLOWED);
    registry.set_behaviour(Behaviour::default()).unwrap();
    assert_eq!(status(&registry, MANIFEST), StatusCode::OK);
}

#[test]
fn quirks_that_contradict_each_other_are_refused_and_nothing_changes() {
    let registry = registry("{ repositories: { lib/app: { v1: s2-basic } }, quirks: [head-is-forbidden] }");
    let mut quirks = registry.behaviour().quirks;
    quirks.add("head-is-not-found").unwrap();
    let error = registry.set_behaviour(Behaviour { quirks, ..registry.behaviour() }).unwrap_err().to_string();
    assert!(error.contains("`head-is-not-found` and `head-is-forbidden`"), "{error}");
    assert_eq!(status(&registry, "HEAD /v2/lib/app/manifests/v1"), StatusCode::FORBIDDEN);
}

fn token(registry: &RegistryState) -> String {
    let answer = body(&ask(registry, "GET /token?scope=repository:lib/app:pull"));
    serde_json::from_slice::<Value>(&answer).unwrap()["token"].as_str().unwrap().to_owned()
}

#[test]
fn tokens_expire_when_the_clock_is_moved() {
    let registry = registry(
        "{ repositories: { lib/app: { v1: s2-basic } }, auth: { scheme: bearer, anonymous: true, tokenLife: 10m } }",
    );
    let bearer = format!("Bearer {}", token(&registry));
    let ask = || ask_with(&registry, MANIFEST, &[("authorization", &bearer)]).status;
    registry.advance_clock(Duration::from_secs(590));
    assert_eq!(ask(), StatusCode::OK);
    registry.advance_clock(Duration::from_secs(10));
    assert_eq!(ask(), StatusCode::UNAUTHORIZED);
    assert_eq!(registry.clock_ahead(), Duration::from_secs(600));
    // The secret stays, whatever else is switched.
    let bearer = format!("Bearer {}", token(&registry));
    registry.set_behaviour(Behaviour { read_only: true, ..registry.behaviour() }).unwrap();
    assert_eq!(ask_with(&registry, MANIFEST, &[("authorization", &bearer)]).status, StatusCode::OK);
}

#[test]
fn quotas_and_outages_end_when_the_clock_is_moved() {
    let registry = registry(
        "{ repositories: { lib/app: { v1: s2-basic } }, faults: [
           { when: manifests/*, quota: { requests: 1, per: 6h }, status: 429 },
           { when: tags/list, during: 1h, status: 503 }] }",
    );
    assert_eq!(status(&registry, MANIFEST), StatusCode::OK);
    let limited = ask(&registry, MANIFEST);
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    let left: u64 = header(&limited, "retry-after").unwrap().parse().unwrap();
    assert!((6 * 3_600 - 5..=6 * 3_600).contains(&left), "{left}");
    assert_eq!(status(&registry, "GET /v2/lib/app/tags/list"), StatusCode::SERVICE_UNAVAILABLE);
    registry.advance_clock(Duration::from_secs(left));
    assert_eq!(status(&registry, MANIFEST), StatusCode::OK);
    assert_eq!(status(&registry, "GET /v2/lib/app/tags/list"), StatusCode::OK);
}

#[test]
fn the_journal_is_filtered_and_cleared() {
    let registry = registry("repositories: { lib/app: { v1: s2-basic }, other: { v1: s2-basic } }");
    for request in
        [MANIFEST, "HEAD /v2/lib/app/manifests/v1", "GET /v2/other/manifests/v2", "GET /v2/other/tags/list", "GET /odd"]
    {
        ask(&registry, request);
    }
    let numbers =
        |filter: &JournalFilter| registry.journal_of(filter).iter().map(|entry| entry.number).collect::<Vec<_>>();
    let all = JournalFilter::default;
    assert_eq!(numbers(&all()), [0, 1, 2, 3, 4]);
    assert_eq!(numbers(&all().method(Method::HEAD)), [1]);
    assert_eq!(numbers(&all().repository("other")), [2, 3]);
    assert_eq!(numbers(&all().endpoint(EndpointKind::Manifest)), [0, 1, 2]);
    assert_eq!(numbers(&all().status(StatusCode::NOT_FOUND)), [2, 4]);
    assert_eq!(numbers(&all().pattern("GET manifests/*".parse().unwrap()).since(1)), [2]);
    assert_eq!(registry.findings().len(), 1);
    registry.clear_journal();
    assert_eq!((registry.journal(0), registry.findings(), registry.journal_next()), (Vec::new(), Vec::new(), 5));
}

#[tokio::test]
async fn requests_are_waited_for() {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
    let manifests = JournalFilter::default().endpoint(EndpointKind::Manifest);
    let asking = async {
        for path in ["/v2/", "/v2/lib/app/manifests/v1", "/v2/lib/app/manifests/v1"] {
            exchange(registry.address(), &get(path)).await.unwrap();
        }
    };
    let waiting = registry.state().wait_for(&manifests, 2, Duration::from_secs(60));
    let (found, ()) = tokio::join!(waiting, asking);
    assert_eq!(found.unwrap().iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);

    let error = registry.state().wait_for(&manifests, 3, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!((error.matched.len(), error.to_string().as_str()), (2, "2 of 3 matching requests came within 1ms"));
}

#[test]
fn a_snapshot_is_gone_back_to() {
    let registry = registry(
        "{ repositories: { lib/app: { v1: s2-basic } }, faults: [{ when: tags/list, first: 1, status: 503 }] }",
    );
    let before = registry.repositories();
    let snapshot = registry.snapshot();
    assert_eq!(status(&registry, "GET /v2/lib/app/tags/list"), StatusCode::SERVICE_UNAVAILABLE);
    registry.tag_manifest("lib/app", "v2", "v1").unwrap();
    registry.add_blob("pushed", b"content").unwrap();
    registry.advance_clock(Duration::from_secs(60));
    registry.set_behaviour(Behaviour { read_only: true, ..Behaviour::default() }).unwrap();
    registry.disarm_all();
    let upload = send(&registry, "POST /v2/lib/app/blobs/uploads/", &[], b"");
    assert_eq!(upload.status, StatusCode::METHOD_NOT_ALLOWED);

    for _ in 0..2 {
        registry.reset(&snapshot);
        assert_eq!(registry.repositories(), before);
        assert_eq!(
            (registry.behaviour(), registry.clock_ahead(), registry.journal(0)),
            (Behaviour::default(), Duration::ZERO, Vec::new())
        );
        // The fault has not fired yet, as when the snapshot was taken.
        assert_eq!(registry.findings().len(), 1);
        assert_eq!(status(&registry, "GET /v2/lib/app/tags/list"), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&registry, "GET /v2/lib/app/tags/list"), StatusCode::OK);
    }
    let started = send(&registry, "POST /v2/lib/app/blobs/uploads/", &[], b"");
    let location = header(&started, "location").unwrap().to_owned();
    registry.reset(&snapshot);
    assert_eq!(status(&registry, &format!("GET {location}")), StatusCode::NOT_FOUND);
}
