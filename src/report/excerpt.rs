//! Long values, cut down to the part that matters.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    json_path::Segment,
    verdict::{Difference, Side},
};

/// A value longer than this, in characters, is cut down for people.
const LONGEST: usize = 160;
/// How much is shown around the place where two long values part.
const AROUND: usize = 40;

/// Fields that tell most, the most telling first.
const TELLING: [&str; 6] = ["status", "code", "reason", "message", "kind", "name"];
/// Fields of images that are long and follow from others.
const BULKY: [&str; 6] =
    ["dockerImageMetadata", "dockerImageManifest", "dockerImageConfig", "dockerImageLayers", "managedFields", "image"];

/// Both sides of a difference as texts short enough to read. Long texts are cut to where they part.
pub(crate) fn sides(difference: &Difference) -> (String, String) {
    if let (Side::Value(Value::String(expected)), Side::Value(Value::String(actual))) =
        (&difference.expected, &difference.actual)
        && expected.chars().count().max(actual.chars().count()) > LONGEST
    {
        let parting = expected.chars().zip(actual.chars()).take_while(|(left, right)| left == right).count();
        return (window(expected, parting), window(actual, parting));
    }
    (side(&difference.expected), side(&difference.actual))
}

/// Both sides as [`sides`] has them, each with the name that its value has in this case: the digest of which image it is.
pub(super) fn named_sides(difference: &Difference, names: &BTreeMap<String, String>) -> (String, String) {
    let (expected, actual) = sides(difference);
    let named = |text: String, side: &Side| match side {
        Side::Value(Value::String(value)) => match names.get(value) {
            Some(name) => format!("{text} ({name})"),
            None => text,
        },
        _ => text,
    };
    (named(expected, &difference.expected), named(actual, &difference.actual))
}

/// One side of a difference, short enough to read. Words are never cut: they are those of the harness, or cut already.
fn side(side: &Side) -> String {
    match side {
        Side::Described(words) => beginning(words, 4 * LONGEST),
        other => beginning(&other.to_string(), LONGEST),
    }
}

/// The differences, the most telling first and long objects of images last.
pub(super) fn telling_first(differences: &[Difference]) -> Vec<&Difference> {
    let mut sorted: Vec<&Difference> = differences.iter().collect();
    sorted.sort_by_key(|difference| {
        let segments = difference.path.segments();
        let last = segments.iter().rev().find_map(|segment| match segment {
            Segment::Key(name) => Some(name.as_str()),
            Segment::Index(_) => None,
        });
        let bulky =
            segments.iter().any(|segment| matches!(segment, Segment::Key(name) if BULKY.contains(&name.as_str())));
        let telling = TELLING.iter().position(|name| Some(*name) == last).unwrap_or(TELLING.len());
        (bulky, telling, segments.len())
    });
    sorted
}

/// The first `longest` characters of `text`, with the length of the whole where something is left out.
pub(super) fn beginning(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], thousands(text.chars().count())),
    }
}

/// `text` around the character at `middle`, quoted, with ellipses where something is left out and the length of the whole.
fn window(text: &str, middle: usize) -> String {
    let length = text.chars().count();
    let start = middle.saturating_sub(AROUND);
    let part: String = text.chars().skip(start).take(2 * AROUND).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + part.chars().count() < length { "…" } else { "" };
    let quoted = Value::String(part);
    match (before, after) {
        ("", "") => quoted.to_string(),
        ("", _) => format!("{quoted}{after} ({} characters)", thousands(length)),
        _ => format!("{before}{quoted}{after} ({} characters, from character {})", thousands(length), thousands(start)),
    }
}

/// `4,364`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::verdict::Level;

    fn difference(path: &str, expected: &str, actual: &str) -> Difference {
        let [expected, actual] = [expected, actual].map(|text| Side::Value(text.into()));
        Difference { path: path.parse().unwrap(), expected, actual, level: Level::Required }
    }

    #[test]
    fn short_values_are_shown_whole() {
        assert_eq!(sides(&difference("$", "a", "b")), (r#""a""#.to_owned(), r#""b""#.to_owned()));
    }

    #[test]
    fn long_texts_are_cut_to_where_they_part() {
        let common = "0123456789".repeat(130);
        let (expected, actual) = sides(&difference("$", &format!("{common}left"), &format!("{common}right")));
        assert!(expected.ends_with("56789left\" (1,304 characters, from character 1,260)"), "{expected}");
        assert!(actual.ends_with("56789right\" (1,305 characters, from character 1,260)"), "{actual}");
    }

    #[rstest]
    #[case("éé", "éé")]
    #[case("ééé", "éé… (3 characters)")]
    fn cutting_respects_characters(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(beginning(text, 2), expected);
    }

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(4364, "4,364")]
    #[case(1_234_567, "1,234,567")]
    fn lengths_are_easy_to_read(#[case] number: usize, #[case] expected: &str) {
        assert_eq!(thousands(number), expected);
    }

    #[test]
    fn a_value_has_the_name_of_its_fixture_beside_it() {
        let names = BTreeMap::from([("sha256:1".to_owned(), "[digest s2-basic]".to_owned())]);
        let (expected, actual) = named_sides(&difference("$", "sha256:1", "sha256:2"), &names);
        assert_eq!((expected.as_str(), actual.as_str()), ("\"sha256:1\" ([digest s2-basic])", "\"sha256:2\""));
    }

    #[test]
    fn telling_lines_come_first_and_images_last() {
        let paths = [
            "$.status.images[0].image.dockerImageMetadata.Size",
            "$.status.images[0].tag",
            "$.status.images[0].status.message",
            "$.status.images[0].status.reason",
        ];
        let differences = paths.map(|path| difference(path, "a", "b"));
        let order: Vec<String> = telling_first(&differences).iter().map(|found| found.path.to_string()).collect();
        assert_eq!(order, [paths[3], paths[2], paths[1], paths[0]]);
    }
}
