//! Cases after which an import controller would have something to do: a spec tag is newer than what was imported of it.

use serde_json::Value;

use super::{Feature, Folder};
use crate::version::ApiVersion;

/// Names of tags of streams in `value` that come from a registry and are newer than the last import of them.
fn unimported(value: &Value, found: &mut Vec<String>) {
    let tags = value["spec"]["tags"].as_array().into_iter().flatten();
    let is_imported_from_registry = |tag: &&Value| tag["from"]["kind"] == "DockerImage" && tag["reference"] != true;
    for tag in tags.filter(is_imported_from_registry) {
        let history = value["status"]["tags"].as_array().into_iter().flatten().find(|one| one["tag"] == tag["name"]);
        let of_history = |pointer: &str| history.and_then(|history| history.pointer(pointer)?.as_i64());
        let imported = of_history("/items/0/generation").max(of_history("/conditions/0/generation"));
        if value["status"].is_object() && tag["generation"].as_i64() > Some(imported.unwrap_or(0)) {
            found.push(tag["name"].to_string());
        }
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| unimported(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| unimported(field, found)),
        _ => {}
    }
}

#[test]
fn a_case_that_leaves_work_to_an_import_controller_needs_a_target_without_one() {
    let folder = Folder::builtin(&[]).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    let mut right = 0;
    for case in folder.suites.iter().flat_map(|suite| &suite.cases) {
        let golden = folder.goldens.find(&case.suite, &case.name, ApiVersion::NEWEST);
        let Some(golden) = golden.unwrap_or_else(|error| panic!("{error}")) else { continue };
        let mut tags = Vec::new();
        golden.golden.steps.iter().for_each(|step| unimported(&step.body, &mut tags));
        match case.needs.contains(&Feature::NoImportController) {
            true => right += usize::from(!tags.is_empty()),
            false if tags.is_empty() => {}
            false => wrong.push(format!("{}: {}", case.full_name(), tags.join(", "))),
        }
    }
    assert!(wrong.is_empty(), "they need `no-import-controller`:\n{}", wrong.join("\n"));
    assert!(right > 10, "only {right} such cases were seen");
}
