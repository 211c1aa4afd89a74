//! A patched object as errors show it.

use serde_json::Value;

use crate::json::{DOCKER_IMAGE, Shape, html_escape};

/// The text of a patched object. The library that patches reads what the patch reaches into maps, whose keys are written sorted; the
/// rest stays as the server wrote it, in the order of the Go types. `reached` has an object for every one that the patch reaches, and
/// any other value for what the patch brings, which stays as the client wrote it: sorted, as far as this server knows.
pub(super) fn shown(object: &Value, reached: &Value, shape: &Shape) -> String {
    let mut text = String::new();
    write(object, Some(reached), Some(shape), &mut text);
    html_escape(text)
}

fn write(value: &Value, reached: Option<&Value>, shape: Option<&Shape>, text: &mut String) {
    match value {
        brought if reached.is_some_and(|reached| !reached.is_object()) => text.push_str(&brought.to_string()),
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            if reached.is_none() {
                fields.sort_by_key(|(name, _)| position(name, shape));
            }
            text.push('{');
            for (index, (name, field)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                let of_field = match shape {
                    Some(Shape::Map(values, _)) => Some(*values),
                    _ => fields_of(shape).iter().find(|(known, _)| known == name).map(|(_, shape)| shape),
                };
                write(field, reached.and_then(|reached| reached.get(name)), of_field, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            let of_item = match shape {
                Some(Shape::List(item, _) | Shape::Keyed(item, ..) | Shape::Set(item, _)) => Some(*item),
                _ => None,
            };
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, reached.and_then(|reached| reached.get(index.to_string())), of_item, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// Where a field stands among those of its type; what the type does not have stands behind, sorted.
fn position(name: &str, shape: Option<&Shape>) -> usize {
    match fields_of(shape) {
        [] => 0,
        fields => fields.iter().position(|(known, _)| *known == name).unwrap_or(usize::MAX),
    }
}

/// The fields of a type, in its order; none for what is no object with fields of its own.
fn fields_of(shape: Option<&Shape>) -> &'static [(&'static str, Shape)] {
    match shape {
        Some(Shape::Struct(of)) => of.fields,
        Some(Shape::DockerImage) => DOCKER_IMAGE.fields,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::shapes;

    /// Recorded from openshift-apiserver 4.22, but for names, versions and times.
    #[test]
    fn only_what_a_patch_reaches_has_sorted_keys() {
        let tag = json!({
            "name": "v1", "annotations": null, "from": { "kind": "DockerImage", "name": "r/app:v1" }, "generation": 1,
            "importPolicy": { "insecure": true, "importMode": "Legacy" }, "referencePolicy": { "type": "Source" },
        });
        let stream = json!({
            "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
            "metadata": { "name": "a", "uid": "u", "resourceVersion": "1", "annotations": {} },
            "spec": { "dockerImageRepository": 7, "lookupPolicy": { "local": false }, "tags": [tag] },
        });
        let patch = json!({ "spec": { "dockerImageRepository": 7 } });
        assert_eq!(
            shown(&stream, &patch, &Shape::Struct(&shapes::modern::STREAM)),
            concat!(
                r#"{"apiVersion":"image.openshift.io/v1","kind":"ImageStream","#,
                r#""metadata":{"name":"a","uid":"u","resourceVersion":"1","annotations":{}},"#,
                r#""spec":{"dockerImageRepository":7,"lookupPolicy":{"local":false},"#,
                r#""tags":[{"name":"v1","annotations":null,"from":{"kind":"DockerImage","name":"r/app:v1"},"generation":1,"#,
                r#""importPolicy":{"insecure":true,"importMode":"Legacy"},"referencePolicy":{"type":"Source"}}]}}"#,
            )
        );
    }

    #[test]
    fn what_a_patch_brings_stays_as_it_was_sent() {
        let status = json!({ "tags": [{ "items": [{ "generation": 1, "image": "i" }], "tag": "v1" }] });
        let stream = json!({ "metadata": { "name": "a" }, "status": status });
        let text =
            r#"{"metadata":{"name":"a"},"status":{"tags":[{"items":[{"generation":1,"image":"i"}],"tag":"v1"}]}}"#;
        assert_eq!(shown(&stream, &json!({ "status": status }), &Shape::Struct(&shapes::modern::STREAM)), text);
    }
}
