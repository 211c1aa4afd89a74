//! From paths to what they name.

use http::Method;

use super::{
    error::{ApiError, Result},
    http::request::Request,
    kinds::{Handler, Kind, Verb, served},
    user::User,
    version::ApiVersion,
    watch,
};

/// What a path names.
#[derive(Debug)]
pub(crate) enum Route {
    /// Nothing: the paths that there are, also at `/`, where that is asked for.
    Paths { asked: bool },
    /// Whether the server is well.
    Health,
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

/// The objects that a path names.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) kind: &'static Kind,
    /// Empty for cluster-wide objects, and for those of all namespaces.
    pub(crate) namespace: String,
    /// Whether the path names a namespace, if only an empty one.
    pub(crate) in_namespace: bool,
    /// `None` for a whole collection.
    pub(crate) name: Option<String>,
    /// Whether the path is one of those of old that begin with `watch`.
    pub(crate) in_watch_path: bool,
}

/// What `path` names on a server of `version`.
pub(crate) fn route(path: &[String], version: ApiVersion) -> Result<Route> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [] => Ok(Route::Paths { asked: true }),
        ["healthz" | "readyz" | "livez", ..] => Ok(Route::Health),
        ["version"] => Ok(Route::Version),
        ["openapi", ..] => Ok(Route::OpenApi(path[1..].to_vec())),
        ["api"] => Ok(Route::CoreVersions),
        ["apis"] => Ok(Route::Groups),
        ["apis", group, ..] if !served(version).any(|kind| kind.group == *group) => Ok(Route::Paths { asked: false }),
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

impl Target {
    /// Whether `request` asks to watch what this names.
    fn is_watched(&self, request: &Request) -> bool {
        request.method == Method::GET && (self.in_watch_path || self.name.is_none() && watch::is_watch(request))
    }

    /// The verb of a request here, as access is decided by: also one that the kind does not have.
    pub(crate) fn asked(&self, request: &Request) -> Verb {
        match (request.method.as_str(), &self.name) {
            _ if self.in_watch_path || self.is_watched(request) => Verb::Watch,
            ("POST", _) => Verb::Create,
            ("PUT", _) => Verb::Update,
            ("PATCH", _) => Verb::Patch,
            ("DELETE", Some(_)) => Verb::Delete,
            ("DELETE", None) => Verb::DeleteCollection,
            (_, Some(_)) => Verb::Get,
            (_, None) => Verb::List,
        }
    }

    /// What answers a request here; what the kind does not have is refused.
    pub(crate) fn handler(&self, request: &Request) -> Result<Handler> {
        let verb = self.asked(request);
        if verb == Verb::Watch && self.is_watched(request) && !self.kind.has(Verb::Watch) {
            return Err(ApiError::watch_not_supported(self.kind.resource()));
        }
        // A collection of all namespaces is read only, and an object is not made by its own path.
        let is_place = self.kind.namespaced == self.in_namespace;
        let fits = match verb {
            Verb::Create => self.name.is_none() && is_place,
            Verb::DeleteCollection => is_place,
            Verb::Update | Verb::Patch => self.name.is_some(),
            Verb::Get | Verb::List | Verb::Watch => request.method == Method::GET,
            Verb::Delete => true,
        };
        self.kind.handler(verb).filter(|_| fits).ok_or_else(ApiError::method_not_allowed)
    }

    /// The refusal that `user` gets.
    pub(crate) fn forbidden(&self, user: &User, verb: &str) -> ApiError {
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", self.namespace)
        };
        let why = format!(
            "User {:?} cannot {verb} resource {:?} in API group {:?} {place}",
            user.name, self.kind.plural, self.kind.group
        );
        ApiError::forbidden(self.kind.resource(), self.name.as_deref().unwrap_or_default(), &why)
    }
}
