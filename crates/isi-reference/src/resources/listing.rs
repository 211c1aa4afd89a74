//! Lists: from which version, which objects, how many, and the rest later. One place for every resource that is stored.

use super::{continuation::Continuation, selection::Selection};
use crate::{
    behaviour::Behaviour,
    error::{ApiError, Result},
    field::FieldError,
    http::request::Request,
    model::ListMeta,
    quote::quote,
    storage::{State, history::Stored},
    watch::options::{EXACT, NOT_OLDER, forbidden, invalid_version, parameter, read_timeout, read_version, refuse},
};

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) objects: Vec<Stored>,
    pub(crate) meta: ListMeta,
}

/// The objects that a request for a list is answered with.
///
/// # Errors
/// 400 and 422 for wrong options, 504 for a version that is not there yet, 410 for one that is gone.
pub(crate) fn read_list(
    state: &State,
    request: &Request,
    (resource, namespace): (&'static str, &str),
    behaviour: &Behaviour,
) -> Result<Listing> {
    let selection = read_options(request, resource, behaviour)?;
    let newest = state.version_number();
    let is_first = parameter(request, "continue").is_empty();
    if !behaviour.reads_not_older && is_first && !namespace.is_empty() && selection.is_of_one_name() {
        // It is read as the one object that it is, of any version and on one page.
        let objects = state.stored_at(resource, namespace, newest).map_err(|_| ApiError::list_expired())?;
        return Ok(page(objects, &selection.without_limit(), namespace, newest, "", behaviour));
    }
    let token = parameter(request, "continue");
    if !token.is_empty() {
        let at = Continuation::decode(token)?;
        if !matches!(parameter(request, "resourceVersion"), "" | "0") {
            return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
        }
        let version = at.version.unwrap_or(newest);
        if version > newest {
            return Err(ApiError::too_large_version(version, newest, None));
        }
        let objects = state.stored_at(resource, namespace, version).map_err(|_| {
            let retry = Continuation { version: None, start: at.start.clone() };
            ApiError::continue_expired(retry.encode())
        })?;
        return Ok(page(objects, &selection, namespace, version, &at.start, behaviour));
    }
    let matching = if behaviour.version_matches { parameter(request, "resourceVersionMatch") } else { "" };
    // Pages and exact versions are not read from the cache.
    let is_cached = selection.limit().is_none() && matching != EXACT;
    let wanted = read_version(request).map_err(|text| match invalid_version(text) {
        why if is_cached && behaviour.fails_at_wrong_versions => ApiError::unreadable(why),
        why => ApiError::bad_request(format!("invalid resource version: {why}")),
    })?;
    if wanted > newest && !behaviour.reads_not_older {
        return Err(ApiError::failed("etcdserver: mvcc: required revision is a future revision"));
    }
    if wanted > newest {
        return Err(ApiError::too_large_version(wanted, newest, (matching != EXACT).then_some(1)));
    }
    // A page of a version that is named is of that version: so clients went on before lists had tokens.
    // What a server has at hand is shown whole.
    let selection = if parameter(request, "resourceVersion") == "0" { selection.without_limit() } else { selection };
    let is_exact_by_default = selection.limit().is_some() || !behaviour.reads_not_older;
    let is_exact = wanted > 0 && (matching == EXACT || matching.is_empty() && is_exact_by_default);
    let version = if is_exact { wanted } else { newest };
    let objects = state.stored_at(resource, namespace, version);
    let objects = objects.map_err(|_| ApiError::list_expired())?;
    Ok(page(objects, &selection, namespace, version, "", behaviour))
}

/// The selection of a list of `resource` whose options are right.
pub(crate) fn read_options(request: &Request, resource: &str, behaviour: &Behaviour) -> Result<Selection> {
    read_timeout(request)?;
    let selection = Selection::read(request)?;
    refuse(&errors(request, behaviour), behaviour)?;
    selection.check_fields(resource)?;
    Ok(selection)
}

/// Refuses to read an object at a version that does not exist yet, or is invalid, on servers that look at it.
pub(crate) fn check_version(state: &State, request: &Request, behaviour: &Behaviour) -> Result<()> {
    if !behaviour.reads_not_older {
        return Ok(());
    }
    let wanted = read_version(request).map_err(|text| ApiError::unreadable(invalid_version(text)))?;
    let newest = state.version_number();
    if wanted > newest { Err(ApiError::too_large_version(wanted, newest, Some(1))) } else { Ok(()) }
}

/// The selected objects from `start` on, up to the limit. As a server that reads keys in order: whether there is more is
/// decided before it is selected, and how much more is only told if everything is selected.
fn page(
    objects: Vec<Stored>,
    selection: &Selection,
    namespace: &str,
    version: u64,
    start: &str,
    behaviour: &Behaviour,
) -> Listing {
    let is_before = |object: &Stored| !start.is_empty() && object.key_in(namespace).as_str() < start;
    let mut rest = objects.into_iter().skip_while(is_before).peekable();
    let mut meta = ListMeta { resource_version: version.to_string(), ..ListMeta::default() };
    let mut objects = Vec::new();
    let mut last = String::new();
    while let Some(object) = rest.next() {
        if selection.limit().is_some() {
            last = object.key_in(namespace);
        }
        if selection.matches_stored(&object) {
            objects.push(object);
        }
        if selection.limit() == Some(objects.len()) && rest.peek().is_some() {
            meta.next = Continuation::after(version, &last).encode();
            meta.remaining_item_count = (behaviour.remaining_items && selection.is_everything()).then(|| rest.count());
            break;
        }
    }
    Listing { objects, meta }
}

/// What is wrong with the options of a list, in the words and the order of Kubernetes' `ValidateListOptions`.
fn errors(request: &Request, behaviour: &Behaviour) -> Vec<FieldError> {
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
