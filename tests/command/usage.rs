//! Help, selection and wrong usage.

use rstest::rstest;

use super::{isi_conformance, text};

#[rstest]
#[case::all(&["--help"])]
#[case::run(&["run", "--help"])]
#[case::key(&["key", "--help"])]
fn help_says_what_there_is(#[case] arguments: &[&str]) {
    let name = arguments.join("-").replace("--", "");
    insta::assert_snapshot!(name, text(&isi_conformance(arguments).stdout));
}

#[test]
fn a_run_of_one_suite_ends_with_a_summary_and_zero() {
    let output = isi_conformance(&["run", "dry-run"]);
    insta::with_settings!({ filters => vec![(r"\[ +[0-9.]+s\]", "[ TIME ]")] }, {
        insta::assert_snapshot!("dry-run", text(&output.stdout));
    });
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_list_names_cases_and_runs_none() {
    let output = isi_conformance(&["run", "--list", "--run", "repo-*-order"]);
    assert_eq!(text(&output.stdout), "repository::repo-server-tag-order\nrepository::repo-semver-order\n");
    assert_eq!(text(&output.stderr), "2 cases, of which 0 would be skipped\n");
}

#[test]
fn what_an_older_version_does_not_have_is_skipped_with_a_reason() {
    let output = isi_conformance(&["run", "--list", "--api-version", "4.10", "--run", "config-max-tags"]);
    assert_eq!(text(&output.stdout), "server-config::config-max-tags (skip: holds since 4.18, not for 4.10)\n");
}

#[rstest]
#[case::suite(&["run", "singel-image"], "hint: did you mean `single-image`?")]
#[case::pattern(&["run", "--run", "nothing-like-it"], "no case falls under the pattern `nothing-like-it`")]
#[case::version(&["run", "--api-version", "4.9"], "unknown API version `4.9`")]
#[case::folder(&["run", "./not-there"], "has no `suites` folder with `.yaml` files in it")]
#[case::url(&["run", "--target", "api.example"], "hint: expected `http://HOST:PORT` or `https://HOST:PORT`")]
#[case::ports(&["run", "--registry-host", "a", "--registry-ports", "9-1"], "expected two ports")]
#[case::key(&["key"], "the following required arguments were not provided:\n  <NAME>")]
#[case::report(&["run", "--report", "pdf=a"], "expected json=PATH, junit=PATH or html=PATH")]
fn wrong_usage_is_told_with_what_to_do(#[case] arguments: &[&str], #[case] expected: &str) {
    let output = isi_conformance(arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_target_that_nobody_answers_at_is_told_in_one_sentence() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = isi_conformance(&["run", "--target", &format!("http://127.0.0.1:{port}")]);
    assert_eq!(output.status.code(), Some(3));
    let expected = format!(
        "error: cannot reach http://127.0.0.1:{port}: tried GET /apis/image.openshift.io/v1: Connection refused (os error 111)\n"
    );
    assert_eq!(text(&output.stderr), expected);
}
