//! Imports against registries that do not: scripted with wiremock, one answer at a time.

use std::{io::Write, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use oci_types::{Digest, media_type::DOCKER_MANIFEST_V2};
use reqwest::Method;
use rstest::rstest;
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
    let auths = json!({ "auths": { registry.address().to_string(): { "auth": STANDARD.encode("robot:secret") } } });
    let secret = json!({
        "metadata": { "name": "pull" }, "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": STANDARD.encode(auths.to_string()) },
    });
    reference.post("api/v1/namespaces/team/secrets", &secret).await;
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
