//! Texts of a golden: literal pieces and placeholders.

use super::{Memory, Shape};
use crate::variable::{Bindings, Unbound, Variable};

/// A text of a golden, taken apart.
///
/// Only the words that name a [`Variable`] or a [`Shape`] make brackets a placeholder; `spec.images[0]` is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that has to stand there.
    Literal(String),
    /// A value that the run knows.
    Variable(Variable),
    /// A value that no run can know beforehand.
    Shape(Shape),
}

impl Pattern {
    /// Takes a text apart.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = 0;
        let mut from = 0;
        while let Some(open) = text[from..].find('[').map(|open| from + open) {
            let Some(close) = text[open..].find(']').map(|close| open + close) else { break };
            let name = &text[open + 1..close];
            let piece = name.parse().map(Piece::Variable).or_else(|_| name.parse().map(Piece::Shape));
            match piece {
                Ok(piece) => {
                    if literal < open {
                        pieces.push(Piece::Literal(text[literal..open].to_owned()));
                    }
                    pieces.push(piece);
                    from = close + 1;
                    literal = from;
                }
                Err(()) => from = open + 1,
            }
        }
        if literal < text.len() {
            pieces.push(Piece::Literal(text[literal..].to_owned()));
        }
        Self(pieces)
    }

    /// The pieces, from left to right.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The pattern with every value that the run knows put in: what a report shows as expected.
    ///
    /// # Errors
    /// When a variable has no value in this case.
    pub fn show(&self, bindings: &Bindings) -> Result<String, Unbound> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Ok(text.clone()),
                Piece::Variable(variable) => bindings.value(variable),
                Piece::Shape(shape) => Ok(format!("[{shape}]")),
            })
            .collect()
    }

    /// Whether `actual` is a text of this pattern. What numbered shapes stood for is kept in `memory`.
    ///
    /// # Errors
    /// When a variable has no value in this case.
    pub fn matches(&self, actual: &str, bindings: &Bindings, memory: &mut Memory) -> Result<bool, Unbound> {
        let fixed = self
            .0
            .iter()
            .map(|piece| {
                Ok(match piece {
                    Piece::Literal(text) => Part::Text(text.clone()),
                    Piece::Variable(variable) => Part::Text(bindings.value(variable)?),
                    Piece::Shape(shape) => Part::Shape(shape),
                })
            })
            .collect::<Result<Vec<_>, Unbound>>()?;
        let mut seen = Vec::new();
        if !fits(&fixed, actual, &mut seen) {
            return Ok(false);
        }
        Ok(seen.into_iter().all(|(shape, value)| shape.number().is_none() || memory.agree(shape, value)))
    }
}

enum Part<'a> {
    Text(String),
    Shape(&'a Shape),
}

/// Matches from the left; a shape takes the shortest text that lets the rest match.
fn fits<'a, 'b>(parts: &[Part<'a>], text: &'b str, seen: &mut Vec<(&'a Shape, &'b str)>) -> bool {
    match parts {
        [] => text.is_empty(),
        [Part::Text(expected), rest @ ..] => {
            text.strip_prefix(expected.as_str()).is_some_and(|text| fits(rest, text, seen))
        }
        [Part::Shape(shape), rest @ ..] => {
            text.char_indices().map(|(index, character)| index + character.len_utf8()).any(|end| {
                if !shape.fits(&text[..end]) {
                    return false;
                }
                seen.push((shape, &text[..end]));
                let matched = fits(rest, &text[end..], seen);
                if !matched {
                    seen.pop();
                }
                matched
            })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn bindings() -> Bindings {
        Bindings { registry: "127.0.0.1:5000".to_owned(), stream: "app".to_owned(), ..Bindings::default() }
    }

    fn matches(pattern: &str, actual: &str, memory: &mut Memory) -> bool {
        Pattern::parse(pattern).matches(actual, &bindings(), memory).unwrap()
    }

    #[rstest]
    #[case("[registry]/lib/app:v1", "127.0.0.1:5000/lib/app:v1", true)]
    #[case("[registry]/lib/app:v1", "127.0.0.1:5001/lib/app:v1", false)]
    #[case("spec.images[0].from: Invalid value", "spec.images[0].from: Invalid value", true)]
    #[case("[]: [[stream]]", "[]: [app]", true)]
    #[case("read tcp 127.0.0.1:[port]->[registry]: reset", "read tcp 127.0.0.1:41234->127.0.0.1:5000: reset", true)]
    #[case("[time]", "2026-01-02T03:04:05Z", true)]
    #[case("[time]", "2026-01-02T03:04:05Z!", false)]
    #[case("error: [text EOF] ([stream])", "error: unexpected end (app)", true)]
    fn a_text_matches_its_pattern(#[case] pattern: &str, #[case] actual: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, actual, &mut Memory::default()), expected);
    }

    #[test]
    fn equal_numbers_are_equal_values_and_others_are_not() {
        let first = "52a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d";
        let second = "62a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d";
        let mut memory = Memory::default();
        assert!(matches("[uid 1]", first, &mut memory));
        assert!(matches("[uid 1]", first, &mut memory));
        assert!(!matches("[uid 1]", second, &mut memory), "the same number, another value");
        assert!(!matches("[uid 2]", first, &mut memory), "another number, the same value");
        assert!(matches("[uid 2]", second, &mut memory));
    }

    #[test]
    fn an_unknown_image_is_an_error_and_not_a_mismatch() {
        let unbound = Pattern::parse("[digest gone]").matches("x", &bindings(), &mut Memory::default());
        assert_eq!(unbound, Err(Unbound::Image("gone".to_owned())));
    }
}
