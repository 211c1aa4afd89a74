//! General differences between API versions, `golden/versions.yaml`.

use std::{str::FromStr, sync::LazyLock};

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::{
    document::{self, Source},
    version::ApiVersion,
};

/// All general differences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionRules {
    differences: Vec<VersionRule>,
}

/// A difference between every golden of an API version and that of the next newer one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionRule {
    #[serde(rename = "name")]
    _name: String,
    /// The newest version that has the difference; older ones have it, too.
    until: ApiVersion,
    absent: Member,
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "source")]
    _source: String,
}

/// A member of every object under a key: `importPolicy.importMode`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    object: String,
    name: String,
}

impl VersionRules {
    /// The differences that are part of this crate.
    pub(super) fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<VersionRules> = LazyLock::new(|| {
            let source = Source::new("golden/versions.yaml", include_str!("../../golden/versions.yaml"));
            document::parse(&source)
                .and_then(|node| document::decode(&source, &node))
                .expect("the built-in differences are read by a test")
        });
        &BUILTIN
    }

    /// Whether `version` differs from the next newer one in general.
    pub(super) fn has(&self, version: ApiVersion) -> bool {
        self.differences.iter().any(|rule| rule.until == version)
    }

    /// Makes the differences between `version` and the next newer one in a golden of the newer one.
    pub(super) fn apply(&self, version: ApiVersion, golden: &mut Value) {
        for rule in self.differences.iter().filter(|rule| rule.until == version) {
            rule.absent.remove(golden);
        }
    }
}

impl Member {
    fn remove(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    if *key == self.object
                        && let Value::Object(object) = &mut *value
                    {
                        object.remove(&self.name);
                    }
                    self.remove(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.remove(item)),
            _ => {}
        }
    }
}

impl FromStr for Member {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [object, name] if !object.is_empty() && !name.is_empty() => {
                Ok(Self { object: (*object).to_owned(), name: (*name).to_owned() })
            }
            _ => Err(format!(
                "expected a key and a member of its objects, such as `importPolicy.importMode`, found `{text}`"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_absent_from_its_version_on() {
        let newer = json!([{ "importPolicy": { "importMode": "Legacy", "insecure": true }, "importMode": "kept" }]);
        let resolved = |version| {
            let mut golden = newer.clone();
            VersionRules::builtin().apply(version, &mut golden);
            golden
        };
        assert_eq!(resolved(ApiVersion::V4_12), newer);
        assert_eq!(
            resolved(ApiVersion::V4_10),
            json!([{ "importPolicy": { "insecure": true }, "importMode": "kept" }])
        );
    }

    #[test]
    fn a_member_needs_a_key_above_it() {
        assert!("importMode".parse::<Member>().unwrap_err().contains("such as `importPolicy.importMode`"));
    }
}
