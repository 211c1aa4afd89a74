//! Tags and digests as references have them.

use std::fmt;

use oci_types::{Algorithm, Digest};

/// A tag, as a client or a registry writes it: registries list tags that cannot be pushed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The tag that is meant where none is written.
    #[must_use]
    pub fn latest() -> Self {
        Self::new("latest")
    }

    /// The tag that a text names; `None` if it is empty.
    pub(crate) fn written(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::new(text))
    }

    /// The tag of this name.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name has the form of a tag: `[\w][\w.-]{0,127}`.
    pub(crate) fn is_valid(&self) -> bool {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        self.0.len() <= 128
            && self.0.bytes().next().is_some_and(is_word)
            && self.0.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A digest by the grammar of references: words, a colon, and 32 hexadecimal digits or more, in either case. It is looser than
/// a [`Digest`], and kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DigestReference(String);

impl DigestReference {
    /// Reads a digest; `None` if the grammar does not allow the text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_word = |word: &str| {
            word.starts_with(|first: char| first.is_ascii_alphabetic())
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let (algorithm, hex) = text.split_once(':')?;
        let is_digest = algorithm.split(['-', '_', '+', '.']).all(is_word)
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| Self(text.to_owned()))
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest of `content` by the algorithm that is named here, or by sha256 if it is unknown.
    pub(crate) fn digest_of(&self, content: &[u8]) -> Digest {
        let algorithm = self.0.parse::<Digest>().map_or(Algorithm::Sha256, |digest| digest.algorithm());
        algorithm.digest(content)
    }

    /// Whether this is a complete digest of a known algorithm, in lower-case digits.
    pub(crate) fn is_canonical(&self) -> bool {
        self.0.parse::<Digest>().is_ok()
    }
}

impl fmt::Display for DigestReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PartialEq<Digest> for DigestReference {
    fn eq(&self, digest: &Digest) -> bool {
        self.0 == digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sha256:0123456789abcdef0123456789ABCDEF", true)]
    #[case("sha256+b64:0123456789abcdef0123456789abcdef", true)]
    #[case("sha256:0123", false)]
    #[case("latest", false)]
    #[case("", false)]
    fn a_digest_has_the_form_of_the_grammar(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(DigestReference::parse(text).is_some(), expected);
    }

    #[rstest]
    #[case("v1.0-rc_1", true)]
    #[case("x+y", false)]
    #[case(".hidden", false)]
    fn a_tag_has_a_form_that_registries_do_not_enforce(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(Tag::new(name).is_valid(), expected);
    }
}
