//! Tags and digests: the names of a manifest in its repository.

use std::fmt;

use oci_types::{Algorithm, Digest};

use super::FetchError;
use crate::image_reference::ImageReference;

/// A tag, as a client or a registry writes it: registries list tags that nobody may push.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag(String);

impl Tag {
    /// The tag that is meant where none is written.
    pub(crate) const LATEST: &'static str = "latest";

    /// The tag of this name; the empty name is `latest`.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self(if name.is_empty() { Self::LATEST.to_owned() } else { name })
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name has the form of a tag: `[\w][\w.-]{0,127}`.
    pub(super) fn is_valid(&self) -> bool {
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
pub(crate) struct DigestReference(String);

impl DigestReference {
    /// Reads a digest; `None` if the grammar does not allow the text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
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
    pub(crate) fn as_str(&self) -> &str {
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

/// The name of a manifest in its repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ManifestName {
    Tag(Tag),
    Digest(DigestReference),
}

impl ManifestName {
    /// What a reference names: its digest, else its tag, else `latest`.
    pub(crate) fn of(reference: &ImageReference) -> Result<Self, FetchError> {
        if reference.digest.is_empty() {
            return Ok(Self::Tag(Tag::new(&reference.tag)));
        }
        DigestReference::parse(&reference.digest).map(Self::Digest).ok_or(FetchError::DigestFormat)
    }

    /// The name as it stands in a path.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag.as_str(),
            Self::Digest(digest) => digest.as_str(),
        }
    }

    /// The reference to this manifest of the repository of `reference`.
    pub(crate) fn within(&self, reference: &ImageReference) -> ImageReference {
        match self {
            Self::Tag(tag) => reference.with_tag(tag.as_str()),
            Self::Digest(digest) => reference.with_digest(digest.as_str()),
        }
    }

    /// The tag, if it is one.
    pub(crate) fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Digest(_) => None,
        }
    }

    /// The digest, if it is one.
    pub(crate) fn digest(&self) -> Option<&DigestReference> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(digest),
        }
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

    #[test]
    fn the_empty_tag_is_latest() {
        assert_eq!(Tag::new("").as_str(), "latest");
    }
}
