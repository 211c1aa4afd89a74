//! `isi-conformance registry --control`, as programs in other languages use it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use rstest::rstest;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(["registry", "--listen", "127.0.0.1:0"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A registry with a control interface, and what it has said behind the line to try.
struct Controlled {
    child: Child,
    url: String,
    token: Option<String>,
}

impl Controlled {
    fn start(arguments: &[&str], lines: usize) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().skip(2).take(lines);
        let said: Vec<String> = said.map(Result::unwrap).collect();
        let behind = |name: &str| said.iter().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let url = behind("control ").unwrap_or_else(|| panic!("no control interface in {said:?}"));
        Self { child, url, token: behind("token ") }
    }

    fn get(&self, path: &str, headers: &str) -> String {
        let host = self.url.strip_prefix("http://").unwrap().replace("0.0.0.0", "127.0.0.1");
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(self) -> Output {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.child.wait_with_output().unwrap()
    }
}

/// Runs an example with the control interface of a registry. Where its language is not installed, it says so.
fn run_example(program: &str, version: &str, arguments: &[&str], said: &str) {
    if Command::new(program).arg(version).output().is_err() {
        let is_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
        assert!(!is_ci || program != "python3", "{program} is not installed");
        eprintln!("skipped: {program} is not installed");
        return;
    }
    let controlled = Controlled::start(&["--control", "127.0.0.1:0", "--strict"], 1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/oci-mock-registry/examples/control");
    let output =
        Command::new(program).args(arguments).current_dir(folder).env("CONTROL", &controlled.url).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains(said), "{text}");
    let ended = controlled.terminate();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_example_in_python_passes() {
    run_example("python3", "--version", &["-B", "-m", "unittest", "test_client.py"], "Ran 4 tests");
}

#[test]
fn the_example_in_javascript_passes() {
    run_example("node", "--version", &["--test", "client.test.mjs"], "pass 3");
}

#[test]
fn the_example_in_go_passes() {
    run_example("go", "version", &["test", "-count=1", "go/client_test.go"], "ok");
}

#[test]
fn the_registry_of_the_command_line_is_called_default() {
    let controlled = Controlled::start(&["--control", "127.0.0.1:0"], 1);
    let answer = controlled.get("/registries", "");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(r#""name":"default""#), "{answer}");
    assert!(controlled.get("/openapi.json", "").contains(r#""openapi":"3.1.0""#));
    assert_eq!(controlled.terminate().status.code(), Some(0));
}

#[test]
fn an_address_that_others_reach_needs_the_token_that_is_printed() {
    let controlled = Controlled::start(&["--control", "0.0.0.0:0"], 2);
    let token = controlled.token.clone().unwrap();
    assert!(controlled.get("/registries", "").starts_with("HTTP/1.1 401 "));
    let answer = controlled.get("/registries", &format!("Authorization: Bearer {token}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    controlled.terminate();
}

#[test]
fn a_token_file_counts_on_loopback_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "a-secret-of-mine\n").unwrap();
    let controlled =
        Controlled::start(&["--control", "127.0.0.1:0", "--control-token-file", file.to_str().unwrap()], 1);
    assert!(controlled.get("/registries", "").starts_with("HTTP/1.1 401 "));
    let answer = controlled.get("/registries", "Authorization: Bearer a-secret-of-mine\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    controlled.terminate();
}

#[rstest]
#[case(&["--control-token-file", "nowhere"], "--control")]
#[case(&["--control", "127.0.0.1:0", "--control-token-file", "/nowhere/token"], "cannot read /nowhere/token")]
#[case(&["--control", "everywhere"], "invalid value 'everywhere'")]
fn wrong_usage_is_exit_2(#[case] arguments: &[&str], #[case] message: &str) {
    let output = command(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(message), "{error}");
}
