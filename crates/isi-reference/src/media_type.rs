//! `Content-Type`, as Go's `mime` package reads it.

/// Why a `Content-Type` cannot be read; the texts are Go's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MediaTypeError {
    #[error("mime: no media type")]
    Missing,
    #[error("mime: expected slash after first token")]
    Slash,
    #[error("mime: expected token after slash")]
    Subtype,
    #[error("mime: unexpected content after media subtype")]
    Surplus,
    #[error("mime: invalid media parameter")]
    Parameter,
}

/// The media type of a header in lower case, without its parameters; these have to be well-formed all the same.
pub(crate) fn essence(header: &str) -> Result<String, MediaTypeError> {
    let (kind, parameters) = header.find(';').map_or((header, ""), |at| header.split_at(at));
    let kind = kind.trim().to_lowercase();
    let (first, rest) = token(&kind);
    if first.is_empty() {
        return Err(MediaTypeError::Missing);
    }
    if !rest.is_empty() {
        let (subtype, surplus) = token(rest.strip_prefix('/').ok_or(MediaTypeError::Slash)?);
        match (subtype, surplus) {
            ("", _) => return Err(MediaTypeError::Subtype),
            (_, "") => {}
            _ => return Err(MediaTypeError::Surplus),
        }
    }
    check_parameters(parameters)?;
    Ok(kind)
}

/// Checks `; name=value` any number of times, with a semicolon at the end or without.
fn check_parameters(mut rest: &str) -> Result<(), MediaTypeError> {
    loop {
        rest = rest.trim_start();
        if matches!(rest, "" | ";") {
            return Ok(());
        }
        rest = parameter(rest).ok_or(MediaTypeError::Parameter)?;
    }
}

/// What follows one parameter.
fn parameter(text: &str) -> Option<&str> {
    let (name, rest) = token(text.strip_prefix(';')?.trim_start());
    let rest = rest.trim_start().strip_prefix('=').filter(|_| !name.is_empty())?.trim_start();
    if let Some(quoted) = rest.strip_prefix('"') {
        let mut is_escaped = false;
        let end = quoted.find(|character| match character {
            '"' if !is_escaped => true,
            _ => {
                is_escaped = character == '\\' && !is_escaped;
                false
            }
        });
        return end.map(|end| &quoted[end + 1..]);
    }
    let (value, rest) = token(rest);
    (!value.is_empty()).then_some(rest)
}

/// A token of RFC 2045 at the start of a text, and what follows it.
fn token(text: &str) -> (&str, &str) {
    let is_token = |character: char| character.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(character);
    text.split_at(text.find(|character| !is_token(character)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("application/JSON; charset=utf-8", Ok("application/json"))]
    #[case("application/json;", Ok("application/json"))]
    #[case("application/json; a=\"b\\\";c\"; d=e", Ok("application/json"))]
    #[case("text", Ok("text"))]
    #[case(" ", Err(MediaTypeError::Missing))]
    #[case("a b", Err(MediaTypeError::Slash))]
    #[case("a/", Err(MediaTypeError::Subtype))]
    #[case("a/b c", Err(MediaTypeError::Surplus))]
    #[case("garbage;;", Err(MediaTypeError::Parameter))]
    #[case("a/b; c", Err(MediaTypeError::Parameter))]
    #[case("a/b; c=\"d", Err(MediaTypeError::Parameter))]
    fn is_read_as_go_reads_it(#[case] header: &str, #[case] expected: Result<&str, MediaTypeError>) {
        assert_eq!(essence(header).as_deref().map_err(|error| *error), expected);
    }
}
