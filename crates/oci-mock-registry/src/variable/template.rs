//! Texts with `{{name}}` in them.

use std::ops::Range;

/// A `{{name}}` in a text. Names do not nest: of `{{digest {{image}}}}` only `{{image}}` is found, so that a second
/// look, after the inner one was replaced, finds the outer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder<'a> {
    /// Where it stands, braces included.
    pub range: Range<usize>,
    /// What stands between the braces, trimmed.
    pub name: &'a str,
}

/// The innermost placeholders of `text`, from left to right.
pub fn placeholders(text: &str) -> impl Iterator<Item = Placeholder<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let close = from + text[from..].find("}}")?;
        let found = text[from..close].rfind("{{").map(|open| from + open);
        from = close + 2;
        Some(found.map(|open| Placeholder { range: open..from, name: text[open + 2..close].trim() }))
    })
    .flatten()
}

/// `text` with every placeholder replaced by what `value` says, inner ones first; those it has no value for stay.
pub fn replace<E>(text: &str, mut value: impl FnMut(&str) -> Result<Option<String>, E>) -> Result<String, E> {
    let mut text = text.to_owned();
    loop {
        let mut replaced = String::with_capacity(text.len());
        let mut end = 0;
        let mut changed = false;
        for placeholder in placeholders(&text) {
            if let Some(value) = value(placeholder.name)? {
                replaced.push_str(&text[end..placeholder.range.start]);
                replaced.push_str(&value);
                end = placeholder.range.end;
                changed = true;
            }
        }
        if !changed {
            return Ok(text);
        }
        replaced.push_str(&text[end..]);
        // A value may hold braces of its own: one more look is for names around it, never for names inside it.
        if !replaced.contains("{{") || replaced.len() > MAXIMUM_LENGTH {
            return Ok(replaced);
        }
        text = replaced;
    }
}

/// A replaced text never grows past this many bytes: a value that names itself must end somewhere.
const MAXIMUM_LENGTH: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn filled(text: &str) -> String {
        let Ok(text) = replace(text, |name| {
            Ok::<_, Infallible>(match name {
                "image" => Some("s2-basic".to_owned()),
                "digest s2-basic" => Some("sha256:1".to_owned()),
                _ => None,
            })
        });
        text
    }

    #[test]
    fn names_are_replaced_and_unknown_ones_stay() {
        assert_eq!(filled("lib/{{image}}@{{ digest s2-basic }} {{other}}"), "lib/s2-basic@sha256:1 {{other}}");
    }

    #[test]
    fn a_name_inside_a_name_is_replaced_first() {
        assert_eq!(filled("{{digest {{image}}}}"), "sha256:1");
    }

    #[test]
    fn braces_that_hold_no_name_are_text() {
        assert_eq!(filled("}} {{ {"), "}} {{ {");
    }
}
