//! The resources that the server has: [one table](table) for paths, discovery, access, dispatch, tables and the store.

pub(crate) mod columns;
mod durations;
mod handler;
mod image_tag_row;
pub(crate) mod table;
mod workloads;

pub(crate) use handler::Handler;

use self::columns::Columns;
use super::{error::Resource, version::ApiVersion};

/// The groups of custom resources.
const CONFIG: &str = "config.openshift.io";
const OPERATOR: &str = "operator.openshift.io";

/// A kind of object, or a part of one.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    /// The name in paths, with the subresource if it is one.
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    /// The first API version that has it.
    pub(crate) since: ApiVersion,
    /// What can be done with it, by the names of the verbs.
    pub(crate) methods: &'static [(Verb, Handler)],
    /// What the store calls its objects; `None` for what is made for each answer.
    pub(crate) stored: Option<&'static str>,
    /// Whether it is served without objects.
    pub(crate) is_empty: bool,
    /// What discovery calls the version that it is stored in; empty where it says nothing.
    pub(crate) storage_version_hash: &'static str,
    /// The columns of its tables; `None` if there are none of it.
    pub(crate) columns: Option<&'static Columns>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Delete,
    DeleteCollection,
    Get,
    List,
    Patch,
    Update,
    Watch,
}

impl Verb {
    /// The verb in rules, discovery and messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Get => "get",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Update => "update",
            Self::Watch => "watch",
        }
    }
}

impl Kind {
    /// The resource as messages name it.
    pub(crate) fn resource(&self) -> Resource {
        Resource { group: self.group, name: self.plural }
    }

    /// Group and version as objects carry them.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// What answers `verb`; `None` if the resource does not have it.
    pub(crate) fn handler(&self, verb: Verb) -> Option<Handler> {
        self.methods.iter().find(|(known, _)| *known == verb).map(|(_, handler)| *handler)
    }

    /// Whether the resource has `verb`.
    pub(crate) fn has(&self, verb: Verb) -> bool {
        self.handler(verb).is_some()
    }

    /// The names of the verbs that the resource has.
    pub(crate) fn verbs(&self) -> Vec<&'static str> {
        self.methods.iter().map(|(verb, _)| verb.name()).collect()
    }

    /// Whether objects of the kind are custom resources, which cannot be replaced without saying which version is meant.
    pub(crate) fn is_custom(&self) -> bool {
        self.group == CONFIG || self.group == OPERATOR
    }

    /// Whether a path to a whole collection exists.
    pub(crate) fn has_collection(&self) -> bool {
        self.has(Verb::List) || self.has(Verb::Create)
    }

    /// Whether a path to a single object exists.
    pub(crate) fn has_items(&self) -> bool {
        [Verb::Get, Verb::Update, Verb::Patch, Verb::Delete].into_iter().any(|verb| self.has(verb))
    }

    /// The Go type of objects of the kind, or of lists of them, as messages name it.
    pub(crate) fn go_type(&self, is_list: bool) -> String {
        let list = if is_list && !self.kind.ends_with("List") { "List" } else { "" };
        match self.group {
            _ if self.kind == "SecretList" => "*core.SecretList".to_owned(),
            _ if self.is_custom() => format!("*unstructured.Unstructured{list}"),
            "" => format!("*core.{}{list}", self.kind),
            group => format!("*{}.{}{list}", group.split('.').next().unwrap_or_default(), self.kind),
        }
    }
}
