//! The command, and a folder with a case that asks as each of the users.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::certificates::Certificates;

/// Cases whose paths say who asks.
const SUITE: &str = "
suite: users
about: Every user asks once.
cases:
  - name: users
    about: Every user asks once.
    steps:
      - { get: user, expect: { golden: false, values: { kind: Weather } } }
      - { get: admin, as: admin, expect: { golden: false, values: { kind: Weather } } }
      - { get: restricted, as: restricted, expect: { golden: false, values: { kind: Weather } } }
      - { get: unknown, as: unknown, expect: { golden: false, values: { kind: Weather } } }
      - { get: anonymous, as: anonymous, expect: { golden: false, values: { kind: Weather } } }
";

/// Runs the case above with a kubeconfig.
pub(crate) fn run(certificates: &Certificates, kubeconfig: &Path, arguments: &[&str]) -> Output {
    let folder = certificates.path("folder");
    fs::create_dir_all(folder.join("suites")).unwrap();
    fs::write(folder.join("suites/users.yaml"), SUITE).unwrap();
    let mut command = command();
    command.arg("run").arg(folder).args(["--namespace", "here", "--has", "restricted-user", "--kubeconfig"]);
    command.arg(kubeconfig).args(arguments).output().unwrap()
}

/// Says what would run with a kubeconfig; that reaches the target, and makes nothing.
pub(crate) fn list(kubeconfig: &Path, arguments: &[&str]) -> Output {
    let mut command = command();
    command.args(["run", "dry-run", "--list", "--namespace", "here", "--kubeconfig"]);
    command.arg(kubeconfig).args(arguments).output().unwrap()
}

fn command() -> Command {
    test_support::command(env!("CARGO_BIN_EXE_isi-conformance"))
}

/// Exit code 0, or what was said instead.
#[track_caller]
pub(crate) fn succeeded(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// The text of an error, after its exit code was checked. Paths of the folder are left out.
#[track_caller]
pub(crate) fn failed(output: &Output, code: i32, certificates: &Certificates) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    let folder = format!("{}/", PathBuf::from(certificates.folder.path()).display());
    stderr.replace(&folder, "")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
