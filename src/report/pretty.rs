//! JSON over several lines, also where the text ends in the middle.

use std::borrow::Cow;

/// `text` with a line for each value if it is JSON, or the beginning of JSON; else as it is.
pub(super) fn pretty(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if !trimmed.starts_with(['{', '[']) || trimmed.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut characters = trimmed.chars().peekable();
    let mut in_text = false;
    while let Some(character) = characters.next() {
        if in_text {
            out.push(character);
            match character {
                '\\' => out.extend(characters.next()),
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match character {
            '"' => {
                in_text = true;
                out.push(character);
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
                new_line(&mut out, depth);
            }
            ':' => {
                out.push_str(": ");
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
            }
            character if character.is_whitespace() && depth > 0 => {}
            character => out.push(character),
        }
    }
    Cow::Owned(out)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case("no JSON, at all", "no JSON, at all")]
    #[case("{}", "{}")]
    #[case(
        r#"{"a":[1,{"b":"c,d:{"}],"e":[]}"#,
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"c,d:{\"\n    }\n  ],\n  \"e\": []\n}"
    )]
    #[case(r#"{"a":"cut… (4,364 characters)"#, "{\n  \"a\": \"cut… (4,364 characters)")]
    fn a_value_has_a_line(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(pretty(text), expected);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from), Just(json!(null))];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_means_the_same(value in value()) {
            let written = value.to_string();
            prop_assert_eq!(serde_json::from_str::<Value>(&pretty(&written)).ok(), Some(value));
        }
    }
}
