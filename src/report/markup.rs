//! Texts on HTML pages.

use minijinja::{Environment, HtmlEscape, Value};

/// The environment of the templates of pages. Its filter `code` sets what stands between backticks as code.
#[must_use]
pub(crate) fn page_environment<'source>() -> Environment<'source> {
    let mut environment = Environment::new();
    environment.add_filter("code", |text: &str| Value::from_safe_string(with_code(text)));
    environment
}

/// Escapes a text, with `<code>` in place of pairs of backticks.
fn with_code(text: &str) -> String {
    let mut parts = text.split('`');
    let mut page = HtmlEscape(parts.next().unwrap_or_default()).to_string();
    while let Some(part) = parts.next() {
        match parts.next() {
            Some(behind) => page.push_str(&format!("<code>{}</code>{}", HtmlEscape(part), HtmlEscape(behind))),
            // The last backtick has none that closes it.
            None => page.push_str(&format!("`{}", HtmlEscape(part))),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none("conforms", "conforms")]
    #[case::one("conforms to `full`.", "conforms to <code>full</code>.")]
    #[case::two("`a` and `b`", "<code>a</code> and <code>b</code>")]
    #[case::markup("`<b>` & <i>", "<code>&lt;b&gt;</code> &amp; &lt;i&gt;")]
    #[case::open("a `b", "a `b")]
    #[case::open_behind_a_pair("`a` `<b", "<code>a</code> `&lt;b")]
    #[case::empty("", "")]
    fn what_stands_between_backticks_is_code(#[case] text: &str, #[case] page: &str) {
        assert_eq!(with_code(text), page);
    }
}
