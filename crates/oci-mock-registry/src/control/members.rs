//! The registries of one process, by name.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    fixture::ImageCatalogue,
    registry::{Registry, RegistryState, Snapshot},
};

/// The name of a registry that is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is a registry `{0}` already")]
pub struct NameTaken(pub String);

/// A registry under a name.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) state: Arc<RegistryState>,
    pub(super) about: MemberInfo,
    pub(super) snapshots: Mutex<BTreeMap<String, Snapshot>>,
    /// The registry on its port, until it is removed.
    registry: Mutex<Option<Registry>>,
}

/// A registry and where it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Registry")]
pub(super) struct MemberInfo {
    /// Its name.
    pub(super) name: String,
    /// The base URL by which clients reach it, without a slash at the end.
    pub(super) url: String,
    /// Host and port by which clients reach it, as they are written in an image's reference.
    pub(super) host: String,
    /// The address on which it listens.
    pub(super) address: String,
}

/// All registries, and what new ones are made from.
#[derive(Debug)]
pub(super) struct Members {
    by_name: RwLock<BTreeMap<String, Arc<Member>>>,
    /// The recipes that a new registry has from the start.
    pub(super) catalogue: ImageCatalogue,
    #[cfg(feature = "tls")]
    pub(super) authority: Option<crate::registry::Authority>,
}

impl Members {
    pub(super) fn new(catalogue: ImageCatalogue) -> Self {
        Self {
            by_name: RwLock::default(),
            catalogue,
            #[cfg(feature = "tls")]
            authority: None,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Member>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    pub(super) fn all(&self) -> Vec<MemberInfo> {
        let members = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        members.values().map(|member| member.about.clone()).collect()
    }

    /// Adds a registry, with a snapshot `start` of what it is now.
    pub(super) fn add(&self, name: &str, registry: Registry) -> Result<MemberInfo, NameTaken> {
        let mut members = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if members.contains_key(name) {
            return Err(NameTaken(name.to_owned()));
        }
        let about = MemberInfo {
            name: name.to_owned(),
            url: registry.url(),
            host: registry.host().to_owned(),
            address: registry.address().to_string(),
        };
        let state = registry.state().clone();
        let snapshots = Mutex::new(BTreeMap::from([("start".to_owned(), state.snapshot())]));
        let member = Member { state, about: about.clone(), snapshots, registry: Mutex::new(Some(registry)) };
        members.insert(name.to_owned(), Arc::new(member));
        Ok(about)
    }

    /// Takes a registry out.
    pub(super) fn remove(&self, name: &str) -> Option<Arc<Member>> {
        self.by_name.write().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

impl Member {
    /// Stops the registry; whether all requests under way were answered within `grace`.
    pub(super) async fn stop(&self, grace: Duration) -> bool {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner).take();
        match registry {
            Some(registry) => registry.shutdown(grace).await,
            None => true,
        }
    }
}
