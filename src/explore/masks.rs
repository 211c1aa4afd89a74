//! Volatile values inside texts: messages of servers repeat whole objects.

use std::sync::LazyLock;

use regex::{Captures, Match, Regex};
use serde_json::Value;

use super::values::UID;
use crate::golden::{Golden, is_of_this_run};

/// What differs inside of longer texts although two servers say the same: a uid, a time, a version behind its name, where a list
/// goes on (the base64 of an object that begins with its `v` and has a version in it), a port of the loopback, the server that was
/// asked for the address of a host, the line of Go that made a scheme (it depends on the flags of the build), the words of Go's YAML
/// library for what is no YAML, and the part of a body that json-iterator shows around a mistake (values like these are cut off
/// in it).
static VOLATILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?<uid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        r"|(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)",
        r#"|(?<name>resourceVersion\\*":\s*\\*"|ResourceVersion in record \(|resource version to |updated from "|" to ")"#,
        r"(?<version>\d+)",
        r"|(?<next>eyJ2IjoibWV0YS5rOHMuaW8vdjEi[0-9A-Za-z_-]+)",
        r#"|in scheme \\*"(?<scheme>[^"\\]+)"#,
        r"|\byaml: (?<yaml>.+?)(?: \((?:\{.*|[0-9a-f]+(?: \.\.\.)?)\))?\z",
        r"|(?<shown>\.\.\.\|(?s:.*?)\|\.\.\., bigger context \.\.\.\|(?s:.*?)\|\.\.\.)",
        r"|(?<lookup>dial tcp: lookup \S+) on \S+:\d+:",
        r"|(?<host>127\.0\.0\.1|\[::1\]|localhost):(?<port>\d{1,5})\b",
    ))
    .expect("the pattern is compiled by a test")
});

/// Puts placeholders for volatile values into the texts of a golden.
pub(super) fn mask(golden: &mut Golden) {
    golden.steps.iter_mut().for_each(|step| mask_value(&mut step.body));
}

/// Puts placeholders for volatile values into the texts of a value.
pub(super) fn mask_value(value: &mut Value) {
    match value {
        Value::String(text) if VOLATILE.is_match(text) => *text = masked(text),
        Value::Array(items) => items.iter_mut().for_each(mask_value),
        Value::Object(fields) => fields.values_mut().for_each(mask_value),
        _ => {}
    }
}

fn masked(text: &str) -> String {
    // Keys that are there twice are told in the same words.
    let is_no_list_of_errors = |text: &Match<'_>| !text.as_str().starts_with("unmarshal errors");
    let placeholder = |found: &Captures<'_>| {
        let whole = &found[0];
        if found.name("uid").is_some_and(|uid| uid.as_str() != UID) {
            "[uid]".to_owned()
        } else if let Some(name) = found.name("name") {
            format!("{}[resourceVersion]", name.as_str())
        } else if found.name("next").is_some() {
            "[resourceVersion]".to_owned()
        } else if found.name("shown").is_some() {
            "...|[text near it]|..., bigger context ...|[text around it]|...".to_owned()
        } else if let Some(lookup) = found.name("lookup") {
            format!("{}:", lookup.as_str())
        } else if let Some(host) = found.name("host") {
            format!("{}:[port]", host.as_str())
        } else if found.name("time").is_some() && is_of_this_run(whole) {
            "[time]".to_owned()
        } else if let Some(text) = found.name("scheme").or_else(|| found.name("yaml").filter(is_no_list_of_errors)) {
            whole.replace(text.as_str(), &format!("[text {}]", text.as_str()))
        } else {
            whole.to_owned()
        }
    };
    VOLATILE.replace_all(text, placeholder).into_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{\"uid\":\"836065b9-25d0-4050-9e64-4342065313bc\"}"#, r#"{\"uid\":\"[uid]\"}"#)]
    #[case(r#"{\"resourceVersion\":\"17\"}: no"#, r#"{\"resourceVersion\":\"[resourceVersion]\"}: no"#)]
    #[case(
        "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (5820)",
        "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record ([resourceVersion])"
    )]
    #[case("has updated the resource version to 12548", "has updated the resource version to [resourceVersion]")]
    #[case(
        r#"the image stream was updated from "7858" to "7861""#,
        r#"the image stream was updated from "[resourceVersion]" to "[resourceVersion]""#
    )]
    #[case(r#"was updated from "-1" to "7861""#, r#"was updated from "-1" to "[resourceVersion]""#)]
    #[case("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Mywic3RhcnQiOiJhXHUwMDAwIn0", "[resourceVersion]")]
    #[case(
        r#"found 7, error found in #10 byte of ...|pace":7,"uid":"a3|..., bigger context ...|"namespace":7,"uid":"a3f1|..."#,
        "found 7, error found in #10 byte of ...|[text near it]|..., bigger context ...|[text around it]|..."
    )]
    #[case("Get \"http://localhost:35211/token\": EOF", "Get \"http://localhost:[port]/token\": EOF")]
    #[case("read tcp 127.0.0.1:41234->[registry]: reset", "read tcp 127.0.0.1:[port]->[registry]: reset")]
    #[case("dial tcp [::1]:5000: refused", "dial tcp [::1]:[port]: refused")]
    #[case("dial tcp: lookup a.b on 10.0.0.1:53: no such host", "dial tcp: lookup a.b: no such host")]
    #[case(r#"in scheme "pkg/runtime/scheme.go:100""#, r#"in scheme "[text pkg/runtime/scheme.go:100]""#)]
    #[case(
        "(must be of type ImageStream): yaml: line 1: did not find expected node content ({)",
        "(must be of type ImageStream): yaml: [text line 1: did not find expected node content] ({)"
    )]
    #[case("yaml: found unexpected end of stream (2278)", "yaml: [text found unexpected end of stream] (2278)")]
    #[case("yaml: found unexpected end of stream", "yaml: [text found unexpected end of stream]")]
    #[case("yaml: unmarshal errors:\n  line 7: key", "yaml: unmarshal errors:\n  line 7: key")]
    #[case("at 2024-01-02T03:04:05Z", "at 2024-01-02T03:04:05Z")]
    #[case(UID, UID)]
    fn volatile_values_inside_texts_become_placeholders(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(masked(text), expected);
    }

    #[test]
    fn a_time_of_this_run_becomes_a_placeholder() {
        assert_eq!(masked(&format!("created {}", jiff::Timestamp::now())), "created [time]");
    }
}
