//! YAML in, trees with places out.
//!
//! The crate that reads YAML is known to this file alone. Duplicate keys are errors, booleans are `true` and `false`
//! only, and the reader's budgets (depth, aliases, size) bound what a hostile file can cost.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::{Location, Spanned};

use super::{Diagnostic, Key, Node, Source, Span, Value, wording};

/// Reads the one YAML document of `source`.
///
/// # Errors
/// When the text is not YAML, holds a key twice, or a value that JSON does not have.
pub fn parse(source: &Source) -> Result<Node, Diagnostic> {
    let root = serde_saphyr::from_str_with_options(source.text(), options());
    root.map(|root| tree(source, root)).map_err(|error| diagnostic(source, &error))
}

/// Reads every YAML document of `source`, in order. Empty documents are skipped.
///
/// # Errors
/// As [`parse`].
pub fn parse_documents(source: &Source) -> Result<Vec<Node>, Diagnostic> {
    let roots = serde_saphyr::from_multiple_with_options(source.text(), options());
    let roots: Vec<Spanned<Raw>> = roots.map_err(|error| diagnostic(source, &error))?;
    Ok(roots.into_iter().map(|root| tree(source, root)).collect())
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { strict_booleans: true, with_snippet: false }
}

fn tree(source: &Source, root: Spanned<Raw>) -> Node {
    let mut node = root.value.into_node(source, &root.referenced);
    widen(&mut node);
    node
}

fn diagnostic(source: &Source, error: &serde_saphyr::Error) -> Diagnostic {
    let span = error.location().map_or_else(Span::default, |location| place_of(source, &location));
    let text = error.without_snippet().to_string();
    wording::diagnostic(source, span, text.split(" at line ").next().unwrap_or(&text))
}

/// A value as the reader hands it over, its parts with the reader's own locations.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Sequence(Vec<Spanned<Self>>),
    Mapping(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl Raw {
    fn into_node(self, source: &Source, location: &Location) -> Node {
        let value = match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(text),
            Self::Sequence(items) => {
                Value::Sequence(items.into_iter().map(|item| item.value.into_node(source, &item.referenced)).collect())
            }
            Self::Mapping(entries) => Value::Mapping(
                entries
                    .into_iter()
                    .map(|(key, node)| {
                        let span = span_of(source, &key.referenced);
                        (Key { name: key.value, span }, node.value.into_node(source, &node.referenced))
                    })
                    .collect(),
            ),
        };
        Node { value, span: span_of(source, location) }
    }
}

/// The reader gives lists and mappings in block style the place of their first character only. Diagnostics read better
/// when they reach to the end of the first key or item.
fn widen(node: &mut Node) {
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(widen),
        Value::Mapping(entries) => {
            entries.iter_mut().for_each(|(_, entry)| widen(entry));
            if let Some((key, _)) = entries.first()
                && node.span.start == key.span.start
            {
                node.span.end = node.span.end.max(key.span.end);
            }
        }
        _ => {}
    }
}

/// The place of an error. The scanner tells line and column only; what it stumbled over is the character there.
fn place_of(source: &Source, location: &Location) -> Span {
    if location.span().byte_offset().is_some_and(|offset| offset > 0) {
        return span_of(source, location);
    }
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let (line, column) = (number(location.line()), number(location.column()));
    let mut start = 0;
    for (index, text) in source.text().split_inclusive('\n').enumerate() {
        if index == line {
            let inside = text.trim_end_matches(['\n', '\r']);
            let offset = inside.char_indices().nth(column).map_or(inside.len(), |(offset, _)| offset);
            // A tab is reported where the text behind it begins.
            let offset = if inside[..offset].ends_with('\t') { offset - 1 } else { offset };
            let length = inside[offset..].chars().next().map_or(0, char::len_utf8);
            return Span::new(start + offset, start + offset + length);
        }
        start += text.len();
    }
    Span::new(source.text().len(), source.text().len())
}

fn span_of(source: &Source, location: &Location) -> Span {
    let bytes = location.span();
    let text = source.text();
    let start = bytes.byte_offset().and_then(|offset| usize::try_from(offset).ok()).unwrap_or_default().min(text.len());
    let length = bytes.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let end = start.saturating_add(length).min(text.len());
    let line_end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| start + newline);
    Span::new(start, end.min(line_end).max(start))
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value that JSON has")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value).map(Raw::Number).ok_or_else(|| E::custom("expected a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Mapping(entries))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn text_at(source: &Source, span: Span) -> &str {
        &source.text()[span.start..span.end]
    }

    #[test]
    fn every_value_knows_its_place() {
        let source = Source::new("suite.yaml", "suite: demo\ncases:\n  - name: first\n    steps: [1, {a: ~}]\n");
        let root = parse(&source).unwrap();
        assert_eq!(text_at(&source, root.get("suite").unwrap().span), "demo");
        let case = &root.get("cases").unwrap().items()[0];
        assert_eq!(text_at(&source, case.entries()[1].0.span), "steps");
        assert_eq!(text_at(&source, case.get("steps").unwrap().items()[0].span), "1");
        assert_eq!(text_at(&source, case.span), "name");
        assert_eq!(source.position(case.span.start), (3, 5));
    }

    #[test]
    fn values_are_those_of_json() {
        let source =
            Source::new("a.yaml", "{text: 'yes', number: 1.5, version: \"4.10\", no: no, nothing: , flag: true}");
        assert_eq!(
            parse(&source).unwrap().to_json(),
            serde_json::json!({"text": "yes", "number": 1.5, "version": "4.10", "no": "no", "nothing": null, "flag": true})
        );
    }

    #[test]
    fn documents_keep_their_places_and_empty_ones_are_skipped() {
        let source = Source::new("a.yaml", "a: 1\n---\n---\nb: [2]\n");
        let documents = parse_documents(&source).unwrap();
        let texts: Vec<_> = documents.iter().map(|document| document.to_json().to_string()).collect();
        assert_eq!(texts, [r#"{"a":1}"#, r#"{"b":[2]}"#]);
        assert_eq!(source.position(documents[1].get("b").unwrap().items()[0].span.start), (4, 5));
    }

    #[rstest]
    #[case::twice("a: 1\nb: 2\na: 3\n", "key `a` stands twice")]
    #[case::not_closed("a: [1, 2\n", "in brackets does not end")]
    #[case::not_a_number("a: .nan\n", "finite")]
    fn what_is_no_document_is_told_with_its_place(#[case] text: &str, #[case] message: &str) {
        let diagnostic = parse(&Source::new("a.yaml", text)).unwrap_err();
        assert!(diagnostic.message.contains(message), "{diagnostic}");
        assert!(diagnostic.to_string().contains("a.yaml:"), "{diagnostic}");
    }
}
