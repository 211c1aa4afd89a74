//! The names of values that only a run knows.

use std::{fmt, str::FromStr};

/// A value that only a run knows.
///
/// ```
/// use oci_mock_registry::variable::{Part, Variable};
///
/// let variable: Variable = "digest list-multi layer 1".parse().unwrap();
/// assert_eq!(variable, Variable::Digest { image: "list-multi".to_owned(), part: Part::Layer(1), first: None });
/// assert_eq!(variable.to_string(), "digest list-multi layer 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Variable {
    /// `registry`: host and port of the mock registry, as the implementation reaches it.
    Registry,
    /// `registry host`, `registry port`, `registry wildcard`: a part or a form of it.
    RegistryName(RegistryName),
    /// `elsewhere`: the mock registry under the other name of the loopback, which clients take for another host. A registry
    /// that is reached by a name of its own has no other.
    Elsewhere,
    /// `namespace`: the namespace the run works in.
    Namespace,
    /// `stream`: the name of the image stream that is this case's own, which other objects of the case carry as well.
    Stream,
    /// `digest IMAGE`, `digest IMAGE config`, `digest IMAGE layer N`, each optionally followed by `first N`.
    Digest {
        /// The image fixture.
        image: String,
        /// Which of its contents.
        part: Part,
        /// How many hexadecimal digits to keep; all of them if absent.
        first: Option<usize>,
    },
    /// `manifest IMAGE`: the manifest's text, byte by byte.
    Manifest {
        /// The image fixture.
        image: String,
    },
    /// `config IMAGE`: the config's text, byte by byte.
    Config {
        /// The image fixture.
        image: String,
    },
    /// `repeat TEXT N`: a text that is too long to be written out.
    Repeat {
        /// What is repeated; it has no spaces.
        text: String,
        /// How often.
        times: usize,
    },
}

/// A part or a form of the host and port of the mock registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RegistryName {
    /// The host without its port.
    Host,
    /// The port alone.
    Port,
    /// Host and port, the first label of the host replaced by `*`: a pattern that matches the registry.
    Wildcard,
}

/// A content of an image that has a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// The manifest, list or index: what identifies the image.
    Manifest,
    /// The config.
    Config,
    /// A layer, counted from 0 at the base.
    Layer(usize),
}

impl Variable {
    /// The first words of all variables, for suggestions.
    pub const KEYWORDS: [&'static str; 8] =
        ["registry", "elsewhere", "namespace", "stream", "digest", "manifest", "config", "repeat"];

    /// The most bytes that a repeated text can have: 16 MiB.
    pub const LONGEST_REPEAT: usize = 16 << 20;

    /// The image fixture this value belongs to, if it belongs to one.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        match self {
            Self::Digest { image, .. } | Self::Manifest { image } | Self::Config { image } => Some(image),
            Self::Registry
            | Self::RegistryName(_)
            | Self::Elsewhere
            | Self::Namespace
            | Self::Stream
            | Self::Repeat { .. } => None,
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry => formatter.write_str("registry"),
            Self::RegistryName(RegistryName::Host) => formatter.write_str("registry host"),
            Self::RegistryName(RegistryName::Port) => formatter.write_str("registry port"),
            Self::RegistryName(RegistryName::Wildcard) => formatter.write_str("registry wildcard"),
            Self::Elsewhere => formatter.write_str("elsewhere"),
            Self::Namespace => formatter.write_str("namespace"),
            Self::Stream => formatter.write_str("stream"),
            Self::Manifest { image } => write!(formatter, "manifest {image}"),
            Self::Config { image } => write!(formatter, "config {image}"),
            Self::Repeat { text, times } => write!(formatter, "repeat {text} {times}"),
            Self::Digest { image, part, first } => {
                write!(formatter, "digest {image}")?;
                match part {
                    Part::Manifest => {}
                    Part::Config => formatter.write_str(" config")?,
                    Part::Layer(index) => write!(formatter, " layer {index}")?,
                }
                first.map_or(Ok(()), |digits| write!(formatter, " first {digits}"))
            }
        }
    }
}

/// A text that names no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `registry`, `registry host`, `registry port`, `registry wildcard`, `elsewhere`, `namespace`, `stream`, `digest IMAGE`, `digest IMAGE config`, `digest IMAGE layer N`, \
     `manifest IMAGE`, `config IMAGE` or `repeat TEXT N`"
)]
pub struct ParseVariableError;

impl FromStr for Variable {
    type Err = ParseVariableError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |text: &str| text.parse::<usize>().map_err(|_| ParseVariableError);
        Ok(match words.as_slice() {
            ["registry"] => Self::Registry,
            ["registry", "host"] => Self::RegistryName(RegistryName::Host),
            ["registry", "port"] => Self::RegistryName(RegistryName::Port),
            ["registry", "wildcard"] => Self::RegistryName(RegistryName::Wildcard),
            ["elsewhere"] => Self::Elsewhere,
            ["namespace"] => Self::Namespace,
            ["stream"] => Self::Stream,
            ["manifest", image] => Self::Manifest { image: (*image).to_owned() },
            ["config", image] => Self::Config { image: (*image).to_owned() },
            ["repeat", text, times] => {
                let times = number(times)?;
                if text.len().saturating_mul(times) > Self::LONGEST_REPEAT {
                    return Err(ParseVariableError);
                }
                Self::Repeat { text: (*text).to_owned(), times }
            }
            ["digest", image, rest @ ..] => {
                let (part, rest) = match rest {
                    ["config", rest @ ..] => (Part::Config, rest),
                    ["layer", index, rest @ ..] => (Part::Layer(number(index)?), rest),
                    rest => (Part::Manifest, rest),
                };
                let first = match rest {
                    [] => None,
                    ["first", digits] => Some(number(digits)?),
                    _ => return Err(ParseVariableError),
                };
                Self::Digest { image: (*image).to_owned(), part, first }
            }
            _ => return Err(ParseVariableError),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("registry")]
    #[case("registry host")]
    #[case("registry port")]
    #[case("registry wildcard")]
    #[case("elsewhere")]
    #[case("digest s2-basic")]
    #[case("digest s2-basic config")]
    #[case("digest s2-basic layer 2 first 12")]
    #[case("manifest list-multi")]
    #[case("repeat ab 64")]
    fn a_name_is_written_as_it_was_read(#[case] name: &str) {
        assert_eq!(name.parse::<Variable>().unwrap().to_string(), name);
    }

    #[rstest]
    #[case("regstry")]
    #[case("digest")]
    #[case("digest s2-basic layer")]
    #[case("digest s2-basic layer one")]
    #[case("digest s2-basic last 3")]
    #[case("repeat a 99999999")]
    fn other_names_are_refused(#[case] name: &str) {
        assert_eq!(name.parse::<Variable>(), Err(ParseVariableError));
    }
}
