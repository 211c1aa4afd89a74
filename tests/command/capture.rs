//! `isi-conformance registry --upstream URL --capture DIR`, and what is answered from the folder: with skopeo, and request by
//! request.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method};
use rstest::rstest;
use tempfile::TempDir;
use test_support::{DockerRegistry, loopback_client, needs_program};

use super::{folder, isi_conformance, text};

/// A registry of the command that is being served.
struct Served {
    child: Child,
    host: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"))
            .arg("registry")
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let url = BufReader::new(child.stdout.take().unwrap()).lines().next();
        let Some(Ok(url)) = url else {
            panic!("it does not start: {}", text(&child.wait_with_output().unwrap().stderr));
        };
        Self { child, host: url.split_once("://").unwrap().1.to_owned() }
    }

    /// Captures what the registry at `host` answers.
    fn capturing(host: &str, folder: &Path, arguments: &[&str]) -> Self {
        let (url, folder) = (format!("http://{host}"), folder.to_string_lossy());
        Self::start(&[&["--upstream", &url, "--capture", &folder], arguments].concat())
    }

    /// Ends it with SIGTERM, as a service manager would; returns what it said on standard error.
    fn terminate(self) -> String {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stderr)
    }
}

/// A registry of the command with the images that are copied.
fn fixture(folder: &Path, more: &str) -> Served {
    let path = folder.join("fixture.yaml");
    let images = "repositories: { lib/app: { v1: s2-basic, multi: list-multi, oci: index-multi } }";
    fs::write(&path, format!("{images}\n{more}")).unwrap();
    Served::start(&[&path.to_string_lossy()])
}

fn skopeo(arguments: &[&str]) -> Output {
    Command::new("skopeo").args(arguments).output().unwrap()
}

/// Copies every platform of an image out of a registry.
fn copy(host: &str, image: &str, credentials: Option<&str>, to: &Path) {
    let (from, to) = (format!("docker://{host}/{image}"), format!("dir:{}", to.display()));
    let credentials: Vec<&str> = credentials.map(|pair| vec!["--src-creds", pair]).unwrap_or_default();
    let output =
        skopeo(&[&["copy", "--all", "--src-tls-verify=false"], credentials.as_slice(), &[&from, &to]].concat());
    assert!(output.status.success(), "{image}: {}", text(&output.stderr));
}

/// All files of a folder, by their path.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Fails if a text is in any file of a folder.
fn assert_without(folder: &Path, secrets: &[&str]) {
    for (path, bytes) in files(folder) {
        let content = text(&bytes);
        for secret in secrets {
            assert!(!content.contains(secret), "{} has `{secret}`: {content}", path.display());
        }
    }
}

/// An answer: its status, its headers without `Date` and in an order of their own, and its body.
#[derive(Debug, PartialEq)]
struct Answered {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn headers(headers: &HeaderMap, host: &str) -> Vec<(String, String)> {
    let all = headers.iter().filter(|(name, _)| *name != "date");
    let value = |value: &http::HeaderValue| text(value.as_bytes()).replace(host, "HOST");
    let mut all: Vec<_> = all.map(|(name, found)| (name.to_string(), value(found))).collect();
    all.sort();
    all
}

async fn ask(host: &str, method: &str, target: &str, with: &[(&str, &str)]) -> Answered {
    let mut request =
        loopback_client().request(Method::from_bytes(method.as_bytes()).unwrap(), format!("http://{host}{target}"));
    for (name, value) in with {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap_or_else(|error| panic!("{method} {target}: {error:?}"));
    let (status, headers) = (response.status().as_u16(), headers(response.headers(), host));
    Answered { status, headers, body: response.bytes().await.unwrap().to_vec() }
}

const ACCEPT: &str = "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

/// Distribution is captured as skopeo copies from it and as requests go through all that it answers; the same comes from the
/// folder, byte for byte.
#[rstest]
#[case::plain(false)]
#[case::basic(true)]
#[tokio::test(flavor = "multi_thread")]
async fn what_distribution_answers_is_answered_again(#[case] with_users: bool) {
    if !needs_program(DockerRegistry::PROGRAM) || !needs_program("skopeo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let distribution = if with_users { DockerRegistry::start_with_users() } else { DockerRegistry::start() };
    let pair = format!("{}:{}", DockerRegistry::USER, DockerRegistry::PASSWORD);
    let credentials = with_users.then_some(pair.as_str());
    let source = fixture(folder.path(), "");
    for image in ["lib/app:v1", "lib/app:multi", "lib/app:oci"] {
        let (from, to) =
            (format!("docker://{}/{image}", source.host), format!("docker://{}/{image}", distribution.host()));
        let credentials: Vec<&str> = credentials.map(|pair| vec!["--dest-creds", pair]).unwrap_or_default();
        let arguments = ["copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false"];
        let output = skopeo(&[&arguments, credentials.as_slice(), &[&from, &to]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    source.terminate();

    let basic = format!("Basic {}", STANDARD.encode(&pair));
    let mut with = vec![("accept", ACCEPT)];
    if with_users {
        with.push(("authorization", &basic));
    }
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let unknown_blob = format!("/v2/lib/app/blobs/{digest}");
    let script = [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/lib/app/tags/list"),
        ("GET", "/v2/lib/app/tags/list?n=1"),
        ("HEAD", "/v2/lib/app/manifests/multi"),
        ("GET", "/v2/lib/app/manifests/multi"),
        ("GET", "/v2/lib/app/manifests/v1"),
        ("GET", "/v2/lib/app/manifests/nope"),
        ("GET", "/v2/lib/none/tags/list"),
        ("GET", &unknown_blob),
        ("GET", "/nothing"),
    ];
    let captured = path("captured");
    let proxy = Served::capturing(distribution.host(), &captured, &["--capture-blobs", "all"]);
    let mut answers = Vec::new();
    for (method, target) in script {
        let direct = ask(distribution.host(), method, target, &with).await;
        let passed = ask(&proxy.host, method, target, &with).await;
        assert_eq!(passed, direct, "{method} {target}");
        answers.push(direct);
    }
    let anonymous = ask(&proxy.host, "GET", "/v2/", &[]).await;
    assert_eq!(anonymous.status, if with_users { 401 } else { 200 });
    copy(&proxy.host, "lib/app:multi", credentials, &path("first"));
    copy(&proxy.host, "lib/app:oci", credentials, &path("first-oci"));
    let said = proxy.terminate();
    assert!(said.contains("of 1 repository"), "{said}");
    assert_without(&captured, &[DockerRegistry::PASSWORD, &STANDARD.encode(&pair), distribution.host()]);
    if with_users {
        assert_without(&captured, &[DockerRegistry::USER]);
    }

    let replay = Served::start(&[&captured.to_string_lossy()]);
    for ((method, target), expected) in script.into_iter().zip(answers) {
        assert_eq!(ask(&replay.host, method, target, &with).await, expected, "{method} {target}");
    }
    assert_eq!(ask(&replay.host, "GET", "/v2/", &[]).await, anonymous);
    copy(&replay.host, "lib/app:multi", credentials, &path("second"));
    copy(&replay.host, "lib/app:oci", credentials, &path("second-oci"));
    assert!(files(&path("first")) == files(&path("second")), "the copy is another one");
    assert!(files(&path("first-oci")) == files(&path("second-oci")), "the copy is another one");
    assert_eq!(replay.terminate(), "");
}

/// A user's password, a token, and what is made of them.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_redirects_and_failures_are_captured_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let upstream = fixture(
        folder.path(),
        "auth: { scheme: bearer, users: { robotnik: hunter2-very-secret } }\n\
         quirks: [redirects-blobs, realm-on-other-host]\n\
         tags: { pageSize: 2 }\n\
         faults:\n\
         - { when: GET manifests/busy, first: 1, status: 429, errors: [TOOMANYREQUESTS], headers: { Retry-After: \"7\" } }\n\
         - { when: GET manifests/lost, connection: reset }\n\
         - { when: GET manifests/oci, truncate: 10 }\n\
         - { when: GET manifests/oracle, status: 500, body: 'no hunter2-very-secret for robotnik at {{registry}}' }\n",
    );
    let captured = path("captured");
    let proxy = Served::capturing(&upstream.host, &captured, &[]);
    let pair = "robotnik:hunter2-very-secret";
    let basic = format!("Basic {}", STANDARD.encode(pair));
    let challenge = ask(&proxy.host, "GET", "/v2/", &[]).await;
    let realm = challenge.headers.iter().find(|(name, _)| name == "www-authenticate").map(|(_, value)| value).unwrap();
    // It is the same registry by its other name, so that a client takes it for another host.
    assert!(realm.contains("/elsewhere/1/token") && !realm.contains(&upstream.host), "{realm}");
    let target = "/elsewhere/1/token?account=robotnik&service=fixture&scope=repository%3Alib%2Fapp%3Apull";
    let given = ask(&proxy.host, "GET", target, &[("authorization", &basic)]).await;
    let given: serde_json::Value = serde_json::from_slice(&given.body).unwrap();
    let token = given["token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let script = |host: String, bearer: String| async move {
        let with = [("authorization", bearer.as_str())];
        let mut seen = Vec::new();
        for target in ["manifests/busy", "manifests/busy", "manifests/oracle", "tags/list"] {
            seen.push(ask(&host, "GET", &format!("/v2/lib/app/{target}"), &with).await);
        }
        for target in ["manifests/lost", "manifests/oci"] {
            let request =
                loopback_client().get(format!("http://{host}/v2/lib/app/{target}")).header("authorization", &bearer);
            let failed = match request.send().await {
                Err(error) => error.is_request(),
                Ok(response) => response.bytes().await.is_err(),
            };
            assert!(failed, "{target} arrives");
        }
        seen
    };
    let live = script(proxy.host.clone(), bearer).await;
    let statuses: Vec<u16> = live.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [429, 404, 500, 200]);
    assert!(live[0].headers.contains(&("retry-after".to_owned(), "7".to_owned())), "{live:?}");
    assert!(live[3].headers.iter().any(|(name, _)| name == "link"), "{live:?}");
    let with_skopeo = needs_program("skopeo");
    if with_skopeo {
        copy(&proxy.host, "lib/app:multi", Some(pair), &path("first"));
    }
    let said = proxy.terminate();
    assert!(said.contains("the upstream registry has not finished 2 of them"), "{said}");
    upstream.terminate();

    let log = fs::read_to_string(captured.join("exchanges.jsonl")).unwrap();
    assert!(log.contains("no redacted for redacted at {{host}}") && log.contains("account=redacted"), "{log}");
    assert_without(&captured, &["hunter2", "robotnik", &token, &STANDARD.encode(pair)]);

    let replay = Served::start(&[&captured.to_string_lossy()]);
    let again = script(replay.host.clone(), "Bearer another".to_owned()).await;
    assert_eq!(again[..2], live[..2]);
    assert_eq!(text(&again[2].body), format!("no redacted for redacted at {}", replay.host));
    assert_eq!(again[3], live[3]);
    if with_skopeo {
        copy(&replay.host, "lib/app:multi", Some("someone:else"), &path("second"));
        assert!(files(&path("first")) == files(&path("second")), "the copy is another one");
    }
    assert_eq!(replay.terminate(), "");
}

/// Blobs pass whatever their size, and are kept as far as they are to be.
#[rstest]
#[case::none("none", false, false)]
#[case::small("small", true, false)]
#[case::all("all", true, true)]
#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_kept_as_far_as_they_are_to_be(#[case] which: &str, #[case] small: bool, #[case] large: bool) {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Served::start(&[]);
    let captured = folder.path().join("captured");
    let proxy = Served::capturing(&upstream.host, &captured, &["--capture-blobs", which]);
    let blobs = [vec![7; 1024 * 1024], vec![8; 3 * 1024 * 1024]];
    let digests = blobs.clone().map(|blob| oci_mock_registry::oci::Digest::sha256(&blob).to_string());
    for (blob, digest) in blobs.iter().zip(&digests) {
        // Pushing goes through the proxy, too.
        let url = format!("http://{}/v2/lib/app/blobs/uploads/?digest={digest}", proxy.host);
        let pushed = loopback_client().post(url).body(blob.clone()).send().await.unwrap();
        assert_eq!(pushed.status().as_u16(), 201);
        let passed = ask(&proxy.host, "GET", &format!("/v2/lib/app/blobs/{digest}"), &[]).await;
        assert!(passed.status == 200 && passed.body == *blob, "{}", passed.status);
    }
    let said = proxy.terminate();
    let left_out = [small, large].into_iter().filter(|kept| !kept).count();
    assert_eq!(said.contains(&format!("the bodies of {left_out} answers are left out")), left_out > 0, "{said}");
    upstream.terminate();

    let replay = Served::start(&[&captured.to_string_lossy()]);
    for ((blob, digest), kept) in blobs.iter().zip(&digests).zip([small, large]) {
        let target = format!("/v2/lib/app/blobs/{digest}");
        let head = ask(&replay.host, "HEAD", &target, &[]).await;
        assert_eq!(head.status, 200);
        assert!(head.headers.contains(&("content-length".to_owned(), blob.len().to_string())), "{head:?}");
        let answer = ask(&replay.host, "GET", &target, &[]).await;
        assert_eq!((answer.status, answer.body == *blob), if kept { (200, true) } else { (404, false) });
        assert!(kept || text(&answer.body).contains("`--capture-blobs all` keeps it"), "{}", text(&answer.body));
    }
    let findings = replay.terminate();
    assert_eq!(findings.matches("not captured: request").count(), left_out, "{findings}");
}

/// A bug folder with the registry's half and the implementation's half.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_has_what_was_captured_as_its_registry() {
    let bug = tempfile::tempdir().unwrap();
    let upstream = fixture(bug.path(), "quirks: [quay]");
    let captured = bug.path().join("captured");
    let proxy = Served::capturing(&upstream.host, &captured, &[]);
    let suite = |registry: &str| {
        format!(
            "suite: bug\nabout: What was reported.\ncases:\n  - name: captured\n    about: The image is imported.\n    registry: {registry}\n    steps:\n      - import: lib/app:v1 -> v1\n        expect: {{ golden: false, values: {{ \"status.images[0].status.status\": Success }} }}\n"
        )
    };
    // What an import asks is captured by an import, through the proxy.
    for (method, target) in [("GET", "/v2/"), ("GET", "/v2/lib/app/manifests/v1")] {
        let accept = "application/vnd.docker.distribution.manifest.v2+json";
        let answer = ask(&proxy.host, method, target, &[("accept", accept)]).await;
        if let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(&answer.body)
            && let Some(config) = manifest["config"]["digest"].as_str()
        {
            // Blobs are redirected.
            let url = format!("http://{}/v2/lib/app/blobs/{config}", proxy.host);
            let redirect = loopback_client().get(url).send().await.unwrap();
            let location = redirect.headers()["location"].to_str().unwrap();
            assert_eq!(loopback_client().get(location).send().await.unwrap().status().as_u16(), 200);
        }
    }
    proxy.terminate();
    upstream.terminate();
    fs::remove_file(bug.path().join("fixture.yaml")).unwrap();
    folder::write(bug.path(), "suites/bug.yaml", &suite("{ capture: captured }"));
    let output = folder::run(bug.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));

    // What has no effect beside it is refused, and so is a folder that is none.
    folder::write(bug.path(), "suites/bug.yaml", &suite("{ capture: captured, quirks: [quay] }"));
    let said = text(&folder::run(bug.path(), &[]).stdout);
    assert!(said.contains("only `faults`, `tls`, `http2` and `behindProxy` have a meaning beside `capture`"), "{said}");
}

#[rstest]
#[case::url("127.0.0.1:1", "new", 2, "did you mean `https://127.0.0.1:1`?")]
#[case::path("http://127.0.0.1:1/v2/", "new", 2, "without a path")]
#[case::credentials("http://robot:secret@127.0.0.1:1", "new", 2, "`127.0.0.1:1`")]
#[case::unreachable("http://127.0.0.1:1", "new", 3, "cannot be reached")]
fn what_cannot_be_captured_is_told(#[case] url: &str, #[case] name: &str, #[case] exit: i32, #[case] message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let captured = folder.path().join(name);
    let output = isi_conformance(&[
        "registry",
        "--upstream",
        url,
        "--capture",
        &captured.to_string_lossy(),
        "--listen",
        "127.0.0.1:0",
    ]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{error}");
    assert!(error.contains(message) && !error.contains("secret"), "{error}");
    assert!(!captured.exists(), "the folder was made for nothing");
}

#[rstest]
#[case::not_empty("full", "is not empty")]
#[case::not_writable("file/below", "cannot write into")]
fn a_folder_that_cannot_be_written_is_told(#[case] name: &str, #[case] message: &str) {
    let folder: TempDir = tempfile::tempdir().unwrap();
    folder::write(folder.path(), "full/something", "");
    folder::write(folder.path(), "file", "");
    let upstream = Served::start(&[]);
    let (url, captured) = (format!("http://{}", upstream.host), folder.path().join(name));
    let output = isi_conformance(&[
        "registry",
        "--upstream",
        &url,
        "--capture",
        &captured.to_string_lossy(),
        "--listen",
        "127.0.0.1:0",
    ]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(message), "{error}");
    upstream.terminate();
}

/// Waits until the log of a captured folder has so many exchanges: they are written behind the answers.
async fn logged(folder: &Path, count: usize) -> String {
    let read = async {
        loop {
            let log = fs::read_to_string(folder.join("exchanges.jsonl")).unwrap();
            if log.lines().count() > count {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap()
}

/// A client that goes away in the middle, an upstream registry that does, and the capturing process itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_captured_outlives_all_who_go_away() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = fixture(folder.path(), "");
    let captured = folder.path().join("captured");
    let mut proxy = Served::capturing(&upstream.host, &captured, &["--capture-blobs", "all"]);
    let blob = vec![8; 8 * 1024 * 1024];
    let digest = oci_mock_registry::oci::Digest::sha256(&blob);
    let url = format!("http://{}/v2/lib/app/blobs/uploads/?digest={digest}", upstream.host);
    assert_eq!(loopback_client().post(url).body(blob.clone()).send().await.unwrap().status().as_u16(), 201);

    let target = format!("/v2/lib/app/blobs/{digest}");
    let mut client = TcpStream::connect(&proxy.host).unwrap();
    write!(client, "GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", proxy.host).unwrap();
    client.read_exact(&mut [0; 100]).unwrap();
    drop(client);
    logged(&captured, 1).await;
    let manifest = ask(&proxy.host, "GET", "/v2/lib/app/manifests/v1", &[]).await;
    logged(&captured, 2).await;
    upstream.terminate();
    let lost = loopback_client().get(format!("http://{}/v2/", proxy.host)).send().await;
    assert!(lost.is_err(), "{lost:?}");
    let log = logged(&captured, 3).await;
    assert!(log.contains(r#""end":"reset""#), "{log}");
    proxy.child.kill().unwrap();
    proxy.child.wait().unwrap();

    let replay = Served::start(&[&captured.to_string_lossy()]);
    let answer = ask(&replay.host, "GET", &target, &[]).await;
    assert!(answer.status == 200 && answer.body == blob, "{}", answer.status);
    assert_eq!(ask(&replay.host, "GET", "/v2/lib/app/manifests/v1", &[]).await, manifest);
    let lost = loopback_client().get(format!("http://{}/v2/", replay.host)).send().await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(replay.terminate(), "");
}

/// An upstream registry with a certificate of its own is trusted if it is said so.
#[rstest]
#[case::not_trusted(&[], false)]
#[case::authority(&["--upstream-certificate-authority", "PEM"], true)]
#[case::any(&["--upstream-insecure-skip-tls-verify"], true)]
#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_the_upstream_registry_are_checked(#[case] trust: &[&str], #[case] trusted: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let upstream = Served::start(&["--tls", "trusted", "--authority", &path("authority")]);
    let (url, captured, pem) = (format!("https://{}", upstream.host), path("captured"), path("authority/ca.pem"));
    let trust = trust.iter().map(|word| if *word == "PEM" { pem.as_str() } else { word });
    let arguments: Vec<&str> = ["--upstream", &url, "--capture", &captured].into_iter().chain(trust).collect();
    if trusted {
        let proxy = Served::start(&arguments);
        assert_eq!(ask(&proxy.host, "GET", "/v2/", &[]).await.status, 200);
        proxy.terminate();
    } else {
        let output = isi_conformance(&[&["registry", "--listen", "127.0.0.1:0"], arguments.as_slice()].concat());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains("certificate") && error.contains("hint: "), "{error}");
    }
    upstream.terminate();
}
