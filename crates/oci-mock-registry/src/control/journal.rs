//! What a registry was asked, and what does not add up.

use std::time::Duration;

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IntoDeserializer};

use super::{
    call::{Call, Reply},
    error::ControlError,
    operation::{Outcome, Parameter, schema},
};
use crate::{
    fixture::{RequestPattern, Time},
    registry::{EndpointKind, Entry, Finding, JournalFilter},
};

/// Requests of a journal.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Journal {
    /// The requests that are meant, oldest first.
    entries: Vec<Entry>,
    /// The number that the next request will have, for `since`.
    next: u64,
}

/// What does not add up.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Findings {
    findings: Vec<FindingInfo>,
}

/// Something that does not add up between what a registry was told and what clients did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FindingInfo {
    kind: FindingKind,
    /// What it is, in one sentence.
    message: String,
    /// The name of the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<Entry>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum FindingKind {
    /// A fault that should have fired has not.
    Unfired,
    /// A fault that should never fire has.
    Misfired,
    /// A request for which there is neither an endpoint nor a fault.
    Unexpected,
    /// A request to which a captured folder has no answer.
    NotCaptured,
    /// Connections that were no HTTP.
    Malformed,
}

const FILTERS: [Parameter; 6] = [
    Parameter {
        name: "method",
        about: "Only requests with this method, in upper or lower case.",
        schema: schema::<String>,
    },
    Parameter { name: "repository", about: "Only requests of this repository.", schema: schema::<String> },
    Parameter { name: "endpoint", about: "Only requests of this endpoint.", schema: schema::<EndpointKind> },
    Parameter { name: "status", about: "Only requests answered completely with this status.", schema: schema::<u16> },
    Parameter {
        name: "pattern",
        about: "Only requests that match a pattern, as in a fault: `GET manifests/*`.",
        schema: schema::<RequestPattern>,
    },
    Parameter { name: "since", about: "Only requests from this number on.", schema: schema::<u64> },
];

/// What names an endpoint.
const ENDPOINTS: &str = "one of `ping`, `catalog`, `token`, `storage`, `lookaside`, `manifest`, `blob`, `tags`, `uploads`, \
                         `upload`, `referrers`, `signatures`";

/// The parameters of a list.
pub(super) const LIST: &[Parameter] = &FILTERS;

/// The parameters of a wait.
pub(super) const WAIT: &[Parameter] = &[
    FILTERS[0],
    FILTERS[1],
    FILTERS[2],
    FILTERS[3],
    FILTERS[4],
    FILTERS[5],
    Parameter { name: "count", about: "How many requests to wait for, 1 if absent.", schema: schema::<u64> },
    Parameter { name: "timeout", about: "How long to wait at most, `10s` if absent.", schema: schema::<Time> },
];

/// How long a wait lasts that does not say.
const USUAL_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn list(call: &mut Call) -> Outcome {
    let state = call.state()?;
    let filter = filter(call)?;
    let next = state.journal_next();
    Reply::ok(&Journal { entries: state.journal_of(&filter), next })
}

pub(super) fn clear(call: &mut Call) -> Outcome {
    call.state()?.clear_journal();
    Ok(Reply::nothing())
}

pub(super) async fn wait(call: Call) -> Outcome {
    let state = call.state()?;
    let filter = filter(&call)?;
    let count = call.parsed("count", "a number", |text| text.parse().ok())?.unwrap_or(1);
    let timeout = call.parsed("timeout", "a length of time such as `5s`", named::<Time>)?;
    match state.wait_for(&filter, count, timeout.map_or(USUAL_TIMEOUT, |timeout| timeout.0)).await {
        Ok(entries) => Reply::ok(&Journal { entries, next: state.journal_next() }),
        Err(error) => {
            let asked = state.journal(0);
            let last = asked.iter().rev().take(LAST).rev();
            let last: Vec<String> =
                last.map(|entry| format!("{}: {} {}", entry.number, entry.method, entry.path)).collect();
            let hint = match last.as_slice() {
                [] => "nothing was asked at all".to_owned(),
                last => format!("the last requests were {}", last.join(", ")),
            };
            Err(ControlError::new(StatusCode::REQUEST_TIMEOUT, error.to_string()).hint(hint))
        }
    }
}

/// How many requests a wait that ends in vain names.
const LAST: usize = 5;

pub(super) fn findings(call: &mut Call) -> Outcome {
    let findings = call.state()?.findings().into_iter().map(|finding| {
        let message = finding.to_string();
        let (kind, fault, entry) = match finding {
            Finding::Unfired(name) => (FindingKind::Unfired, Some(name), None),
            Finding::Misfired(name) => (FindingKind::Misfired, Some(name), None),
            Finding::Unexpected(entry) => (FindingKind::Unexpected, None, Some(*entry)),
            Finding::NotCaptured(entry) => (FindingKind::NotCaptured, None, Some(*entry)),
            Finding::Malformed(_) => (FindingKind::Malformed, None, None),
        };
        FindingInfo { kind, message, fault, entry }
    });
    Reply::ok(&Findings { findings: findings.collect() })
}

fn filter(call: &Call) -> Result<JournalFilter, ControlError> {
    let mut filter = JournalFilter::default();
    // Requests have methods in upper case.
    let method = call.parsed("method", "a method such as `GET`", |text| text.to_ascii_uppercase().parse().ok())?;
    if let Some(method) = method {
        filter = filter.method(method);
    }
    if let Some(repository) = call.parameter("repository") {
        filter = filter.repository(repository);
    }
    if let Some(endpoint) = call.parsed("endpoint", ENDPOINTS, named::<EndpointKind>)? {
        filter = filter.endpoint(endpoint);
    }
    if let Some(status) =
        call.parsed("status", "a status such as `404`", |text| StatusCode::from_bytes(text.as_bytes()).ok())?
    {
        filter = filter.status(status);
    }
    if let Some(pattern) =
        call.parsed("pattern", "an optional method and a path, such as `GET manifests/*`", |text| text.parse().ok())?
    {
        filter = filter.pattern(pattern);
    }
    if let Some(since) = call.parsed("since", "the number of a request", |text| text.parse().ok())? {
        filter = filter.since(since);
    }
    Ok(filter)
}

/// A value by the text that stands for it in a file.
fn named<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    let deserializer: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(deserializer).ok()
}
