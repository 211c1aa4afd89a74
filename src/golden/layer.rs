//! One file of a golden: the whole golden of the newest API version, or the differences of an older one.

use json_patch::Patch;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Golden;

/// What a golden of an older API version says differently, as operations of RFC 6902.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Differences {
    differences: Patch,
}

/// What is wrong in a file, from its first line and column on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
}

impl Differences {
    /// What turns `newer` into `older`.
    pub(super) fn between(newer: &Value, older: &Value) -> Self {
        Self { differences: json_patch::diff(newer, older) }
    }

    /// Whether both are the same.
    pub(super) fn is_empty(&self) -> bool {
        self.differences.0.is_empty()
    }

    /// Turns the golden of the newer version into that of the older one.
    ///
    /// # Errors
    /// When a difference names a place that the newer golden does not have.
    pub(super) fn apply(&self, golden: &mut Value) -> Result<(), String> {
        json_patch::patch(golden, &self.differences).map_err(|error| {
            format!("the differences do not fit the golden of the next newer version: {error} (hint: `--update` writes them again)")
        })
    }
}

/// Splits an insta snapshot into its header and its body, and reads the body.
///
/// # Errors
/// When it is no snapshot, or its body is not a `T`.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let Some(header) = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.find("\n---\n").map(|end| end + "---\n".len() + "\n---\n".len()))
    else {
        let message = "expected an insta snapshot: `---`, a header, `---`, then JSON".to_owned();
        return Err(Malformed { line: 1, column: 1, message });
    };
    let header_lines = text[..header].matches('\n').count();
    serde_json::from_str(&text[header..]).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Malformed { line: header_lines + error.line(), column: error.column(), message }
    })
}

/// The text of a snapshot.
pub(super) fn render(suite: &str, case: &str, body: &impl Serialize) -> String {
    let body = serde_json::to_string_pretty(body).expect("a golden has string keys only, so JSON can hold it");
    format!("---\nsource: suites/{suite}.yaml\nexpression: \"{suite}::{case}\"\n---\n{body}\n")
}

/// The golden as JSON, for differences.
pub(super) fn to_value(golden: &Golden) -> Value {
    serde_json::to_value(golden).expect("a golden has string keys only, so JSON can hold it")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("\u{feff}")]
    #[case("")]
    fn a_byte_order_mark_is_skipped(#[case] mark: &str) {
        let golden: Golden = parse(&format!("{mark}---\r\nsource: x\r\n---\r\n{{\"steps\": []}}\r\n")).unwrap();
        assert_eq!(golden, Golden::default());
    }

    #[rstest]
    #[case("{}", 1, 1, "expected an insta snapshot: `---`, a header, `---`, then JSON")]
    #[case(
        "---\nsource: x\n---\n{\"steps\": [\n  {\"reqest\": \"x\"}]}\n",
        5,
        11,
        "unknown field `reqest`, expected one of `request`, `headers`, `body`, `traffic`"
    )]
    fn a_malformed_snapshot_is_told_with_its_place(
        #[case] text: &str,
        #[case] line: usize,
        #[case] column: usize,
        #[case] message: &str,
    ) {
        assert_eq!(parse::<Golden>(text), Err(Malformed { line, column, message: message.to_owned() }));
    }

    #[test]
    fn differences_turn_one_golden_into_another() {
        let (newer, older) = (json!({ "a": 1, "b": [1, 2] }), json!({ "b": [2], "c": null }));
        let mut golden = newer.clone();
        Differences::between(&newer, &older).apply(&mut golden).unwrap();
        assert_eq!(golden, older);
        assert!(Differences::between(&newer, &newer).is_empty());
    }

    #[test]
    fn differences_that_do_not_fit_are_an_error() {
        let differences = Differences::between(&json!({ "a": { "b": 1 } }), &json!({ "a": { "b": 2 } }));
        assert!(differences.apply(&mut json!({})).unwrap_err().contains("do not fit"));
    }
}
