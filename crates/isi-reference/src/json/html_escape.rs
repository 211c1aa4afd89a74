//! The characters that Go escapes in JSON beside those that have to be, so that a text can stand inside of HTML.

const ESCAPED: [(char, &str); 5] =
    [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];

/// JSON with these characters escaped: they can only be inside of strings.
pub(crate) fn html_escape(mut json: String) -> String {
    for (character, escape) in ESCAPED {
        if json.contains(character) {
            json = json.replace(character, escape);
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_or_javascript_would_take_for_something_is_escaped() {
        let json = html_escape("{\"a\":\"<b>&\u{2028}\u{2029}ü\"}".to_owned());
        assert_eq!(json, r#"{"a":"\u003cb\u003e\u0026\u2028\u2029ü"}"#);
    }
}
