//! Validation errors in random order: servers find those of labels, annotations and tags by going through maps of Go.

use std::borrow::Cow;

use serde_json::Value;

const CAUSES: &str = "/details/causes";

/// `actual` with its causes in the order of those of `expected`, in its message too, if they are about the same fields.
pub(super) fn in_order_of<'a>(expected: &Value, actual: &'a Value) -> Cow<'a, Value> {
    let causes_of = |body: &Value| body.pointer(CAUSES).and_then(Value::as_array).cloned();
    let (Some(expected), Some(causes)) = (causes_of(expected), causes_of(actual)) else {
        return Cow::Borrowed(actual);
    };
    let Some(ordered) = ordered(&expected, causes.clone()).filter(|ordered| *ordered != causes) else {
        return Cow::Borrowed(actual);
    };
    let mut body = actual.clone();
    let message = body["message"].as_str().and_then(|message| {
        let start = message.strip_suffix(&list(&causes))?;
        Some(format!("{start}{}", list(&ordered)))
    });
    if let Some(message) = message {
        body["message"] = message.into();
    }
    body["details"]["causes"] = ordered.into();
    Cow::Owned(body)
}

/// `None` if the two have causes about other fields.
fn ordered(expected: &[Value], mut causes: Vec<Value>) -> Option<Vec<Value>> {
    if expected.len() != causes.len() {
        return None;
    }
    let about = |cause: &Value| (cause["reason"].clone(), cause["field"].clone());
    let take = |wanted: &Value| {
        // A cause that is the same to the last letter goes before another one about the same field.
        let same = causes.iter().position(|cause| cause == wanted);
        let position = same.or_else(|| causes.iter().position(|cause| about(cause) == about(wanted)))?;
        Some(causes.remove(position))
    };
    expected.iter().map(take).collect()
}

/// Causes as a message lists them, each once.
fn list(causes: &[Value]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes {
        let part = |name: &str| cause[name].as_str().unwrap_or_default();
        let text = format!("{}: {}", part("field"), part("message"));
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    format!("[{}]", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn refusal(fields: &[&str]) -> Value {
        let causes: Vec<Value> = fields
            .iter()
            .map(|field| json!({ "reason": "FieldValueInvalid", "field": field, "message": format!("Invalid value: {field:?}") }))
            .collect();
        let message = format!("ImageStream \"app\" is invalid: {}", list(&causes));
        json!({ "kind": "Status", "message": message, "details": { "causes": causes } })
    }

    #[rstest]
    #[case::another_order(&["a", "b", "c"], &["c", "a", "b"], &["a", "b", "c"])]
    #[case::twice(&["a", "b", "a"], &["a", "a", "b"], &["a", "b", "a"])]
    #[case::other_fields(&["a", "b"], &["c", "a"], &["c", "a"])]
    #[case::fewer(&["a", "b"], &["b"], &["b"])]
    fn causes_are_put_into_the_order_that_is_expected(
        #[case] expected: &[&str],
        #[case] actual: &[&str],
        #[case] ordered: &[&str],
    ) {
        let actual = refusal(actual);
        assert_eq!(*in_order_of(&refusal(expected), &actual), refusal(ordered));
    }

    #[test]
    fn a_cause_that_says_something_else_stays_different() {
        let expected = refusal(&["a", "b"]);
        let mut actual = refusal(&["b", "a"]);
        actual["details"]["causes"][1]["message"] = "other".into();
        let ordered = in_order_of(&expected, &actual);
        assert_eq!(ordered["details"]["causes"][0]["message"], "other");
    }

    #[test]
    fn what_is_no_refusal_stays_as_it_is() {
        let object = json!({ "kind": "ImageStream" });
        assert!(matches!(in_order_of(&refusal(&["a"]), &object), Cow::Borrowed(_)));
    }
}
