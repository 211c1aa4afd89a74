//! Credentials that pass through, so that they are found wherever they are echoed.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{
    header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION},
    request::Parts,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    key,
    placeholder::{NOW, REDACTED},
};
use crate::registry::query;

/// A shorter secret is a word that can stand anywhere by chance.
const SHORTEST: usize = 8;
/// Fields of the answer of a token server that hold credentials.
const TOKENS: [&str; 4] = ["token", "access_token", "refresh_token", "id_token"];

/// The credentials that have been seen.
#[derive(Debug, Default)]
pub(super) struct KnownSecrets {
    /// Replaced wherever they stand.
    long: BTreeSet<String>,
    /// Short passwords, and names of accounts: replaced as whole words, where an error speaks of them.
    words: BTreeSet<String>,
}

impl KnownSecrets {
    fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.long.insert(secret.to_owned());
        } else {
            self.add_word(secret);
        }
    }

    fn add_word(&mut self, word: &str) {
        if word.len() > 1 {
            self.words.insert(word.to_owned());
        }
    }

    /// Learns what a request shows.
    pub(super) fn learn_request(&mut self, request: &Parts) {
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION] {
            self.learn_credentials(request, &name);
        }
        for value in request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            value.split(';').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| self.add(value.trim()));
        }
        let path = request.uri.path();
        self.learn_pairs(request.uri.query().unwrap_or_default(), |name| key::is_secret(path, name));
    }

    fn learn_credentials(&mut self, request: &Parts, name: &HeaderName) {
        let Some(value) = request.headers.get(name).and_then(|value| value.to_str().ok()) else { return };
        let credentials = value.split_once(' ').map_or(value, |(_, credentials)| credentials).trim();
        self.add(credentials);
        let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((user, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
            self.add_word(user);
            self.add(password);
        }
    }

    /// Learns what a form says, as clients send it to token servers.
    pub(super) fn learn_form(&mut self, form: &str) {
        self.learn_pairs(form, |name| key::is_secret("", name));
    }

    fn learn_pairs(&mut self, text: &str, is_secret: impl Fn(&str) -> bool) {
        for (name, value) in query::pairs(text).filter(|(name, _)| is_secret(name)) {
            if matches!(name.as_str(), "account" | "username") { self.add_word(&value) } else { self.add(&value) }
        }
    }

    /// A text of an answer without the tokens that it gives. They are known from then on.
    pub(super) fn take_tokens(&mut self, text: &str) -> Option<String> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return None };
        let given = |name: &&str| fields.get(*name).and_then(Value::as_str).filter(|token| !token.is_empty());
        let tokens: Vec<&str> = TOKENS.iter().filter_map(given).collect();
        if tokens.is_empty() {
            return None;
        }
        tokens.iter().for_each(|token| self.add(token));
        let mut text = text.to_owned();
        let mut replace = |value: &str, by: &str| {
            let quoted = Value::from(value).to_string();
            text = text
                .replace(&quoted, &Value::from(by).to_string())
                .replace(&format!("\"{value}\""), &format!("\"{by}\""));
        };
        tokens.iter().for_each(|token| replace(token, REDACTED));
        if let Some(issued) = fields.get("issued_at").and_then(Value::as_str) {
            replace(issued, NOW);
        }
        let rest: Value = serde_json::from_str(&text).unwrap_or_default();
        let is_left = |name: &&str| given(name).is_some() && rest[*name] != REDACTED;
        if TOKENS.iter().any(is_left) {
            // Written in another way than expected: the fields are written anew.
            let mut fields = fields.clone();
            for name in TOKENS.iter().filter(|name| given(name).is_some()) {
                fields.insert((*name).to_owned(), REDACTED.into());
            }
            text = Value::Object(fields).to_string();
        }
        Some(text)
    }

    /// A text without the long secrets.
    pub(super) fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.long {
            let quoted = Value::from(secret.as_str()).to_string();
            let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
            for form in [secret.as_str(), quoted.trim_matches('"'), &encoded] {
                if text.contains(form) {
                    text = text.replace(form, REDACTED);
                }
            }
        }
        text
    }

    /// A text without any secret: one that speaks to a person.
    pub(super) fn redacted_words(&self, text: &str) -> String {
        self.words.iter().fold(self.redacted(text), |text, word| replace_word(&text, word, REDACTED))
    }
}

/// Replaces a word where it stands alone.
pub(super) fn replace_word(text: &str, word: &str, by: &str) -> String {
    let is_inside = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_');
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let (before, found) = rest.split_at(start);
        let after = &found[word.len()..];
        let mut following = after.chars();
        let next = following.next();
        // A dot at the end of a sentence, and a colon that no port follows, are behind the word.
        let goes_on = match next {
            Some('.') => following.next().is_some_and(char::is_alphanumeric),
            Some(':') => following.next().is_some_and(|digit| digit.is_ascii_digit()),
            next => next.is_some_and(is_inside),
        };
        let alone =
            !goes_on && !before.chars().next_back().or_else(|| replaced.chars().next_back()).is_some_and(is_inside);
        replaced.push_str(before);
        replaced.push_str(if alone { by } else { word });
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::Request;
    use rstest::rstest;

    use super::*;

    fn known() -> KnownSecrets {
        let mut known = KnownSecrets::default();
        let basic = format!("Basic {}", STANDARD.encode("robot:pa ss/word-1"));
        let request = Request::get("/v2/?access_token=abcdefgh-1")
            .header("authorization", basic)
            .header("cookie", "s=cookie-value-1");
        known.learn_request(&request.body(()).unwrap().into_parts().0);
        known.learn_form("grant_type=password&username=alice&password=form-password-1&service=registry.example");
        known
    }

    #[rstest]
    #[case("pa ss/word-1", "redacted")]
    #[case("pa%20ss%2Fword%2D1", "redacted")]
    #[case("abcdefgh-1, cookie-value-1 and form-password-1", "redacted, redacted and redacted")]
    #[case("registry.example", "registry.example")]
    #[case("access denied for robot.", "access denied for redacted.")]
    #[case("robots, and robot-2 of alice", "robots, and robot-2 of redacted")]
    fn what_was_shown_is_found_again(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(known().redacted_words(text), expected);
    }

    #[rstest]
    #[case(r#"{ "token": "abc" }"#, r#"{ "token": "redacted" }"#)]
    #[case(
        r#"{"access_token":"a.b","expires_in":300,"issued_at":"2026-01-01T00:00:00Z"}"#,
        r#"{"access_token":"redacted","expires_in":300,"issued_at":"{{now}}"}"#
    )]
    #[case(r#"{"token":"a\u002eb"}"#, r#"{"token":"redacted"}"#)]
    fn tokens_are_taken_out_of_the_answers_of_token_servers(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(KnownSecrets::default().take_tokens(text).as_deref(), Some(expected));
    }

    #[test]
    fn an_answer_without_tokens_is_left_alone() {
        assert_eq!(KnownSecrets::default().take_tokens(r#"{"name":"lib/token","tags":["token"]}"#), None);
    }
}
