use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use rstest::rstest;
use serde_json::json;

use super::*;

/// An import answer with this as its only image, and nothing wrong elsewhere.
fn import_of(image: impl Into<Value>) -> Value {
    json!({
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStreamImport",
        "spec": { "import": false },
        "status": { "images": [{ "status": {}, "image": image.into() }] },
    })
}

/// A stream with this as its only spec tag, and nothing wrong elsewhere.
fn stream_of(tag: impl Into<Value>) -> Value {
    json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "spec": { "tags": [tag.into()] } })
}

fn judge(version: ApiVersion, body: &Value) -> Judgement {
    Schema::for_version(version).judge(body).unwrap()
}

/// Everything that is wrong, one line each.
fn wrong(judgement: &Judgement) -> Vec<String> {
    let differences = judgement.violations.iter().chain(&judgement.unknown_fields);
    differences.map(|found| format!("{}: expected {}, found {}", found.path, found.expected, found.actual)).collect()
}

#[test]
fn every_kind_of_every_version_compiles() {
    for version in ApiVersion::ALL {
        let schema = Schema::for_version(version);
        for kind in schema.document().kinds() {
            assert!(schema.judge_as(kind, &json!({})).is_some(), "{kind} of {version}");
        }
    }
}

#[test]
fn short_names_of_definitions_are_unique() {
    for version in ApiVersion::ALL {
        let document = Schema::for_version(version).document();
        let names: std::collections::BTreeSet<_> = document.definitions.keys().map(|name| short_name(name)).collect();
        assert_eq!(names.len(), document.definitions.len(), "{version}");
    }
}

#[rstest]
#[case::type_of_a_text(json!({ "dockerImageConfig": 1 }), "$.status.images[0].image.dockerImageConfig: expected a string, found 1")]
#[case::type_of_an_array(json!({ "dockerImageLayers": {} }), "$.status.images[0].image.dockerImageLayers: expected an array, found {}")]
#[case::fraction(
    json!({ "dockerImageLayers": [{ "name": "", "mediaType": "", "size": 1.0 }] }),
    "$.status.images[0].image.dockerImageLayers[0].size: expected an integer, found 1.0"
)]
#[case::greater_than_int64(
    json!({ "dockerImageLayers": [{ "name": "", "mediaType": "", "size": 9_223_372_036_854_775_808_u64 }] }),
    "$.status.images[0].image.dockerImageLayers[0].size: expected an integer no greater than 9223372036854775807, \
     found 9223372036854775808"
)]
#[case::missing(
    json!({ "dockerImageLayers": [{ "name": "", "size": 1 }] }),
    "$.status.images[0].image.dockerImageLayers[0].mediaType: expected this field, which is required, found nothing"
)]
#[case::null_among_items(json!({ "dockerImageLayers": [null] }), "$.status.images[0].image.dockerImageLayers[0]: expected an object, found null")]
#[case::null_in_a_map(
    json!({ "metadata": { "labels": { "0": null } } }),
    r#"$.status.images[0].image.metadata.labels["0"]: expected a string, found null"#
)]
#[case::no_base64(json!({ "dockerImageSignatures": ["?"] }), r#"$.status.images[0].image.dockerImageSignatures[0]: expected bytes in base64, found "?""#)]
#[case::no_time(
    json!({ "metadata": { "creationTimestamp": "yesterday" } }),
    r#"$.status.images[0].image.metadata.creationTimestamp: expected a time as in 2006-01-02T15:04:05Z, found "yesterday""#
)]
#[case::unknown_field(
    json!({ "dockerImageLayer": [] }),
    "$.status.images[0].image.dockerImageLayer: expected no such field in Image, which has `dockerImageLayers`, found []"
)]
fn says_what_is_wrong_and_where(#[case] image: Value, #[case] expected: &str) {
    assert_eq!(wrong(&judge(ApiVersion::V4_22, &import_of(image))), [expected]);
}

#[rstest]
#[case("2020-01-01T00:00:00Z", true)]
#[case("2020-01-01T00:00:00.123456789+02:00", true)]
#[case("9999-12-31T23:59:59Z", true)]
#[case("2016-12-31T23:59:60Z", true)]
#[case("2020-01-01 00:00:00Z", false)]
#[case("2020-01-01T00:00:00", false)]
#[case("2020-01-01T00:00:00+25:00", false)]
#[case("2020-02-30T00:00:00Z", false)]
#[case("2020-01-01T00:00:00Z[UTC]", false)]
fn a_time_is_one_of_rfc_3339(#[case] text: &str, #[case] is_time: bool) {
    let judgement = judge(ApiVersion::V4_22, &import_of(json!({ "metadata": { "creationTimestamp": text } })));
    assert_eq!(wrong(&judgement).is_empty(), is_time);
}

#[test]
fn a_schema_with_a_keyword_that_is_not_checked_is_not_loaded() {
    for unknown in [json!({ "pattern": "^a" }), json!({ "type": "number" }), json!({ "format": "uuid" })] {
        assert!(serde_json::from_value::<Type>(unknown).is_err());
    }
}

#[test]
fn a_null_counts_as_absent() {
    let optional = stream_of(json!({ "name": "v1", "generation": null }));
    assert_eq!(judge(ApiVersion::V4_22, &optional), Judgement::default());

    let required = stream_of(json!({ "name": null }));
    let expected = "$.spec.tags[0].name: expected this field, which is required, found null";
    assert_eq!(wrong(&judge(ApiVersion::V4_22, &required)), [expected]);
}

#[test]
fn free_form_places_hold_what_they_like() {
    let image = json!({
        "metadata": { "labels": { "anything": "goes" }, "managedFields": [{ "fieldsV1": { "f:spec": {} } }] },
        "dockerImageMetadata": { "Config": { "Env": null } },
    });
    assert_eq!(judge(ApiVersion::V4_22, &import_of(image)), Judgement::default());
}

#[rstest]
#[case::annotations(stream_of(json!({ "name": "v1", "annotations": null })), "tag-annotations-null")]
#[case::items(
    json!({
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStream",
        "spec": {},
        "status": { "dockerImageRepository": "", "tags": [{ "tag": "v1", "items": null }] },
    }),
    "tag-items-null"
)]
#[case::size(
    json!({
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStreamLayers",
        "blobs": { "sha256:ab": { "size": null, "mediaType": "" } },
        "images": {},
    }),
    "layer-size-null"
)]
#[case::layers(import_of(json!({ "dockerImageLayers": null })), "image-layers-null")]
#[case::raw(import_of(json!({ "dockerImageLayers": [], "dockerImageMetadata": { "Id": "" } })), "raw-extension-without-raw")]
fn what_servers_are_known_to_break_is_named_and_fails_nothing(#[case] body: Value, #[case] name: &str) {
    let judgement = judge(ApiVersion::V4_2, &body);
    assert_eq!(wrong(&judgement), [""; 0]);
    let [schema, unknown] = judgement.into_checks(Level::Required);
    assert!(!schema.verdict.is_failure() && !unknown.verdict.is_failure());
    assert_eq!(schema.schema_deviations, [name]);
}

#[test]
fn a_documented_deviation_ends_with_its_last_version() {
    let without_layers = import_of(json!({ "dockerImageLayers": null }));
    assert_eq!(judge(ApiVersion::V4_10, &without_layers).deviations.len(), 1);
    assert_eq!(judge(ApiVersion::V4_12, &without_layers), Judgement::default());
}

#[test]
fn every_documented_deviation_is_of_a_field_that_exists() {
    for known in SchemaDeviation::all() {
        let (name, field) = known.field.split_once('.').unwrap();
        let versions = ApiVersion::ALL.into_iter().filter(|version| known.until.is_none_or(|until| *version <= until));
        for version in versions {
            let document = Schema::for_version(version).document();
            let definition = document.definitions.iter().find(|(full, _)| short_name(full) == name).unwrap().1;
            assert!(definition.properties.contains_key(field), "{} in {version}", known.field);
        }
    }
}

#[rstest]
#[case(json!({ "apiVersion": "image.openshift.io/v2", "kind": "ImageStream" }), r#"$.apiVersion: expected v1 or image.openshift.io/v1, found "image.openshift.io/v2""#)]
#[case(json!({ "apiVersion": "v1" }), "$.kind: expected the kind of the object, found nothing")]
#[case(json!([]), "$.kind: expected the kind of the object, found nothing")]
fn an_object_says_what_it_is(#[case] body: Value, #[case] expected: &str) {
    assert_eq!(wrong(&judge(ApiVersion::V4_22, &body)), [expected]);
}

#[test]
fn what_nothing_was_published_for_is_not_judged() {
    assert_eq!(Schema::for_version(ApiVersion::V4_22).judge(&json!({ "kind": "Table" })), None);
}

/// Any JSON, with the names of real fields among its keys.
fn anything() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("metadata"),
        Just("spec"),
        Just("status"),
        Just("images"),
        Just("tags"),
        Just("items"),
        Just("labels"),
        Just("0"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 48, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_is_judged_and_found_where_it_is_said_to_be(body in anything()) {
        for kind in ["ImageStreamImport", "ImageStreamList", "Status"] {
            let judgement = Schema::for_version(ApiVersion::NEWEST).judge_as(kind, &body).unwrap();
            for found in judgement.violations.iter().chain(&judgement.unknown_fields) {
                assert_eq!(Side::of(found.path.find(&body)), found.actual, "{}", found.path);
            }
        }
    }
}
