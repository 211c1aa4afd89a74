//! From an HTTP answer to what a golden can be compared with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::target::Answered;
use crate::{
    document::{self, Source},
    golden::{Answer, Traffic},
};

/// The answer in the form that goldens have, whatever its format.
///
/// JSON, YAML and Kubernetes protobuf become the value they stand for, the events of a watch a list. Anything else, also what only claims to be JSON, stays a text.
#[must_use]
pub(super) fn answer(answered: &Answered, traffic: Traffic) -> Answer {
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &answered.headers {
        headers.entry(name.clone()).or_default().push(value.clone());
    }
    let is_of_type =
        |name: &str| headers.get("content-type").is_some_and(|types| types.iter().any(|text| text.contains(name)));
    Answer { body: body(&answered.body, is_of_type("yaml"), is_of_type("protobuf")), headers, traffic }
}

fn body(bytes: &[u8], yaml: bool, protobuf: bool) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    if protobuf && let Some(object) = isi_reference::from_protobuf(bytes) {
        return object;
    }
    let text = String::from_utf8_lossy(bytes);
    if yaml && let Ok(node) = document::parse(&Source::new("answer", &*text)) {
        return node.to_json();
    }
    let values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    match values.collect::<Result<Vec<Value>, _>>() {
        Ok(values) if !values.is_empty() && values.iter().all(is_event) => values.into(),
        Ok(mut values) if values.len() == 1 => values.swap_remove(0),
        _ => text.into_owned().into(),
    }
}

/// Whether a value is an event of a watch: what happened, and to what.
fn is_event(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.len() == 2 && fields.contains_key("type") && fields.contains_key("object"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::json("application/json", "{\"a\": [1]}", json!({"a": [1]}))]
    #[case::yaml("application/yaml", "a:\n- 1\n", json!({"a": [1]}))]
    #[case::event("application/json", "{\"type\": \"ADDED\", \"object\": 1}\n", json!([{"type": "ADDED", "object": 1}]))]
    #[case::lines("application/json", "{\"a\": 1}\n{\"a\": 2}\n", json!("{\"a\": 1}\n{\"a\": 2}\n"))]
    #[case::text("text/plain", "404 page not found", json!("404 page not found"))]
    #[case::garbage("application/json", "{\"a\": ", json!("{\"a\": "))]
    #[case::nothing("application/json", "", Value::Null)]
    fn a_body_is_read_by_what_it_is(#[case] content_type: &str, #[case] body: &str, #[case] expected: Value) {
        let answered = Answered {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.as_bytes().to_vec(),
            duration: std::time::Duration::ZERO,
        };
        assert_eq!(answer(&answered, Traffic::new()).body, expected);
    }
}
