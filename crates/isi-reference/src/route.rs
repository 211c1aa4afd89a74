//! The objects that a request is about, and what is to be done with them.

use http::Method;

use super::{
    error::{ApiError, Resource, Result},
    http::request::Request,
    kinds::{Handler, Kind, Verb},
    user::User,
    watch::options::is_watch,
};

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

impl Target {
    /// Whether `request` asks to watch what this names.
    fn is_watched(&self, request: &Request) -> bool {
        request.method == Method::GET && (self.in_watch_path || self.name.is_none() && is_watch(request))
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
            // What can be listed is refused only once its options are known to be right.
            let is_listed = self.kind.has(Verb::List);
            return if is_listed { Ok(Handler::Watch) } else { Err(ApiError::method_not_allowed()) };
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

    /// The refusal that `user` gets. `name` is the name of the object; it is empty for a collection.
    pub(crate) fn forbidden(&self, user: &User, verb: &str, name: &str) -> ApiError {
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", self.namespace)
        };
        let why = format!(
            "User {:?} cannot {verb} resource {:?} in API group {:?} {place}",
            user.name, self.kind.plural, self.kind.group
        );
        let resource = self.kind.resource();
        // The subject is the object, also where a part of it was asked for.
        let subject = resource.name.split('/').next().unwrap_or_default();
        ApiError::forbidden(Resource { name: subject, ..resource }, name, &why)
    }
}
