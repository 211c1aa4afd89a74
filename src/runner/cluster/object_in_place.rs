//! The object that a `cluster` step wants, as it is to be written.

use serde_json::{Map, Value, json};

use crate::runner::names::{RUN_LABEL, RunId};

/// The object with the kind and version that its collection says, and with the label of the run that creates it.
pub(super) fn created(collection: &str, object: &Value, run: &RunId) -> Value {
    let mut created = described(collection, object);
    created["metadata"]["labels"][RUN_LABEL] = run.as_str().into();
    created
}

/// `current` with what the step says: the keys of its `spec`, and its labels, annotations and other parts. What the step
/// does not name stays, so that a cluster works on as it is configured.
pub(super) fn merged(current: &Value, object: &Value) -> Value {
    let mut merged = current.clone();
    let none = Map::new();
    for (key, value) in object.as_object().unwrap_or(&none) {
        match (key.as_str(), value) {
            ("apiVersion" | "kind", _) => {}
            ("spec", Value::Object(spec)) => extend(&mut merged["spec"], spec),
            ("metadata", metadata) => {
                for key in ["annotations", "labels"] {
                    if let Some(Value::Object(entries)) = metadata.get(key) {
                        extend(&mut merged["metadata"][key], entries);
                    }
                }
            }
            (key, value) => merged[key] = value.clone(),
        }
    }
    merged
}

fn extend(place: &mut Value, entries: &Map<String, Value>) {
    if !place.is_object() {
        *place = json!({});
    }
    if let Some(place) = place.as_object_mut() {
        place.extend(entries.clone());
    }
}

/// The object with the kind and version that its collection says.
fn described(collection: &str, object: &Value) -> Value {
    let words: Vec<&str> = collection.trim_matches('/').split('/').collect();
    let api_version = match words.as_slice() {
        ["apis", group, version, ..] => format!("{group}/{version}"),
        _ => "v1".to_owned(),
    };
    let kind = match words.last().copied().unwrap_or_default() {
        "images" => "Image",
        "imagedigestmirrorsets" => "ImageDigestMirrorSet",
        "imagetagmirrorsets" => "ImageTagMirrorSet",
        "imagecontentsourcepolicies" => "ImageContentSourcePolicy",
        "limitranges" => "LimitRange",
        "namespaces" => "Namespace",
        "secrets" => "Secret",
        _ => "",
    };
    let mut described = json!({ "apiVersion": api_version, "kind": kind });
    if let (Some(described), Some(object)) = (described.as_object_mut(), object.as_object()) {
        described.extend(object.clone());
    }
    described
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_created_object_is_of_the_kind_of_its_collection_and_has_the_label_of_the_run() {
        let run: RunId = "1a2b3c4d".parse().unwrap();
        let object = created("/apis/config.openshift.io/v1/imagetagmirrorsets", &json!({ "spec": {} }), &run);
        let expected = json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet",
            "metadata": { "labels": { "isi-conformance/run": "1a2b3c4d" } }, "spec": {},
        });
        assert_eq!(object, expected);
        assert_eq!(created("/api/v1/namespaces/a/limitranges", &json!({}), &run)["apiVersion"], "v1");
    }

    #[test]
    fn what_a_step_does_not_name_stays_as_it_is() {
        let current = json!({
            "metadata": { "name": "cluster", "resourceVersion": "3", "labels": { "a": "1" } },
            "spec": { "additionalTrustedCA": { "name": "ca" }, "registrySources": { "allowedRegistries": ["a"] } },
            "status": { "internalRegistryHostname": "r" },
        });
        let step = json!({
            "metadata": { "name": "cluster" }, "spec": { "registrySources": { "blockedRegistries": ["b"] } },
        });
        let expected = json!({
            "metadata": { "name": "cluster", "resourceVersion": "3", "labels": { "a": "1" } },
            "spec": { "additionalTrustedCA": { "name": "ca" }, "registrySources": { "blockedRegistries": ["b"] } },
            "status": { "internalRegistryHostname": "r" },
        });
        assert_eq!(merged(&current, &step), expected);
    }
}
