//! The URLs by which clients reach a registry.

use http::{header::HOST, request::Parts};

use crate::variable::elsewhere;

/// Scheme and host of a registry.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Host, with its port.
    host: String,
    /// Whether clients reach it over TLS.
    secure: bool,
}

impl Origin {
    pub(crate) const fn new(host: String, secure: bool) -> Self {
        Self { host, secure }
    }

    /// Host and port that the registry was given.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The base URL, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        self.url_of(&self.host)
    }

    /// The base URL by which this client reaches the registry: by its `Host` header, which HTTP/1.0 need not have.
    pub(crate) fn url_for(&self, request: &Parts) -> String {
        self.url_of(self.host_for(request))
    }

    /// The base URL under another name than the one by which this client reaches the registry; the same where it has only
    /// one.
    pub(crate) fn url_elsewhere(&self, request: &Parts) -> String {
        self.url_of(&elsewhere(self.host_for(request)))
    }

    fn host_for<'a>(&'a self, request: &'a Parts) -> &'a str {
        let given = request.headers.get(HOST).and_then(|host| host.to_str().ok());
        given.filter(|host| !host.is_empty()).unwrap_or(&self.host)
    }

    fn url_of(&self, host: &str) -> String {
        format!("{}://{host}", if self.secure { "https" } else { "http" })
    }
}
