//! Servers that are configured otherwise than the one that goldens were recorded on: nothing is wrong with them, and no case
//! may fail. One that contradicts its own configuration still fails.

use std::time::{Duration, Instant};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::Response,
};
use isi_conformance::reference::{self, AllowedRegistry, ImportController, Options};
use rstest::rstest;
use serde_json::Value;
use test_support::loopback_client;
use tokio::net::TcpListener;

use super::{isi_conformance, text};

async fn server(change: fn(&mut Options)) -> reference::Reference {
    let deny = ["carol:create:image.openshift.io:images", "carol:create:image.openshift.io:imagestreammapping"];
    let mut options = Options { deny: deny.map(|rule| rule.parse().unwrap()).to_vec(), ..Options::default() };
    change(&mut options);
    reference::start(options).await.unwrap()
}

/// Runs suites or patterns against a server; the exit code, the report, and what was printed.
fn run(url: &str, what: &[&str]) -> (Option<i32>, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let report_option = format!("json={}", report.display());
    let mut arguments = vec!["run"];
    arguments.extend(what);
    arguments.extend(["--target", url, "--token", "user-alice", "--admin-token", "admin-token"]);
    arguments.extend(["--restricted-token", "user-carol", "--has", "offline", "--allow", "cluster-configuration"]);
    arguments.extend(["--deviations", "openshift-apiserver-4.22", "--report", &report_option]);
    let output = isi_conformance(&arguments);
    let printed = text(&output.stdout) + &text(&output.stderr);
    let report = std::fs::read_to_string(report).unwrap_or_else(|_| panic!("{printed}"));
    (output.status.code(), serde_json::from_str(&report).unwrap(), printed)
}

/// The cases that did not come out as expected, those included that do not decide over the run.
fn failures(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap().iter();
    let failed = cases.filter(|case| !matches!(case["verdict"].as_str(), Some("pass" | "skip" | "known")));
    failed.map(|case| format!("{}::{}", case["suite"].as_str().unwrap(), case["case"].as_str().unwrap())).collect()
}

fn passes(report: &Value) -> usize {
    report["cases"].as_array().unwrap().iter().filter(|case| case["verdict"] == "pass").count()
}

fn as_usual(_: &mut Options) {}

fn no_registry(options: &mut Options) {
    options.integrated_registry = None;
}

fn public_registry(options: &mut Options) {
    options.public_registry = Some("registry.apps.example.com".to_owned());
}

fn public_registry_only(options: &mut Options) {
    no_registry(options);
    public_registry(options);
}

fn preserve_original(options: &mut Options) {
    options.default_import_mode = reference::ImportMode::PreserveOriginal;
}

fn replicas(options: &mut Options) {
    options.replicas = 3;
}

fn late_configuration(options: &mut Options) {
    // Cases of a suite wait for it one behind the other.
    options.watch_lag = Duration::from_millis(100);
}

fn import_controller(options: &mut Options) {
    options.import_controller = ImportController::DEFAULT;
}

fn limits(options: &mut Options) {
    options.max_images_per_repository = Some(3);
    options.allowed_registries = vec![AllowedRegistry { domain: "127.0.0.1:*".to_owned(), insecure: true }];
}

fn no_limit(options: &mut Options) {
    options.max_images_per_repository = None;
}

const ANSWERS: [&str; 4] = ["read-back", "stream", "dry-run", "request"];
const MODES: [&str; 4] = ["manifest-list", "repository", "validation", "single-image"];

#[rstest]
#[case::no_registry(no_registry, &ANSWERS, ("integrated_registry", "none"))]
#[case::public_registry(public_registry, &ANSWERS, ("public_registry", "registry.apps.example.com"))]
#[case::public_registry_only(public_registry_only, &ANSWERS, ("public_registry", "registry.apps.example.com"))]
#[case::preserve_original(preserve_original, &MODES, ("import_mode", "PreserveOriginal"))]
#[case::replicas(replicas, &["read-back", "fault"], ("replicas", "several"))]
#[case::late_configuration(late_configuration, &["policy"], ("replicas", "one, as far as seen"))]
#[case::import_controller(import_controller, &["stream", "manifest-list"], ("import_controller", "imports spec tags"))]
#[case::limits(limits, &["repository", "transport"], ("tags_per_repository", "3"))]
#[case::no_limit(no_limit, &["repository"], ("tags_per_repository", "more than 50"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_configured_otherwise_fails_nothing(
    #[case] change: fn(&mut Options),
    #[case] suites: &[&str],
    #[case] (name, value): (&str, &str),
) {
    let server = server(change).await;
    let (code, report, printed) = run(server.url(), suites);
    assert_eq!(failures(&report), [""; 0], "{printed}");
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(report["traits"][name], value, "{printed}");
    assert!(passes(&report) > 10, "{printed}");
    assert!(printed.contains("traits of "), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_run_again_until_its_configuration_has_taken_effect() {
    // Longer than the first attempt takes, on a busy machine as well.
    let server = server(|options| options.watch_lag = Duration::from_millis(500)).await;
    let (code, report, printed) = run(server.url(), &["--run", "policy-blocked-registry"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(report["cases"].as_array().unwrap().iter().any(|case| case["attempts"].as_u64() > Some(1)), "{report:#}");
    assert!(printed.contains("run again"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_that_never_takes_effect_fails_in_time() {
    let server = server(|options| options.watch_lag = Duration::from_secs(3600)).await;
    let begun = Instant::now();
    let (code, report, printed) = run(server.url(), &["--run", "policy-blocked-registry"]);
    assert_eq!((code, failures(&report).len()), (Some(1), 1), "{printed}");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

/// A server before the reference that changes the answers to reads.
async fn contradicting(server: &reference::Reference, change: fn(String) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (target, client) = (server.url().to_owned(), loopback_client());
    let router = Router::new().fallback(pass_on).with_state((target, client, change));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

type Contradiction = (String, reqwest::Client, fn(String) -> String);

async fn pass_on(
    State((target, client, change)): State<Contradiction>,
    received: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = received.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let is_read = parts.method == http::Method::GET;
    let mut headers = parts.headers;
    headers.remove("host");
    let request = client.request(parts.method, format!("{target}{}", parts.uri)).headers(headers).body(body);
    let answered = request.send().await.unwrap();
    let (status, content_type) = (answered.status(), answered.headers().get("content-type").cloned());
    let body = answered.text().await.unwrap();
    let mut response = Response::new(Body::from(if is_read { change(body) } else { body }));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        response.headers_mut().insert("content-type", content_type);
    }
    response
}

#[rstest]
#[case::registry_that_is_not_there(no_registry, |body: String| body.replace(r#""dockerImageRepository":"""#, r#""dockerImageRepository":"registry.svc:5000/a/b""#))]
#[case::another_host(as_usual, |body: String| body.replace(r#""dockerImageRepository":"image-registry"#, r#""dockerImageRepository":"other-registry"#))]
#[case::another_public_host(public_registry, |body: String| body.replace("registry.apps.example.com", "registry.other.example.com"))]
#[case::no_public_host(public_registry, |body: String| body.replace("publicDockerImageRepository", "formerPublicRepository"))]
#[case::another_mode(preserve_original, |body: String| body.replace(r#""importMode":"Legacy""#, r#""importMode":"PreserveOriginal""#))]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_contradicts_its_own_traits_fails(
    #[case] change: fn(&mut Options),
    #[case] contradiction: fn(String) -> String,
) {
    let server = server(change).await;
    let url = contradicting(&server, contradiction).await;
    let (code, report, printed) = run(&url, &["dry-run"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(!failures(&report).is_empty(), "{printed}");
}
