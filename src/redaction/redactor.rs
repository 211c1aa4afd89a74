//! Takes secrets out of texts.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::Regex;
use serde_json::Value;

use super::encoding;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// A secret shorter than this is an ordinary piece of other words.
const SHORTEST_ANYWHERE: usize = 8;
/// A secret shorter than this is taken out only where a text says that it is one.
const SHORTEST_WORD: usize = 4;

/// Takes secrets out of texts.
#[derive(Debug)]
pub struct Redactor {
    search: Option<AhoCorasick>,
    patterns: Vec<SecretPattern>,
}

#[derive(Debug, Clone, Copy)]
struct SecretPattern {
    length: usize,
    place: SecretPlace,
}

/// Where a secret is taken for itself and not for a part of another word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SecretPlace {
    /// Anywhere.
    Anywhere,
    /// Between characters that are no letters or digits.
    Delimited,
    /// Where the text around it says that it is a credential. Ordinary words (`secret`) are good passwords for tests.
    Named,
}

impl SecretPlace {
    fn of(secret: &str) -> Self {
        let is_word = secret.bytes().all(|byte| byte.is_ascii_alphabetic());
        match secret.len() {
            length if length < SHORTEST_WORD => Self::Named,
            length if length < SHORTEST_ANYWHERE && is_word => Self::Named,
            length if length < SHORTEST_ANYWHERE => Self::Delimited,
            _ if is_word && ["password", "passwords", "credentials"].contains(&secret.to_lowercase().as_str()) => {
                Self::Named
            }
            _ => Self::Anywhere,
        }
    }

    fn fits(self, text: &str, found: &Range<usize>) -> bool {
        static NAMED: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"(?i)(password|passwd|pass|token|secret|auth|bearer|basic|credentials?|key)[\\"']*\s*(:|=|is|\s)\s*[\\"'`]*$|[\w.-]:$"#)
                .expect("the pattern is compiled by a test")
        });
        let (before, after) = (&text[..found.start], &text[found.end..]);
        let letter = |character: char| character.is_alphanumeric() || character == '_';
        let delimited = !before.ends_with(letter) && !after.starts_with(letter);
        match self {
            Self::Anywhere => true,
            Self::Delimited => delimited,
            Self::Named => {
                let quoted = before.ends_with(['"', '\'', '`'])
                    && after.starts_with(['"', '\'', '`', '\\'])
                    && !after.trim_start_matches(['"', '\'', '\\']).starts_with(':');
                let near = before.char_indices().rev().nth(40).map_or(before, |(start, _)| &before[start..]);
                delimited && (quoted || NAMED.is_match(near))
            }
        }
    }
}

impl Redactor {
    /// A redactor of these secrets; `parts` of the lasting ones are taken out, too.
    pub(super) fn new<'a>(secrets: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut patterns = Vec::new();
        let mut add = |text: &str, place: SecretPlace| {
            patterns.push(SecretPattern { length: text.len(), place });
            texts.push(text.to_owned());
        };
        for (secret, lasting) in secrets.filter(|(secret, _)| !secret.trim().is_empty()) {
            add(secret, SecretPlace::of(secret));
            encoding::forms(secret).iter().for_each(|form| add(form, SecretPlace::Anywhere));
            if lasting {
                encoding::parts(secret).into_iter().for_each(|part| add(part, SecretPlace::Anywhere));
            }
        }
        let search = (!texts.is_empty())
            .then(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&texts).ok())
            .flatten();
        Self { search, patterns }
    }

    /// `text` without secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut found = self.find(text);
        found.extend(tokens(text));
        if self.search.is_some()
            && let Some(squeezed) = squeezed(text)
            && let long = self.find_long(&squeezed)
            && !long.is_empty()
        {
            let places: Vec<usize> =
                kept(text).flat_map(|(index, character)| index..index + character.len_utf8()).collect();
            found.extend(long.iter().map(|place| places[place.start]..places[place.end - 1] + 1));
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_unstable_by_key(|range| (range.start, range.end));
        let mut redacted = String::with_capacity(text.len());
        let mut from = 0;
        for range in found {
            if range.start > from || (range.start == from && from == 0) {
                redacted.push_str(&text[from..range.start]);
                redacted.push_str(REDACTED);
            }
            // Where two overlap or touch, one note is enough.
            from = from.max(ceil(text, range.end));
        }
        redacted.push_str(&text[from..]);
        Cow::Owned(redacted)
    }

    /// Takes the secrets out of `text`.
    pub fn redact(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.text(text) {
            *text = redacted;
        }
    }

    /// Takes the secrets out of every text of `value`, names of fields included.
    pub fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(item)),
            Value::Object(fields) => {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(mut name, mut value)| {
                        self.redact(&mut name);
                        self.redact_value(&mut value);
                        (name, value)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn find(&self, text: &str) -> Vec<Range<usize>> {
        self.matches(text).filter(|(range, pattern)| pattern.place.fits(text, range)).map(|(range, _)| range).collect()
    }

    /// Long secrets in a text whose white space was taken out.
    fn find_long(&self, text: &str) -> Vec<Range<usize>> {
        let long =
            |pattern: &SecretPattern| pattern.place == SecretPlace::Anywhere && pattern.length >= SHORTEST_ANYWHERE;
        self.matches(text).filter(|(_, pattern)| long(pattern)).map(|(range, _)| range).collect()
    }

    fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (Range<usize>, SecretPattern)> + 'a {
        let found = self.search.iter().flat_map(move |search| search.find_overlapping_iter(text));
        found
            .map(|found| (found.range(), self.patterns[found.pattern().as_usize()]))
            .filter(|(range, _)| text.is_char_boundary(range.start) && text.is_char_boundary(range.end))
    }
}

/// Signed tokens (RFC 7519, and those that mock registries give) are recognised by their form.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\beyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]{8,}){1,2}|\bsha256~[A-Za-z0-9_-]{20,}")
            .expect("the pattern is compiled by a test")
    });
    TOKEN.find_iter(text).map(|found| found.range())
}

/// Whether the whole of `text` is a token of such a form.
pub(super) fn is_token(text: &str) -> bool {
    tokens(text).any(|token| token == (0..text.len()))
}

/// `text` without white space, written out or escaped; `None` if it has no white space.
fn squeezed(text: &str) -> Option<String> {
    // What tells at once that there is none; most texts are long and of one byte a character.
    let may_be_space = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ' | b'\\' | 0x80..);
    text.bytes().any(may_be_space).then(|| kept(text).map(|(_, character)| character).collect())
}

/// The characters of `text` that are no white space, with their places.
fn kept(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let is_space = |character: char| {
        character.is_whitespace() || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
    };
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (index, character) = characters.next()?;
            if character == '\\' && matches!(characters.peek(), Some((_, 'n' | 'r' | 't'))) {
                characters.next();
            } else if !is_space(character) {
                return Some((index, character));
            }
        }
    })
}

fn ceil(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use rstest::rstest;

    use super::*;

    const TOKEN: &str = "sha256~Zq3Xh9TtV0bLmN7wKc2RsYd5";

    fn redacted(secrets: &[&str], text: &str) -> String {
        Redactor::new(secrets.iter().map(|secret| (*secret, true))).text(text).into_owned()
    }

    #[rstest]
    #[case::plain("the token Zq3Xh9TtV0bLmN7wKc2RsYd5 is wrong")]
    #[case::upper("SHA256~ZQ3XH9TTV0BLMN7WKC2RSYD5")]
    #[case::url("sha256%7EZq3Xh9TtV0bLmN7wKc2RsYd5")]
    #[case::lines("Zq3Xh9TtV0\n  bLmN7wKc2RsYd5")]
    #[case::escaped_lines(r"Zq3Xh9TtV0\nbLmN7wKc2RsYd5")]
    #[case::first_half("Zq3Xh9TtV0bL and the rest")]
    #[case::second_half("… mN7wKc2RsYd5")]
    fn a_token_is_found_in_every_form(#[case] text: &str) {
        let redacted = redacted(&[TOKEN], text);
        assert!(redacted.contains(REDACTED), "{redacted}");
        for part in ["Zq3Xh9TtV", "bLmN7wKc", "RsYd5"] {
            assert!(!redacted.to_lowercase().contains(&part.to_lowercase()), "{redacted}");
        }
    }

    #[rstest]
    fn a_token_is_found_in_base64_and_hex(
        #[values("", "u:", "ab:")] before: &str,
        #[values("", "!", "\n\n")] after: &str,
    ) {
        let text = format!("{before}{TOKEN}{after}");
        let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        let encoded = STANDARD.encode(&text);
        let (start, end) = encoded.split_at(20);
        for echoed in [encoded.clone(), encoded.replace('+', "-").replace('/', "_"), format!("{start}\n{end}"), hex] {
            let redacted = redacted(&[TOKEN], &echoed);
            assert!(redacted.contains(REDACTED) && redacted.len() < REDACTED.len() + 16, "{echoed}: {redacted}");
        }
    }

    #[rstest]
    #[case("se", "these are the secrets of se", "these are the secrets of se")]
    #[case("abc", r#"{"password":"abc","x":"abcd"}"#, r#"{"password":"[redacted]","x":"abcd"}"#)]
    #[case("secret", "the pull secret was not taken: secrets", "the pull secret was not taken: secrets")]
    #[case("secret", r#"password "secret" for robot:secret"#, r#"password "[redacted]" for robot:[redacted]"#)]
    #[case("hunter2", "hunter2, not hunter22", "[redacted], not hunter22")]
    #[case("1234", "51234 bytes with pin 1234", "51234 bytes with pin [redacted]")]
    #[case("  ", "a  b", "a  b")]
    fn short_secrets_take_nothing_else_with_them(#[case] secret: &str, #[case] text: &str, #[case] expected: &str) {
        assert_eq!(redacted(&[secret], text), expected);
    }

    #[test]
    fn what_mock_registries_give_is_known_by_its_form() {
        let text = "Bearer eyJ1c2VyIjoicm9ib3QifQ.c2VhbC1zZWFsLXNlYWw expired";
        assert_eq!(redacted(&[], text), "Bearer [redacted] expired");
    }

    #[test]
    fn a_text_without_secrets_is_left_alone() {
        assert!(matches!(Redactor::new([(TOKEN, true)].into_iter()).text("nothing in here"), Cow::Borrowed(_)));
    }
}
