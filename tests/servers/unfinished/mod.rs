//! Servers that are not finished: what they lack of the API is said once and first, and what they have is judged.

mod server;

use axum::http::Method;
use isi_conformance::reference;
use rstest::rstest;
use serde_json::Value;

use self::server::{Keeps, Part, Plays};
use super::run::{Finished, Run};

const NOT_FOUND: Plays = Plays::Missing(404, "404 page not found");

/// The import call and nothing else. It refuses other methods itself.
fn imports_only(_: &Method, resource: &str) -> Plays {
    if resource.starts_with("imagestreamimports") { Plays::Served } else { NOT_FOUND }
}

fn imports_only_501(method: &Method, resource: &str) -> Plays {
    match imports_only(method, resource) {
        Plays::Served => Plays::Served,
        _ => Plays::Missing(501, "not implemented"),
    }
}

/// Imports, streams and their tags.
fn half(method: &Method, resource: &str) -> Plays {
    match resource.split('/').next() {
        Some("imagestreamimports" | "imagestreamtags") => Plays::Served,
        Some("imagestreams") if !resource.ends_with("/layers") && *method != Method::POST => Plays::Served,
        _ => NOT_FOUND,
    }
}

/// Every read is answered with an empty list.
fn empty_lists(method: &Method, resource: &str) -> Plays {
    match imports_only(method, resource) {
        Plays::Missing(..) if *method == Method::GET => {
            Plays::Json(r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}"#)
        }
        plays => plays,
    }
}

fn no_discovery(_: &Method, resource: &str) -> Plays {
    if resource.is_empty() || resource.starts_with("apis") { NOT_FOUND } else { Plays::Served }
}

fn everything(_: &Method, _: &str) -> Plays {
    Plays::Served
}

async fn run(part: Part, keeps: Keeps, arguments: &[&str]) -> Finished {
    let reference = reference::start(reference::Options::default()).await.unwrap();
    let url = server::start(part, reference.url(), keeps).await;
    let run = Run::builtin().target(&url).arguments(&["--admin-token", "admin-token"]).arguments(arguments);
    let finished = run.finish().await;
    assert!(reference.shutdown(std::time::Duration::from_secs(5)).await);
    finished
}

/// The features that the report calls absent, with what that means.
fn absent(finished: &Finished) -> Vec<String> {
    let features = finished.report["absent_features"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of_api = features.filter(|feature| feature["means"] != "skip");
    of_api
        .map(|feature| format!("{} {}: {}", text(&feature["name"]), text(&feature["means"]), text(&feature["reason"])))
        .collect()
}

fn failing_cases(finished: &Finished) -> Vec<&str> {
    let cases = finished.report["cases"].as_array().into_iter().flatten();
    let scored = cases.filter(|case| case["not_scored"].is_null());
    let failing = scored.filter(|case| ["fail", "error", "stale"].contains(&case["verdict"].as_str().unwrap()));
    failing.map(|case| case["case"].as_str().unwrap()).collect()
}

#[rstest]
#[case::stateless(imports_only, Keeps::Nothing, &[])]
// After the probes it is as the one before: what they find is in question.
#[case::stateless_501(imports_only_501, Keeps::Nothing, &["read-back", "stream", "http", "signature"])]
#[case::half(half, Keeps::Streams, &[])]
#[case::empty_lists(empty_lists, Keeps::Nothing, &[])]
#[case::no_discovery(no_discovery, Keeps::Streams, &[])]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_lacks_is_one_failure_and_nothing_else_fails(
    #[case] part: Part,
    #[case] keeps: Keeps,
    #[case] suites: &[&str],
) {
    let finished = run(part, keeps, suites).await;
    assert_eq!(failing_cases(&finished), Vec::<&str>::new(), "{}", finished.stdout);
    assert_eq!(finished.exit, Some(1), "{}\n{}", finished.stdout, finished.stderr);
    assert!(!finished.stderr.contains("left behind"), "{}", finished.stderr);
    let name = std::thread::current().name().unwrap_or_default().rsplit("::").next().unwrap_or_default().to_owned();
    insta::assert_snapshot!(name, absent(&finished).join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_of_a_stateless_server_fits_on_one_screen() {
    let finished = run(imports_only, Keeps::Nothing, &["single-image"]).await;
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert!(lines.len() <= 40, "{} lines:\n{}", lines.len(), finished.stdout);
    assert!(lines[0].contains("absent"), "{}", lines[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_absent_fails_nothing() {
    let without = [
        "--without",
        "streams,stream-lists,stream-creation,stream-deletion,stream-tags,stream-images",
        "--without",
        "stream-layers,images,signatures,discovery,tables",
        "read-back",
        "stream",
        "http",
        "signature",
    ];
    let finished = run(imports_only, Keeps::Nothing, &without).await;
    assert_eq!(finished.exit, Some(0), "{}\n{}", finished.stdout, finished.stderr);
    assert!(absent(&finished).iter().all(|feature| feature.contains(" intended: ")), "{:#?}", absent(&finished));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_the_probes_do_not_find_can_be_vouched_for() {
    let finished = run(imports_only, Keeps::Nothing, &["single-image", "--has", "streams"]).await;
    assert_eq!(finished.exit, Some(1));
    assert!(failing_cases(&finished).len() > 20, "{}", finished.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_holds_the_target_to_its_features_and_no_others() {
    let finished = run(imports_only, Keeps::Nothing, &["--profile", "lookup"]).await;
    assert_eq!(finished.exit, Some(0), "{}\n{}", finished.stdout, finished.stderr);
    assert!(finished.stdout.ends_with("conforms to `lookup` of API version 4.22\n"), "{}", finished.stdout);
    let finished = run(imports_only, Keeps::Nothing, &["--profile", "import", "--without", "streams", "stream"]).await;
    assert_eq!(finished.exit, Some(1), "{}\n{}", finished.stdout, finished.stderr);
    assert!(absent(&finished).iter().any(|feature| feature.starts_with("streams failure")), "{:#?}", absent(&finished));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_api_lacks_nothing() {
    let finished = run(everything, Keeps::Streams, &["read-back", "stream", "http", "signature"]).await;
    assert_eq!(finished.exit, Some(0), "{}\n{}", finished.stdout, finished.stderr);
    assert_eq!(absent(&finished), Vec::<String>::new());
}
