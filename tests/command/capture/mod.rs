//! `isi-conformance registry --upstream URL --capture DIR`, and what becomes of the folder: with skopeo, and request by request.

mod as_fixture;
mod in_a_case;
mod refusals;
mod replay;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use http::{HeaderMap, Method};
use test_support::loopback_client;

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
