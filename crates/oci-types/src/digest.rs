//! Content digests: an algorithm and the hash of some bytes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A hash algorithm that a [`Digest`] can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `sha256`, the one every registry and client speaks.
    Sha256,
    /// `sha384`, known to OpenShift's reference grammar.
    Sha384,
    /// `sha512`, registered by the OCI image specification.
    Sha512,
}

impl Algorithm {
    /// The name in front of the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits the hash has.
    #[must_use]
    pub const fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    /// The digest of `bytes` by this algorithm.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Computes a digest from content that comes in pieces.
    #[must_use]
    pub fn hasher(self) -> Hasher {
        match self {
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha384 => Hasher::Sha384(Sha384::new()),
            Self::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }
}

/// A digest under way.
#[derive(Debug, Clone)]
pub enum Hasher {
    /// By sha256.
    Sha256(Sha256),
    /// By sha384.
    Sha384(Sha384),
    /// By sha512.
    Sha512(Sha512),
}

impl Hasher {
    /// Adds the next piece of the content.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all pieces together.
    #[must_use]
    pub fn finish(self) -> Digest {
        let (algorithm, hex) = match self {
            Self::Sha256(hasher) => (Algorithm::Sha256, to_hex(&hasher.finalize())),
            Self::Sha384(hasher) => (Algorithm::Sha384, to_hex(&hasher.finalize())),
            Self::Sha512(hasher) => (Algorithm::Sha512, to_hex(&hasher.finalize())),
        };
        Digest { algorithm, hex }
    }
}

/// The digest of some content, as in `sha256:6c3c…`: the hash is complete, in lower-case hexadecimal digits.
///
/// ```
/// use oci_types::Digest;
///
/// let digest = Digest::sha256(b"{}");
/// assert_eq!(digest.to_string(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

impl Digest {
    /// The sha256 digest of `bytes`.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Algorithm::Sha256.digest(bytes)
    }

    /// The algorithm of this digest.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hash, in lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Whether `bytes` are the content that this digest names.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        self.algorithm.digest(bytes) == *self
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDigestError {
    /// There is no colon between an algorithm and a hash.
    #[error("a digest has the form `sha256:<64 hexadecimal digits>`")]
    Form,
    /// The algorithm is not known here.
    #[error("unknown digest algorithm `{0}`, expected sha256, sha384 or sha512")]
    Algorithm(String),
    /// The hash has the wrong length for its algorithm.
    #[error("a {} digest has {} hexadecimal digits, this one has {length}", algorithm.name(), algorithm.hex_length())]
    Length {
        /// The algorithm that was named.
        algorithm: Algorithm,
        /// How many characters follow the colon.
        length: usize,
    },
    /// The hash has a character other than `0-9a-f`.
    #[error("a digest is written in lower-case hexadecimal digits, found `{0}`")]
    Digit(char),
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (algorithm, hex) = text.split_once(':').ok_or(ParseDigestError::Form)?;
        let algorithm = match algorithm {
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            other => return Err(ParseDigestError::Algorithm(other.to_owned())),
        };
        if let Some(digit) = hex.chars().find(|digit| !matches!(digit, '0'..='9' | 'a'..='f')) {
            return Err(ParseDigestError::Digit(digit));
        }
        if hex.len() != algorithm.hex_length() {
            return Err(ParseDigestError::Length { algorithm, length: hex.len() });
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn to_hex(hash: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    hash.iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("latest", ParseDigestError::Form)]
    #[case("md5:d41d8cd98f00b204e9800998ecf8427e", ParseDigestError::Algorithm("md5".to_owned()))]
    #[case("sha256:abc", ParseDigestError::Length { algorithm: Algorithm::Sha256, length: 3 })]
    #[case("sha256:ABC", ParseDigestError::Digit('A'))]
    #[case("sha256:é", ParseDigestError::Digit('é'))]
    fn refuses_what_names_no_content(#[case] text: &str, #[case] expected: ParseDigestError) {
        assert_eq!(text.parse::<Digest>(), Err(expected));
    }

    #[rstest]
    #[case(Algorithm::Sha256)]
    #[case(Algorithm::Sha384)]
    #[case(Algorithm::Sha512)]
    fn matches_only_its_own_content(#[case] algorithm: Algorithm) {
        let digest = algorithm.digest(b"content");
        assert!(digest.matches(b"content"));
        assert!(!digest.matches(b"tampered"));
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    }
}
