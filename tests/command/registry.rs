//! `isi-conformance registry`, as a person or a script meets it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
};

use rstest::rstest;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isi-conformance"));
    command.arg("registry").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A registry that is being served, and the host it has said.
struct Served {
    child: Child,
    host: String,
    line_to_try: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        let line_to_try = lines.next().unwrap().unwrap();
        let host = url.strip_prefix("http://").unwrap().to_owned();
        Self { child, host, line_to_try }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it with SIGTERM, as a service manager would.
    fn terminate(self) -> Output {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait_with_output().unwrap()
    }
}

#[test]
fn serves_a_fixture_until_it_is_terminated() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("fixture.yaml"), "repositories: { lib/app: { v1: s2-basic } }").unwrap();
    let served = Served::start(&[&path("fixture.yaml"), "--journal", &path("journal.jsonl"), "--save", &path("saved")]);
    assert_eq!(served.line_to_try, format!("skopeo inspect --tls-verify=false docker://{}/lib/app:v1", served.host));
    assert!(served.get("/v2/lib/app/manifests/v1").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(served.terminate().status.code(), Some(0));

    let journal = fs::read_to_string(path("journal.jsonl")).unwrap();
    let entry: serde_json::Value = serde_json::from_str(&journal).unwrap();
    assert_eq!((&entry["path"], &entry["status"]), (&"/v2/lib/app/manifests/v1".into(), &200.into()));

    let again = Served::start(&[&path("saved")]);
    assert!(again.get("/v2/lib/app/manifests/v1").starts_with("HTTP/1.1 200 OK"));
    again.terminate();
}

#[test]
fn a_lookaside_folder_is_found_beside_the_fixture() {
    let folder = tempfile::tempdir().unwrap();
    let image = format!("lib/app@sha256={}", "0".repeat(64));
    fs::create_dir_all(folder.path().join("signatures").join(&image)).unwrap();
    fs::write(folder.path().join("signatures").join(&image).join("signature-1"), "a signature").unwrap();
    let fixture = folder.path().join("fixture.yaml");
    fs::write(&fixture, "lookaside: signatures").unwrap();
    let served = Served::start(&[&fixture.to_string_lossy()]);
    let answer = served.get(&format!("/lookaside/{image}/signature-1"));
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("a signature"), "{answer}");
    served.terminate();
}

/// What a registry says on standard error once it has been asked for something odd, and how it ends.
fn accounted(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path().join("fixture.yaml");
    fs::write(&fixture, "faults: [{ when: GET /v2/, name: outage, status: 503 }]").unwrap();
    let served = Served::start(&[&[fixture.to_str().unwrap()], arguments].concat());
    served.get("/favicon.ico");
    let output = served.terminate();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn says_what_does_not_add_up() {
    let (code, said) = accounted(&[]);
    assert_eq!(code, Some(0));
    assert_eq!(said, "note: the fault `outage` has not fired\nnote: unexpected request 0: GET /favicon.ico\n");
}

#[test]
fn strictly_what_does_not_add_up_is_exit_1() {
    let (code, said) = accounted(&["--strict"]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("error: the fault `outage` has not fired\n"), "{said}");
}

#[rstest]
#[case::image("repositories:\n  lib/app: { v1: s2-bsic }\n", ":2:18", "did you mean `s2-basic`?")]
#[case::variable(
    "repositories:\n  lib/app: { '{{digest nope}}.sig': s2-basic }\n",
    ":2:14",
    "there is no image `nope`"
)]
#[case::fault(
    "faults:\n  - { when: GET /v2/, redirect: 'http://{{digest nope}}' }\n",
    ":2:33",
    "there is no image `nope`"
)]
#[case::folder("folders: { lib/app: nowhere }\n", ":1:21", "nowhere: No such file or directory")]
#[case::certificate("tls: { files: { certificate: no.pem, key: no.pem } }\n", ":1:30", "no.pem")]
#[case::field("repositries: {}\n", ":1:1", "unknown field `repositries`")]
#[case::yaml("repositories: [\n", ":1:15", "a list or mapping in brackets does not end")]
fn a_wrong_fixture_is_exit_2_with_the_place(#[case] text: &str, #[case] place: &str, #[case] message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path().join("fixture.yaml");
    fs::write(&fixture, text).unwrap();
    let output = command(&[&fixture.to_string_lossy()]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(&format!("fixture.yaml{place}")) && error.contains(message), "{error}");
}

/// What is pushed while the process ends is saved, and what does not add up counts.
#[test]
fn what_happens_at_the_end_counts() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    let mut served = Served::start(&["--strict", "--save", &saved.to_string_lossy()]);
    let mut push = TcpStream::connect(&served.host).unwrap();
    push.write_all(
        b"PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 19\r\n\r\n{\"schemaVersion\":2",
    )
    .unwrap();
    assert!(served.get("/favicon.ico").starts_with("HTTP/1.1 404"));
    Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status().unwrap();
    // It accepts no connection any more once it has heard of that.
    while TcpStream::connect(&served.host).is_ok() {}
    push.write_all(b"}").unwrap();
    let mut answer = String::new();
    push.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(served.child.wait().unwrap().code(), Some(1));
    assert!(saved.join("lib/app/index.json").exists());
}

#[test]
fn a_folder_that_cannot_be_saved_to_is_told_at_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = command(&["--save", &file.path().join("saved").to_string_lossy()]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write into "));
}

/// A client that never ends its request does not keep the process alive for ever, and a second signal ends it at once.
#[test]
fn a_second_signal_ends_it_at_once() {
    let mut served = Served::start(&[]);
    let mut stream = TcpStream::connect(&served.host).unwrap();
    let head = format!("PUT /v2/lib/app/manifests/v1 HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n{{", served.host);
    stream.write_all(head.as_bytes()).unwrap();
    // It answers another client, so it has seen the request that came before.
    assert!(served.get("/v2/").starts_with("HTTP/1.1 200"));
    let began = std::time::Instant::now();
    while served.child.try_wait().unwrap().is_none() {
        Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status().unwrap();
        assert!(began.elapsed() < std::time::Duration::from_secs(4), "it is still waiting");
    }
}

/// Only a client that trusts the authority can see that it is the certificate's time or name that is wrong.
#[rstest]
#[case("trusted")]
#[case("expired")]
#[case("other-name")]
fn says_whom_to_trust_where_the_authority_vouches(#[case] mode: &str) {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().to_str().unwrap();
    let mut child = command(&["--tls", mode, "--authority", authority, "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().take(3).map(Result::unwrap).collect();
    assert!(lines[0].starts_with("https://127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[2], format!("trust {authority}/ca.pem"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[rstest]
#[case::unless_told_otherwise(&[], reqwest::Version::HTTP_2)]
#[case::not_where_it_is_taken_away(&["--no-http2"], reqwest::Version::HTTP_11)]
#[tokio::test]
async fn offers_http2_over_tls(#[case] switch: &[&str], #[case] expected: reqwest::Version) {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().to_str().unwrap();
    let arguments = ["--tls", "trusted", "--authority", authority, "--listen", "127.0.0.1:0"];
    let mut child = command(&[&arguments, switch].concat()).spawn().unwrap();
    let url = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let certificate = reqwest::Certificate::from_pem(&fs::read(folder.path().join("ca.pem")).unwrap()).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
    let answer = client.get(format!("{url}/v2/")).send().await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.unwrap().version(), expected);
}

#[test]
fn an_empty_registry_says_how_to_push() {
    let served = Served::start(&[]);
    let expected = format!("skopeo copy --dest-tls-verify=false oci:FOLDER docker://{}/lib/app:v1", served.host);
    assert_eq!(served.line_to_try, expected);
    served.terminate();
}

#[test]
fn a_port_that_is_taken_is_exit_3_and_says_who_holds_it() {
    let served = Served::start(&[]);
    let output = command(&["--listen", &served.host]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.starts_with(&format!("error: cannot listen on {}", served.host)), "{error}");
    if cfg!(target_os = "linux") {
        assert!(error.contains(&format!("process {}", served.child.id())), "{error}");
    }
    served.terminate();
}

#[test]
fn lists_what_images_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let recipes = folder.path().join("images.yaml");
    fs::write(&recipes, "images: { a-mine: { about: one layer, oci: { layers: [2000] } } }").unwrap();
    let output = command(&["--images", "list", "--images", recipes.to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("a-mine: one layer\n"), "{text}");
    assert!(text.contains("\ns2-basic: two layers, linux/amd64\n"), "{text}");
}

#[test]
fn lists_what_quirks_there_are() {
    let output = command(&["--quirks", "list"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("docker-hub: "), "{text}");
    assert!(text.contains("\nno-link: lists never say that there is another page\n  source: "), "{text}");
}
