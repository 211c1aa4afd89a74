//! What was sent and what came back, kept for the diagnosis of a case.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StepName;

/// A request to the implementation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// `POST`, say.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Header fields in the order sent, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text; empty when there was none.
    pub body: String,
}

/// An answer of the implementation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// The HTTP status code.
    pub status: u16,
    /// Header fields in the order received, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text, bytes that are no UTF-8 replaced.
    pub body: String,
}

/// One exchange with the implementation, and what it asked of the registry meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// The step that it belongs to.
    pub step: StepName,
    /// What was sent.
    pub request: Request,
    /// What came back, if anything did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// A shell command that repeats the request, with the token taken from the environment.
    pub curl: String,
    /// The requests that reached the registry during this exchange, one line each: `GET /v2/lib/app/manifests/v1 200`.
    pub registry: Vec<String>,
    /// From the first byte sent to the last one received, or to giving up.
    #[serde(rename = "seconds", with = "super::seconds")]
    #[schemars(with = "f64")]
    pub duration: Duration,
}
