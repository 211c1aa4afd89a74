//! From paths to what they name.

use http::Method;

use super::{
    error::{ApiError, Result},
    http::request::Request,
    kinds::{KINDS, Kind},
    user::User,
    watch,
};

/// What a path names.
#[derive(Debug)]
pub(crate) enum Route {
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
    /// `None` for a whole collection.
    pub(crate) name: Option<String>,
    /// Whether the path is one of those of old that begin with `watch`.
    pub(crate) in_watch_path: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Delete,
    Get,
    List,
    Patch,
    Update,
}

impl Verb {
    /// Every verb.
    const ALL: [Self; 6] = [Self::Create, Self::Delete, Self::Get, Self::List, Self::Patch, Self::Update];

    /// The verb in rules and messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Get => "get",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Update => "update",
        }
    }
}

/// What `path` names.
pub(crate) fn route(path: &[String]) -> Result<Route> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["healthz" | "readyz" | "livez", ..] => Ok(Route::Health),
        ["version"] => Ok(Route::Version),
        ["openapi", ..] => Ok(Route::OpenApi(path[1..].to_vec())),
        ["api"] => Ok(Route::CoreVersions),
        ["apis"] => Ok(Route::Groups),
        ["apis", group] => Ok(Route::Group((*group).to_owned())),
        ["api", version] => Ok(Route::Resources { group: String::new(), version: (*version).to_owned() }),
        ["apis", group, version] => Ok(Route::Resources { group: (*group).to_owned(), version: (*version).to_owned() }),
        ["api", "v1", rest @ ..] => objects("", "v1", rest).map(Route::Objects),
        ["apis", group, version, rest @ ..] => objects(group, version, rest).map(Route::Objects),
        _ => Err(ApiError::no_such_path()),
    }
}

fn objects(group: &str, version: &str, rest: &[&str]) -> Result<Target> {
    let (in_watch_path, rest) = match rest {
        ["watch", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, resource, more @ ..] if !matches!(*resource, "status" | "finalize") => {
            (*namespace, [&[*resource], more].concat())
        }
        _ => ("", rest.to_vec()),
    };
    let (plural, name) = match rest.as_slice() {
        [plural] => ((*plural).to_owned(), None),
        [plural, name] => ((*plural).to_owned(), Some((*name).to_owned())),
        [plural, name, sub] => (format!("{plural}/{sub}"), Some((*name).to_owned())),
        _ => return Err(ApiError::no_such_path()),
    };
    let kind = KINDS
        .iter()
        .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
        .ok_or_else(ApiError::no_such_path)?;
    let in_namespace = !namespace.is_empty();
    let lists_all = kind.namespaced && !in_namespace && name.is_none() && kind.verbs.contains(&"list");
    let can_be_watched = kind.verbs.contains(&watch::WATCH);
    let exists = if name.is_some() { kind.has_items() } else { kind.has_collection() };
    if !exists || in_watch_path && !can_be_watched || !(kind.namespaced == in_namespace || lists_all) {
        return Err(ApiError::no_such_path());
    }
    Ok(Target { kind, namespace: namespace.to_owned(), name, in_watch_path })
}

impl Target {
    /// Whether `request` asks to watch what this names.
    pub(crate) fn is_watched(&self, request: &Request) -> bool {
        request.method == Method::GET && (self.in_watch_path || self.name.is_none() && watch::is_watch(request))
    }

    /// The verb of a request here, as access is decided by: also one that the kind does not have.
    pub(crate) fn asked(&self, request: &Request) -> &'static str {
        match (request.method.as_str(), &self.name) {
            _ if self.in_watch_path || self.is_watched(request) => watch::WATCH,
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", Some(_)) => "delete",
            ("DELETE", None) => "deletecollection",
            (_, Some(_)) => "get",
            (_, None) => "list",
        }
    }

    /// What a request means here; what the kind does not have is refused.
    pub(crate) fn verb(&self, request: &Request) -> Result<Verb> {
        let (method, asked) = (&request.method, self.asked(request));
        let verb = Verb::ALL.into_iter().find(|verb| verb.name() == asked && self.kind.verbs.contains(&asked));
        // A collection of all namespaces is read only, and an object is not made by its own path.
        let fits = |verb: &Verb| match verb {
            Verb::Create => self.name.is_none() && self.kind.namespaced != self.namespace.is_empty(),
            Verb::Update | Verb::Patch => self.name.is_some(),
            Verb::Get | Verb::List => *method == Method::GET,
            Verb::Delete => true,
        };
        verb.filter(fits).ok_or_else(ApiError::method_not_allowed)
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
