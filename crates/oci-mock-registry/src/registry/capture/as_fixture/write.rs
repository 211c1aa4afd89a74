//! A fixture as YAML.

use std::{fmt::Write, path::Path};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::CapturedFixture;
use crate::fixture::{Fault, RegistryFixture, TagListing};

impl CapturedFixture {
    /// The fixture as the text of a YAML file in the folder `base`, with the differences in a comment.
    #[must_use]
    pub fn to_yaml(&self, base: &Path) -> String {
        let folder = self.folder.strip_prefix(base).unwrap_or(&self.folder);
        let mut text = format!("# What {} answers, so far as a fixture can express it.\n", folder.display());
        if !self.differences.is_empty() {
            text.push_str("#\n# Answered in another way:\n");
        }
        for difference in &self.differences {
            let _ = writeln!(text, "# - {difference}");
        }
        for (name, value) in fields(&self.fixture, base) {
            match &value {
                Value::Object(entries) if name == "folders" => {
                    let _ = writeln!(text, "{name}:");
                    for (key, value) in entries {
                        let _ = writeln!(text, "  {}: {}", scalar(key), flow(value));
                    }
                }
                Value::Array(items) if name == "faults" => {
                    let _ = writeln!(text, "{name}:");
                    for item in items {
                        let _ = writeln!(text, "  - {}", flow(item));
                    }
                }
                _ => {
                    let _ = writeln!(text, "{name}: {}", flow(&value));
                }
            }
        }
        text
    }
}

/// What the fixture says.
fn fields(fixture: &RegistryFixture, base: &Path) -> Vec<(&'static str, Value)> {
    let shown = |path: &Path| path.strip_prefix(base).unwrap_or(path).display().to_string();
    let folders: Map<_, _> = fixture.folders.iter().map(|(name, path)| (name.clone(), shown(path).into())).collect();
    let faults: Vec<_> = fixture.faults.iter().map(|fault| said(fault, &Fault::default())).collect();
    let mut fields = Vec::new();
    if !folders.is_empty() {
        fields.push(("folders", folders.into()));
    }
    fields.extend(fixture.auth.as_ref().map(|auth| ("auth", said(auth, &json!({ "anonymous": false })))));
    if fixture.tags != TagListing::default() {
        fields.push(("tags", said(&fixture.tags, &TagListing::default())));
    }
    if !fixture.quirks.is_empty() {
        fields.push(("quirks", json!(fixture.quirks)));
    }
    if !faults.is_empty() {
        fields.push(("faults", faults.into()));
    }
    fields
}

/// The fields of a value that are neither empty nor as usual.
fn said(value: &impl Serialize, usual: &impl Serialize) -> Value {
    let [mut value, usual] = [json!(value), json!(usual)];
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, value| {
            let is_empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
            !is_empty && usual.get(name) != Some(value)
        });
    }
    value
}

/// The fields that come first, because they say what the others are about.
const FIRST: [&str; 8] = ["scheme", "users", "when", "first", "nth", "status", "errors", "code"];

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
            let fields: Vec<_> =
                fields.into_iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text, in quotes unless it is plainly a text without them. Quoted texts of JSON are those of YAML.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '/')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '.' | '-' | ' '))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { json!(text).to_string() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("GET /v2/lib/app/manifests/v1", "GET /v2/lib/app/manifests/v1")]
    #[case("null", "\"null\"")]
    #[case("7", "\"7\"")]
    #[case("a: b", "\"a: b\"")]
    #[case("{{registry}}", "\"{{registry}}\"")]
    #[case("", "\"\"")]
    fn texts_are_quoted_where_yaml_would_read_something_else(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(scalar(text), expected);
    }
}
