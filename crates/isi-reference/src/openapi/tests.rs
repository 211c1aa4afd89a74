use rstest::rstest;

use super::*;

fn v2(version: ApiVersion) -> Value {
    serde_json::from_slice(&Documents::of(version).v2.body).unwrap_or_default()
}

#[test]
fn every_reference_leads_to_a_definition_in_every_version() {
    fn check(version: ApiVersion, document: &Value, value: &Value, path: &str) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let place = reference.trim_start_matches('#');
                    assert!(document.pointer(place).is_some(), "{version}{path}: {reference}");
                }
                fields.iter().for_each(|(key, value)| check(version, document, value, &format!("{path}/{key}")));
            }
            Value::Array(items) => items.iter().for_each(|item| check(version, document, item, path)),
            _ => {}
        }
    }
    for version in ApiVersion::ALL {
        let document = v2(version);
        check(version, &document, &document, "");
        for (path, page) in &Documents::of(version).v3 {
            let document: Value = serde_json::from_slice(&page.body).unwrap_or_default();
            check(version, &document, &document, path);
        }
    }
}

#[rstest]
#[case::without_field_validation(ApiVersion::V4_2, false)]
#[case::with_field_validation(ApiVersion::V4_22, true)]
fn writes_take_the_parameters_that_the_version_publishes(#[case] version: ApiVersion, #[case] expected: bool) {
    let document = v2(version);
    let path = "/apis/image.openshift.io/v1/namespaces/{namespace}/imagestreams/{name}";
    let parameters = document["paths"][path]["patch"]["parameters"].as_array().cloned().unwrap_or_default();
    assert!(!parameters.is_empty());
    assert_eq!(parameters.iter().any(|parameter| parameter["name"] == "fieldValidation"), expected);
}

#[test]
fn operations_have_names_of_their_own() {
    let document = v2(ApiVersion::NEWEST);
    let items = document["paths"].as_object().into_iter().flatten().map(|(_, item)| item);
    let operations = items.flat_map(|item| item.as_object().into_iter().flatten());
    let mut names: Vec<_> = operations.filter_map(|(_, operation)| operation["operationId"].as_str()).collect();
    assert!(names.contains(&"createImageOpenshiftIoV1NamespacedImageStreamImport"));
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[rstest]
#[case::kubectl("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", true)]
#[case::newer("application/com.github.proto-openapi.spec.v2.v1.0+protobuf", true)]
#[case::json_first("application/json, application/com.github.proto-openapi.spec.v2@v1.0+protobuf", false)]
#[case::anything("*/*", false)]
#[case::nothing("", false)]
fn the_first_form_that_can_be_written_is_taken(#[case] accept: &str, #[case] is_protobuf: bool) {
    let page = Documents::of(ApiVersion::NEWEST).find(&["v2".to_owned()], accept);
    assert_eq!(page.map(|page| page.content_type != "application/json"), Some(is_protobuf));
}

#[test]
fn old_servers_publish_no_version_3() {
    let find = |version, path: &str| {
        let path: Vec<String> = path.split('/').map(str::to_owned).collect();
        Documents::of(version).find(&path, "").is_some()
    };
    assert!(find(ApiVersion::V4_18, "v3") && find(ApiVersion::V4_18, "v3/apis/image.openshift.io/v1"));
    assert!(!find(ApiVersion::V4_12, "v3") && find(ApiVersion::V4_12, "v2"));
}

#[test]
fn documents_say_how_tags_are_merged_and_what_they_are() {
    let document = v2(ApiVersion::NEWEST);
    let tags = &document["definitions"]["com.github.openshift.api.image.v1.ImageStreamSpec"]["properties"]["tags"];
    assert_eq!(tags["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(tags["x-kubernetes-patch-strategy"], "merge");
    assert_eq!(tags["description"], "Where each tag comes from, and how it is imported.");
    let mapping = &document["definitions"]["com.github.openshift.api.image.v1.ImageStreamMapping"];
    assert_eq!(mapping["required"], json!(["image", "tag"]));
}

#[test]
fn nothing_stands_beside_a_reference_in_version_3() {
    let page = &Documents::of(ApiVersion::NEWEST).v3["apis/image.openshift.io/v1"];
    let document: Value = serde_json::from_slice(&page.body).unwrap_or_default();
    let spec = "/components/schemas/com.github.openshift.api.image.v1.ImageStream/properties/spec";
    let spec = document.pointer(spec).cloned().unwrap_or_default();
    assert_eq!(spec["description"], "What the tags are to be.");
    let reference = "#/components/schemas/com.github.openshift.api.image.v1.ImageStreamSpec";
    assert_eq!(spec["allOf"], json!([{ "$ref": reference }]));
    assert!(spec.get("$ref").is_none(), "{spec}");
}
