//! The forms in which a secret can be echoed.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde_json::Value;

/// An encoded form shorter than this is found by chance.
const SHORTEST_ENCODED: usize = 7;
/// Random credentials are recognised by parts of at least this length.
const SHORTEST_PART: usize = 8;
/// No longer part is needed.
const LONGEST_PART: usize = 12;

/// Every encoded form of `secret`. Letter case is a matter of the search.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms: Vec<String> = vec![hex(bytes), percent(bytes, is_unreserved), percent(bytes, |_| false)];
    for engine in [&STANDARD, &URL_SAFE] {
        forms.extend((0..3).map(|offset| base64_inside(engine, bytes, offset)));
    }
    let json = escaped(secret);
    let go = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    forms.extend([escaped(&json), escaped(&go), secret.replace(' ', "+"), json, go]);
    forms.retain(|form| form != secret && form.len() >= SHORTEST_ENCODED);
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The characters of a base64 text that depend on `bytes` alone, where `offset` bytes (modulo three) stand before them.
fn base64_inside(engine: &impl Engine, bytes: &[u8], offset: usize) -> String {
    let text = engine.encode([&[0; 2][..offset], bytes].concat());
    let first = (offset * 8).div_ceil(6);
    let last = (offset + bytes.len()) * 8 / 6;
    text.get(first..last).unwrap_or_default().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(bytes: &[u8], keeps: impl Fn(u8) -> bool) -> String {
    let one = |byte: &u8| if keeps(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(one).collect()
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The parts by which a random credential is recognised where only a piece of it is echoed; none for a text of words.
pub(super) fn parts(secret: &str) -> Vec<&str> {
    let length = (secret.len() / 3).clamp(SHORTEST_PART, LONGEST_PART);
    if !is_random(secret) || secret.len() < 2 * SHORTEST_PART {
        return Vec::new();
    }
    (0..=secret.len() - length).map(|start| &secret[start..start + length]).collect()
}

/// Whether a text looks like a generated credential: one word of letters and digits.
fn is_random(secret: &str) -> bool {
    let has = |kind: fn(&char) -> bool| secret.chars().any(|character| kind(&character));
    let word = |character: char| character.is_ascii_alphanumeric() || "-_.~+/=".contains(character);
    secret.chars().all(word)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
        && (secret.len() >= 24 || (has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("s3cret!")]
    #[case("a longer secret with words")]
    #[case("wörter")]
    fn a_secret_is_in_base64_wherever_it_stands(#[case] secret: &str) {
        let forms = forms(secret);
        for engine in [&STANDARD, &URL_SAFE] {
            for before in 0..7 {
                let text = engine.encode(format!("{}{secret}{}", "x".repeat(before), "after"));
                assert!(forms.iter().any(|form| text.contains(form)), "{before}: {text} has none of {forms:?}");
            }
        }
    }

    #[test]
    fn a_credential_of_words_is_recognised_as_a_whole_only() {
        assert_eq!(parts("user-developer-of-the-team"), [""; 0]);
        assert_eq!(parts("sha256~AbCdEf0123456789xyz").first(), Some(&"sha256~A"));
    }
}
