//! Two recordings of a case as one: what differs between them is volatile.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{RecordedCase, RecordedStep};
use crate::{
    golden::{Pattern, Piece, Traffic},
    json_path::JsonPath,
};

/// Joins two recordings of one case and masks what they differ in. A text keeps what both have at its beginning and end.
#[must_use]
pub fn join(first: RecordedCase, second: &RecordedCase) -> RecordedCase {
    let both = first.responses.into_iter().filter_map(|(number, step)| {
        let other = second.responses.get(&number)?;
        Some((number, join_step(step, other)))
    });
    RecordedCase { responses: both.collect() }
}

fn join_step(first: RecordedStep, second: &RecordedStep) -> RecordedStep {
    let mut volatile = BTreeSet::new();
    let body = join_value(&JsonPath::root(), &first.body, &second.body, &mut volatile);
    let names: BTreeSet<&String> = first.headers.keys().chain(second.headers.keys()).collect();
    let differs = |name: &&&String| first.headers.get(**name) != second.headers.get(**name);
    let volatile_headers: BTreeSet<String> = names.iter().filter(differs).map(|name| (*name).clone()).collect();
    let repositories: BTreeSet<&String> = first.traffic.keys().chain(second.traffic.keys()).collect();
    let sorted = |traffic: &Traffic, repository: &String| {
        let mut lines = traffic.get(repository).cloned().unwrap_or_default();
        lines.sort_unstable();
        lines
    };
    let other_lines = |repository: &&&String| sorted(&first.traffic, repository) != sorted(&second.traffic, repository);
    let volatile_traffic: BTreeSet<String> =
        repositories.iter().filter(other_lines).map(|repository| (*repository).clone()).collect();
    let in_another_order = |repository: &&String| {
        !volatile_traffic.contains(*repository) && first.traffic.get(*repository) != second.traffic.get(*repository)
    };
    let any_order = repositories.iter().any(in_another_order);
    RecordedStep {
        status: first.status.filter(|status| second.status == Some(*status)),
        headers: first.headers.into_iter().filter(|(name, _)| !volatile_headers.contains(name)).collect(),
        traffic: first.traffic.into_iter().filter(|(name, _)| !volatile_traffic.contains(name)).collect(),
        request: join_value(
            &JsonPath::root(),
            &first.request.into(),
            &second.request.as_str().into(),
            &mut BTreeSet::new(),
        )
        .as_str()
        .unwrap_or_default()
        .to_owned(),
        body,
        volatile,
        volatile_headers,
        volatile_traffic,
        any_order,
    }
}

/// The value that both have; what they differ in is noted in `volatile`, or masked inside of a text.
fn join_value(path: &JsonPath, first: &Value, second: &Value, volatile: &mut BTreeSet<JsonPath>) -> Value {
    match (first, second) {
        (Value::Object(one), Value::Object(other)) => {
            let joined: Map<String, Value> = one
                .iter()
                .filter_map(|(name, value)| match other.get(name) {
                    Some(other) => Some((name.clone(), join_value(&path.key(name), value, other, volatile))),
                    None => {
                        volatile.insert(path.key(name));
                        None
                    }
                })
                .collect();
            volatile.extend(other.keys().filter(|name| !one.contains_key(*name)).map(|name| path.key(name)));
            joined.into()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .map(|(index, (one, other))| join_value(&path.index(index), one, other, volatile))
            .collect(),
        (Value::String(one), Value::String(other)) if one != other => match join_text(one, other) {
            Some(text) => text.into(),
            None => {
                volatile.insert(path.clone());
                first.clone()
            }
        },
        (one, other) => {
            if one != other {
                volatile.insert(path.clone());
            }
            one.clone()
        }
    }
}

/// Both texts as one: what they have in common at the beginning and at the end, and `[text …]` between. Words, numbers and
/// placeholders are taken as wholes. Nothing if one of the texts has nothing that the mask could stand for.
fn join_text(first: &str, second: &str) -> Option<String> {
    let (one, other) = (words(first), words(second));
    let shorter = one.len().min(other.len());
    let common = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let ending = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let mut before = common.min(shorter);
    let mut after = ending.min(shorter - before);
    if before + after == shorter {
        // A mask stands for at least one character.
        match (before, after) {
            (0, 0) => return None,
            (0, _) => after -= 1,
            _ => before -= 1,
        }
    }
    let recorded: String = one[before..one.len() - after].concat();
    let recorded: String = recorded.chars().filter(|character| !matches!(character, '[' | ']' | '\n')).collect();
    Some(format!("{}[text {recorded}]{}", one[..before].concat(), one[one.len() - after..].concat()))
}

/// The words, numbers, placeholders and single other characters of a text.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in Pattern::parse(text).pieces() {
        match piece {
            Piece::Literal(text) => {
                let mut word = String::new();
                for character in text.chars() {
                    if character.is_alphanumeric() {
                        word.push(character);
                    } else {
                        words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                        words.push(character.to_string());
                    }
                }
                words.extend((!word.is_empty()).then_some(word));
            }
            Piece::Variable(variable) => words.push(format!("[{variable}]")),
            Piece::Shape(shape) => words.push(format!("[{shape}]")),
        }
    }
    words
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::a_port(
        "dial tcp 127.0.0.1:4512: refused",
        "dial tcp 127.0.0.1:4599: refused",
        Some("dial tcp 127.0.0.1:[text 4512]: refused")
    )]
    #[case::placeholders("uid [uid 1] is taken", "uid [uid 2] is taken", Some("uid [text uid 1] is taken"))]
    #[case::longer("a b", "a b b", Some("a [text b]"))]
    #[case::nothing_in_common("abc", "xyz", Some("[text abc]"))]
    #[case::empty("", "xyz", None)]
    fn texts_keep_what_they_have_in_common(#[case] first: &str, #[case] second: &str, #[case] expected: Option<&str>) {
        assert_eq!(join_text(first, second).as_deref(), expected);
    }

    fn step(body: Value, lines: &[&str]) -> RecordedStep {
        let traffic = [("lib/app".to_owned(), lines.iter().map(|line| (*line).to_owned()).collect())].into();
        RecordedStep { status: Some(200), body, traffic, ..RecordedStep::default() }
    }

    #[test]
    fn what_differs_is_noted_where_no_text_can_be_masked() {
        let first = step(json!({"count": 1, "items": [1], "same": true, "gone": 1}), &["GET a", "GET b"]);
        let second = step(json!({"count": 2, "items": [1, 2], "same": true, "new": 1}), &["GET b", "GET a"]);
        let joined = join_step(first, &second);
        let volatile: Vec<String> = joined.volatile.iter().map(ToString::to_string).collect();
        assert_eq!(volatile, ["$.count", "$.gone", "$.items", "$.new"]);
        assert!(joined.any_order && joined.volatile_traffic.is_empty());
    }

    #[test]
    fn other_requests_to_the_registry_and_another_status_are_volatile() {
        let first = step(json!(null), &["GET a"]);
        let second = RecordedStep { status: Some(500), ..step(json!(null), &["GET a", "GET a"]) };
        let joined = join_step(first, &second);
        assert_eq!((joined.status, joined.volatile_traffic.len(), joined.any_order), (None, 1, false));
    }

    #[test]
    fn equal_recordings_have_nothing_volatile() {
        let first = step(json!({"a": ["x", {"b": 1}]}), &["GET a"]);
        assert_eq!(join_step(first.clone(), &first), first);
        assert!(!first.is_volatile());
    }
}
