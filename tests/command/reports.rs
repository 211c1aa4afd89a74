//! What is made of JSON reports: comparisons, wholes of parts, badges.

use std::{fs, path::Path, process::Output};

use rstest::rstest;
use serde_json::{Value, json};

use super::{folder::write, isi_conformance, text, whole_run::WholeRun};

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

/// The verdicts and counts of a report, and what else has to be the same in a run and in its parts.
fn what_counts(report: &Value) -> Value {
    let case = |case: &Value| {
        let name = format!("{}::{}", case["suite"].as_str().unwrap(), case["case"].as_str().unwrap());
        json!({ "case": name, "verdict": case["verdict"], "passed": case["passed"], "skipped": case["skipped"] })
    };
    let cases: Vec<Value> = report["cases"].as_array().unwrap().iter().map(case).collect();
    let of_report =
        ["target", "api_version", "level", "summary", "absent_features", "profiles", "conformance", "traits"];
    let of_report: Value = of_report.iter().map(|name| ((*name).to_owned(), report[*name].clone())).collect();
    json!({ "cases": cases, "report": of_report })
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn three_shards_of_the_reference_make_the_report_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], report: &str| {
        let report = format!("json={report}");
        let arguments = [&["run", "--quiet", "--report", &report], arguments].concat();
        let output = in_folder(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    };
    fs::write(folder.path().join("whole.json"), &WholeRun::shared().report).unwrap();
    for index in ["1", "2", "3"] {
        run(&["--shard", &format!("{index}/3")], &format!("{index}.json"));
    }
    let merge =
        ["report", "merge", "2.json", "3.json", "1.json", "--out", "merged.json", "--report", "html=merged.html"];
    let output = in_folder(folder.path(), &merge);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("cases passed in 3 shards: the embedded reference"));
    let (whole, merged) = (read(folder.path(), "whole.json"), read(folder.path(), "merged.json"));
    assert_eq!(what_counts(&merged), what_counts(&whole));
    assert!(whole["conformance"].is_string(), "{:?}", whole["conformance"]);
    assert!(fs::read_to_string(folder.path().join("merged.html")).unwrap().contains("the embedded reference"));
    let missing = in_folder(folder.path(), &["report", "merge", "1.json", "3.json", "--out", "-"]);
    assert_eq!((missing.status.code(), text(&missing.stdout).as_str()), (Some(2), ""));
    assert!(text(&missing.stderr).contains("1 of 3 shards missing: 2"), "{}", text(&missing.stderr));
    let no_shard = in_folder(folder.path(), &["report", "merge", "whole.json", "--out", "-"]);
    assert!(text(&no_shard.stderr).contains("whole.json is no report of `run --shard K/N`"));
}

#[test]
fn a_badge_is_made_of_a_report() {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "run.json", 418);
    let output = in_folder(folder.path(), &["report", "badge", "run.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let badge: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&badge["message"], &badge["color"]), (&json!("1 of 2 cases pass"), &json!("red")));
    let output = in_folder(folder.path(), &["report", "badge", "run.json", "--format", "svg", "--out", "badge.svg"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let picture = fs::read_to_string(folder.path().join("badge.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains(">1 of 2 cases pass</text>"), "{picture}");
    let output = in_folder(folder.path(), &["report", "badge", "run.json", "--profile", "full"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("does not judge the profile `full`"), "{}", text(&output.stderr));
}

#[test]
fn the_results_of_the_docs_are_those_of_the_reports() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let reports = ["4.2.json", "4.8.json", "4.10.json", "4.12.json", "4.18.json", "4.22.json"];
    let mut command = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"));
    let output = command.current_dir(folder).args(["report", "compare"]).args(reports).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/results.md")).unwrap();
    assert!(page.contains(text(&output.stdout).trim_end()), "{}", text(&output.stdout));
}
