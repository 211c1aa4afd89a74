//! From paths to what they name.

use super::{
    error::{ApiError, Result},
    kinds::{Verb, table::served},
    route::Target,
    version::ApiVersion,
};

/// What a path names.
#[derive(Debug)]
pub(crate) enum Route {
    /// Nothing: the paths that there are, also at `/`, where that is asked for.
    Paths { asked: bool },
    /// Whether the server is well.
    Health,
    /// What the server counts.
    Metrics,
    /// Which server this is.
    Version,
    /// `/openapi/…`: the rest of the path.
    OpenApi(Vec<String>),
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/<group>`
    Group(String),
    /// `/api/v1`, `/apis/<group>/<version>`
    Resources { group: String, version: String },
    /// Objects.
    Objects(Target),
}

/// What `path` names on a server of `version`.
pub(crate) fn route(path: &[String], version: ApiVersion) -> Result<Route> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [] => Ok(Route::Paths { asked: true }),
        ["healthz" | "readyz" | "livez"] => Ok(Route::Health),
        ["healthz" | "readyz" | "livez", "ping" | "log" | "etcd"] => Ok(Route::Health),
        ["metrics"] => Ok(Route::Metrics),
        ["version"] => Ok(Route::Version),
        ["openapi", ..] => Ok(Route::OpenApi(path[1..].to_vec())),
        ["api"] => Ok(Route::CoreVersions),
        ["apis"] => Ok(Route::Groups),
        ["apis", group, ..] if group.is_empty() || !served(version).any(|kind| kind.group == *group) => {
            Ok(Route::Paths { asked: false })
        }
        ["apis", _, _, "watch"] => Err(ApiError::undetermined_path(&parts.join("/"))),
        ["apis", group] => Ok(Route::Group((*group).to_owned())),
        ["api", of] => Ok(Route::Resources { group: String::new(), version: (*of).to_owned() }),
        ["apis", group, of] => Ok(Route::Resources { group: (*group).to_owned(), version: (*of).to_owned() }),
        ["api", "v1", rest @ ..] => objects(version, ("", "v1"), rest).map(Route::Objects),
        ["apis", group, of, rest @ ..] => objects(version, (group, of), rest).map(Route::Objects),
        _ => Ok(Route::Paths { asked: false }),
    }
}

fn objects(api_version: ApiVersion, (group, version): (&str, &str), rest: &[&str]) -> Result<Target> {
    let (in_watch_path, rest) = match rest {
        ["watch", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, resource, more @ ..] if !matches!(*resource, "status" | "finalize") => {
            (Some(*namespace), [&[*resource], more].concat())
        }
        _ => (None, rest.to_vec()),
    };
    let (plural, name) = match rest.as_slice() {
        [plural] => ((*plural).to_owned(), None),
        [plural, name] if !name.is_empty() => ((*plural).to_owned(), Some((*name).to_owned())),
        [plural, name, sub] if !name.is_empty() => (format!("{plural}/{sub}"), Some((*name).to_owned())),
        _ => return Err(ApiError::no_such_path()),
    };
    let kind = served(api_version)
        .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
        .ok_or_else(ApiError::no_such_path)?;
    let in_namespace = namespace.is_some();
    let lists_all = kind.namespaced && !in_namespace && name.is_none() && kind.has(Verb::List);
    let can_be_watched = kind.has(Verb::Watch);
    let exists = if name.is_some() { kind.has_items() } else { kind.has_collection() };
    if !exists || in_watch_path && !can_be_watched || !(kind.namespaced == in_namespace || lists_all) {
        return Err(ApiError::no_such_path());
    }
    if namespace == Some("") && name.is_some() {
        return Err(ApiError::bad_request("Namespace parameter required."));
    }
    Ok(Target { kind, namespace: namespace.unwrap_or_default().to_owned(), in_namespace, name, in_watch_path })
}
