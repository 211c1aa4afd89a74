//! Anybody's folder: a bug report that travels.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use super::text;

const SUITE: &str = r#"suite: bug
about: What was reported.
cases:
  - name: own-image
    about: An image of one's own is imported.
    registry: { repositories: { lib/app: { v1: own } } }
    steps:
      - import: lib/app:v1 -> v1
"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "suites/bug.yaml", SUITE);
    let image = "images: { own: { about: one layer, schema2: { layers: [107] } } }";
    write(folder.path(), "fixtures/images/own.yaml", image);
    folder
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .args(["run", "."])
        .args(arguments)
        .env_remove("CI")
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn a_case_without_a_golden_cannot_be_judged() {
    let folder = folder();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("there is no golden of this case for 4.22"), "{stderr}");
    assert!(stderr.contains("suites/bug.yaml:4:11"), "{stderr}");
}

#[test]
fn a_golden_of_no_case_is_told_with_its_path() {
    let folder = folder();
    write(folder.path(), "golden/bug/gone.snap", "---\nsource: x\n---\n{\"steps\": []}\n");
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("golden/bug/gone.snap: this golden belongs to no case"));
}

#[test]
fn a_file_is_run_by_its_path_and_a_folder_is_hinted_at() {
    let folder = folder();
    write(folder.path(), "suites/bug.yaml", &SUITE.replace("v1\n", "v1\n        expect: { golden: false }\n"));
    write(folder.path(), "suites/other.yaml", "suite: other\n");
    let command = |what: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isi-conformance"));
        command.args(["run", what]).current_dir(folder.path()).output().unwrap()
    };
    let output = command("suites/bug.yaml");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&command("suites").stderr).contains("hint: `./suites` runs the folder of this name"));
}

#[test]
fn folders_of_a_registry_are_named_from_the_folder_of_the_suites() {
    let folder = folder();
    let nested = SUITE.replace("repositories: { lib/app: { v1: own } }", "folders: { lib/app: captured }");
    write(folder.path(), "suites/bug.yaml", &nested.replace("v1\n", "v1\n        expect: { golden: false }\n"));
    write(folder.path(), "captured/oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#);
    write(folder.path(), "captured/index.json", "{");
    let output = Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .arg("run")
        .arg(folder.path().join(""))
        .current_dir("/")
        .output()
        .unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!said.contains("No such file") && !said.contains(" captured holds"), "{said}");
    assert!(said.contains(&folder.path().join("captured").display().to_string()), "{said}");
}

/// The case of the README, as it is printed there.
#[test]
fn the_case_of_the_readme_runs_as_printed() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let start = readme.find("suite: bug\n").unwrap();
    let suite = &readme[start..start + readme[start..].find("```").unwrap()];
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "suites/bug.yaml", suite);
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stderr), text(&output.stdout));
}

#[test]
fn a_golden_is_proposed_reviewed_and_then_holds() {
    let folder = folder();
    let output = run(folder.path(), &["--update"]);
    assert!(text(&output.stderr).contains("1 golden proposed; `--accept` takes them all, and this one is taken by"));
    assert!(text(&output.stdout).contains("one is proposed from the answers"), "{}", text(&output.stdout));
    let golden = folder.path().join("golden/bug/own-image.snap");
    assert!(!golden.exists(), "a proposal is no golden yet");

    fs::rename(golden.with_extension("snap.new"), &golden).unwrap();
    let accepted = fs::metadata(&golden).unwrap().modified().unwrap();
    let output = run(folder.path(), &["--update"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert_eq!(fs::metadata(&golden).unwrap().modified().unwrap(), accepted, "what is equal is not touched");
    assert!(!golden.with_extension("snap.new").exists());
}

#[test]
fn nothing_is_proposed_where_ci_is_set() {
    let folder = folder();
    let output = Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .args(["run", ".", "--update"])
        .env("CI", "true")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("goldens are never proposed where CI is set"));
    assert!(!folder.path().join("golden").exists());
}

#[test]
fn a_golden_that_differs_fails_with_the_paths_that_differ() {
    let folder = folder();
    run(folder.path(), &["--update"]);
    let golden = folder.path().join("golden/bug/own-image.snap");
    let proposed = fs::read_to_string(golden.with_extension("snap.new")).unwrap();
    fs::write(&golden, proposed.replace("\"tag\": \"v1\"", "\"tag\": \"v2\"")).unwrap();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    assert!(stdout.contains("$.status.images[0].tag\n      expected \"v2\"\n      actual   \"v1\""), "{stdout}");
    assert!(stdout.contains("curl -sS -X POST"), "{stdout}");
}

#[test]
fn a_malformed_golden_is_told_with_its_place() {
    let folder = folder();
    write(folder.path(), "golden/bug/own-image.snap", "---\nsource: x\n---\n{\"steps\": 3}\n");
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("golden/bug/own-image.snap:4:11: "), "{}", text(&output.stderr));
}
