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

    /// [`Self::show`] beside `actual`, which it does not match: a shape inside of a longer text shows the value that stands there,
    /// up to where the two part, so that they part where the difference is.
    ///
    /// # Errors
    /// When a variable has no value in this case.
    pub(super) fn show_beside(&self, actual: &str, bindings: &Bindings) -> Result<String, Unbound> {
        if let [_] = self.0.as_slice() {
            return self.show(bindings);
        }
        let text = |piece: &Piece| match piece {
            Piece::Literal(text) => Ok(Some(text.clone())),
            Piece::Variable(variable) => bindings.value(variable).map(Some),
            Piece::Shape(_) => Ok(None),
        };
        let texts = self.0.iter().map(text).collect::<Result<Vec<_>, Unbound>>()?;
        let mut shown = String::new();
        // What of `actual` is not shown yet, as long as it is as expected.
        let mut rest = Some(actual);
        for (index, piece) in self.0.iter().enumerate() {
            if let Some(text) = &texts[index] {
                rest = rest.and_then(|rest| rest.strip_prefix(text.as_str()));
                shown.push_str(text);
            } else if let Piece::Shape(shape) = piece {
                let next = texts.get(index + 1).and_then(Option::as_deref).and_then(|text| text.chars().next());
                let split = rest.and_then(|rest| {
                    let end = next.map_or(Some(rest.len()), |next| rest.find(next))?;
                    rest.split_at_checked(end).filter(|(value, _)| shape.fits(value))
                });
                match split {
                    Some((value, _)) => shown.push_str(value),
                    None => shown.push_str(&format!("[{shape}]")),
                }
                rest = split.map(|(_, rest)| rest);
            }
        }
        Ok(shown)
    }

    /// What the numbered shape that this pattern is stands for, in words; nothing for other patterns.
    pub(super) fn meaning(&self, actual: &str, memory: &Memory) -> Option<String> {
        match self.0.as_slice() {
            [Piece::Shape(shape)] if shape.number().is_some() => memory.meaning(shape, actual),
            _ => None,
        }
    }

    /// Whether `actual` is a text of this pattern. What numbered shapes stood for is kept in `memory`.
    ///
    /// Takes time proportional to the length of `actual`, which an implementation chooses. Where several shapes could share
    /// a text in several ways, the first takes as little as possible.
    ///
    /// # Errors
    /// When a variable has no value in this case.
    pub fn matches(&self, actual: &str, bindings: &Bindings, memory: &mut Memory) -> Result<bool, Unbound> {
        let Some(found) = self.shapes_in(actual, bindings)? else { return Ok(false) };
        Ok(found.into_iter().all(|(shape, value)| shape.number().is_none() || memory.agree(shape, value)))
    }

    /// The text that each shape stands for in `actual`; `None` if `actual` is no text of this pattern.
    fn shapes_in<'a>(&self, actual: &'a str, bindings: &Bindings) -> Result<Option<Vec<(&Shape, &'a str)>>, Unbound> {
        // What stands before each shape, and after the last one.
        let mut literals = vec![String::new()];
        let mut shapes = Vec::new();
        for piece in &self.0 {
            let text = match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Variable(variable) => bindings.value(variable)?,
                Piece::Shape(shape) => {
                    shapes.push(shape);
                    literals.push(String::new());
                    continue;
                }
            };
            if let Some(literal) = literals.last_mut() {
                literal.push_str(&text);
            }
        }
        let values = match (shapes.as_slice(), literals.as_slice()) {
            ([], [text]) => (actual == text.as_str()).then(Vec::new),
            ([_], [before, after]) => actual
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .map(|value| vec![value]),
            _ => split(&shapes, &literals, actual),
        };
        let found = values.map(|values| shapes.into_iter().zip(values).collect::<Vec<_>>());
        Ok(found.filter(|found| found.iter().all(|(shape, value)| shape.fits(value))))
    }
}

/// Splits `actual` into the texts of several shapes, which stand between `literals`.
fn split<'a>(shapes: &[&Shape], literals: &[String], actual: &'a str) -> Option<Vec<&'a str>> {
    let mut expression = String::from(r"\A");
    for (literal, shape) in literals.iter().zip(shapes) {
        expression.push_str(&regex::escape(literal));
        expression.push_str(&format!("({})", shape.expression()));
    }
    expression.push_str(&regex::escape(literals.last().map(String::as_str).unwrap_or_default()));
    expression.push_str(r"\z");
    // An expression is invalid only if it is too large: a golden's text of some megabytes.
    let captures = regex::Regex::new(&expression).ok()?.captures(actual)?;
    captures.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::runner::LARGEST_ANSWER;

    const UID: &str = "836065b9-25d0-4050-9e64-4342065313bc";

    #[rstest]
    #[case::alone("[uid]", "x", "[uid]")]
    #[case::before_the_difference("uid \"[uid]\", kind \"A\"", &format!("uid \"{UID}\", kind \"B\""), &format!("uid \"{UID}\", kind \"A\""))]
    #[case::behind_the_difference("kind \"A\", uid \"[uid]\"", &format!("kind \"B\", uid \"{UID}\""), "kind \"A\", uid \"[uid]\"")]
    #[case::of_another_form("uid \"[uid]\", kind \"A\"", "uid \"7\", kind \"A\"", "uid \"[uid]\", kind \"A\"")]
    fn what_is_expected_shows_values_up_to_the_difference(
        #[case] pattern: &str,
        #[case] actual: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(Pattern::parse(pattern).show_beside(actual, &Bindings::default()).unwrap(), expected);
    }

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
    #[case("[text a]: [text b]", "one: two: three", true)]
    #[case("[text a]: [text b]", "one", false)]
    #[case("[port]->[port]", "1->2", true)]
    #[case("[port]->[port]", "1->70000", false)]
    #[case("[uid] at [time]", "52a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d at 2026-01-02T03:04:05.678+02:00", true)]
    #[case("[integrated-registry]/[namespace]", "image-registry.example.svc:5000/", true)]
    #[case("a[port]a", "a", false)]
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

    #[rstest]
    #[case::one("[text a]!")]
    #[case::two("[text a] [text b]!")]
    #[case::three("[resourceVersion] [integrated-registry] [text a]!")]
    fn a_long_text_takes_time_in_proportion_to_its_length(#[case] pattern: &str) {
        // By trying every way to share this text among the shapes, hours would pass.
        let actual = "x ".repeat(LARGEST_ANSWER / 4);
        assert!(!matches(pattern, &actual, &mut Memory::default()));
    }

    #[test]
    fn an_unknown_image_is_an_error_and_not_a_mismatch() {
        let unbound = Pattern::parse("[digest gone]").matches("x", &bindings(), &mut Memory::default());
        assert_eq!(unbound, Err(Unbound::Image("gone".to_owned())));
    }
}
