//! `WWW-Authenticate` challenges of registries.

use http::{HeaderMap, header::WWW_AUTHENTICATE};

/// An authentication scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Basic,
    Bearer,
    /// One that no registry client speaks.
    Other,
}

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: Scheme,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All challenges of a response, one a header line.
pub(crate) fn read(headers: &HeaderMap) -> Vec<Challenge> {
    headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).filter_map(parse).collect()
}

fn parse(line: &str) -> Option<Challenge> {
    let (scheme, mut rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let mut parameters = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_lowercase();
        let (value, after) = read_value(after);
        parameters.push((name, value));
        rest = after;
    }
    let scheme = match scheme.to_lowercase().as_str() {
        "" => return None,
        "basic" => Scheme::Basic,
        "bearer" => Scheme::Bearer,
        _ => Scheme::Other,
    };
    Some(Challenge { scheme, parameters })
}

/// A quoted text or a token, and what follows it.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quoted_and_bare_parameters() {
        let challenge = parse(r#"Bearer realm="https://r.example/token?a=b,c",service=fixture, error="a \"b\"""#);
        let challenge = challenge.expect("a scheme is given");
        assert_eq!(challenge.scheme, Scheme::Bearer);
        assert_eq!(challenge.parameter("realm"), Some("https://r.example/token?a=b,c"));
        assert_eq!(challenge.parameter("service"), Some("fixture"));
        assert_eq!(challenge.parameter("error"), Some("a \"b\""));
    }
}
