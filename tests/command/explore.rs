//! `isi-conformance explore` as a person uses it.

use super::{isi_conformance, text};

#[test]
fn a_seed_is_replayed_and_its_scenario_is_shown() {
    let output = isi_conformance(&["explore", "--replay", "7"]);
    let (said, shown) = (text(&output.stderr), text(&output.stdout));
    assert!(output.status.success(), "{} {said}{shown}", output.status);
    assert!(said.contains("\nregistry: {") && said.contains("\"repositories\":") && said.contains("\n- {"), "{said}");
    assert!(shown.contains("1 scenarios with"), "{shown}");
    assert!(
        shown.contains("first seed 7: 0 causes of differences, 0 skipped, 0 not repeatable, 0 not judged"),
        "{shown}"
    );
}

#[test]
fn causes_and_coverage_are_written_as_json_and_as_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let arguments = ["explore", "--seed", "1", "--scenarios", "3", "--profile", "lookup", "--json", "-", "--html"];
    let output = isi_conformance(&[&arguments[..], &[page.to_str().unwrap()]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["scenarios"], &report["causes"], &report["seed"]),
        (&3.into(), &serde_json::json!([]), &1.into())
    );
    let actions = report["coverage"]["drawn"]["actions"].as_object().unwrap();
    assert!(!actions.contains_key("create") && !actions.contains_key("patch"), "{actions:?}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("3 scenarios with") && page.contains("<h2>What was drawn</h2>"), "{page}");
}
