//! Targets that are something else than an implementation of the API, and those that are hardly one.

use std::sync::Arc;

use axum::{Json, Router, http::StatusCode, response::IntoResponse};
use isi_conformance::{
    reference::{self, Identity, Options, ServerCertificate},
    registry::Registry,
};
use rcgen::{CertificateParams, KeyPair};
use rstest::rstest;
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, method, path, path_regex},
};

use super::text;

const IMPORTS: &str = "/namespaces/[^/]+/imagestreamimports$";

/// Says what would run against the target; that reaches it, and makes nothing.
async fn reach(url: &str) -> std::process::Output {
    let url = url.to_owned();
    let arguments = ["run", "dry-run", "--list", "--namespace", "here", "--token", "user-alice", "--target"];
    tokio::task::spawn_blocking(move || super::isi_conformance(&[&arguments[..], &[&url]].concat())).await.unwrap()
}

async fn refusal(url: &str) -> String {
    let output = reach(url).await;
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr).replace(url, "[target]")
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[rstest]
#[case::not_found("not-found", ResponseTemplate::new(404).set_body_string("404 page not found\n"))]
#[case::page("page", ResponseTemplate::new(200).set_body_raw("<!doctype html><html></html>", "text/html"))]
#[case::redirect("redirect", ResponseTemplate::new(302).insert_header("location", "https://login.example/"))]
#[case::no_object("no-object", ResponseTemplate::new(200).set_body_string("ok"))]
#[case::unavailable("unavailable", ResponseTemplate::new(503).set_body_string("no healthy upstream"))]
#[case::credentials("credentials", ResponseTemplate::new(401).set_body_string("Unauthorized"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_something_else_is_refused_in_one_sentence(#[case] name: &str, #[case] answer: ResponseTemplate) {
    let server = server(answer).await;
    insta::assert_snapshot!(format!("target-{name}"), refusal(&server.uri()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_called_one() {
    let registry = Registry::builder().start().await.unwrap();
    insta::assert_snapshot!("target-registry", refusal(&registry.url()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_the_image_api_is_told_from_nothing() {
    let server = MockServer::start().await;
    let groups = json!({ "kind": "APIGroupList", "groups": [{ "name": "apps" }] });
    Mock::given(path("/apis")).respond_with(ResponseTemplate::new(200).set_body_json(groups)).mount(&server).await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404).set_body_string("404 page not found"))
        .mount(&server)
        .await;
    insta::assert_snapshot!("target-without-group", refusal(&server.uri()).await);
}

#[rstest]
#[case("/apis")]
#[case("/apis/image.openshift.io/v1")]
#[case("/wrong/path")]
#[tokio::test(flavor = "multi_thread")]
async fn a_path_too_much_comes_with_the_url_to_use(#[case] path: &str) {
    let reference = reference::start(Options::default()).await.unwrap();
    let error = refusal(&format!("{}{path}", reference.url())).await;
    assert!(error.contains(&format!("hint: the API is at `{}`", reference.url())), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_the_import_call_alone_is_run_against() {
    let server = MockServer::start().await;
    let import = |request: &Request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["spec"]["import"], false, "an import that stores something: {body}");
        ResponseTemplate::new(201).set_body_json(json!({ "kind": "ImageStreamImport", "status": {} }))
    };
    Mock::given(method("POST")).and(path_regex(IMPORTS)).respond_with(import).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(404).set_body_string("not here")).mount(&server).await;
    let output = reach(&server.uri()).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_scheme_of_a_port_is_named() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let identity = Identity {
        certificates: vec![certificate.der().clone()],
        key: PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
    };
    let options = Options { tls: Some(ServerCertificate::Given(identity)), ..Options::default() };
    let secure = reference::start(options).await.unwrap();
    let plain = reference::start(Options::default()).await.unwrap();
    let error = refusal(&secure.url().replace("https", "http")).await;
    assert!(error.contains(&format!("hint: the port speaks TLS: did you mean `{}`?", secure.url())), "{error}");
    let error = refusal(&plain.url().replace("http", "https")).await;
    assert!(error.contains("the server does not speak TLS"), "{error}");
    assert!(error.contains(&format!("hint: did you mean `{}`?", plain.url())), "{error}");
}

/// A server that knows the import call, and ends when it is asked for what only the case `query-unknown` asks for. No
/// connection outlives its request.
async fn leaving_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let leave = Arc::new(Notify::new());
    let leaving = leave.clone();
    let router = Router::new().fallback(async move |request: axum::extract::Request| {
        if request.uri().query().is_some_and(|query| query.contains("nothing")) {
            leave.notify_one();
        }
        let is_import = request.method() == "POST" && request.uri().path().ends_with("/imagestreamimports");
        let status = if is_import { StatusCode::CREATED } else { StatusCode::NOT_FOUND };
        let body = Json(json!({ "kind": "ImageStreamImport", "status": {} }));
        (status, [("connection", "close")], body).into_response()
    });
    tokio::spawn(async move {
        tokio::select! {
            served = axum::serve(listener, router).into_future() => served.unwrap(),
            () = leaving.notified() => {}
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_ends_the_run() {
    let url = leaving_server().await;
    let options = ["run", "http", "--jobs", "1", "--timeout", "2s", "--namespace", "here", "--token", "user-alice"];
    let target = url.clone();
    let run = move || super::isi_conformance(&[&options[..], &["--target", &target]].concat());
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{printed}{said}");
    assert!(
        said.contains(&format!("warning: {url} takes no connections any more: no further case is begun")),
        "{said}"
    );
    assert!(printed.contains("stopped before every case was done: "), "{printed}");
    assert!(printed.matches("connection refused").count() < 4, "{printed}");
}
