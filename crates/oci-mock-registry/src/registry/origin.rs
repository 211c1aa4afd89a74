//! The URLs by which clients reach a registry.

use std::borrow::Cow;

use http::{header::HOST, request::Parts};

use super::forwarded::Forwarded;
use crate::variable::elsewhere;

/// Scheme and host of a registry.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Host, with its port.
    host: String,
    /// Whether clients reach it over TLS.
    secure: bool,
    /// Whether requests come from a proxy, whose headers say how clients reach it.
    behind_proxy: bool,
}

impl Origin {
    pub(crate) const fn new(host: String, secure: bool, behind_proxy: bool) -> Self {
        Self { host, secure, behind_proxy }
    }

    /// Host and port that the registry was given.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The base URL, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        self.url_of(&self.host, None)
    }

    /// The base URL by which this client reaches the registry: by its `Host` header, which HTTP/1.0 need not have, or by what
    /// a trusted proxy says.
    pub(crate) fn url_for(&self, request: &Parts) -> String {
        let forwarded = self.forwarded(request);
        self.url_of(self.host_for(request, &forwarded), forwarded.scheme)
    }

    /// The base URL under another name than the one by which this client reaches the registry; the same where it has only
    /// one.
    pub(crate) fn url_elsewhere(&self, request: &Parts) -> String {
        let forwarded = self.forwarded(request);
        self.url_of(&elsewhere(self.host_for(request, &forwarded)), forwarded.scheme)
    }

    fn forwarded<'a>(&self, request: &'a Parts) -> Forwarded<'a> {
        if self.behind_proxy { Forwarded::of(&request.headers) } else { Forwarded::default() }
    }

    fn host_for<'a>(&'a self, request: &'a Parts, forwarded: &'a Forwarded<'_>) -> &'a str {
        let given = || request.headers.get(HOST).and_then(|host| host.to_str().ok());
        let given = forwarded.host.as_ref().map(Cow::as_ref).or_else(given);
        given.filter(|host| !host.is_empty()).unwrap_or(&self.host)
    }

    fn url_of(&self, host: &str, scheme: Option<&str>) -> String {
        let scheme = scheme.unwrap_or(if self.secure { "https" } else { "http" });
        format!("{scheme}://{host}")
    }
}
