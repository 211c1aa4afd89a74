//! What a client wants of a list or of a watch: from which version on, for how long, with which events.

use std::time::Duration;

use crate::{
    behaviour::Behaviour,
    error::{ApiError, Result},
    field::FieldError,
    http::request::Request,
    quote::quote,
    resources::selection::Selection,
    storage::{State, history::Stored},
};

/// How long a watch lasts that does not say it: as long as Kubernetes lets it last at least.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1800);
const EXACT: &str = "Exact";
const NOT_OLDER: &str = "NotOlderThan";

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

fn parameter<'a>(request: &'a Request, name: &str) -> &'a str {
    request.parameter(name).unwrap_or_default()
}

impl WatchOptions {
    /// The options of `request`.
    pub(super) fn read(request: &Request, behaviour: &Behaviour) -> Result<Self> {
        let timeout = match parameter(request, "timeoutSeconds") {
            "" => DEFAULT_TIMEOUT,
            text => {
                let seconds: i64 = text.parse().map_err(|_| not_a_number("ParseInt", text))?;
                u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map_or(DEFAULT_TIMEOUT, Duration::from_secs)
            }
        };
        let initial = flag(request, "sendInitialEvents").filter(|_| behaviour.initial_events);
        refuse(&watch_errors(request, initial, behaviour), behaviour)?;
        let version = match parameter(request, "resourceVersion") {
            "" => 0,
            text => text.parse().map_err(|_| ApiError::unreadable(format!("resourceVersion: {}", invalid(text))))?,
        };
        let start = match (initial, version) {
            (Some(true), _) | (None, 0) => Start::Objects { not_older: version },
            (Some(false), 0) => Start::Now,
            (_, version) => Start::After(version),
        };
        let bookmarks = flag(request, "allowWatchBookmarks").unwrap_or(false);
        Ok(Self { start, bookmarks, marks_initial_end: bookmarks && initial == Some(true), timeout })
    }
}

/// What a list is made of.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) selection: Selection,
    pub(crate) objects: Vec<Stored>,
    /// The version of the store that they are of.
    pub(crate) version: u64,
}

/// The objects of a list, at the version that `request` wants, before they are selected.
///
/// # Errors
/// 400 and 422 for wrong options, 504 for a version that is not there yet, 410 for one that is gone.
pub(crate) fn read_list(
    state: &State,
    request: &Request,
    (resource, namespace): (&'static str, &str),
    behaviour: &Behaviour,
) -> Result<Listing> {
    refuse(&list_errors(request, behaviour), behaviour)?;
    let selection = Selection::read(request)?;
    let newest = state.version_number();
    if let Some(version) = selection.continued_version() {
        let objects = state.stored_at(resource, namespace, version).map_err(|_| ApiError::continue_expired())?;
        return Ok(Listing { selection, objects, version });
    }
    let wanted = match parameter(request, "resourceVersion") {
        "" => 0,
        text => text.parse().map_err(|_| {
            ApiError::bad_request(format!("invalid resource version: resourceVersion: {}", invalid(text)))
        })?,
    };
    let matching = if behaviour.version_matches { parameter(request, "resourceVersionMatch") } else { "" };
    if wanted > newest {
        return Err(ApiError::too_large_version(wanted, newest, (matching != EXACT).then_some(1)));
    }
    // A page of a version that is named is of that version: so clients went on before lists had tokens.
    let is_exact = wanted > 0 && (matching == EXACT || matching.is_empty() && selection.is_limited());
    let version = if is_exact { wanted } else { newest };
    let objects = state.stored_at(resource, namespace, version);
    let objects = objects.map_err(|too_old| ApiError::expired(version, too_old.oldest))?;
    Ok(Listing { selection, objects, version })
}

fn invalid(text: &str) -> String {
    format!("Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax")
}

fn not_a_number(function: &str, text: &str) -> ApiError {
    ApiError::bad_request(format!("strconv.{function}: parsing {text:?}: invalid syntax"))
}

fn refuse(errors: &[FieldError], behaviour: &Behaviour) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid("meta.k8s.io", "ListOptions", "", errors, behaviour.plain_null_in_field_errors))
}

fn forbidden(detail: &str) -> FieldError {
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

/// The same for a list.
fn list_errors(request: &Request, behaviour: &Behaviour) -> Vec<FieldError> {
    let wanted = parameter(request, "resourceVersionMatch");
    let version = parameter(request, "resourceVersion");
    let mut errors = Vec::new();
    if behaviour.version_matches && !wanted.is_empty() {
        if version.is_empty() {
            errors.push(forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"));
        }
        if !parameter(request, "continue").is_empty() {
            errors.push(forbidden("resourceVersionMatch is forbidden when continue is provided"));
        }
        if wanted != EXACT && wanted != NOT_OLDER {
            errors.push(FieldError::unsupported("resourceVersionMatch", &quote(wanted), &[EXACT, NOT_OLDER, ""]));
        }
        if wanted == EXACT && version == "0" {
            errors.push(forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        }
    }
    if behaviour.initial_events && request.parameter("sendInitialEvents").is_some() {
        errors.push(FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    errors
}
