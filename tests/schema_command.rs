//! `isi-conformance schema`, as it is typed.
#![allow(clippy::unwrap_used)]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use rstest::rstest;

const STREAM: &str = r#"{ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream" }"#;

fn schema(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .arg("schema")
        .args(arguments)
        .env_remove("ISI_API_VERSION")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[rstest]
#[case::sound(STREAM, 0)]
#[case::broken(r#"{ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "spec": 1 }"#, 1)]
#[case::no_yaml("[", 2)]
#[case::unknown_kind("{ kind: Pod }", 2)]
fn the_exit_code_says_whether_an_object_is_sound(#[case] input: &str, #[case] code: i32) {
    let output = schema(&["validate", "-"], input);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    // Findings are data; what keeps the command from finding any is not.
    assert_eq!(output.stdout.is_empty(), code == 2);
    assert_eq!(output.stderr.is_empty(), code != 2);
}

#[test]
fn a_file_that_cannot_be_judged_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (broken, text, sound) =
        (file("broken.json", r#"{ "kind": "ImageStream" }"#), file("text.json", "text"), file("sound.json", STREAM));
    let output = schema(&["validate", &broken, &text, &sound], "");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("broken.json:1:1: ImageStream breaks the schema of 4.22 in 1 place\n"), "{stdout}");
    assert!(stdout.ends_with("sound.json:1:1: ImageStream is as the schema of 4.22 has it\n"), "{stdout}");
    assert!(stderr.contains("expected an object, found a text"), "{stderr}");
}

#[test]
fn the_version_decides() {
    let version = |version| schema(&["validate", "-", "--api-version", version], STREAM).status.code();
    assert_eq!(version("4.2"), Some(1), "a spec was required then");
    assert_eq!(version("4.8"), Some(0));
}

#[test]
fn a_version_that_is_not_known_is_wrong_usage() {
    let output = schema(&["diff", "4.10", "4.11"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected one of 3.11, 4.2, 4.8"));
}

#[test]
fn what_changed_is_told_in_words() {
    let output = schema(&["diff", "4.18", "4.22"], "");
    let expected = "from 4.18 to 4.22\n\nImageStreamStatus\n  field `dockerImageRepository` is no longer required\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
