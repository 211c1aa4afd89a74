//! What stands in a log where an answer depends on the registry that gives it.

use std::borrow::Cow;

use http::request::Parts;

use crate::registry::origin::Origin;

/// Scheme and host of the upstream registry, or of the one that replays.
pub(super) const URL: &str = "{{url}}";
/// The same by its other name, where it plays the other hosts that the upstream registry names.
pub(super) const ELSEWHERE_URL: &str = "{{elsewhere}}";
/// The host alone.
pub(super) const HOST: &str = "{{host}}";
/// The present time (RFC 3339), where a token says when it was given: one of the past has expired.
pub(super) const NOW: &str = "{{now}}";
/// The length of a body that holds placeholders.
pub(super) const LENGTH: &str = "{{length}}";
/// What stands in the place of a credential.
pub(super) const REDACTED: &str = "redacted";

/// What the placeholders are for one client.
pub(super) struct Values {
    url: String,
    elsewhere: String,
}

impl Values {
    pub(super) fn of(origin: &Origin, request: &Parts) -> Self {
        Self { url: origin.url_for(request), elsewhere: origin.url_elsewhere(request) }
    }

    /// Host and port by which the client reaches the registry.
    pub(super) fn host(&self) -> &str {
        self.url.split_once("://").map_or(&self.url, |(_, host)| host)
    }

    /// Whether the registry has another name for what is elsewhere.
    #[cfg(feature = "capture")]
    pub(super) fn has_other_name(&self) -> bool {
        self.url != self.elsewhere
    }

    /// Whether a URL leads to the registry itself or elsewhere, as one word.
    #[cfg(feature = "capture")]
    pub(super) fn side_of(&self, url: &str) -> &'static str {
        if url.starts_with('/') || url.starts_with(&self.url) { "here" } else { "elsewhere" }
    }

    /// A text in which a fixture's variables stand for the names of the registry.
    #[cfg(feature = "capture")]
    pub(super) fn portable(&self, text: &str) -> String {
        let elsewhere = self.elsewhere.split_once("://").map_or(self.elsewhere.as_str(), |(_, host)| host);
        text.replace(self.host(), "{{registry}}").replace(elsewhere, "{{elsewhere}}")
    }

    /// A text with its placeholders replaced.
    pub(super) fn fill<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains("{{") {
            return text.into();
        }
        let text = text.replace(URL, &self.url).replace(ELSEWHERE_URL, &self.elsewhere).replace(HOST, self.host());
        if !text.contains(NOW) {
            return text.into();
        }
        let now = jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_else(|_| jiff::Timestamp::now());
        text.replace(NOW, &now.to_string()).into()
    }
}
