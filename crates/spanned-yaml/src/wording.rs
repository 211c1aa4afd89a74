//! What is wrong with a text that is no YAML, in words for the person who wrote it.

use super::{Diagnostic, Source, Span};

/// A message of the YAML reader that begins or contains this, what is said instead, and what to do about it.
type Wording = (&'static str, &'static str, &'static str);

const WORDINGS: [Wording; 14] = [
    (
        "multiple YAML documents",
        "expected one YAML document, found a second one",
        "put what stands behind `---` or `...` into a file of its own",
    ),
    ("tabs disallowed", "a tab cannot indent", "YAML is indented by spaces"),
    ("tab", "a tab cannot stand here", "YAML is indented by spaces"),
    (
        "mapping values are not allowed",
        "`: ` cannot stand here",
        "quote a text that holds `: `, or indent the line as those above it",
    ),
    ("unknown anchor", "there is no anchor for this alias", "quote a text that begins with `*`"),
    ("multiline quoted scalar", "a quoted text does not end", "add the missing quotation mark"),
    ("unclosed quote", "a quoted text does not end", "add the missing quotation mark"),
    ("end of stream", "the text ends in the middle of a list, a mapping or a quoted text", "add what closes it"),
    ("illegal placement of ':'", "a list or mapping in brackets does not end", "add the missing `]` or `}`"),
    ("expected ',' or", "a list or mapping in brackets does not end", "add the missing `,`, `]` or `}`"),
    ("while parsing a flow", "a list or mapping in brackets does not end", "add the missing `,`, `]` or `}`"),
    ("unclosed bracket", "a list or mapping in brackets does not end", "add the missing `]` or `}`"),
    ("while parsing a block", "this line does not belong to what is above it", "indent it as its neighbours are"),
    ("expected string scalar", "a key has to be a text", "quote it, or write a text instead"),
];

/// What is said of a message of the YAML reader.
pub(crate) fn diagnostic(source: &Source, span: Span, message: &str) -> Diagnostic {
    if let Some(rest) = message.strip_prefix("duplicate mapping key: ") {
        let key = rest.split(", set ").next().unwrap_or(rest);
        return Diagnostic::new(source, span, format!("key `{key}` stands twice in a mapping"))
            .hint("remove one of the two, or indent it as part of another mapping");
    }
    if let Some(character) = message.strip_prefix("unexpected character: `").and_then(|rest| rest.chars().next()) {
        return Diagnostic::new(source, span, format!("a text cannot begin with `{character}`")).hint("quote the text");
    }
    let span = if message.contains("tab") { tab_behind(source.text(), span) } else { span };
    match WORDINGS.iter().find(|(known, ..)| message.contains(known)) {
        Some((_, said, hint)) => Diagnostic::new(source, span, *said).hint(*hint),
        None => Diagnostic::new(source, span, format!("invalid YAML: {message}")),
    }
}

/// The reader may tell what stands before a tab, on the line above; what is meant is the first tab behind it, in the same line
/// or where the next one is indented.
fn tab_behind(text: &str, span: Span) -> Span {
    let rest = text.get(span.start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().len();
    let next = rest[line..].trim_start_matches(['\r', '\n']);
    let indentation = next.len() - next.trim_start().len();
    let end = rest.len() - next.len() + indentation;
    match rest[..end].find('\t') {
        Some(tab) => Span::new(span.start + tab, span.start + tab + 1),
        None => span,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use crate::{Source, parse};

    #[rstest]
    #[case::twice("a: 1\na: 2\n", "key `a` stands twice in a mapping", (2, 1))]
    #[case::documents("a: 1\n---\nb: 2\n", "expected one YAML document, found a second one", (3, 1))]
    #[case::tab("a:\n  b: 1\nc:\n\td: 1\n", "a tab cannot indent", (4, 1))]
    #[case::tab_below_an_item("a:\n  - b: 1\n\tc: 1\n", "a tab cannot stand here", (3, 1))]
    #[case::colon("a: 1\nb: c: d\n", "`: ` cannot stand here", (2, 5))]
    #[case::alias("a: 1\nb: *c\n", "there is no anchor for this alias", (2, 4))]
    #[case::character("a: 1\nb: @c\n", "a text cannot begin with `@`", (2, 4))]
    #[case::key("a: 1\n? [b]: c\n", "a key has to be a text", (2, 3))]
    fn a_person_is_told_what_is_wrong_where(#[case] text: &str, #[case] message: &str, #[case] place: (usize, usize)) {
        let source = Source::new("a.yaml", text);
        let diagnostic = parse(&source).unwrap_err();
        assert_eq!(diagnostic.message, message);
        assert_eq!(source.position(diagnostic.span.start), place);
        assert!(diagnostic.hint.is_some());
    }
}
