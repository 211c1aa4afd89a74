//! Long values, cut down to the part that matters.

use serde_json::Value;

use crate::verdict::{Difference, Side};

/// A value longer than this, in characters, is cut down for people.
const LONGEST: usize = 160;
/// How much is shown around the place where two long values part.
const AROUND: usize = 40;

/// Both sides of a difference as texts short enough to read. Long texts are cut to where they part.
pub(super) fn sides(difference: &Difference) -> (String, String) {
    if let (Side::Value(Value::String(expected)), Side::Value(Value::String(actual))) =
        (&difference.expected, &difference.actual)
        && expected.chars().count().max(actual.chars().count()) > LONGEST
    {
        let parting = expected.chars().zip(actual.chars()).take_while(|(left, right)| left == right).count();
        return (window(expected, parting), window(actual, parting));
    }
    (head(&difference.expected.to_string()), head(&difference.actual.to_string()))
}

/// The beginning of `text`, with a note of what is left out.
pub(super) fn head(text: &str) -> String {
    beginning(text, LONGEST)
}

/// The first `longest` characters of `text`, with a note of what is left out.
pub(super) fn beginning(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters more)", &text[..end], text[end..].chars().count()),
    }
}

/// `text` around the character at `middle`, quoted, with ellipses where something is left out.
fn window(text: &str, middle: usize) -> String {
    let start = middle.saturating_sub(AROUND);
    let part: String = text.chars().skip(start).take(2 * AROUND).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + part.chars().count() < text.chars().count() { "…" } else { "" };
    let quoted = Value::String(part);
    if start > 0 { format!("{before}{quoted}{after} (from character {start})") } else { format!("{quoted}{after}") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{json_path::JsonPath, verdict::Level};

    fn difference(expected: &str, actual: &str) -> Difference {
        let [expected, actual] = [expected, actual].map(|text| Side::Value(text.into()));
        Difference { path: JsonPath::root(), expected, actual, level: Level::Required }
    }

    #[test]
    fn short_values_are_shown_whole() {
        assert_eq!(sides(&difference("a", "b")), (r#""a""#.to_owned(), r#""b""#.to_owned()));
    }

    #[test]
    fn long_texts_are_cut_to_where_they_part() {
        let common = "0123456789".repeat(30);
        let (expected, actual) = sides(&difference(&format!("{common}left"), &format!("{common}right")));
        assert!(expected.ends_with("56789left\" (from character 260)"), "{expected}");
        assert!(actual.ends_with("56789right\" (from character 260)"), "{actual}");
    }

    #[test]
    fn cutting_respects_characters() {
        assert_eq!(beginning("ééé", 2), "éé… (1 characters more)");
    }
}
