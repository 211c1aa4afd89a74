//! Texts in queries of URLs, as Go's `url.QueryEscape` writes them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What Go escapes in a query, but for the space.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');

/// `text` as a value in a query: a space is a plus.
pub(crate) fn query_escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string().replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_a_plus() {
        assert_eq!(query_escape("app:a b+c@~é"), "app%3Aa+b%2Bc%40~%C3%A9");
    }
}
