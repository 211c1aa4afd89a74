//! Servers that misbehave towards the runner: each gets a clear verdict in time, and the rest of the run goes on.
//!
//! The binary runs a [folder of suites](folder) against a server that misbehaves by path. What it does is played on a bare
//! TCP socket: no HTTP library would.

mod server;

use std::time::Duration;

use self::server::Server;
use super::run::Run;

/// How long a case may take. Far longer than any honest answer of a server on this machine.
const TIMEOUT: &str = "2";
/// How long the whole run may take: the cases run at a time, and only one timeout is waited for.
const LONGEST_RUN: Duration = Duration::from_secs(20);
/// How much of an endless answer is read: the runner's limit of 16 MiB, and what is on its way in buffers.
const MOST_READ: usize = 32 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn every_misbehaviour_has_a_clear_verdict_and_the_rest_goes_on() {
    let server = Server::start().await;
    let run = Run::folder("tests/servers/hostile/folder").target(&server.url).arguments(&["--timeout", TIMEOUT]);
    let finished = run.finish().await;
    assert_eq!(finished.exit, Some(1), "{}", finished.stderr);
    assert!(finished.duration < LONGEST_RUN, "{:?}", finished.duration);
    assert!(server.most_sent() < MOST_READ, "{} bytes were read", server.most_sent());
    insta::assert_snapshot!("verdicts", finished.verdicts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_there_is_told_in_one_sentence() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let finished = Run::builtin().target(&url).finish().await;
    assert_eq!(finished.exit, Some(3));
    assert_eq!(finished.stdout, "");
    insta::assert_snapshot!("unreachable", finished.stderr.replace(&url, "[target]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_never_answers_is_told_in_one_sentence() {
    let server = Server::silent().await;
    let finished = Run::builtin().target(&server.url).arguments(&["--timeout", TIMEOUT]).finish().await;
    assert_eq!(finished.exit, Some(3));
    insta::assert_snapshot!("silent", finished.stderr.replace(&server.url, "[target]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_folder_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("suites")).unwrap();
    std::fs::write(folder.path().join("suites/bug.yaml"), "suite: bug\nabout: it\ncases:\n  - nam: one\n").unwrap();
    let server = Server::start().await;
    let finished = Run::folder(folder.path().to_str().unwrap()).target(&server.url).finish().await;
    assert_eq!(finished.exit, Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("suites/bug.yaml:4:5"), "{}", finished.stderr);
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_takes_back_what_it_made_and_writes_its_reports() {
    let server = Server::start().await;
    let run = Run::folder("tests/servers/hostile/folder").target(&server.url);
    let running = run
        .arguments(&["--jobs", "1", "--run", "calm-1", "--run", "import-that-hangs", "--has", "imports,streams,images"])
        .start();
    server.asked("POST /apis/image.openshift.io/v1/namespaces/demo/imagestreamimports?hang").await;
    running.interrupt();
    let finished = running.finished().await;
    assert_eq!(finished.exit, Some(3), "{}", finished.stderr);
    assert!(finished.duration < LONGEST_RUN, "{:?}", finished.duration);
    assert_eq!(finished.report["interrupted"], true, "{}", finished.report);
    let deleted = "DELETE /apis/image.openshift.io/v1/namespaces/demo/imagestreams/import-that-hangs-";
    assert!(server.requests().iter().any(|request| request.starts_with(deleted)), "{:#?}", server.requests());
    insta::assert_snapshot!("stopped", finished.verdicts());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_while_it_probes_the_target_ends_at_once_and_takes_back_what_the_probes_made() {
    let server = Server::start().await;
    let run = Run::folder("tests/servers/hostile/folder").target(&server.url).arguments(&["--run", "calm-1"]);
    let running = run.arguments(&["--namespace", "stuck"]).start();
    server.asked("POST /apis/image.openshift.io/v1/namespaces/stuck/imagestreamimports").await;
    running.interrupt();
    let finished = running.finished().await;
    assert_eq!(finished.exit, Some(3), "{}", finished.stderr);
    assert!(finished.duration < LONGEST_RUN, "{:?}", finished.duration);
    assert_eq!(finished.report["interrupted"], true, "{}", finished.report);
    assert_eq!(finished.verdicts(), "");
    let deleted = "DELETE /apis/image.openshift.io/v1/namespaces/stuck/imagestreams/traits-";
    assert!(server.requests().iter().any(|request| request.starts_with(deleted)), "{:#?}", server.requests());
}
