//! Placeholders that stand for a shape: values that no run can know beforehand.

use std::{fmt, str::FromStr};

/// What a volatile value looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `[uid]`, `[uid N]`: a UUID.
    Uid(Option<u32>),
    /// `[resourceVersion]`, `[resourceVersion N]`: an opaque, non-empty version.
    ResourceVersion(Option<u32>),
    /// `[time]`: an RFC 3339 time. `[time N]`: one that is exact to the second, as all times of the API are.
    Time(Option<u32>),
    /// `[port]`: a TCP port.
    Port,
    /// `[integrated-registry]`: host, with or without port, of the cluster's own registry.
    IntegratedRegistry,
    /// `[text …]`: a text that the server's runtime library wrote. The recorded one is shown; any text will do.
    Text(String),
}

impl Shape {
    /// The number that makes this the same value wherever it stands, and another than any other number.
    #[must_use]
    pub const fn number(&self) -> Option<u32> {
        match self {
            Self::Uid(number) | Self::ResourceVersion(number) | Self::Time(number) => *number,
            _ => None,
        }
    }

    /// What is expected, in words.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        match self {
            Self::Uid(_) => "a UUID",
            Self::ResourceVersion(_) => "a resource version",
            Self::Time(None) => "an RFC 3339 time",
            Self::Time(Some(_)) => "an RFC 3339 time to the second",
            Self::Port => "a port",
            Self::IntegratedRegistry => "the integrated registry's host",
            Self::Text(_) => "some text",
        }
    }

    /// A regular expression that every text of this shape matches, and few others; its shortest match is taken.
    #[must_use]
    pub(super) const fn expression(&self) -> &'static str {
        match self {
            Self::Uid(_) => "[0-9a-fA-F-]+?",
            Self::ResourceVersion(_) => "[0-9A-Za-z_-]+?",
            Self::Time(_) => "[0-9TZtz:.+-]+?",
            Self::Port => "[0-9]+?",
            Self::IntegratedRegistry => r"[0-9A-Za-z.:\[\]-]+?",
            Self::Text(_) => "(?s:.)+?",
        }
    }

    /// Whether `text` has this shape.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Uid(_) => uuid::Uuid::try_parse(text).is_ok(),
            Self::ResourceVersion(_) => {
                !text.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            }
            Self::Time(None) => text.parse::<jiff::Timestamp>().is_ok(),
            Self::Time(Some(_)) => text.parse::<jiff::Timestamp>().is_ok() && !text.contains(['.', ',']),
            Self::Port => text.parse::<u16>().is_ok(),
            Self::IntegratedRegistry => {
                !text.is_empty()
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'))
            }
            Self::Text(_) => !text.is_empty(),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(None) => formatter.write_str("uid"),
            Self::Uid(Some(number)) => write!(formatter, "uid {number}"),
            Self::ResourceVersion(None) => formatter.write_str("resourceVersion"),
            Self::ResourceVersion(Some(number)) => write!(formatter, "resourceVersion {number}"),
            Self::Time(None) => formatter.write_str("time"),
            Self::Time(Some(number)) => write!(formatter, "time {number}"),
            Self::Port => formatter.write_str("port"),
            Self::IntegratedRegistry => formatter.write_str("integrated-registry"),
            Self::Text(recorded) => write!(formatter, "text {recorded}"),
        }
    }
}

impl FromStr for Shape {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, rest) = text.split_once(' ').map_or((text, None), |(word, rest)| (word, Some(rest)));
        let number = || rest.map(|digits| digits.parse().map_err(|_| ())).transpose();
        match (word, rest) {
            ("uid", _) => Ok(Self::Uid(number()?)),
            ("resourceVersion", _) => Ok(Self::ResourceVersion(number()?)),
            ("time", _) => Ok(Self::Time(number()?)),
            ("port", None) => Ok(Self::Port),
            ("integrated-registry", None) => Ok(Self::IntegratedRegistry),
            ("text", Some(recorded)) => Ok(Self::Text(recorded.to_owned())),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("uid", "52a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d", "s3")]
    #[case("resourceVersion 1", "1234", "")]
    #[case("time", "2026-01-02T03:04:05Z", "yesterday")]
    #[case("time", "2026-01-02T03:04:05.678Z", "2026-01-02")]
    #[case("time 1", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z")]
    #[case("port", "40123", "70000")]
    #[case("integrated-registry", "image-registry.example.svc:5000", "a/b")]
    #[case("text unexpected end of JSON input", "premature end", "")]
    fn a_shape_fits_some_texts_and_not_others(#[case] shape: Shape, #[case] fits: &str, #[case] does_not: &str) {
        assert!(shape.fits(fits));
        assert!(!shape.fits(does_not));
    }

    #[rstest]
    #[case("uid 2")]
    #[case("resourceVersion")]
    #[case("time")]
    #[case("time 3")]
    #[case("text EOF")]
    fn a_shape_is_written_as_it_was_read(#[case] text: &str) {
        assert_eq!(text.parse::<Shape>().unwrap().to_string(), text);
    }
}
