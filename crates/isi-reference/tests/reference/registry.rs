//! Imports against registries that do not: scripted with wiremock, one answer at a time.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use isi_reference::{Authority, Options, version::ApiVersion};
use oci_mock_registry::{
    fixture::{Fault, Tls},
    registry::{JournalFilter, Registry, RegistryBuilder},
};
use oci_types::{Digest, media_type::DOCKER_MANIFEST_V2};
use reqwest::Method;
use rstest::rstest;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header_exists, method, path, path_regex},
};

use super::{NAMESPACE, Reference, import_of, read};

const CONFIG: &str = r#"{"architecture": "amd64", "os": "linux"}"#;

/// A manifest whose config is [`CONFIG`].
fn manifest() -> String {
    let config = json!({ "mediaType": "application/json", "size": CONFIG.len(), "digest": config_digest() });
    json!({ "schemaVersion": 2, "mediaType": DOCKER_MANIFEST_V2, "config": config, "layers": [] }).to_string()
}

fn config_digest() -> String {
    Digest::sha256(CONFIG.as_bytes()).to_string()
}

async fn serve(registry: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(registry).await;
}

/// A registry with the manifest at `/v2/app/manifests/v1`, and no config yet.
async fn registry() -> MockServer {
    let registry = MockServer::start().await;
    serve(&registry, "/v2/", ResponseTemplate::new(200)).await;
    let manifest = ResponseTemplate::new(200).set_body_raw(manifest(), DOCKER_MANIFEST_V2);
    serve(&registry, "/v2/app/manifests/v1", manifest).await;
    registry
}

async fn import(reference: &Reference, registry: &MockServer) -> Value {
    let answer = reference.import(&format!("{}/app:v1", registry.address()), "v1").await;
    answer["status"]["images"][0]["status"].clone()
}

#[tokio::test]
async fn undoes_the_encoding_of_a_config() {
    let registry = registry().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(CONFIG.as_bytes()).unwrap();
    let config =
        ResponseTemplate::new(200).set_body_bytes(encoder.finish().unwrap()).insert_header("content-encoding", "gzip");
    serve(&registry, &format!("/v2/app/blobs/{}", config_digest()), config).await;
    assert_eq!(import(&Reference::start().await, &registry).await["status"], "Success");
}

#[tokio::test]
async fn sends_no_credentials_where_a_redirect_leads_to_another_host() {
    let registry = MockServer::start().await;
    let elsewhere = MockServer::start().await;
    let challenge = ResponseTemplate::new(401).insert_header("www-authenticate", "Basic realm=\"r\"");
    serve(&registry, "/v2/", challenge).await;
    let manifest = ResponseTemplate::new(200).set_body_raw(manifest(), DOCKER_MANIFEST_V2);
    Mock::given(path("/v2/app/manifests/v1"))
        .and(header_exists("authorization"))
        .respond_with(manifest)
        .mount(&registry)
        .await;
    let target = format!("{}/content", elsewhere.uri());
    let redirect = ResponseTemplate::new(307).insert_header("location", target.as_str());
    Mock::given(path_regex("^/v2/app/blobs/")).respond_with(redirect).mount(&registry).await;
    serve(&elsewhere, "/content", ResponseTemplate::new(200).set_body_string(CONFIG)).await;

    let reference = Reference::start().await;
    reference.create_pull_secret(&registry.address().to_string()).await;
    assert_eq!(import(&reference, &registry).await["status"], "Success");
    let requests = elsewhere.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn asks_a_registry_again_that_asks_for_patience_and_no_other() {
    let registry = MockServer::start().await;
    serve(&registry, "/v2/", ResponseTemplate::new(200)).await;
    serve(&registry, "/v2/app/manifests/v1", ResponseTemplate::new(429)).await;
    serve(&registry, "/v2/app/manifests/v2", ResponseTemplate::new(503)).await;
    let reference = Reference::start().await;
    reference.import(&format!("{}/app:v1", registry.address()), "v1").await;
    reference.import(&format!("{}/app:v2", registry.address()), "v2").await;
    let requests = registry.received_requests().await.unwrap();
    let count = |tag: &str| requests.iter().filter(|request| request.url.path().ends_with(tag)).count();
    assert_eq!((count("/v1"), count("/v2")), (3, 1));
}

#[tokio::test]
async fn gives_up_when_the_request_has_no_more_time() {
    let registry = MockServer::start().await;
    serve(&registry, "/v2/", ResponseTemplate::new(200)).await;
    serve(&registry, "/v2/app/manifests/v1", ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let reference = Reference::start().await;
    let path = format!("{NAMESPACE}/imagestreamimports?timeout=100ms");
    let import = import_of("app", &format!("{}/app:v1", registry.address()), "v1");
    let answer = read(reference.send(Method::POST, &path, &import).await, 504).await;
    assert_eq!(answer["reason"], "Timeout");
}

#[tokio::test]
async fn follows_the_pages_of_a_tag_list() {
    let registry = MockServer::start().await;
    serve(&registry, "/v2/", ResponseTemplate::new(200)).await;
    let first = ResponseTemplate::new(200)
        .set_body_json(json!({ "name": "app", "tags": ["b"] }))
        .insert_header("link", "</v2/app/more>; rel=\"next\"");
    serve(&registry, "/v2/app/tags/list", first).await;
    serve(&registry, "/v2/app/more", ResponseTemplate::new(200).set_body_json(json!({ "tags": ["a", "latest"] })))
        .await;
    let reference = Reference::start().await;
    let mut import = import_of("app", "", "");
    import["spec"] = json!({ "import": false, "repository": {
        "from": { "kind": "DockerImage", "name": format!("{}/app", registry.address()) },
        "importPolicy": { "insecure": true },
    } });
    let answer = reference.post(&format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let images = answer["status"]["repository"]["images"].as_array().unwrap();
    let tags: Vec<&str> = images.iter().map(|image| image["tag"].as_str().unwrap()).collect();
    assert_eq!(tags, ["latest", "a", "b"]);
}

#[rstest]
#[case::as_it_is("config", None)]
#[case::compressed("config", Some("gzip"))]
#[case::manifest("manifest", None)]
#[tokio::test]
async fn a_body_that_is_too_long_fails_its_image(#[case] part: &str, #[case] encoding: Option<&str>) {
    const TOO_LONG: usize = (16 << 20) + 1;
    let body = match encoding {
        None => vec![b' '; TOO_LONG],
        Some(_) => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&vec![b' '; TOO_LONG]).unwrap();
            encoder.finish().unwrap()
        }
    };
    let mut answer = ResponseTemplate::new(200).set_body_bytes(body);
    if let Some(encoding) = encoding {
        answer = answer.insert_header("content-encoding", encoding);
    }
    let server = match part {
        "config" => {
            let server = registry().await;
            serve(&server, &format!("/v2/app/blobs/{}", config_digest()), answer).await;
            server
        }
        _ => {
            let server = MockServer::start().await;
            serve(&server, "/v2/", ResponseTemplate::new(200)).await;
            serve(&server, "/v2/app/manifests/v1", answer).await;
            server
        }
    };
    let status = import(&Reference::start().await, &server).await;
    let message = status["message"].as_str().unwrap();
    assert!(message.contains("sent a body of more than 16777216 bytes"), "{status}");
}

#[tokio::test]
async fn a_list_of_tags_without_an_end_is_given_up() {
    let server = MockServer::start().await;
    serve(&server, "/v2/", ResponseTemplate::new(200)).await;
    let page = ResponseTemplate::new(200)
        .set_body_json(json!({ "name": "app", "tags": ["v1"] }))
        .insert_header("link", "</v2/app/tags/list?n=1&last=v1>; rel=\"next\"");
    serve(&server, "/v2/app/tags/list", page).await;
    let import = json!({
        "kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1", "metadata": { "name": "app" },
        "spec": { "import": false, "repository": {
            "from": { "kind": "DockerImage", "name": format!("{}/app", server.address()) }, "importPolicy": { "insecure": true },
        } },
    });
    let answer = Reference::start().await.post(&format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let message = answer["status"]["repository"]["status"]["message"].as_str().unwrap();
    assert!(message.contains("list of tags does not end"), "{answer}");
}

/// Status and message of the import of `lib/app`, by tag or digest, at a version.
async fn outcome(api_version: ApiVersion, registry: &Registry, name: &str) -> (String, String) {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    let answer = reference.import(&format!("{}/lib/app{name}", registry.host()), "v1").await;
    let status = &answer["status"]["images"][0]["status"];
    let text = |key: &str| status[key].as_str().unwrap_or_default().replace(registry.host(), "REG");
    (text("reason"), text("message"))
}

fn app() -> RegistryBuilder {
    Registry::builder().tag("lib/app", "v1", "s2-basic")
}

// The texts of this test and of those that follow are recorded from openshift-apiserver.
#[rstest]
#[case::refused(ApiVersion::V4_22, "InternalError", 0)]
#[case::asked_for(ApiVersion::V4_2, "NotFound", 1)]
#[tokio::test]
async fn a_digest_in_capitals_is_refused_before_the_registry_is_asked(
    #[case] api_version: ApiVersion,
    #[case] reason: &str,
    #[case] requests: usize,
) {
    let registry = app().start().await.unwrap();
    let (found, message) = outcome(api_version, &registry, &format!("@sha256:{}", "A".repeat(64))).await;
    assert_eq!(found, reason, "{message}");
    if reason == "InternalError" {
        assert_eq!(message, "Internal error occurred: invalid checksum digest format");
    }
    assert_eq!(
        registry.state().journal_of(&JournalFilter::default().pattern("GET manifests/*".parse().unwrap())).len(),
        requests
    );
}

fn fault(fault: &str) -> Fault {
    serde_json::from_str(fault).unwrap()
}

#[rstest]
#[case::gzip_that_is_none(
    r#"{"when": "GET manifests/*", "headers": {"Content-Encoding": "gzip"}}"#,
    "REG/lib/app:v1: gzip: invalid header"
)]
#[case::media_type(
    r#"{"when": "GET manifests/*", "headers": {"Content-Type": "garbage;;"}}"#,
    "REG/lib/app:v1: mime: invalid media parameter"
)]
#[case::redirection_that_leads_nowhere(
    r#"{"when": "GET blobs/*", "status": 304}"#,
    "does not match the digest calculated from the content sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)]
#[case::reset(r#"{"when": "GET manifests/*", "connection": "reset"}"#, "read: connection reset by peer")]
#[tokio::test]
async fn failures_are_told_as_servers_tell_them(#[case] spec: &str, #[case] expected: &str) {
    let registry = app().fault(fault(spec)).start().await.unwrap();
    let (_, message) = outcome(ApiVersion::V4_22, &registry, ":v1").await;
    assert!(message.ends_with(expected), "{message}");
}

/// Go's client repeats a request on a connection that had answered another one, which that for a token is.
#[rstest]
#[case::without_a_token(None, &[], 1)]
#[case::behind_a_token(Some(r#"{ "scheme": "bearer", "users": { "robot": "secret" }, "anonymous": true }"#), &[], 2)]
#[case::on_a_new_connection(
    Some(r#"{ "scheme": "bearer", "users": { "robot": "secret" }, "anonymous": true }"#),
    &["connection-close"],
    1
)]
#[tokio::test]
async fn a_request_is_repeated_where_a_connection_ends_that_had_answered(
    #[case] auth: Option<&str>,
    #[case] quirks: &[&str],
    #[case] requests: usize,
) {
    let registry = app().fault(fault(r#"{"when": "GET manifests/*", "connection": "close"}"#));
    let registry = match auth {
        Some(auth) => registry.auth(serde_json::from_str(auth).unwrap()),
        None => registry,
    };
    let registry = quirks.iter().fold(registry, |registry, quirk| registry.quirk(quirk).unwrap());
    let registry = registry.start().await.unwrap();
    outcome(ApiVersion::V4_22, &registry, ":v1").await;
    let asked = JournalFilter::default().pattern("GET manifests/*".parse().unwrap());
    assert_eq!(registry.state().journal_of(&asked).len(), requests);
}

#[rstest]
#[case::expired(Tls::Expired, "certificate has expired or is not yet valid: current time ")]
#[case::other_name(Tls::OtherName, "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs")]
#[case::old(Tls::TooOld, "tls: server selected unsupported protocol version 302")]
#[tokio::test]
async fn failures_of_tls_are_told_as_servers_tell_them(#[case] tls: Tls, #[case] expected: &str) {
    let authority = Authority::generate().unwrap();
    let registry_roots = vec![CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()];
    let registry = app().tls(tls).authority(authority).start().await.unwrap();
    let reference = Reference::start_with(Options { registry_roots, ..Options::default() }, Vec::new()).await;
    let mut import = import_of("app", &format!("{}/lib/app:v1", registry.host()), "v1");
    import["spec"]["images"][0]["importPolicy"]["insecure"] = false.into();
    let answer = reference.post(&format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let message = answer["status"]["images"][0]["status"]["message"].as_str().unwrap();
    assert!(message.contains(expected), "{message}");
}

/// The tags of an import of the whole repository, with their messages.
async fn tags_of(api_version: ApiVersion, registry: &Registry) -> Vec<(String, String)> {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    let mut import = import_of("app", "", "");
    import["spec"] = json!({ "import": true, "repository": {
        "from": { "kind": "DockerImage", "name": format!("{}/lib/app", registry.host()) },
        "importPolicy": { "insecure": true },
    } });
    let answer = reference.post(&format!("{NAMESPACE}/imagestreamimports"), &import).await;
    let images = answer["status"]["repository"]["images"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    images.iter().map(|image| (text(&image["tag"]), text(&image["status"]["message"]))).collect()
}

#[tokio::test]
async fn a_listed_null_is_latest() {
    let registry = app().quirk("tags-with-null").unwrap().start().await.unwrap();
    let tags = tags_of(ApiVersion::V4_22, &registry).await;
    let missing = format!("dockerimage.image.openshift.io \"{}/lib/app:latest\" not found", registry.host());
    assert_eq!(tags, [("latest".to_owned(), missing), ("v1".to_owned(), String::new())]);
}

#[tokio::test]
async fn a_listed_tag_whose_name_is_not_one_is_not_asked_for() {
    let listing = serde_json::from_str(r#"{"order": ["v1", "x+y"]}"#).unwrap();
    let registry = app().tags(listing).start().await.unwrap();
    let tags = tags_of(ApiVersion::V4_2, &registry).await;
    assert!(tags.contains(&("x+y".to_owned(), "Internal error occurred: invalid tag format".to_owned())), "{tags:?}");
    let asked = JournalFilter::default().pattern("GET manifests/x*".parse().unwrap());
    assert_eq!(registry.state().journal_of(&asked).len(), 0);
}

#[tokio::test]
async fn credentials_follow_a_redirect_only_to_the_api_of_the_registry() {
    let registry = MockServer::start().await;
    let challenge = ResponseTemplate::new(401).insert_header("www-authenticate", "Basic realm=\"r\"");
    serve(&registry, "/v2/", challenge).await;
    let manifest = ResponseTemplate::new(200).set_body_raw(manifest(), DOCKER_MANIFEST_V2);
    serve(&registry, "/v2/app/moved", manifest).await;
    for (from, to) in [("^/v2/app/manifests/v1$", "/v2/app/moved"), ("^/v2/app/blobs/", "/storage/config")] {
        let redirect = ResponseTemplate::new(307).insert_header("location", to);
        Mock::given(path_regex(from)).respond_with(redirect).mount(&registry).await;
    }
    serve(&registry, "/storage/config", ResponseTemplate::new(200).set_body_string(CONFIG)).await;
    let reference = Reference::start().await;
    reference.create_pull_secret(&registry.address().to_string()).await;
    assert_eq!(import(&reference, &registry).await["status"], "Success");
    let requests = registry.received_requests().await.unwrap();
    let carries = |path: &str| {
        requests.iter().find(|request| request.url.path() == path).unwrap().headers.contains_key("authorization")
    };
    assert_eq!((carries("/v2/app/moved"), carries("/storage/config")), (true, false));
}
