//! Which entries of the journal are meant.

use http::{Method, StatusCode};

use super::Entry;
use crate::{fixture::RequestPattern, registry::route::EndpointKind};

/// Which requests of a journal are meant: those for which everything holds that is said.
///
/// ```
/// use oci_mock_registry::{
///     http::{Method, StatusCode},
///     registry::{EndpointKind, JournalFilter},
/// };
///
/// let manifests = JournalFilter::default().method(Method::GET).endpoint(EndpointKind::Manifest);
/// let limited = manifests.clone().status(StatusCode::TOO_MANY_REQUESTS);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalFilter {
    method: Option<Method>,
    repository: Option<String>,
    endpoint: Option<EndpointKind>,
    status: Option<StatusCode>,
    pattern: Option<RequestPattern>,
    since: u64,
}

impl JournalFilter {
    /// With this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Of this repository.
    #[must_use]
    pub fn repository(mut self, name: impl Into<String>) -> Self {
        self.repository = Some(name.into());
        self
    }

    /// Of this endpoint.
    #[must_use]
    pub const fn endpoint(mut self, endpoint: EndpointKind) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Answered completely and with this status.
    #[must_use]
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Matching a pattern, as in a fault: `GET manifests/*`.
    #[must_use]
    pub fn pattern(mut self, pattern: RequestPattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// From this number on.
    #[must_use]
    pub const fn since(mut self, number: u64) -> Self {
        self.since = number;
        self
    }

    /// The first number that can be meant.
    pub(crate) const fn first(&self) -> u64 {
        self.since
    }

    /// Whether a request is one of those meant.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        entry.number >= self.since
            && self.method.as_ref().is_none_or(|method| *method == entry.method)
            && self.repository.as_ref().is_none_or(|name| entry.repository.as_ref() == Some(name))
            && self.endpoint.is_none_or(|endpoint| entry.endpoint == Some(endpoint))
            && self.status.is_none_or(|status| entry.status == Some(status))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(&entry.method, &entry.path))
    }
}
