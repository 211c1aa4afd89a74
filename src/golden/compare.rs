//! Where an answer differs from a golden.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    GoldenStep, Memory, Pattern, Traffic, causes,
    level::{DifferenceKind, Rules},
};
use crate::{
    json_path::JsonPath,
    variable::{Bindings, Unbound},
    verdict::{Difference, Level, Side},
};

/// What an implementation answered to one request, in the form that goldens have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Header fields by lower-case name.
    pub headers: BTreeMap<String, Vec<String>>,
    /// The body: JSON, or YAML as the JSON it stands for, or the text of anything else.
    pub body: Value,
    /// What it asked of the registry meanwhile.
    pub traffic: Traffic,
}

/// Where one answer differs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoldenComparison {
    /// In its body and headers; paths of headers begin with `$.headers`.
    pub answer: Vec<Difference>,
    /// In what was asked of the registry; paths begin with the repository.
    pub traffic: Vec<Difference>,
}

/// Compares one answer with its golden: JSON by meaning, arrays in order but for causes that are found in maps, `managedFields` of
/// metadata left out.
///
/// Header fields of the golden have to be among those of the answer. JSON whose golden says no `content-type` is
/// `application/json`, and a golden without `warning` expects no warning.
///
/// # Errors
/// When the golden names an image that the case does not have.
pub fn compare(
    golden: &GoldenStep,
    answer: &Answer,
    bindings: &Bindings,
    memory: &mut Memory,
) -> Result<GoldenComparison, Unbound> {
    let rules = Rules::of(&golden.body);
    let mut body = Comparer { bindings, memory, differences: Vec::new(), rules: Some(rules) };
    body.headers(golden, answer)?;
    let actual = causes::in_order_of(&golden.body, &answer.body);
    body.value(&JsonPath::root(), Some(&golden.body), Some(&actual))?;
    let answer_differences = body.differences;
    let mut traffic = Comparer { bindings, memory, differences: Vec::new(), rules: None };
    traffic.value(&JsonPath::root(), Some(&lines(&golden.traffic)), Some(&lines(&answer.traffic)))?;
    Ok(GoldenComparison { answer: answer_differences, traffic: traffic.differences })
}

fn lines(traffic: &Traffic) -> Value {
    traffic.iter().map(|(repository, lines)| (repository.clone(), Value::from(lines.clone()))).collect()
}

struct Comparer<'a> {
    bindings: &'a Bindings,
    memory: &'a mut Memory,
    differences: Vec<Difference>,
    /// How binding differences are; those of traffic are never more than compatible.
    rules: Option<Rules>,
}

impl Comparer<'_> {
    fn headers(&mut self, golden: &GoldenStep, answer: &Answer) -> Result<(), Unbound> {
        self.unexpected_headers(golden, answer);
        for (name, expected) in &golden.headers {
            let actual = answer.headers.get(name).map(Vec::as_slice).unwrap_or_default();
            for text in expected {
                let pattern = Pattern::parse(text);
                let mut found = false;
                for value in actual {
                    found = found || pattern.matches(value, self.bindings, self.memory)?;
                }
                if !found {
                    self.differences.push(Difference {
                        path: JsonPath::root().key("headers").key(name),
                        expected: Side::Value(pattern.show(self.bindings)?.into()),
                        actual: match actual {
                            [] => Side::Absent,
                            values => Side::Value(values.join(", ").into()),
                        },
                        level: Level::Compatible,
                    });
                }
            }
        }
        Ok(())
    }

    /// The headers that a golden leaves out: the content type of JSON, and no `warning`.
    fn unexpected_headers(&mut self, golden: &GoldenStep, answer: &Answer) {
        let actual = |name: &str| answer.headers.get(name).map(|values| Value::from(values.join(", ")));
        let is_json = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("application/json"));
        let content_type = actual("content-type");
        if !golden.headers.contains_key("content-type")
            && (golden.body.is_object() || golden.body.is_array())
            && !content_type.as_ref().is_some_and(is_json)
        {
            self.differences.push(Difference {
                path: JsonPath::root().key("headers").key("content-type"),
                expected: Side::Value("application/json".into()),
                actual: Side::of(content_type.as_ref()),
                level: Level::Compatible,
            });
        }
        if let Some(warning) = actual("warning").filter(|_| !golden.headers.contains_key("warning")) {
            self.differences.push(Difference {
                path: JsonPath::root().key("headers").key("warning"),
                expected: Side::Absent,
                actual: Side::Value(warning),
                level: Level::Compatible,
            });
        }
    }

    fn value(&mut self, path: &JsonPath, expected: Option<&Value>, actual: Option<&Value>) -> Result<(), Unbound> {
        match (expected, actual) {
            (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
                let expected: BTreeMap<String, &Value> = expected
                    .iter()
                    .map(|(key, value)| Ok((Pattern::parse(key).show(self.bindings)?, value)))
                    .collect::<Result<_, _>>()?;
                let keys: BTreeSet<&str> =
                    expected.keys().map(String::as_str).chain(actual.keys().map(String::as_str)).collect();
                let masked = |key: &str| key == "managedFields" && path.ends_with_key("metadata");
                for key in keys.into_iter().filter(|key| !masked(key)) {
                    self.value(&path.key(key), expected.get(key).copied(), actual.get(key))?;
                }
            }
            (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
                for index in 0..expected.len().max(actual.len()) {
                    self.value(&path.index(index), expected.get(index), actual.get(index))?;
                }
            }
            (Some(Value::String(expected)), Some(Value::String(actual))) => {
                let pattern = Pattern::parse(expected);
                if !pattern.matches(actual, self.bindings, self.memory)? {
                    let expected = match pattern.meaning(actual, self.memory) {
                        Some(meaning) => Side::Described(meaning),
                        None => Side::Value(pattern.show_beside(actual, self.bindings)?.into()),
                    };
                    self.differ(path, expected, Side::Value(actual.as_str().into()), DifferenceKind::Other);
                }
            }
            (expected, actual) if expected == actual => {}
            (expected, actual) => {
                let kind = match (expected, actual) {
                    (None, Some(Value::Null)) | (Some(Value::Null), None) => DifferenceKind::NullOrAbsent,
                    (Some(_), None) => DifferenceKind::Missing,
                    (None, Some(_)) => DifferenceKind::Extra,
                    _ => DifferenceKind::Other,
                };
                let shown = expected.map(|value| self.show(value)).transpose()?;
                self.differ(path, Side::of(shown.as_ref()), Side::of(actual), kind);
            }
        }
        Ok(())
    }

    fn differ(&mut self, path: &JsonPath, expected: Side, actual: Side, kind: DifferenceKind) {
        let level = self.rules.map_or(Level::Compatible, |rules| rules.level(path, kind));
        self.differences.push(Difference { path: path.clone(), expected, actual, level });
    }

    /// A value of the golden with everything that the run knows put in.
    fn show(&self, value: &Value) -> Result<Value, Unbound> {
        Ok(match value {
            Value::String(text) => Pattern::parse(text).show(self.bindings)?.into(),
            Value::Array(items) => items.iter().map(|item| self.show(item)).collect::<Result<Vec<_>, _>>()?.into(),
            Value::Object(entries) => entries
                .iter()
                .map(|(key, value)| Ok((Pattern::parse(key).show(self.bindings)?, self.show(value)?)))
                .collect::<Result<serde_json::Map<_, _>, Unbound>>()?
                .into(),
            other => other.clone(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn json_headers() -> BTreeMap<String, Vec<String>> {
        [("content-type".to_owned(), vec!["application/json".to_owned()])].into()
    }

    fn differences(golden: Value, answer: Value) -> Vec<(String, String, String, Level)> {
        let golden = GoldenStep { body: golden, ..GoldenStep::default() };
        let answer = Answer { body: answer, headers: json_headers(), ..Answer::default() };
        let bindings = Bindings { stream: "app".to_owned(), ..Bindings::default() };
        compare(&golden, &answer, &bindings, &mut Memory::default())
            .unwrap()
            .answer
            .into_iter()
            .map(|found| (found.path.to_string(), found.expected.to_string(), found.actual.to_string(), found.level))
            .collect()
    }

    fn difference(path: &str, expected: &str, actual: &str, level: Level) -> (String, String, String, Level) {
        (path.to_owned(), expected.to_owned(), actual.to_owned(), level)
    }

    #[rstest]
    #[case::order_of_keys(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}))]
    #[case::placeholder(json!({"name": "[stream]"}), json!({"name": "app"}))]
    #[case::key_placeholder(json!({"[stream]": 1}), json!({"app": 1}))]
    #[case::managed_fields(json!({"metadata": {}}), json!({"metadata": {"managedFields": [1]}}))]
    fn what_means_the_same_is_equal(#[case] golden: Value, #[case] answer: Value) {
        assert_eq!(differences(golden, answer), []);
    }

    #[rstest]
    #[case::changed(json!({"a": {"b": [1, 2]}}), json!({"a": {"b": [1, 3]}}), difference("$.a.b[1]", "2", "3", Level::Compatible))]
    #[case::order(json!([1, 1]), json!([1]), difference("$[1]", "1", "nothing", Level::Compatible))]
    #[case::missing(json!({"a": "[stream]"}), json!({}), difference("$.a", "\"app\"", "nothing", Level::Compatible))]
    #[case::extra(json!({}), json!({"a": 1}), difference("$.a", "nothing", "1", Level::Compatible))]
    #[case::retyped(json!({"a": 1}), json!({"a": "1"}), difference("$.a", "1", "\"1\"", Level::Compatible))]
    #[case::foreign_text(json!({"message": "a"}), json!({"message": "b"}), difference("$.message", "\"a\"", "\"b\"", Level::Compatible))]
    #[case::managed_fields_elsewhere(json!({}), json!({"managedFields": 1}), difference("$.managedFields", "nothing", "1", Level::Compatible))]
    #[case::of_the_table(json!({"kind": "ImageStreamImport", "status": {"images": [{"tag": "v1"}]}}), json!({"kind": "ImageStreamImport", "status": {"images": [{"tag": "v2"}]}}), difference("$.status.images[0].tag", "\"v1\"", "\"v2\"", Level::Required))]
    #[case::null(json!({"a": null}), json!({}), difference("$.a", "null", "nothing", Level::Compatible))]
    fn what_differs_is_told_with_its_path_and_level(
        #[case] golden: Value,
        #[case] answer: Value,
        #[case] expected: (String, String, String, Level),
    ) {
        assert_eq!(differences(golden, answer), [expected]);
    }

    #[rstest]
    #[case::other_type(&[("content-type", "text/html")], "$.headers[\"content-type\"]", Level::Compatible)]
    #[case::no_type(&[], "$.headers[\"content-type\"]", Level::Compatible)]
    #[case::warning(&[("content-type", "application/json"), ("warning", "299 - x")], "$.headers.warning", Level::Compatible)]
    fn headers_that_a_golden_does_not_speak_of_are_the_usual_ones(
        #[case] headers: &[(&str, &str)],
        #[case] path: &str,
        #[case] level: Level,
    ) {
        let golden = GoldenStep { body: json!({}), ..GoldenStep::default() };
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        let answer = Answer { body: json!({}), headers, ..Answer::default() };
        let found = compare(&golden, &answer, &Bindings::default(), &mut Memory::default()).unwrap().answer;
        assert_eq!((found[0].path.to_string().as_str(), found[0].level), (path, level));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_numbered_placeholder_says_which_value_was_meant() {
        let golden = |number: usize| GoldenStep {
            body: json!({ "metadata": { "resourceVersion": format!("[resourceVersion {number}]") } }),
            ..GoldenStep::default()
        };
        let answer = |version: &str| Answer {
            body: json!({ "metadata": { "resourceVersion": version } }),
            headers: json_headers(),
            ..Answer::default()
        };
        let mut memory = Memory::default();
        let mut found = |number: usize, version: &str| {
            let comparison = compare(&golden(number), &answer(version), &Bindings::default(), &mut memory).unwrap();
            memory.begin("step 2 (GET x)");
            comparison.answer.first().map(|difference| difference.expected.to_string())
        };
        assert_eq!(found(1, "10"), None);
        assert_eq!(found(2, "11"), None);
        assert_eq!(found(2, "12").unwrap(), r#"[resourceVersion 2], which was "11" in step 2 (GET x)"#);
        assert_eq!(
            found(3, "11").unwrap(),
            r#"[resourceVersion 3], a value other than "11", which is [resourceVersion 2] in step 2 (GET x)"#
        );
    }

    #[test]
    fn traffic_is_compared_in_order_within_a_repository() {
        let golden = GoldenStep {
            traffic: [("lib/app".to_owned(), vec!["GET manifests/v1 200".to_owned()])].into(),
            ..GoldenStep::default()
        };
        let found = compare(&golden, &Answer::default(), &Bindings::default(), &mut Memory::default()).unwrap();
        assert_eq!(found.answer, []);
        assert_eq!(found.traffic[0].path.to_string(), r#"$["lib/app"]"#);
        assert_eq!(found.traffic[0].level, Level::Compatible);
    }

    #[test]
    fn a_header_of_the_golden_has_to_be_among_those_of_the_answer() {
        let headers = |values: &[&str]| {
            BTreeMap::from([("warning".to_owned(), values.iter().map(|value| (*value).to_owned()).collect())])
        };
        let golden = GoldenStep { headers: headers(&["299 - b"]), ..GoldenStep::default() };
        let found = |values: &[&str]| {
            let answer = Answer { headers: headers(values), ..Answer::default() };
            compare(&golden, &answer, &Bindings::default(), &mut Memory::default()).unwrap().answer.len()
        };
        assert_eq!(found(&["299 - a", "299 - b"]), 0);
        assert_eq!(found(&["299 - a"]), 1);
    }
}
