//! How a registry behaves, as requests see it: one value, replaced as a whole, so that a request never sees half a change.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    auth::{Access, Tokens},
    origin::Origin,
    route::Route,
};
use crate::fixture::{Auth, ContradictoryQuirks, Policies, Quirks, TagListing};

/// How a registry behaves, besides its faults. It can be read and replaced while the registry runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Behaviour {
    /// Habits of real registries: names of quirks, or of profiles such as `quay`.
    pub quirks: Quirks,
    /// Who may do what; everyone may do everything if absent or `null`.
    pub auth: Option<Auth>,
    /// How tags are listed.
    pub tags: TagListing,
    /// Refuses pushing and deleting.
    pub read_only: bool,
}

/// A [`Behaviour`] and what follows from it.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) behaviour: Behaviour,
    /// What the quirks set.
    pub(crate) policies: Policies,
    pub(crate) access: Access,
}

impl Settings {
    /// Compiles a behaviour.
    ///
    /// # Errors
    /// When two of its quirks contradict each other.
    pub(crate) fn new(behaviour: Behaviour, origin: Origin, tokens: Arc<Tokens>) -> Result<Self, ContradictoryQuirks> {
        let policies = Policies::of(&behaviour.quirks)?;
        let access = Access::new(behaviour.auth.clone(), policies, origin, tokens);
        Ok(Self { behaviour, policies, access })
    }

    /// The endpoint that a path names in this registry.
    pub(crate) fn route<'a>(&self, path: &'a str) -> Route<'a> {
        match Route::of(path, self.policies.token.path()) {
            Route::Storage(..) if !self.policies.blob.redirected => Route::Unknown,
            route => route,
        }
    }
}
