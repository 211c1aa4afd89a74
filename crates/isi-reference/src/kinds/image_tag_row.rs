//! The row of an `ImageTag` in a table: what its spec is, where its image comes from, how often it changed, and when.

use serde_json::Value;

use super::columns::{ago, items, name, time};

/// The cells of the row.
pub(super) fn cells(tag: &Value) -> Vec<Value> {
    let (spec, events) = (&tag["spec"], items(&tag["status"]["items"]));
    let wanted = spec["generation"].as_i64().unwrap_or_default();
    let mut row = TagRow::of_spec(spec);
    let mut last = None;
    if let Some(event) = events.first() {
        row.add_event(event, wanted);
        last = time(&event["created"]);
    }
    for condition in items(&tag["status"]["conditions"]) {
        if condition["type"] == "ImportSuccess" && condition["status"] == "False" {
            row.problem = Some(format!("ImportFailed ({})", text(&condition["reason"])));
        }
        last = last.max(time(&condition["lastTransitionTime"]));
    }
    let count = if events.is_empty() { Value::Null } else { events.len().into() };
    let status = row.problem.unwrap_or(row.source);
    vec![name(tag), row.spec.into(), status.into(), count, last.map(ago).unwrap_or_default().into()]
}

/// What is known of a tag.
struct TagRow {
    /// What the spec is, in one word.
    spec: &'static str,
    /// Where the image comes from.
    source: String,
    /// What is shown in place of the source.
    problem: Option<String>,
}

impl TagRow {
    fn of_spec(spec: &Value) -> Self {
        let from = &spec["from"];
        let mut row = Self { spec: "", source: String::new(), problem: None };
        if !from.is_object() {
            return row;
        }
        row.spec = match () {
            () if spec["importPolicy"]["scheduled"] == true => "Scheduled",
            () if spec["reference"] == true => "Ref",
            () => "Tag",
        };
        let (of, namespace) = (text(&from["name"]), text(&from["namespace"]));
        match text(&from["kind"]) {
            "DockerImage" => of.clone_into(&mut row.source),
            "ImageStreamImage" => match of.split_once('@') {
                Some((_, id)) => row.source = format!("image/{id}"),
                None => row.problem = Some("InvalidRefName".to_owned()),
            },
            "ImageStreamTag" => {
                row.source =
                    if namespace.is_empty() { format!("istag/{of}") } else { format!("istag {namespace}/{of}") };
                if !of.contains(':') {
                    row.spec = "Track";
                }
            }
            _ => row.problem = Some("InvalidRefKind".to_owned()),
        }
        row
    }

    /// Adds the newest event. `wanted` is the generation of the spec.
    fn add_event(&mut self, event: &Value, wanted: i64) {
        let found = event["generation"].as_i64().unwrap_or_default();
        let (image, reference) = (text(&event["image"]), text(&event["dockerImageReference"]));
        let have_generations = wanted > 0 && found > 0;
        if have_generations && found < wanted {
            self.problem = Some("Importing".to_owned());
        } else if !image.is_empty() {
            self.source = format!("image/{image}");
        } else if !reference.is_empty() {
            reference.clone_into(&mut self.source);
        }
        let was_pushed = self.spec.is_empty() && !self.source.is_empty();
        if was_pushed || self.spec != "Track" && have_generations && found > wanted {
            self.spec = "Push";
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    // Recorded from openshift-apiserver 4.22.
    #[rstest]
    #[case::imported(json!({ "spec": { "from": { "kind": "DockerImage", "name": "r/a:1" }, "generation": 1 },
        "status": { "items": [{ "image": "sha256:1", "generation": 1 }] } }), json!(["", "Tag", "image/sha256:1", 1, ""]))]
    #[case::not_yet(json!({ "spec": { "from": { "kind": "DockerImage", "name": "r/a:1" } } }), json!(["", "Tag", "r/a:1", null, ""]))]
    #[case::pushed(json!({ "status": { "items": [{ "image": "sha256:1" }] } }), json!(["", "Push", "image/sha256:1", 1, ""]))]
    #[case::following(json!({ "spec": { "from": { "kind": "ImageStreamTag", "name": "v1" } } }), json!(["", "Track", "istag/v1", null, ""]))]
    fn says_what_a_tag_is(#[case] tag: Value, #[case] expected: Value) {
        assert_eq!(Value::from(cells(&tag)), expected);
    }
}
