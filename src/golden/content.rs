//! What a golden says about each exchange of a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::redaction::Redactor;

/// The requests that an implementation made of the registry, by repository (or by path, outside of one), in order.
///
/// The order between repositories is left out: servers are free in it, and recorded ones make it at random.
pub type Traffic = BTreeMap<String, Vec<String>>;

/// The expected answers of one case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// One entry for every step of the case that is an exchange with the implementation.
    pub steps: Vec<GoldenStep>,
}

impl Golden {
    /// The same without secrets that an implementation echoed.
    #[must_use]
    pub fn redacted(&self, redactor: &Redactor) -> Self {
        let mut golden = self.clone();
        for step in &mut golden.steps {
            redactor.redact_value(&mut step.body);
            step.headers.values_mut().chain(step.traffic.values_mut()).flatten().for_each(|text| redactor.redact(text));
        }
        golden
    }
}

/// The expected answer to one request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenStep {
    /// What was asked, for the reader: `POST imagestreamimports`.
    pub request: String,
    /// Header fields that have to be there, by lower-case name: `warning`, and `content-type` where it is no JSON.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Vec<String>>,
    /// The body: JSON, or YAML as the JSON it stands for, or the text of anything else.
    #[serde(default)]
    pub body: serde_json::Value,
    /// What the implementation asked of the registry meanwhile.
    #[serde(default, skip_serializing_if = "Traffic::is_empty")]
    pub traffic: Traffic,
}
