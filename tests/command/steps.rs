//! What steps can do beside sending one request: several at once, waiting, counting what the registry is asked.

use std::{fs, path::Path};

use rstest::rstest;

use super::folder::{run, write};
use super::text;

/// A folder with one case of these steps and of this registry.
fn folder(registry: &str, steps: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let suite = format!(
        "suite: bug\nabout: What was reported.\ncases:\n  - name: one\n    about: One case.\n    registry: {{ {registry} }}\n    steps:\n{steps}"
    );
    write(folder.path(), "suites/bug.yaml", &suite);
    folder
}

const REGISTRY: &str = "repositories: { lib/app: { v1: s2-basic, v2: s2-second } }";

/// Runs the case until its proposed golden is accepted; what the golden says.
fn accepted(folder: &Path) -> String {
    let output = run(folder, &["--update"]);
    let golden = folder.join("golden/bug/one.snap");
    fs::rename(golden.with_extension("snap.new"), &golden).unwrap_or_else(|_| panic!("{}", text(&output.stdout)));
    fs::read_to_string(golden).unwrap()
}

#[test]
fn requests_are_sent_at_the_same_time_and_judged_in_order() {
    // Both are held up by the registry for a second: one behind the other they would take two.
    let registry = format!("{REGISTRY}, faults: [{{ when: manifests/*, delay: 1s }}]");
    let steps = r#"
      - together:
          - import: { images: ["lib/app:v1 -> a"], store: false }
          - import: { images: ["lib/app:v2 -> b"], store: false }
        expect: { requests: { GET manifests/*: 2, /v2/: { atLeast: 2 } } }
"#;
    let folder = folder(&registry, steps);
    let golden = accepted(folder.path());
    let (first, second) = (golden.find("[digest s2-basic]").unwrap(), golden.find("[digest s2-second]").unwrap());
    assert!(first < second, "{golden}");
    assert!(!golden.contains("traffic"), "{golden}");
    let output = run(folder.path(), &["--report", "json=report.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    let taken = report["cases"][0]["seconds"].as_f64().unwrap();
    assert!(taken < 1.9, "the requests went out one behind the other: {taken} s");
}

#[test]
fn a_golden_of_requests_sent_together_fails_for_the_one_that_differs() {
    let steps = r#"
      - together:
          - import: { images: ["lib/app:v1 -> a"], store: false }
          - import: { images: ["lib/app:v2 -> b"], store: false }
"#;
    let folder = folder(REGISTRY, steps);
    let golden = accepted(folder.path());
    let altered = golden.replace("\"name\": \"b\"", "\"name\": \"c\"");
    assert_ne!(altered, golden);
    write(folder.path(), "golden/bug/one.snap", &altered);
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("POST imagestreamimports (2 of 2 together)"), "{}", text(&output.stdout));
}

#[test]
fn times_on_both_sides_of_a_pause_are_told_apart() {
    let steps = r#"
      - import: lib/app:v1 -> v1
      - wait: 1s
      - import: lib/app:v2 -> v1
"#;
    let folder = folder(REGISTRY, steps);
    let golden = accepted(folder.path());
    assert_eq!(run(folder.path(), &[]).status.code(), Some(0));

    let renewed = golden.rfind("\"created\": \"[time ").unwrap();
    let number = &golden[renewed + 18..renewed + 19];
    let other: u32 = number.parse::<u32>().unwrap() + 10;
    let altered = format!("{}\"created\": \"[time {other}{}", &golden[..renewed], &golden[renewed + 19..]);
    write(folder.path(), "golden/bug/one.snap", &altered);
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "a copy of an earlier time cannot be another: {}", text(&output.stdout));
}

#[rstest]
#[case::as_many("{ manifests/v1: 1 }", None)]
#[case::fewer("{ manifests/v1: 2 }", Some("`manifests/v1`: expected 2 requests, found 1"))]
#[case::apart("{ GET /v2/*: { atLeast: 2, apart: 1h } }", Some("expected at least 2 requests, at least 3600s apart"))]
fn requests_to_the_registry_are_counted(#[case] requests: &str, #[case] expected: Option<&str>) {
    let steps = format!("      - {{ import: lib/app:v1 -> v1, expect: {{ golden: false, requests: {requests} }} }}\n");
    let folder = folder(REGISTRY, &steps);
    let output = run(folder.path(), &[]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(i32::from(expected.is_some())), "{stdout}");
    assert!(stdout.contains(expected.unwrap_or_default()), "{stdout}");
}

#[rstest]
#[case::auth("username: robot, password: 'se:cr@t', written: auth", true)]
#[case::names("username: robot, password: 'se:cr@t', written: username-and-password", true)]
#[case::neither("written: neither", false)]
#[case::several("registries: { other.example: {}, '{{registry}}': { username: robot, password: 'se:cr@t' } }", true)]
#[case::dockercfg("username: robot, password: 'se:cr@t', type: kubernetes.io/dockercfg, written: auth", true)]
fn a_secret_is_written_in_each_of_its_forms(#[case] secret: &str, #[case] opens: bool) {
    let registry = format!("{REGISTRY}, auth: {{ scheme: basic, users: {{ robot: 'se:cr@t' }} }}");
    let status = if opens { "Success" } else { "Failure" };
    let steps = format!(
        "      - secret: {{ {secret} }}\n      - {{ import: lib/app:v1 -> v1, expect: {{ golden: false, values: {{ \"status.images[0].status.status\": {status} }} }} }}\n"
    );
    let folder = folder(&registry, &steps);
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}
