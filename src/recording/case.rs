//! What a recording says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    golden::{Answer, GoldenStep, Traffic},
    json_path::JsonPath,
    redaction::Redactor,
    version::ApiVersion,
};

/// Header fields that are recorded, by lower-case name. The others belong to the connection, to a proxy, or to one request.
const HEADERS: [&str; 13] = [
    "allow",
    "cache-control",
    "content-disposition",
    "content-type",
    "deprecation",
    "etag",
    "link",
    "location",
    "retry-after",
    "vary",
    "warning",
    "www-authenticate",
    "x-content-type-options",
];

/// What was recorded: the file `recording.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub format: u32,
    /// What wrote the recording.
    pub generator: String,
    /// The base URL of the implementation, or `the embedded reference`.
    pub target: String,
    /// The API version whose cases were recorded.
    pub api_version: ApiVersion,
    /// What the configuration of the implementation decides in its responses.
    pub traits: BTreeMap<String, String>,
    /// When the recording began, in UTC (RFC 3339).
    pub started: String,
    /// What was selected, so that a run against the recording selects the same.
    pub selection: RecordingSelection,
    /// The names of the recorded cases, in the order of the suites.
    pub cases: Vec<String>,
    /// The cases that were selected and not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_recorded: Vec<NotRecorded>,
}

/// Which cases were to be recorded, as the command line said it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingSelection {
    /// Suites, folders and files; all built-in suites if none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
    /// The patterns of `--run`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    /// The patterns of `--skip`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
}

/// A case that was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotRecorded {
    /// The name: `suite::case`.
    pub case: String,
    /// Why it was not recorded.
    pub reason: String,
}

/// The responses of one case: the file `SUITE/CASE.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedCase {
    /// By the number of the request, from zero. Requests of steps that were left out are absent.
    pub responses: BTreeMap<usize, RecordedStep>,
}

/// The response to one request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedStep {
    /// What was asked: `POST imagestreamimports`.
    pub request: String,
    /// The HTTP status code; absent if it came out differently the second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The header fields that matter, by lower-case name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Vec<String>>,
    /// The body: JSON, or YAML as the JSON it stands for, or the text of anything else.
    #[serde(default)]
    pub body: serde_json::Value,
    /// What the implementation asked of the registry meanwhile.
    #[serde(default, skip_serializing_if = "Traffic::is_empty")]
    pub traffic: Traffic,
    /// Places in the body that came out differently the second time, beside texts, in which `[text …]` stands.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub volatile: BTreeSet<JsonPath>,
    /// Header fields that came out differently the second time.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub volatile_headers: BTreeSet<String>,
    /// Repositories of which other requests were made the second time.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub volatile_traffic: BTreeSet<String>,
    /// Whether the requests to the registry came in another order the second time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_order: bool,
}

impl Manifest {
    /// The same without secrets.
    pub(super) fn redacted(&self, redactor: &Redactor) -> Self {
        let mut manifest = self.clone();
        let reasons = manifest.not_recorded.iter_mut().map(|not_recorded| &mut not_recorded.reason);
        reasons.chain([&mut manifest.target]).for_each(|text| redactor.redact(text));
        manifest
    }
}

impl RecordedCase {
    /// The same without secrets.
    pub(super) fn redacted(&self, redactor: &Redactor) -> Self {
        let mut case = self.clone();
        for RecordedStep { request, headers, body, traffic, .. } in case.responses.values_mut() {
            redactor.redact_value(body);
            let texts = headers.values_mut().chain(traffic.values_mut()).flatten();
            texts.chain([request]).for_each(|text| redactor.redact(text));
        }
        case
    }
}

impl RecordedStep {
    /// What `answer` is recorded as, whose golden would be `golden`.
    #[must_use]
    pub fn of(golden: GoldenStep, status: u16, answer: &Answer, mask: impl Fn(&str) -> String) -> Self {
        let GoldenStep { request, body, traffic, .. } = golden;
        let headers = relevant(&answer.headers)
            .map(|(name, values)| (name.clone(), values.iter().map(|value| mask(value)).collect()))
            .collect();
        Self { request, status: Some(status), headers, body, traffic, ..Self::default() }
    }

    /// Whether anything is masked because it came out differently the second time.
    #[must_use]
    pub fn is_volatile(&self) -> bool {
        self.status.is_none()
            || self.any_order
            || !(self.volatile.is_empty() && self.volatile_headers.is_empty() && self.volatile_traffic.is_empty())
    }

    /// The golden that holds what is recorded, without header fields.
    pub(super) fn golden(&self) -> GoldenStep {
        GoldenStep {
            request: self.request.clone(),
            body: self.body.clone(),
            traffic: self.traffic.clone(),
            ..GoldenStep::default()
        }
    }
}

/// The header fields that are recorded.
pub(super) fn relevant(headers: &BTreeMap<String, Vec<String>>) -> impl Iterator<Item = (&String, &Vec<String>)> {
    headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str()))
}
