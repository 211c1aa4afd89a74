//! What is made of JSON reports: comparisons, wholes of parts, badges.

use std::{fs, path::Path, process::Output};

use rstest::rstest;

use super::{folder::write, isi_conformance, text};

/// Two cases, of which the second expects this status.
fn suite(status: u16) -> String {
    format!(
        "suite: own\nabout: Two cases.\ncases:\n  - name: good\n    about: Passes.\n    steps:\n      - {{ get: imagestreams, expect: {{ golden: false, status: 200 }} }}\n  - name: other\n    about: Depends.\n    steps:\n      - {{ get: imagestreams, expect: {{ golden: false, status: {status} }} }}\n"
    )
}

/// The report of a run whose second case expects this status.
fn report(folder: &Path, name: &str, status: u16) {
    write(folder, "own.yaml", &suite(status));
    let (own, report) = (folder.join("own.yaml"), folder.join(name));
    isi_conformance(&["run", own.to_str().unwrap(), "--report", &format!("json={}", report.display())]);
    assert!(report.exists());
}

fn in_folder(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn a_comparison_shows_regressions_first_and_ends_with_one_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "old.json", 200);
    report(folder.path(), "new.json", 418);
    let compared = in_folder(folder.path(), &["report", "compare", "old.json", "new.json"]);
    assert_eq!(compared.status.code(), Some(0), "{}", text(&compared.stderr));
    let printed = text(&compared.stdout);
    assert!(printed.contains("1 case passed in old and fail later\n   old   new\n  pass  fail     1"), "{printed}");
    assert!(printed.contains("own::other") && printed.contains("answered 200 instead of 418"), "{printed}");
    assert!(printed.contains("1 case came out the same"), "{printed}");
    let exit = |reports: &[&str]| {
        let arguments = [&["report", "compare", "--fail-on-regression"], reports].concat();
        in_folder(folder.path(), &arguments).status.code()
    };
    assert_eq!(exit(&["old.json", "new.json"]), Some(1));
    assert_eq!(exit(&["old.json", "old.json", "new.json"]), Some(1));
    assert_eq!(exit(&["new.json", "old.json"]), Some(0), "what is mended is no regression");
}

#[rstest]
#[case::markdown("markdown", "| `own::other` | pass | **fail** |")]
#[case::html("html", "<tr id=\"own::other\" class=\"case regression\"")]
fn a_comparison_can_be_a_file(#[case] format: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "old.json", 200);
    report(folder.path(), "new.json", 418);
    let arguments = ["report", "compare", "4.18=old.json", "4.22=new.json", "--format", format, "--out", "matrix"];
    let output = in_folder(folder.path(), &arguments);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""), "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join("matrix")).unwrap();
    assert!(written.contains(expected) && written.contains("4.18"), "{written}");
}

#[test]
fn what_is_no_report_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "old.json", 200);
    write(folder.path(), "other.json", "{}");
    let output = in_folder(folder.path(), &["report", "compare", "old.json", "other.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("other.json:1:2: this is no JSON report"), "{}", text(&output.stderr));
    let output = in_folder(folder.path(), &["report", "compare", "old.json"]);
    assert_eq!(output.status.code(), Some(2), "one report is no comparison");
}

#[test]
fn a_link_to_a_case_opens_it_in_the_page() {
    if !test_support::needs_program("chromium") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "old.json", 200);
    report(folder.path(), "new.json", 418);
    in_folder(folder.path(), &["report", "compare", "old.json", "new.json", "--format", "html", "--out", "m.html"]);
    let profile = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}#own::other", folder.path().join("m.html").display()))
        .output()
        .unwrap();
    let dom = text(&output.stdout);
    assert!(dom.contains("2 of 2 cases"), "{dom}");
    assert_eq!(dom.matches("<details open").count(), 1, "{dom}");
}
