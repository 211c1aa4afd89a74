//! `isi-conformance registry DIR --write-fixture FILE`: a captured folder as a fixture that answers the same.

use std::{fs, path::Path};

use test_support::loopback_client;

use super::{Answered, Served, ask, fixture, folder, isi_conformance, text};

/// What the registry that is captured does.
const BEHAVIOUR: &str = r#"auth: { scheme: bearer, users: { robot: hunter2-very-secret }, anonymous: true }
quirks: [redirects-blobs]
tags: { pageSize: 2 }
faults:
  - { when: GET manifests/busy, first: 2, status: 429, errors: [TOOMANYREQUESTS], headers: { Retry-After: "7" } }
  - { when: GET manifests/busy, nth: 3, status: 503, body: "<html>try later</html>", headers: { Content-Type: text/html } }
  - { when: HEAD manifests/v1, first: 1, status: 500, errors: [{ code: UNKNOWN, message: the disk is full }] }
  - { when: GET manifests/oci, delay: 700ms, headers: { Docker-Content-Digest: null } }
  - { when: GET manifests/multi, nth: 2, truncate: 10, connection: reset }
  - { when: GET /v2/, nth: 3, connection: close }
"#;

/// Headers that tell one behaviour of a registry from another, whatever the status.
const COMPARED: [&str; 4] = ["docker-content-digest", "link", "retry-after", "www-authenticate"];

/// What a client sees of an answer: as much as is compared when a folder is turned into a fixture.
#[derive(Debug, PartialEq)]
enum Seen {
    Answered { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    Failed,
}

async fn see(host: &str, method: &str, target: &str, token: Option<&str>) -> Seen {
    let url = format!("http://{host}{target}");
    let mut request = loopback_client().request(method.parse().unwrap(), url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let Ok(response) = request.send().await else { return Seen::Failed };
    let status = response.status().as_u16();
    let headers = super::headers(response.headers(), host);
    let headers = headers.into_iter().filter(|(name, _)| COMPARED.contains(&name.as_str())).collect();
    match response.bytes().await {
        Ok(body) => Seen::Answered { status, headers, body: text(&body).replace(host, "HOST").into_bytes() },
        Err(_) => Seen::Failed,
    }
}

/// A token of the endpoint that the challenge names, for a client without credentials.
async fn token(host: &str) -> String {
    let challenge: Answered = ask(host, "GET", "/v2/", &[]).await;
    let (_, value) = challenge.headers.iter().find(|(name, _)| name == "www-authenticate").unwrap();
    let realm = value.split('"').nth(1).unwrap().replace("HOST", host);
    let url = format!("{realm}?service=fixture&scope=repository:lib/app:pull");
    let answer = loopback_client().get(url).send().await.unwrap().text().await.unwrap();
    let given: serde_json::Value = serde_json::from_str(&answer).unwrap();
    given["token"].as_str().unwrap().to_owned()
}

/// Everything that the faults are about, and some of what they are not about.
async fn script(host: &str) -> Vec<(String, Seen)> {
    let token = token(host).await;
    let mut requests: Vec<(&str, String, bool)> =
        vec![("GET", "/v2/".to_owned(), true), ("GET", "/v2/".to_owned(), true)];
    requests.extend((0..5).map(|_| ("GET", "/v2/lib/app/manifests/busy".to_owned(), true)));
    requests.extend((0..2).map(|_| ("HEAD", "/v2/lib/app/manifests/v1".to_owned(), true)));
    for target in
        ["manifests/v1", "manifests/oci", "manifests/multi", "manifests/multi", "manifests/multi", "tags/list"]
    {
        requests.push(("GET", format!("/v2/lib/app/{target}"), true));
    }
    requests.push(("GET", "/v2/lib/app/tags/list?last=oci&n=2".to_owned(), true));
    requests.push(("GET", "/v2/lib/app/manifests/v1".to_owned(), false));
    requests.push(("GET", "/v2/lib/none/tags/list".to_owned(), true));
    let mut seen = Vec::new();
    for (method, target, with_token) in requests {
        let answer = see(host, method, &target, with_token.then_some(token.as_str())).await;
        seen.push((format!("{method} {target}"), answer));
    }
    // A blob is elsewhere, and comes from there.
    let manifest = ask(host, "GET", "/v2/lib/app/manifests/v1", &[("authorization", &format!("Bearer {token}"))]).await;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.body).unwrap();
    let blob = format!("http://{host}/v2/lib/app/blobs/{}", manifest["config"]["digest"].as_str().unwrap());
    let redirect = loopback_client().get(blob).bearer_auth(&token).send().await.unwrap();
    assert_eq!(redirect.status().as_u16(), 307);
    let stored = loopback_client().get(redirect.headers()["location"].to_str().unwrap()).send().await.unwrap();
    let body = stored.bytes().await.unwrap().to_vec();
    seen.push(("the blob".to_owned(), Seen::Answered { status: 200, headers: Vec::new(), body }));
    seen
}

fn write_fixture(captured: &Path, file: &Path, more: &[&str]) -> (Option<i32>, String) {
    let (captured, file) = (captured.to_string_lossy(), file.to_string_lossy());
    let output = isi_conformance(&[&["registry", &captured, "--write-fixture", &file], more].concat());
    (output.status.code(), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_registry_with_faults_becomes_a_fixture_with_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let captured = folder.path().join("captured");
    let upstream = fixture(folder.path(), BEHAVIOUR);
    let proxy = Served::capturing(&upstream.host, &captured, &[]);
    let live = script(&proxy.host).await;
    proxy.terminate();
    upstream.terminate();

    let file = folder.path().join("written.yaml");
    let (code, said) = write_fixture(&captured, &file, &["--strict"]);
    assert_eq!(code, Some(0), "{said}");
    let written = fs::read_to_string(&file).unwrap();
    for line in ["  lib/app: captured/lib/app", "quirks: [redirects-blobs]", "pageSize: 2", "first: 2, status: 429"] {
        assert!(written.contains(line), "`{line}` is missing: {written}");
    }
    let served = Served::start(&[&file.to_string_lossy(), "--strict"]);
    for ((request, live), (_, now)) in live.into_iter().zip(script(&served.host).await) {
        assert_eq!(now, live, "{request}: {written}");
    }
    // Every fault has fired.
    served.terminate();
}

#[test]
fn what_a_fixture_cannot_express_is_listed_with_its_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let log = r#"{"format":1}
{"number":0,"request":{"method":"GET","path":"/v2/"},"delay":"0s","response":{"status":200,"headers":[],"body":{"text":"{}"}}}
{"number":1,"request":{"method":"GET","path":"/elsewhere/2/health"},"delay":"0s","response":{"status":200,"headers":[]}}
{"number":2,"request":{"method":"GET","path":"/v2/a/blobs/sha256:1"},"delay":"0s","response":{"status":200,"headers":[],"body":{"omitted":7}}}
"#;
    folder::write(folder.path(), "captured/exchanges.jsonl", log);
    let (captured, file) = (folder.path().join("captured"), folder.path().join("written.yaml"));
    let (code, said) = write_fixture(&captured, &file, &["--strict"]);
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "exchange 1, GET /elsewhere/2/health: it went to another host",
        "exchange 2, GET /v2/a/blobs/sha256:1: its body was left out",
    ] {
        assert!(said.contains(line) && fs::read_to_string(&file).unwrap().contains(line), "{said}");
    }
    let (code, said) = write_fixture(&captured, &file, &[]);
    assert!(code == Some(3) && said.contains("exists"), "nothing is overwritten: {said}");
    let (code, said) = write_fixture(folder.path(), &file, &[]);
    assert!(code == Some(2) && said.contains("is no captured folder"), "{said}");
}
