//! Validation errors in random order: servers find those of labels, annotations and tags by going through maps of Go.

use std::borrow::Cow;

use serde_json::Value;

const CAUSES: &str = "/details/causes";
/// What is a map in openshift-apiserver.
const MAPS: [&str; 3] = ["metadata.labels", "metadata.annotations", "spec.tags"];

/// `actual` with the causes of each map in the order of those of `expected`, in its message too, if they are about the same fields.
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

/// `None` if the two have causes of other maps in other places. What is of no map stays where it is.
fn ordered(expected: &[Value], causes: Vec<Value>) -> Option<Vec<Value>> {
    let maps = |causes: &[Value]| causes.iter().map(map_of).collect::<Vec<_>>();
    let places = maps(expected);
    if places != maps(&causes) {
        return None;
    }
    let about = |cause: &Value| (cause["reason"].clone(), cause["field"].clone());
    let mut left: Vec<Option<Value>> = causes.into_iter().map(Some).collect();
    let take = |(position, wanted): (usize, &Value)| {
        let is_left = |fits: &dyn Fn(&Value) -> bool| {
            let mut of_map = (0..left.len()).filter(|other| places[*other] == places[position]);
            of_map.find(|other| left[*other].as_ref().is_some_and(fits))
        };
        let found = match places[position] {
            None => Some(position),
            // A cause that is the same to the last letter goes before another one about the same field.
            Some(_) => is_left(&|cause| cause == wanted).or_else(|| is_left(&|cause| about(cause) == about(wanted))),
        };
        left[found?].take()
    };
    expected.iter().enumerate().map(take).collect()
}

/// The map in which a server finds a cause, if it is one.
fn map_of(cause: &Value) -> Option<&'static str> {
    let field = cause["field"].as_str()?;
    MAPS.into_iter().find(|map| field.strip_prefix(map).is_some_and(|rest| rest.is_empty() || rest.starts_with('[')))
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
    #[case::another_order(&["spec.tags[a]", "spec.tags[b]"], &["spec.tags[b]", "spec.tags[a]"], &["spec.tags[a]", "spec.tags[b]"])]
    #[case::twice(
        &["metadata.labels", "a", "metadata.labels"],
        &["metadata.labels", "a", "metadata.labels"],
        &["metadata.labels", "a", "metadata.labels"]
    )]
    #[case::no_map(&["a", "b"], &["b", "a"], &["b", "a"])]
    #[case::list(&["spec.images[0]", "spec.images[1]"], &["spec.images[1]", "spec.images[0]"], &["spec.images[1]", "spec.images[0]"])]
    #[case::between_maps(&["metadata.labels", "spec.tags[a]"], &["spec.tags[a]", "metadata.labels"], &["spec.tags[a]", "metadata.labels"])]
    #[case::other_fields(&["spec.tags[a]", "spec.tags[b]"], &["spec.tags[c]", "spec.tags[a]"], &["spec.tags[c]", "spec.tags[a]"])]
    #[case::fewer(&["spec.tags[a]", "spec.tags[b]"], &["spec.tags[b]"], &["spec.tags[b]"])]
    fn causes_of_a_map_are_put_into_the_order_that_is_expected(
        #[case] expected: &[&str],
        #[case] actual: &[&str],
        #[case] ordered: &[&str],
    ) {
        let actual = refusal(actual);
        assert_eq!(*in_order_of(&refusal(expected), &actual), refusal(ordered));
    }

    #[test]
    fn a_cause_that_says_something_else_stays_different() {
        let expected = refusal(&["spec.tags[a]", "spec.tags[b]"]);
        let mut actual = refusal(&["spec.tags[b]", "spec.tags[a]"]);
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
