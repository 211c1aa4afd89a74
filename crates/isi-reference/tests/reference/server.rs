//! How the server is started and stopped, and who may ask it.

use std::{io::Write, time::Duration};

use isi_reference::{AllowedRegistry, Identity, Options, ServerCertificate, version::ApiVersion};
use reqwest::{Method, StatusCode, Version};
use rstest::rstest;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{NAMESPACE, Reference, client, import_of, read};

const GRACE: Duration = Duration::from_secs(5);

#[rstest]
#[case::a_user(Some("user-alice"), 200)]
#[case::an_administrator(Some("admin-token"), 200)]
#[case::nobody_in_particular(None, 403)]
#[case::somebody_unknown(Some("secret"), 401)]
#[tokio::test]
async fn tokens_say_who_asks(#[case] token: Option<&str>, #[case] status: u16) {
    let reference = Reference::start().await;
    let url = format!("{}/{NAMESPACE}/imagestreams", reference.running.url());
    let request = client(Vec::new()).get(url);
    let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
    assert_eq!(request.send().await.unwrap().status().as_u16(), status);
}

#[tokio::test]
async fn a_file_of_tokens_replaces_the_built_in_ones() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "sesame,bob,1,\"builders,system:masters\"").unwrap();
    let options = Options {
        token_auth_file: Some(file.path().to_owned()),
        deny: vec!["bob:*:*:*".parse().unwrap()],
        ..Options::default()
    };
    let reference = Reference::start_with(options, Vec::new()).await;
    let ask = |token: &'static str| {
        let url = format!("{}/{NAMESPACE}/imagestreams", reference.running.url());
        async move { client(Vec::new()).get(url).bearer_auth(token).send().await.unwrap().status() }
    };
    // Members of system:masters may do everything, whatever the rules say.
    assert_eq!(ask("sesame").await, StatusCode::OK);
    assert_eq!(ask("user-alice").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn serves_https_and_http_2() {
    let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let root = certified.cert.der().clone();
    let identity = Identity { certificates: vec![root.clone()], key };
    let options = Options { tls: Some(ServerCertificate::Given(identity)), ..Options::default() };
    let reference = Reference::start_with(options, vec![root]).await;
    let response = reference.request(Method::GET, "readyz").send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn stops_when_it_is_told_to_and_lets_the_address_go() {
    let reference = Reference::start().await;
    let address = reference.running.url().strip_prefix("http://").unwrap().to_owned();
    assert_eq!(reference.request(Method::GET, "healthz").send().await.unwrap().status(), StatusCode::OK);
    tokio::time::timeout(Duration::from_secs(5), reference.running.shutdown(GRACE)).await.unwrap();
    tokio::net::TcpListener::bind(address).await.unwrap();
}

#[tokio::test]
async fn a_namespace_that_nobody_made_exists_unless_namespaces_are_strict() {
    let stream = json!({ "metadata": { "name": "app" } });
    let path = format!("{NAMESPACE}/imagestreams");
    Reference::start().await.post(&path, &stream).await;

    let strict = Reference::start_with(Options { any_namespace: false, ..Options::default() }, Vec::new()).await;
    let refusal = read(strict.send(Method::POST, &path, &stream).await, 404).await;
    assert_eq!(refusal["message"], "namespaces \"team\" not found");
    strict.post("api/v1/namespaces", &json!({ "metadata": { "name": "team" } })).await;
    strict.post(&path, &stream).await;
}

#[tokio::test]
async fn a_namespace_that_a_finalizer_holds_takes_no_more() {
    let reference = Reference::start().await;
    let held = json!({ "metadata": { "name": "team" }, "spec": { "finalizers": ["kubernetes", "example.com/hold"] } });
    reference.post("api/v1/namespaces", &held).await;
    reference.request(Method::DELETE, "api/v1/namespaces/team").send().await.unwrap();
    let import = import_of("app", "r.example/app:v1", "v1");
    let refusal =
        read(reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamimports"), &import).await, 403).await;
    assert_eq!(refusal["details"]["causes"][0]["reason"], "NamespaceTerminating");
}

#[tokio::test]
async fn only_allowed_registries_are_imported_from_by_users_who_may_not_make_images() {
    let options = Options {
        allowed_registries: vec![AllowedRegistry { domain: "r.example".to_owned(), insecure: false }],
        deny: vec!["alice:create:*:images".parse().unwrap(), "alice:create:*:imagestreammapping".parse().unwrap()],
        ..Options::default()
    };
    let reference = Reference::start_with(options, Vec::new()).await;
    let import = import_of("app", "other.example/app:v1", "v1");
    let refusal =
        read(reference.send(Method::POST, &format!("{NAMESPACE}/imagestreamimports"), &import).await, 422).await;
    assert_eq!(refusal["details"]["causes"][0]["reason"], "FieldValueForbidden");
}

#[rstest]
#[case(ApiVersion::V4_2, true)]
#[case(ApiVersion::V4_8, false)]
#[tokio::test]
async fn objects_carry_their_path_in_old_versions_only(#[case] api_version: ApiVersion, #[case] expected: bool) {
    let reference = Reference::start_with(Options { api_version, ..Options::default() }, Vec::new()).await;
    let stream = json!({ "metadata": { "name": "app" } });
    let created = reference.post(&format!("{NAMESPACE}/imagestreams"), &stream).await;
    assert_eq!(created["metadata"].get("selfLink").is_some(), expected);
}

#[rstest]
#[case::a_length_that_is_not_reached("Content-Length: 1000\r\n\r\n", "", "unexpected EOF")]
#[case::a_chunk_that_is_not_reached("Transfer-Encoding: chunked\r\n\r\nffff\r\n", "", "unexpected EOF")]
#[case::a_chunk_without_a_length("Transfer-Encoding: chunked\r\n\r\n", "zz\r\n", "invalid byte in chunk length")]
#[tokio::test]
async fn a_request_that_breaks_off_is_not_carried_out(
    #[case] framing: &str,
    #[case] end: &str,
    #[case] expected: &str,
) {
    let reference = Reference::start().await;
    // YAML is whole at every line: half a stream would be a stream.
    let head = format!(
        "POST /{NAMESPACE}/imagestreams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user-alice\r\n\
         Content-Type: application/yaml\r\n{framing}"
    );
    let body = if end.is_empty() { "metadata:\n  name: app\n" } else { "" };
    let mut client = TcpStream::connect(reference.running.url().trim_start_matches("http://")).await.unwrap();
    client.write_all(format!("{head}{body}{end}").as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 500") && answer.contains(expected), "{answer}");
    let stream = reference.request(Method::GET, &format!("{NAMESPACE}/imagestreams/app")).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn shutting_down_waits_for_the_request_under_way_and_for_nothing_else() {
    let reference = Reference::start().await;
    let address = reference.running.url().trim_start_matches("http://").to_owned();
    let idle = TcpStream::connect(&address).await.unwrap();
    let mut client = TcpStream::connect(&address).await.unwrap();
    let body = r#"{"metadata":{"name":"app"}}"#;
    let head = format!(
        "POST /{NAMESPACE}/imagestreams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user-alice\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body once the request is under way.
    let mut continued = [0; 25];
    client.read_exact(&mut continued).await.unwrap();
    let shutdown = tokio::spawn(reference.running.shutdown(GRACE));
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    client.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let finished = tokio::time::timeout(Duration::from_secs(2), shutdown).await.unwrap().unwrap();
    assert!(finished, "the request was waited for");
    drop(idle);
}

// Recorded from openshift-apiserver 4.22.
#[rstest]
#[case::encoded_slash("imagestreams/a%2Fb", 404, "the server could not find the requested resource")]
#[case::double_slash("imagestreams//odd", 404, "the server could not find the requested resource")]
#[case::timeout(
    "imagestreams?timeout=x",
    400,
    "invalid timeout specified in the request URL - time: invalid duration \"x\""
)]
#[tokio::test]
async fn odd_requests_are_refused_as_servers_do_it(#[case] path: &str, #[case] status: u16, #[case] message: &str) {
    let reference = Reference::start().await;
    let answer = reference.request(Method::GET, &format!("{NAMESPACE}/{path}")).send().await.unwrap();
    assert_eq!(read(answer, status).await["message"], message);
}

#[tokio::test]
async fn a_path_without_a_namespace_lists_all_and_names_nothing() {
    let reference = Reference::start().await;
    let image_api = "apis/image.openshift.io/v1/namespaces//imagestreams";
    reference.post(&format!("{NAMESPACE}/imagestreams"), &json!({ "metadata": { "name": "app" } })).await;
    assert_eq!(reference.get(image_api).await["items"][0]["metadata"]["name"], "app");
    let answer = reference.request(Method::GET, &format!("{image_api}/app")).send().await.unwrap();
    assert_eq!(read(answer, 400).await["message"], "Namespace parameter required.");
    let answer = reference.send(Method::POST, image_api, &json!({ "metadata": { "name": "app" } })).await;
    let message = "ImageStream.image.openshift.io \"app\" is invalid: metadata.namespace: Required value";
    assert_eq!(read(answer, 422).await["message"], message);
}

#[tokio::test]
async fn an_unknown_path_is_answered_with_the_known_ones() {
    let reference = Reference::start().await;
    let answer = reference.request(Method::GET, "oapi/v1").send().await.unwrap();
    let paths = read(answer, 404).await["paths"].clone();
    assert_eq!(reference.get("").await["paths"], paths);
    assert!(paths.as_array().unwrap().contains(&json!("/apis/image.openshift.io/v1")), "{paths}");
}

/// As openshift-apiserver 4.22 answers.
#[rstest]
#[case::head_of_a_list("HEAD", "apis/image.openshift.io/v1/namespaces/team/imagestreams", 405)]
#[case::head_of_health("HEAD", "healthz", 200)]
#[case::head_of_the_version("HEAD", "version", 405)]
#[case::head_of_the_groups("HEAD", "apis", 405)]
#[case::post_to_a_group("POST", "apis/image.openshift.io", 405)]
#[case::delete_of_resources("DELETE", "apis/image.openshift.io/v1", 405)]
#[case::post_to_the_root("POST", "", 200)]
#[tokio::test]
async fn other_methods_are_answered_over_either_http(#[case] method: Method, #[case] path: &str, #[case] status: u16) {
    let reference = Reference::start().await;
    // Only the first call of a process installs one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let over_http_2 = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    for client in [&reference.client, &over_http_2] {
        let request = client.request(method.clone(), format!("{}/{path}", reference.running.url()));
        let response = request.bearer_auth("user-alice").send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_ne!(response.headers()["content-length"], "0");
        let body = response.bytes().await.unwrap();
        assert_eq!(body.is_empty(), method == Method::HEAD, "{body:?}");
    }
}

#[tokio::test]
async fn the_image_api_is_discovered_before_custom_resources_of_the_same_names() {
    let reference = Reference::start().await;
    let groups = reference.get("apis").await["groups"].clone();
    let names: Vec<&str> = groups.as_array().unwrap().iter().filter_map(|group| group["name"].as_str()).collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    assert!(place("image.openshift.io") < place("config.openshift.io"), "{names:?}");
}

#[tokio::test]
async fn the_version_is_indented_and_begins_with_its_numbers() {
    let reference = Reference::start().await;
    let response = reference.request(Method::GET, "version").send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(text.starts_with("{\n  \"major\": \"1\",\n  \"minor\": "), "{text}");
}

/// As openshift-apiserver 4.22 answers.
#[rstest]
#[case::unknown("GET", "nothing", 404, "/paths/0", "/api")]
#[case::empty_group("GET", "apis//v1", 404, "/paths/0", "/api")]
#[case::openapi_of_another_version("GET", "openapi/v4", 404, "/paths/0", "/api")]
#[case::unknown_check("GET", "healthz/nothing", 404, "/paths/0", "/api")]
#[case::unknown_resource("GET", "apis/image.openshift.io/v1/nothing", 404, "/reason", "NotFound")]
#[case::name(
    "DELETE",
    "apis/image.openshift.io/v1/namespaces/team/imagestreams/a%25b",
    400,
    "/message",
    "Name parameter invalid: \"a%b\": may not contain '%'"
)]
#[case::no_namespace(
    "DELETE",
    "apis/image.openshift.io/v1/namespaces//imagestreams",
    400,
    "/message",
    "Namespace parameter required."
)]
#[tokio::test]
async fn paths_that_name_nothing_are_told(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
    #[case] place: &str,
    #[case] expected: &str,
) {
    let reference = Reference::start().await;
    let answer = read(reference.request(method, path).send().await.unwrap(), status).await;
    assert_eq!(answer.pointer(place), Some(&json!(expected)), "{answer}");
}
