//! Running again, and running a part: what failed, the first that fails, several times, one of several machines.

use std::{collections::BTreeSet, path::Path, process::Output};

use serde_json::Value;

use super::{folder::write, isi_conformance, text};

const SUITE: &str = "suite: own\nabout: Two cases.\ncases:\n  - name: good\n    about: Passes.\n    steps:\n      - { get: imagestreams, expect: { golden: false, status: 200 } }\n  - name: bad\n    about: Fails.\n    steps:\n      - { get: imagestreams, expect: { golden: false, status: 418 } }\n";

/// Runs the suite of two cases with a state folder of its own.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    write(folder, "suites/own.yaml", SUITE);
    test_support::command(env!("CARGO_BIN_EXE_isi-conformance"))
        .arg("run")
        .args(arguments)
        .current_dir(folder)
        .env("XDG_STATE_HOME", folder.join("state"))
        .output()
        .unwrap()
}

#[test]
fn what_failed_last_time_is_run_again_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["."]).status.code(), Some(1));
    let again = run(folder.path(), &["--rerun-failed"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stdout).contains("failed 1 of 1 cases"), "{}", text(&again.stdout));
    assert!(text(&again.stdout).contains("own::bad"));
}

#[test]
fn what_failed_in_a_report_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &[".", "--report", "json=run.json"]);
    let again = run(folder.path(), &[".", "--rerun-failed", "run.json"]);
    assert!(text(&again.stdout).contains("failed 1 of 1 cases"), "{}", text(&again.stdout));
}

#[test]
fn without_a_run_before_there_is_nothing_to_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--rerun-failed"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no run against the embedded reference is remembered"));
}

#[test]
fn no_case_begins_after_the_failure_that_ends_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[".", "dry-run", "--fail-fast", "--jobs", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("stopped before every case was done: "), "{}", text(&output.stdout));
}

#[test]
fn goldens_are_taken_at_once_where_the_command_line_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let suite = "suite: mine\nabout: One case.\ncases:\n  - name: import\n    about: Imports.\n    registry: { repositories: { lib/app: { v1: s2-basic } } }\n    steps:\n      - import: lib/app:v1 -> v1\n";
    write(folder.path(), "suites/mine.yaml", suite);
    let output = run(folder.path(), &["./suites/mine.yaml", "--update", "--accept"]);
    assert_eq!(output.status.code(), Some(0), "what goldens alone said is mended: {}", text(&output.stdout));
    assert!(text(&output.stdout).contains("PASS"), "{}", text(&output.stdout));
    assert!(!text(&output.stderr).contains("ERROR"), "{}", text(&output.stderr));
    assert!(folder.path().join("golden/mine/import.snap").exists());
    let output = run(folder.path(), &["./suites/mine.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

#[test]
fn taking_goldens_hides_no_other_failure() {
    let folder = tempfile::tempdir().unwrap();
    let suite = "suite: mine\nabout: One case.\ncases:\n  - name: import\n    about: Imports.\n    registry: { repositories: { lib/app: { v1: s2-basic } } }\n    steps:\n      - import: lib/app:v1 -> v1\n        expect: { values: { kind: Other } }\n";
    write(folder.path(), "suites/mine.yaml", suite);
    let output = run(folder.path(), &["./suites/mine.yaml", "--update", "--accept"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
}

#[test]
fn a_run_that_is_repeated_says_which_verdicts_changed() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[".", "--repeat", "2", "--quiet"]);
    assert_eq!(output.status.code(), Some(1));
    let output = isi_conformance(&["run", "dry-run", "--repeat", "2", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(!text(&output.stderr).contains("traits of"), "{}", text(&output.stderr));
}

#[test]
fn the_parts_of_several_machines_are_the_whole() {
    let listed = |arguments: &[&str]| {
        let arguments = [&["run", "--list", "--format", "json"], arguments].concat();
        let output = isi_conformance(&arguments);
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        let name = |case: &Value| format!("{}::{}", case["suite"].as_str().unwrap(), case["case"].as_str().unwrap());
        list["cases"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    let parts: Vec<String> = ["1/3", "2/3", "3/3"].iter().flat_map(|shard| listed(&["--shard", shard])).collect();
    let whole = listed(&[]);
    assert_eq!(parts.len(), whole.len(), "a case is in two parts, or in none");
    assert_eq!(BTreeSet::from_iter(parts), BTreeSet::from_iter(whole));
}
