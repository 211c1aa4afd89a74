//! One case for a person: shown, served, and as files to start from.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
};

use super::{isi_conformance, text};

#[test]
fn a_case_is_shown_with_its_registry_its_requests_and_its_golden() {
    let output = isi_conformance(&["show", "repo-one-tag", "--api-version", "4.10"]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(stdout.starts_with("repository::repo-one-tag (suites/repository.yaml:"), "{stdout}");
    for part in [
        "\"v1\": \"s2-basic\"",
        "sends POST /apis/image.openshift.io/v1/namespaces/namespace/imagestreamimports",
        "golden (golden/repository/repo-one-tag.snap",
        "\"request\": \"POST imagestreamimports\"",
    ] {
        assert!(stdout.contains(part), "{part} is missing in {stdout}");
    }
    assert!(!stdout.contains("importMode"), "4.10 has no import mode: {stdout}");
}

#[test]
fn an_unknown_case_is_told_with_the_nearest_one() {
    let output = isi_conformance(&["show", "repo-one-tga"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("hint: did you mean `repo-one-tag`?"), "{}", text(&output.stderr));
}

#[test]
fn exported_suites_run_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let exported = folder.path().join("own");
    let exported = exported.to_str().unwrap();
    assert_eq!(isi_conformance(&["export", exported]).status.code(), Some(0));
    let run = isi_conformance(&["run", exported, "dry-run", "--quiet"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stdout));
    fs::write(format!("{exported}/suites/dry-run.yaml"), "suite: dry-run\n").unwrap();
    assert_eq!(isi_conformance(&["export", exported]).status.code(), Some(2));
    assert_eq!(fs::read_to_string(format!("{exported}/suites/dry-run.yaml")).unwrap(), "suite: dry-run\n");
}

/// `serve`, whose output is read line by line.
struct Served {
    child: Child,
    input: ChildStdin,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Served {
    fn start(case: &str) -> Self {
        let mut child = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"))
            .args(["serve", case])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, lines }
    }

    /// The next line that contains `part`.
    fn line(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.next().expect("the output has ended").unwrap();
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Runs a printed command as a person does, and returns what it prints.
    fn repeat(command: &str) -> String {
        let script = format!("export ISI_TOKEN=user-alice ISI_ADMIN_TOKEN=admin-token\n{command}");
        text(&Command::new("sh").args(["-c", &script]).output().unwrap().stdout)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_printed_commands_repeat_the_steps_of_a_served_case() {
    let mut served = Served::start("repository::repo-one-tag");
    let command = served.line("curl ");
    let answer: serde_json::Value = serde_json::from_str(&Served::repeat(&command)).unwrap();
    assert_eq!(answer["status"]["repository"]["images"][0]["tag"], "v1", "{answer}");
    assert_eq!(served.line("tags/list"), "registry: GET /v2/lib/app/tags/list 200");
}

#[test]
fn a_step_that_changes_the_registry_waits_for_enter() {
    let mut served = Served::start("stream::stream-import-moved-tag");
    let first = served.line("curl ");
    Served::repeat(&first);
    served.line("changes the registry: press Enter");
    served.input.write_all(b"\n").unwrap();
    served.line("the registry is changed");
    let second = served.line("curl ");
    assert_ne!(first, "", "{second}");
}
