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
#[case::pattern(&["run", "--run", "nothing-like-it"], "no case matches the pattern `nothing-like-it`")]
#[case::version(&["run", "--api-version", "4.9"], "use `4.8` for 4.9")]
#[case::folder(&["run", "./not-there"], "there is no file or folder `./not-there`")]
#[case::url(&["run", "--target", "api.example"], "hint: did you mean `https://api.example`?")]
#[case::registry_host(&["run", "--registry-host", "http://a:5000"], "without `http://`: `a`")]
#[case::namespace(&["run", "--namespace", "Team_A"], "expected the name of a namespace")]
#[case::token_of_nothing(&["run", "--token", "a"], "`--token` has no effect on the embedded reference")]
#[case::quirk(&["registry", "--quirks", "kway"], "hint: `quay` is near; `--quirks list` names them all")]
#[case::known_quirk(&["registry", "--quirks", "quai"], "did you mean `quay`?\n\nhint: `--quirks list` names them all")]
#[case::address(&["registry", "--listen", "localhost:5000"], "did you mean `127.0.0.1:5000`?")]
#[case::control(&["registry", "--control", "5001"], "did you mean `127.0.0.1:5001`?")]
#[case::bytes(&["registry", "--archive-limit", "1G"], "expected a number of bytes, such as `1073741824`")]
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
        "error: cannot reach http://127.0.0.1:{port}: tried GET /apis/image.openshift.io/v1: connection refused\n"
    );
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn a_variable_that_is_set_to_nothing_is_as_if_absent() {
    let variables =
        ["TARGET", "TOKEN", "API_VERSION", "NAMESPACE", "KUBECONFIG", "JOBS", "TIMEOUT", "LEVEL", "REGISTRY_HOST"];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
        .args(["run", "dry-run"])
        .envs(variables.map(|name| (format!("ISI_{name}"), "")))
        .env("ISI_DEVIATIONS", " \n")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn an_address_that_is_taken_comes_with_who_holds_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = isi_conformance(&["reference", "--listen", &address]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("choose another"), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[rstest]
#[case::enough(4096, 0, "")]
#[case::low(64, 0, "note: 2 cases run at a time instead of 16: the limit of open files is 64")]
#[case::too_low(40, 3, "the limit of open files is 40, too low to run a case")]
fn a_low_limit_of_open_files_makes_for_fewer_cases_at_a_time(
    #[case] limit: u32,
    #[case] code: i32,
    #[case] expected: &str,
) {
    let command = format!("ulimit -n {limit} && exec \"$0\" run single-image");
    let binary = env!("CARGO_BIN_EXE_isi-conformance");
    let output = std::process::Command::new("sh").args(["-c", &command, binary]).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
}
