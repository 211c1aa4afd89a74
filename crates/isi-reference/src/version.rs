//! API versions: the published releases that a run can be held against.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A release whose published schema and recorded behaviour are known here, oldest first.
///
/// ```
/// use isi_reference::version::ApiVersion;
///
/// assert_eq!("4.18".parse(), Ok(ApiVersion::V4_18));
/// assert!(ApiVersion::V4_8 < ApiVersion::V4_10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the release it names")]
#[non_exhaustive]
pub enum ApiVersion {
    V3_11,
    V4_2,
    V4_8,
    V4_10,
    V4_12,
    V4_18,
    V4_22,
}

impl ApiVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 7] =
        [Self::V3_11, Self::V4_2, Self::V4_8, Self::V4_10, Self::V4_12, Self::V4_18, Self::V4_22];

    /// The newest version: what a run uses when none is named.
    pub const NEWEST: Self = Self::V4_22;

    /// Major and minor number.
    fn release(self) -> (u32, u32) {
        release(self.as_str()).unwrap_or_default()
    }

    /// The minor number of the Kubernetes release 1.x that this release is built on.
    #[must_use]
    pub const fn kubernetes_minor(self) -> u32 {
        match self {
            Self::V3_11 => 11,
            Self::V4_2 => 14,
            Self::V4_8 => 21,
            Self::V4_10 => 23,
            Self::V4_12 => 25,
            Self::V4_18 => 31,
            Self::V4_22 => 35,
        }
    }

    /// The version as people write it, as in `4.18`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3_11 => "3.11",
            Self::V4_2 => "4.2",
            Self::V4_8 => "4.8",
            Self::V4_10 => "4.10",
            Self::V4_12 => "4.12",
            Self::V4_18 => "4.18",
            Self::V4_22 => "4.22",
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A text that names no known API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown API version `{0}`, expected one of 3.11, 4.2, 4.8, 4.10, 4.12, 4.18, 4.22{advice}", advice = advice(.0))]
pub struct UnknownVersion(String);

/// Which version to take instead.
fn advice(text: &str) -> String {
    let Some(release) = release(text) else { return String::new() };
    let older = ApiVersion::ALL.into_iter().rfind(|version| version.release() <= release);
    match older {
        Some(version) if version.release() == release => format!("; did you mean `{version}`?"),
        Some(version) => format!("; use `{version}` for {text}: it is the newest that is not newer"),
        None => String::new(),
    }
}

/// The two numbers of `4.18`, `v4.18` and `4.18.3`.
fn release(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

impl FromStr for ApiVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|version| version.as_str() == text).ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

impl Serialize for ApiVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ApiVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ApiVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ApiVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": Self::ALL.map(Self::as_str) })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::between("4.15", "; use `4.12` for 4.15: it is the newest that is not newer")]
    #[case::next_to_a_newer_one("4.9", "; use `4.8` for 4.9: it is the newest that is not newer")]
    #[case::newer_than_all("4.31", "; use `4.22` for 4.31: it is the newest that is not newer")]
    #[case::major("5.0", "; use `4.22` for 5.0: it is the newest that is not newer")]
    #[case::patch("4.18.3", "; did you mean `4.18`?")]
    #[case::prefix("v4.2", "; did you mean `4.2`?")]
    #[case::older_than_all("3.9", "")]
    #[case::words("newest", "")]
    fn an_unknown_version_comes_with_the_one_to_use(#[case] text: &str, #[case] expected: &str) {
        let error = text.parse::<ApiVersion>().map_err(|error| error.to_string());
        let list = "expected one of 3.11, 4.2, 4.8, 4.10, 4.12, 4.18, 4.22";
        assert_eq!(error, Err(format!("unknown API version `{text}`, {list}{expected}")));
    }
}
