//! What one build answers is recorded, and another build is held against it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use isi_conformance::{
    reference::{self, Options},
    version::ApiVersion,
};
use rstest::rstest;
use serde_json::Value;

use super::{folder::write, isi_conformance, text};

async fn build(api_version: ApiVersion) -> reference::Reference {
    reference::start(Options { api_version, ..Options::default() }).await.unwrap()
}

/// Runs the command with the users of a build.
fn of_build(url: &str, arguments: &[&str]) -> Output {
    let users = ["--target", url, "--token", "user-alice", "--admin-token", "admin-token"];
    isi_conformance(&[arguments, &users].concat())
}

fn recorded(out: &Path, arguments: &[&str]) -> Output {
    let output = isi_conformance(&[&["record", "--out", out.to_str().unwrap()], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_held_against_what_another_one_answered() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("recording");
    let out = recording.to_str().unwrap();
    let (old, new) = (build(ApiVersion::V4_10).await, build(ApiVersion::V4_12).await);
    let record = ["record", "dry-run", "--out", out, "--api-version", "4.10"];
    let output = of_build(old.url(), &record);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("recorded "), "{}", text(&output.stdout));
    let same = of_build(old.url(), &["run", "--against", out]);
    assert_eq!(same.status.code(), Some(0), "{}{}", text(&same.stdout), text(&same.stderr));
    assert!(text(&same.stdout).contains("against the recording of http://127.0.0.1:"), "{}", text(&same.stdout));
    let report = folder.path().join("report.json");
    let other = of_build(new.url(), &["run", "--against", out, "--report", &format!("json={}", report.display())]);
    assert_eq!(other.status.code(), Some(1), "{}{}", text(&other.stdout), text(&other.stderr));
    // 4.12 has import modes, 4.10 has none (the published schemas say so), and they are in most responses.
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let causes: Vec<&str> =
        report["causes"].as_array().unwrap().iter().map(|cause| cause["says"].as_str().unwrap()).collect();
    assert!(causes.first().is_some_and(|cause| cause.contains("importMode")), "{causes:?}");
    assert_eq!(report["against"]["target"], old.url());
    assert_eq!(report["api_version"], "4.10");
}

const SUITE: &str = "suite: own\nabout: Cases.\ncases:\n  - name: list\n    about: Reads.\n    steps:\n      - { get: imagestreams, expect: { golden: false } }\n";
const SECOND: &str =
    "  - name: more\n    about: Reads.\n    steps:\n      - { get: imagestreams, expect: { golden: false } }\n";

#[test]
fn cases_of_one_side_alone_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("own.yaml");
    let path = suite.to_str().unwrap();
    let out = folder.path().join("recording");
    write(folder.path(), "own.yaml", SUITE);
    recorded(&out, &[path]);
    let against = ["run", path, "--against", out.to_str().unwrap(), "--verbose"];
    write(folder.path(), "own.yaml", &format!("{SUITE}{SECOND}"));
    let output = isi_conformance(&against);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("the recording does not have it"), "{}", text(&output.stdout));
    write(folder.path(), "own.yaml", &SUITE.replace("name: list", "name: renamed"));
    let output = isi_conformance(&against);
    let warning = "warning: 1 recorded case is in none of the suites and not compared: own::list";
    assert!(text(&output.stderr).contains(warning), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("not compared 1 recorded cases"), "{}", text(&output.stdout));
}

#[test]
fn a_case_that_was_changed_since_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "own.yaml", SUITE);
    let path = folder.path().join("own.yaml");
    let out = folder.path().join("recording");
    recorded(&out, &[path.to_str().unwrap()]);
    write(folder.path(), "own.yaml", &SUITE.replace("get: imagestreams,", "get: imagestreamtags,"));
    let output = isi_conformance(&["run", path.to_str().unwrap(), "--against", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    let changed = "record it again: `GET imagestreams` is now `GET imagestreamtags`";
    assert!(text(&output.stdout).contains(changed), "{}", text(&output.stdout));
}

#[test]
fn a_recording_has_placeholders_and_no_credentials_and_says_what_was_selected() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("recording");
    let suite = "suite: own\nabout: A case.\ncases:\n  - name: import\n    about: Imports.\n    registry:\n      auth: { scheme: basic, users: { robot: \"s3cr3t-of-robot\" } }\n      repositories: { lib/app: { v1: s2-basic } }\n    steps:\n      - secret: { username: robot, password: \"s3cr3t-of-robot\" }\n      - import: lib/app:v1 -> v1\n";
    write(folder.path(), "own.yaml", suite);
    recorded(&out, &[folder.path().join("own.yaml").to_str().unwrap(), "--run", "imp*"]);
    let case = fs::read_to_string(out.join("own/import.json")).unwrap();
    for part in ["\"status\": 201", "[registry]/lib/app", "[digest s2-basic]", "\"GET manifests/v1 200 basic\""] {
        assert!(case.contains(part), "{part} is missing in {case}");
    }
    let manifest = fs::read_to_string(out.join("recording.json")).unwrap();
    assert!(!(case + &manifest).contains("s3cr3t-of-robot"));
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["selection"]["run"], serde_json::json!(["imp*"]));
    assert_eq!(manifest["cases"], serde_json::json!(["own::import"]));
}

#[rstest]
#[case::not_there("nothing", "", "is no recording\n\nhint: `isi-conformance record --target URL --out DIR`")]
#[case::other_format("recording.json", "{\"format\": 9}", "recording.json: the recording is of format 9, expected 1")]
#[case::no_json("recording.json", "{\n x", "recording.json:2:2: ")]
fn what_is_no_recording_is_wrong_usage(#[case] file: &str, #[case] content: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), file, content);
    let output = isi_conformance(&["run", "--against", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
}

#[test]
fn a_recording_of_another_version_or_in_a_used_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("recording");
    recorded(&out, &["dry-run", "--api-version", "4.18"]);
    let output = isi_conformance(&["run", "--against", out.to_str().unwrap(), "--api-version", "4.12"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("is a recording of API version 4.18, not of 4.12"),
        "{}",
        text(&output.stderr)
    );
    let output = isi_conformance(&["record", "dry-run", "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is not empty"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn a_recording_that_is_interrupted_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "own.yaml", &SUITE.replace("    steps:\n", "    steps:\n      - wait: 10s\n"));
    let parent = folder.path().join("parent");
    let mut command = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(["record", folder.path().join("own.yaml").to_str().unwrap(), "--out"]).arg(parent.join("recording"));
    command.stderr(Stdio::piped()).stdout(Stdio::null());
    let mut recording = command.spawn().unwrap();
    let mut lines = BufReader::new(recording.stderr.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().ends_with("once")).unwrap().unwrap();
    assert!(Command::new("kill").args(["-INT", &recording.id().to_string()]).status().unwrap().success());
    let told: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(recording.wait().unwrap().code(), Some(3), "{told:?}");
    assert!(told.iter().any(|line| line.ends_with("nothing is recorded")), "{told:?}");
    assert_eq!(fs::read_dir(parent).unwrap().count(), 0);
}
