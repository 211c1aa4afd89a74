//! What a step expects of the answer, besides its golden.
#![allow(clippy::mutable_key_type, reason = "a path is compared by its text, which never changes")]

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};

use super::{
    requests::RequestCount,
    value::{ValueExpectation, ValuePath},
};
use crate::{fixture::RequestPattern, golden::Traffic, version::ApiVersion};

/// What a step expects.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The HTTP status code; 201 for what creates and 200 for what reads or deletes if absent.
    pub status: Option<StatusByVersion>,
    /// Whether the answer is compared with the case's golden.
    pub golden: bool,
    /// The media types that every request for a manifest has to accept, in any order.
    pub accept: Option<Vec<String>>,
    /// Values in the answer's body, by path: `status.images[0].status.reason`.
    pub values: BTreeMap<ValuePath, ValueExpectation>,
    /// The answer is the OpenAPI v2 document of the server, and publishes of the image API what the published schema of the
    /// version says: the import call, paths, and the definitions of objects.
    pub published: bool,
    /// What the implementation asks of the registry, by repository, as a golden has it.
    pub traffic: Option<Traffic>,
    /// How often the implementation asks the registry for something during the step, by an optional method and a path as
    /// faults have it: `GET manifests/v1`.
    pub requests: BTreeMap<RequestPattern, RequestCount>,
    /// What is asked of the registry is compared in any order: for servers that walk a map, so that the order is random.
    #[serde(rename = "anyOrder")]
    pub any_order: bool,
}

impl Default for Expectation {
    fn default() -> Self {
        Self {
            status: None,
            golden: true,
            accept: None,
            values: BTreeMap::new(),
            published: false,
            traffic: None,
            requests: BTreeMap::new(),
            any_order: false,
        }
    }
}

/// A status code, or one for each API version from which another holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusByVersion(BTreeMap<ApiVersion, u16>);

impl StatusByVersion {
    /// This status code for every version.
    #[must_use]
    pub fn always(status: u16) -> Self {
        Self([(ApiVersion::ALL[0], status)].into())
    }

    /// The status code that holds for `version`, unless the first one given is for a later version.
    #[must_use]
    pub fn at(&self, version: ApiVersion) -> Option<u16> {
        self.0.range(..=version).next_back().map(|(_, status)| *status)
    }
}

impl<'de> Deserialize<'de> for StatusByVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatusVisitor;

        impl<'de> Visitor<'de> for StatusVisitor {
            type Value = StatusByVersion;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a status code, or a mapping from API versions to status codes")
            }

            fn visit_u64<E: de::Error>(self, status: u64) -> Result<StatusByVersion, E> {
                let status =
                    u16::try_from(status).ok().filter(|status| (100..600).contains(status)).ok_or_else(|| {
                        E::invalid_value(de::Unexpected::Unsigned(status), &"a status code from 100 to 599")
                    })?;
                Ok(StatusByVersion::always(status))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<StatusByVersion, A::Error> {
                let mut by_version = BTreeMap::new();
                while let Some((version, status)) = access.next_entry()? {
                    by_version.insert(version, status);
                }
                Ok(StatusByVersion(by_version))
            }
        }

        deserializer.deserialize_any(StatusVisitor)
    }
}

impl JsonSchema for StatusByVersion {
    fn schema_name() -> Cow<'static, str> {
        "StatusByVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let status = json_schema!({ "type": "integer", "minimum": 100, "maximum": 599 });
        json_schema!({
            "anyOf": [
                status,
                {
                    "type": "object",
                    "propertyNames": { "enum": ApiVersion::ALL.map(ApiVersion::as_str) },
                    "additionalProperties": status,
                },
            ],
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case(json!(422), ApiVersion::V3_11, Some(422))]
    #[case(json!({"4.2": 201, "4.12": 422}), ApiVersion::V4_10, Some(201))]
    #[case(json!({"4.2": 201, "4.12": 422}), ApiVersion::V4_22, Some(422))]
    #[case(json!({"4.2": 201}), ApiVersion::V3_11, None)]
    fn a_status_holds_from_its_version_on(
        #[case] written: Value,
        #[case] version: ApiVersion,
        #[case] status: Option<u16>,
    ) {
        assert_eq!(serde_json::from_value::<StatusByVersion>(written).unwrap().at(version), status);
    }
}
