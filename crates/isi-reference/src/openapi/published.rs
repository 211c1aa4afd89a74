//! The published schemas of the image API, one an API version.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::version::ApiVersion;

/// The part of a server's document that concerns images.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Published {
    pub(super) definitions: Map<String, Value>,
    /// The methods that each path takes.
    pub(super) paths: BTreeMap<String, Vec<String>>,
    /// The parameters of the import call, and where each stands: in the path, the query or the body.
    pub(super) import_parameters: BTreeMap<String, String>,
}

/// The text of the published schema of `version`: definitions, paths, and the parameters of the import call.
#[must_use]
pub const fn published_schema(version: ApiVersion) -> &'static str {
    match version {
        ApiVersion::V3_11 => include_str!("../../schemas/3.11.json"),
        ApiVersion::V4_2 => include_str!("../../schemas/4.2.json"),
        ApiVersion::V4_8 => include_str!("../../schemas/4.8.json"),
        ApiVersion::V4_10 => include_str!("../../schemas/4.10.json"),
        ApiVersion::V4_12 => include_str!("../../schemas/4.12.json"),
        ApiVersion::V4_18 => include_str!("../../schemas/4.18.json"),
        ApiVersion::V4_22 => include_str!("../../schemas/4.22.json"),
    }
}

impl Published {
    pub(super) fn of(version: ApiVersion) -> Self {
        serde_json::from_str(published_schema(version)).expect("a schema that is compiled in is read by a test")
    }
}
