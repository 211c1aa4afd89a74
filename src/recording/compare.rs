//! Where a response differs from the recorded one.

use std::collections::BTreeSet;

use super::{RecordedStep, case::relevant};
use crate::{
    golden::{self, Answer, GoldenComparison, Memory, Pattern},
    json_path::{JsonPath, Segment},
    redaction::{REDACTED, Secrets},
    traits::Traits,
    variable::{Bindings, Unbound},
    verdict::{Difference, Level, Side},
};

/// A recorded response and what it is compared in terms of.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The recorded response.
    pub step: &'a RecordedStep,
    /// What the configuration of the build under test decides.
    pub traits: &'a Traits,
}

/// Compares `answer` with the recorded one. What is volatile in the recording is left out.
///
/// # Errors
/// When the recording names an image that the case does not have.
pub fn compare(
    recorded: Recorded<'_>,
    answer: &Answer,
    bindings: &Bindings,
    memory: &mut Memory,
) -> Result<GoldenComparison, Unbound> {
    let before = memory.clone();
    let found = compare_once(recorded, answer, bindings, memory)?;
    if found.answer.is_empty() && found.traffic.is_empty() {
        return Ok(found);
    }
    // A recording has no secrets: a response that repeats one differs in nothing else.
    if !serde_json::to_string(recorded.step).is_ok_and(|text| text.contains(REDACTED)) {
        return Ok(found);
    }
    *memory = before;
    compare_once(recorded, &redacted(answer), bindings, memory)
}

fn compare_once(
    Recorded { step, traits }: Recorded<'_>,
    answer: &Answer,
    bindings: &Bindings,
    memory: &mut Memory,
) -> Result<GoldenComparison, Unbound> {
    let golden = golden::by_trait(&step.golden(), traits);
    let mut compared = answer.clone();
    if step.any_order {
        compared.traffic = golden::in_order_of(Some(&golden.traffic), compared.traffic, bindings);
    }
    let mut found = golden::compare(&golden, &compared, bindings, memory)?;
    // Header fields are compared below, each in both directions.
    let of_headers = |difference: &Difference| first_key(&difference.path) == Some("headers");
    found.answer.retain(|difference| !of_headers(difference) || answer.body.get("headers").is_some());
    found.answer.retain(|difference| !step.volatile.iter().any(|path| path.contains(&difference.path)));
    found.traffic.retain(|difference| {
        first_key(&difference.path).is_none_or(|repository| !step.volatile_traffic.contains(repository))
    });
    found.answer.splice(0..0, headers(step, answer, bindings)?);
    Ok(found)
}

fn headers(step: &RecordedStep, answer: &Answer, bindings: &Bindings) -> Result<Vec<Difference>, Unbound> {
    let names: BTreeSet<&String> = step.headers.keys().chain(relevant(&answer.headers).map(|(name, _)| name)).collect();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| !step.volatile_headers.contains(*name)) {
        let expected: Vec<Pattern> =
            step.headers.get(name).into_iter().flatten().map(|text| Pattern::parse(text)).collect();
        let actual = answer.headers.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut equal = expected.len() == actual.len();
        for (pattern, value) in expected.iter().zip(actual) {
            equal = equal && pattern.matches(value, bindings, &mut Memory::default())?;
        }
        if !equal {
            let shown: Vec<String> = expected.iter().map(|pattern| pattern.show(bindings)).collect::<Result<_, _>>()?;
            let side = |values: &[String]| match values {
                [] => Side::Absent,
                values => Side::Value(values.join(", ").into()),
            };
            found.push(Difference {
                path: JsonPath::root().key("headers").key(name),
                expected: side(&shown),
                actual: side(actual),
                level: Level::Compatible,
            });
        }
    }
    Ok(found)
}

fn first_key(path: &JsonPath) -> Option<&str> {
    match path.segments().first()? {
        Segment::Key(name) => Some(name),
        Segment::Index(_) => None,
    }
}

fn redacted(answer: &Answer) -> Answer {
    let redactor = Secrets::of_this_process().redactor();
    let mut answer = answer.clone();
    redactor.redact_value(&mut answer.body);
    answer.headers.values_mut().chain(answer.traffic.values_mut()).flatten().for_each(|text| redactor.redact(text));
    answer
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn answer(body: Value, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        Answer { body, headers, ..Answer::default() }
    }

    fn differences(step: &RecordedStep, answer: &Answer) -> Vec<String> {
        let recorded = Recorded { step, traits: &Traits::default() };
        let found = compare(recorded, answer, &Bindings::default(), &mut Memory::default()).unwrap();
        found.answer.iter().map(|found| format!("{} {} {}", found.path, found.expected, found.actual)).collect()
    }

    fn step() -> RecordedStep {
        RecordedStep {
            status: Some(200),
            headers: [("content-type".to_owned(), vec!["text/plain".to_owned()])].into(),
            body: json!({"a": 1, "b": [1], "text": "port [text 1] is taken"}),
            volatile: ["$.b".parse().unwrap()].into(),
            volatile_headers: ["etag".to_owned()].into(),
            ..RecordedStep::default()
        }
    }

    const TEXT: (&str, &str) = ("content-type", "text/plain");

    #[rstest]
    #[case::same(json!({"a": 1, "b": [1], "text": "port 7 is taken"}), &[TEXT], &[])]
    #[case::volatile(json!({"a": 1, "b": [1, 2], "text": "port 7 is taken"}), &[TEXT, ("etag", "x")], &[])]
    #[case::value(json!({"a": 2, "b": [1], "text": "port 7 is taken"}), &[TEXT], &["$.a 1 2"])]
    #[case::header(json!({"a": 1, "text": "port 7 is taken"}), &[("content-type", "text/html")], &["$.headers[\"content-type\"] \"text/plain\" \"text/html\""])]
    #[case::new_header(json!({"a": 1, "text": "port 7 is taken"}), &[TEXT, ("warning", "299")], &["$.headers.warning nothing \"299\""])]
    #[case::header_of_a_proxy(json!({"a": 1, "text": "port 7 is taken"}), &[TEXT, ("via", "proxy")], &[])]
    fn all_but_what_is_volatile_is_compared(
        #[case] body: Value,
        #[case] headers: &[(&str, &str)],
        #[case] expected: &[&str],
    ) {
        assert_eq!(differences(&step(), &answer(body, headers)), expected);
    }
}
