//! `isi-conformance reference` and `up`: servers that are started for clients.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rstest::rstest;
use serde_json::Value;
use test_support::needs_kubectl;

use super::{isi_conformance, text};

/// A command that serves until it is told to end.
pub(crate) struct Serving {
    /// None once it was ended.
    child: Option<Child>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Serving {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isi-conformance"));
        command.args(arguments);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child: Some(child), lines }
    }

    pub(crate) fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// Ends it with SIGTERM, as a service manager would.
    pub(crate) fn terminate(mut self) -> Output {
        let child = self.child.take().unwrap();
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        child.wait_with_output().unwrap()
    }
}

impl Drop for Serving {
    /// Leaves no process behind where a test fails, or has no use for the output.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a client knows from a kubeconfig.
struct Client {
    server: String,
    token: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the current context of a kubeconfig.
    fn of(kubeconfig: &Path) -> Self {
        let config: Value = serde_saphyr::from_str(&fs::read_to_string(kubeconfig).unwrap()).unwrap();
        let cluster = &config["clusters"][0]["cluster"];
        let authority = STANDARD.decode(cluster["certificate-authority-data"].as_str().unwrap()).unwrap();
        let authority = reqwest::Certificate::from_pem(&authority).unwrap();
        let users = config["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["name"] == config["current-context"]).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            server: cluster["server"].as_str().unwrap().to_owned(),
            token: user["user"]["token"].as_str().unwrap().to_owned(),
            http: reqwest::Client::builder().tls_certs_only([authority]).build().unwrap(),
        }
    }

    async fn streams(&self, method: reqwest::Method, resource: &str, yaml: String) -> (u16, Value) {
        let url = format!("{}/apis/image.openshift.io/v1/namespaces/default/{resource}", self.server);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let response = request.header("Content-Type", "application/yaml").body(yaml).send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn up_prints_lines_that_work() {
    let mut up = Serving::start(&["up"]);
    let lines: [String; 6] = std::array::from_fn(|_| up.line());
    let kubeconfig = lines[3].strip_prefix("export KUBECONFIG=").unwrap().to_owned();
    let import = lines[4].strip_prefix("kubectl create -f ").unwrap();
    assert_eq!(lines[5], "kubectl get imagestreams");

    let client = Client::of(Path::new(&kubeconfig));
    assert_eq!(lines[0], format!("reference {}", client.server));
    let import = fs::read_to_string(import).unwrap();
    let (status, imported) = client.streams(reqwest::Method::POST, "imagestreamimports", import).await;
    assert_eq!((status, &imported["status"]["images"][0]["status"]["status"]), (201, &"Success".into()), "{imported}");
    let (_, list) = client.streams(reqwest::Method::GET, "imagestreams", String::new()).await;
    assert_eq!(list["items"][0]["metadata"]["name"], "app");

    let ended = up.terminate();
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    assert!(!Path::new(&kubeconfig).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn up_imports_from_the_registry_of_a_fixture_over_plain_http() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("fixture.yaml"), "repositories: { team/web: { v3: oci-basic } }").unwrap();
    let mut up = Serving::start(&["up", &path("fixture.yaml"), "--folder", &path("kept")]);
    let lines: [String; 6] = std::array::from_fn(|_| up.line());
    let kubeconfig = path("kept/kubeconfig");
    assert_eq!(lines[3], format!("export KUBECONFIG={kubeconfig}"));

    let import = fs::read_to_string(path("kept/import.yaml")).unwrap();
    assert!(import.contains("/team/web:v3"), "{import}");
    let client = Client::of(Path::new(&kubeconfig));
    let (status, imported) = client.streams(reqwest::Method::POST, "imagestreamimports", import).await;
    assert_eq!((status, &imported["status"]["images"][0]["status"]["status"]), (201, &"Success".into()), "{imported}");
    up.terminate();
    assert!(Path::new(&kubeconfig).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_in_a_folder_is_the_same_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut arguments = vec!["reference", "--tls", "self-signed"];
    let (authority, first, second) = (path("authority"), path("first"), path("second"));
    arguments.extend(["--authority", &authority, "--write-kubeconfig"]);
    for file in [&first, &second] {
        let mut reference = Serving::start(&[&arguments[..], &[file]].concat());
        assert_eq!(reference.line(), Client::of(Path::new(file)).server);
        assert_eq!(reference.line(), format!("kubectl --kubeconfig {file} get imagestreams"));
        reference.terminate();
    }
    let authority = |file: &str| {
        let text = fs::read_to_string(file).unwrap();
        text.lines().find(|line| line.contains("certificate-authority-data")).unwrap().to_owned()
    };
    assert_eq!(authority(&first), authority(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_a_token_file_have_a_context_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("tokens.csv"), "t1,zoe,1\nt2,root,2,\"system:masters\"\n").unwrap();
    let (tokens, kubeconfig) = (path("tokens.csv"), path("kubeconfig"));
    let mut reference = Serving::start(&[
        "reference",
        "--tls",
        "self-signed",
        "--token-auth-file",
        &tokens,
        "--write-kubeconfig",
        &kubeconfig,
    ]);
    reference.line();
    let client = Client::of(Path::new(&kubeconfig));
    assert_eq!(client.token, "t2");
    let (status, _) = client.streams(reqwest::Method::GET, "imagestreams", String::new()).await;
    assert_eq!(status, 200);
    let config: Value = serde_saphyr::from_str(&fs::read_to_string(&kubeconfig).unwrap()).unwrap();
    assert_eq!(config["contexts"][1]["name"], "zoe");
    reference.terminate();
}

#[test]
fn a_kubeconfig_for_plain_http_comes_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig").to_string_lossy().into_owned();
    let mut reference = Serving::start(&["reference", "--write-kubeconfig", &kubeconfig]);
    assert!(reference.line().starts_with("http://127.0.0.1:"));
    let ended = reference.terminate();
    assert_eq!(text(&ended.stderr), "note: kubectl and oc send no token over plain HTTP; add `--tls self-signed`\n");
}

#[rstest]
#[case::host_with_scheme(&["--host", "http://example.com"], 2, "expected a host name or an address, without scheme and port")]
#[case::host_with_port(&["--host", "example.com:443"], 2, "expected a host name or an address, without scheme and port")]
#[case::two_certificates(&["--tls", "self-signed", "--tls-cert", "a", "--tls-key", "b"], 2, "cannot be used with")]
#[case::folder_that_is_missing(&["--write-kubeconfig", "/no/folder/kubeconfig"], 3, "cannot write the kubeconfig /no/folder/kubeconfig: ")]
fn what_cannot_be_served_is_said(#[case] arguments: &[&str], #[case] code: i32, #[case] message: &str) {
    let output = isi_conformance(&[&["reference"], arguments].concat());
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
}

/// What kubectl prints, with a kubeconfig.
fn kubectl(kubeconfig: &Path, arguments: &[&str]) -> String {
    let output = Command::new("kubectl").arg("--kubeconfig").arg(kubeconfig).args(arguments).output().unwrap();
    assert!(output.status.success(), "kubectl {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn kubectl_watches_and_waits() {
    if !needs_kubectl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let written = kubeconfig.to_str().unwrap();
    let mut reference = Serving::start(&[
        "reference",
        "--listen",
        "127.0.0.1:0",
        "--tls",
        "self-signed",
        "--write-kubeconfig",
        written,
    ]);
    reference.line();
    kubectl(&kubeconfig, &["create", "namespace", "demo"]);
    let stream = folder.path().join("stream.yaml");
    fs::write(
        &stream,
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: { name: app, namespace: demo }\n",
    )
    .unwrap();
    let mut watching = Command::new("kubectl")
        .arg("--kubeconfig")
        .arg(&kubeconfig)
        .args(["get", "is", "-n", "demo", "--watch", "--output-watch-events"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map(Result::unwrap);
    kubectl(&kubeconfig, &["create", "-f", stream.to_str().unwrap()]);
    assert!(lines.by_ref().find(|line| line.starts_with("ADDED")).unwrap().contains("app"));
    kubectl(&kubeconfig, &["label", "is/app", "-n", "demo", "tier=web"]);
    kubectl(
        &kubeconfig,
        &["wait", "is/app", "-n", "demo", "--for=jsonpath={.metadata.labels.tier}=web", "--timeout=30s"],
    );
    let waiting = Command::new("kubectl")
        .arg("--kubeconfig")
        .arg(&kubeconfig)
        .args(["wait", "is/app", "-n", "demo", "--for=delete", "--timeout=30s"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    kubectl(&kubeconfig, &["delete", "is/app", "-n", "demo"]);
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert!(lines.by_ref().find(|line| line.starts_with("DELETED")).unwrap().contains("app"));
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[cfg(unix)]
#[rstest]
#[case::low("64", true)]
#[case::high("512", false)]
fn a_low_limit_of_open_files_is_told_and_clients_wait_for_each_other(#[case] limit: &str, #[case] is_low: bool) {
    let program = env!("CARGO_BIN_EXE_isi-conformance");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {limit} && exec {program} reference")]);
    let mut serving = Serving::of(command);
    let address = serving.line().strip_prefix("http://").unwrap().to_owned();
    // More connections than descriptors: the last of them is served once others have gone.
    let idle: Vec<_> = (0..100).map(|_| std::net::TcpStream::connect(&address).unwrap()).collect();
    let mut last = std::net::TcpStream::connect(&address).unwrap();
    drop(idle);
    std::io::Write::write_all(&mut last, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let answer = std::io::read_to_string(last).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let output = serving.terminate();
    assert_eq!(text(&output.stderr).contains(&format!("the limit of open files is {limit}")), is_low, "{output:?}");
}
