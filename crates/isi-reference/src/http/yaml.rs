//! YAML as Kubernetes writes it: keys sorted, lists not indented, text quoted only where it has to be.

use serde::Serialize;
use serde_json::Value;

/// An object as a YAML document.
pub(crate) fn render(object: &impl Serialize) -> String {
    let mut text = String::new();
    match serde_json::to_value(object).unwrap_or_default() {
        Value::Object(map) => mapping(&map, 0, &mut text),
        Value::Array(items) if !items.is_empty() => sequence(&items, 0, &mut text),
        other => {
            scalar(&other, 0, &mut text);
            text.push('\n');
        }
    }
    text
}

fn mapping(map: &serde_json::Map<String, Value>, indent: usize, text: &mut String) {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            spaces(indent, text);
        }
        plain_or_quoted(key, indent, text);
        text.push(':');
        match &map[key] {
            Value::Object(nested) if !nested.is_empty() => {
                text.push('\n');
                spaces(indent + 2, text);
                mapping(nested, indent + 2, text);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                spaces(indent, text);
                sequence(items, indent, text);
            }
            other => {
                text.push(' ');
                scalar(other, indent + 2, text);
                text.push('\n');
            }
        }
    }
}

fn sequence(items: &[Value], indent: usize, text: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            spaces(indent, text);
        }
        text.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(map, indent + 2, text),
            Value::Array(items) if !items.is_empty() => sequence(items, indent + 2, text),
            other => {
                scalar(other, indent + 2, text);
                text.push('\n');
            }
        }
    }
}

fn scalar(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::String(string) => plain_or_quoted(string, indent, text),
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        other => text.push_str(&other.to_string()),
    }
}

fn spaces(count: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', count));
}

fn plain_or_quoted(string: &str, indent: usize, text: &mut String) {
    if string.contains('\n') && !string.contains(['\r', '\t']) && string.trim() == string {
        text.push_str("|-");
        for line in string.split('\n') {
            text.push('\n');
            if !line.is_empty() {
                spaces(indent, text);
                text.push_str(line);
            }
        }
    } else if is_other_type(string) || string.chars().any(char::is_control) {
        text.push_str(&serde_json::to_string(string).unwrap_or_default());
    } else if needs_quotes(string) {
        text.push('\'');
        text.push_str(&string.replace('\'', "''"));
        text.push('\'');
    } else {
        text.push_str(string);
    }
}

/// Whether a reader would take the plain text for something else than text.
fn is_other_type(string: &str) -> bool {
    const WORDS: [&str; 15] =
        ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "-.inf", "<<"];
    let lower = string.to_lowercase();
    let is_number = lower.starts_with(|character: char| character.is_ascii_digit() || "+-.".contains(character))
        && (lower.parse::<f64>().is_ok() || lower.starts_with("0x") || lower.starts_with("0o"));
    let is_time = string.len() >= 10
        && string.bytes().enumerate().take(10).all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    WORDS.contains(&lower.as_str()) || is_number || is_time
}

fn needs_quotes(string: &str) -> bool {
    let special_start = string.starts_with(|character: char| "-?:,[]{}#&*!|>'\"%@`".contains(character));
    let dash_word = string.starts_with('-') && string.len() > 1 && !string.starts_with("- ");
    (special_start && !dash_word)
        || string.contains(": ")
        || string.contains(" #")
        || string.ends_with(':')
        || string != string.trim()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_only_what_would_be_read_as_something_else() {
        let text = render(&json!({
            "plain": "a value", "number": "8080", "time": "2024-02-03T04:05:06Z", "yes": "yes", "flag": "--port",
            "colon": "a: b", "empty": {}, "list": ["a", {"b": 1, "c": null}], "lines": "one\ntwo",
        }));
        insta::assert_snapshot!(text, @r#"
        colon: 'a: b'
        empty: {}
        flag: --port
        lines: |-
          one
          two
        list:
        - a
        - b: 1
          c: null
        number: "8080"
        plain: a value
        time: "2024-02-03T04:05:06Z"
        "yes": "yes"
        "#);
    }
}
