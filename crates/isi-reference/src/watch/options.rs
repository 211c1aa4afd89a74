//! What a client wants of a watch: from which version on, for how long, with which events.

use std::time::Duration;

use crate::{
    behaviour::Behaviour,
    error::{ApiError, Result},
    field::FieldError,
    http::request::Request,
    quote::quote,
};

/// How long a watch lasts that does not say it: as long as Kubernetes lets it last at least.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1800);
pub(crate) const EXACT: &str = "Exact";
pub(crate) const NOT_OLDER: &str = "NotOlderThan";

/// What a watch begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Every object that is there, if the store is at this version at least.
    Objects { not_older: u64 },
    /// The changes after this version.
    After(u64),
    /// The next change.
    Now,
}

/// The options of a watch.
#[derive(Debug, Clone)]
pub(super) struct WatchOptions {
    pub(super) start: Start,
    /// Whether the client understands bookmarks.
    pub(super) bookmarks: bool,
    /// Whether a bookmark says that every object has been sent that was there.
    pub(super) marks_initial_end: bool,
    pub(super) timeout: Duration,
}

/// Whether a request asks for a watch: as Kubernetes reads truth, everything but `false` and `0` is.
pub(crate) fn is_watch(request: &Request) -> bool {
    flag(request, "watch").unwrap_or(false)
}

fn flag(request: &Request, name: &str) -> Option<bool> {
    request.parameter(name).map(|value| !(value.eq_ignore_ascii_case("false") || value == "0"))
}

/// A parameter, or nothing.
pub(crate) fn parameter<'a>(request: &'a Request, name: &str) -> &'a str {
    request.parameter(name).unwrap_or_default()
}

impl WatchOptions {
    /// The options of `request`.
    pub(super) fn read(request: &Request, behaviour: &Behaviour) -> Result<Self> {
        let timeout = read_timeout(request)?.unwrap_or(DEFAULT_TIMEOUT);
        let initial = flag(request, "sendInitialEvents").filter(|_| behaviour.initial_events);
        refuse(&watch_errors(request, initial, behaviour), behaviour)?;
        let version = read_version(request).map_err(|text| ApiError::unreadable(invalid_version(text)))?;
        let start = match (initial, version) {
            (Some(true), _) | (None, 0) => Start::Objects { not_older: version },
            (Some(false), 0) => Start::Now,
            (_, version) => Start::After(version),
        };
        let bookmarks = flag(request, "allowWatchBookmarks").unwrap_or(false);
        Ok(Self { start, bookmarks, marks_initial_end: bookmarks && initial == Some(true), timeout })
    }
}

/// The version that a request names, 0 if it names none.
///
/// # Errors
/// What it names instead.
pub(crate) fn read_version(request: &Request) -> std::result::Result<u64, &str> {
    match parameter(request, "resourceVersion") {
        "" => Ok(0),
        text => text.parse().map_err(|_| text),
    }
}

/// What is wrong with an invalid resource version.
pub(crate) fn invalid_version(text: &str) -> String {
    format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax")
}

/// How long a request may take, if it says so: less than no time is over at once.
pub(crate) fn read_timeout(request: &Request) -> Result<Option<Duration>> {
    let Some(text) = request.parameter("timeoutSeconds") else { return Ok(None) };
    let seconds: i64 = text
        .parse()
        .map_err(|_| ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?;
    Ok((seconds != 0).then(|| Duration::from_secs(u64::try_from(seconds).unwrap_or_default())))
}

/// 422 if there are errors in the options.
pub(crate) fn refuse(errors: &[FieldError], behaviour: &Behaviour) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid("meta.k8s.io", "ListOptions", "", errors, behaviour.plain_null_in_field_errors))
}

/// An error about `resourceVersionMatch`.
pub(crate) fn forbidden(detail: &str) -> FieldError {
    FieldError::forbidden("resourceVersionMatch", detail)
}

/// What is wrong with the options of a watch, in the words and the order of Kubernetes' `ValidateListOptions`.
fn watch_errors(request: &Request, initial: Option<bool>, behaviour: &Behaviour) -> Vec<FieldError> {
    let wanted = parameter(request, "resourceVersionMatch");
    let mut errors = Vec::new();
    if !behaviour.version_matches {
        return errors;
    }
    if initial.is_some() && wanted != NOT_OLDER {
        errors.push(forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
    if !wanted.is_empty() {
        if initial.is_none() {
            errors.push(forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
        }
        if wanted != NOT_OLDER {
            errors.push(FieldError::unsupported("resourceVersionMatch", &quote(wanted), &[NOT_OLDER]));
        }
    }
    if !parameter(request, "continue").is_empty() {
        errors.push(forbidden("resourceVersionMatch is forbidden when continue is provided"));
    }
    errors
}
