//! What a run changes in the configuration of its target.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    change::{Change, NotPutBack},
    lock::{Holder, Lock, LockError},
    object_in_place::{created, merged},
};
use crate::runner::{
    names::RunId,
    object::{Objects, name},
    permission::ConfigurationAccess,
    target::Target,
};

/// How often a change is tried again when another client has changed the object meanwhile.
const ATTEMPTS: usize = 5;
/// The name of the objects of which a cluster has one; a run may create one that is missing.
const SINGLETON: &str = "cluster";

/// The configuration of the target, and what the run has changed in it.
///
/// Cases that change it run one at a time.
#[derive(Debug)]
pub struct ClusterConfiguration {
    target: Target,
    run: RunId,
    access: ConfigurationAccess,
    state: Arc<Mutex<ConfigurationState>>,
    /// The paths of what is not put back yet: what can be said while the state is being worked on.
    unrestored: std::sync::Mutex<Vec<String>>,
}

#[derive(Debug, Default)]
struct ConfigurationState {
    claim: Claim,
    /// What is not put back yet, in the order of the changes.
    changes: Vec<Change>,
}

#[derive(Debug, Default)]
enum Claim {
    #[default]
    NotTried,
    Held(Box<Lock>),
    Refused(Unavailable),
}

/// Why cases that change the configuration are not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The permission is missing.
    #[error("changes the configuration of the cluster, which `--allow cluster-configuration` permits")]
    NotPermitted,
    /// The lock cannot be had.
    #[error("changes the configuration of the cluster: {0}")]
    Locked(String),
}

/// Why a `cluster` step was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runner) enum NotApplied {
    /// It would do harm to this target.
    Harmful(String),
    /// The target refused, or the step makes no sense.
    Failed(String),
}

impl ClusterConfiguration {
    /// The configuration of `target`, which nothing has touched yet.
    #[must_use]
    pub fn new(target: Target, run: RunId, access: ConfigurationAccess) -> Self {
        Self { target, run, access, state: Arc::default(), unrestored: std::sync::Mutex::default() }
    }

    /// Whether the configuration could be changed now; takes nothing.
    ///
    /// # Errors
    /// When the permission is missing, or another run holds the lock.
    pub async fn check(&self) -> Result<(), Unavailable> {
        match self.access {
            ConfigurationAccess::Denied => Err(Unavailable::NotPermitted),
            ConfigurationAccess::Exclusive => Ok(()),
            ConfigurationAccess::Locked => match Lock::read(Objects::of_admin(&self.target)).await {
                Ok(None) => Ok(()),
                Ok(Some(lock)) => Err(unavailable(&LockError::Held(Box::new(lock.holder)))),
                Err(error) => Err(unavailable(&error)),
            },
        }
    }

    /// Gets the right to change the configuration, which the run keeps until its end.
    ///
    /// # Errors
    /// When the permission is missing, or another run holds the lock: then nothing may be changed for the rest of the run.
    pub async fn claim(&self) -> Result<(), Unavailable> {
        match self.access {
            ConfigurationAccess::Denied => return Err(Unavailable::NotPermitted),
            ConfigurationAccess::Exclusive => return Ok(()),
            ConfigurationAccess::Locked => {}
        }
        // A task of its own: a lock that is taken must be known even if the case that wants it has ended.
        let (target, holder) = (self.target.clone(), Holder::this_process(&self.run));
        let mut state = Arc::clone(&self.state).lock_owned().await;
        let taken = tokio::spawn(async move {
            if matches!(state.claim, Claim::NotTried) {
                state.claim = match Lock::take(Objects::of_admin(&target), holder).await {
                    Ok(lock) => Claim::Held(Box::new(lock)),
                    Err(error) => Claim::Refused(unavailable(&error)),
                };
            }
            match &state.claim {
                Claim::Refused(reason) => Err(reason.clone()),
                Claim::NotTried | Claim::Held(_) => Ok(()),
            }
        });
        taken.await.unwrap_or_else(|error| Err(Unavailable::Locked(error.to_string())))
    }

    /// Puts configuration in place: a collection's path and the objects that are to be there, or an object's own path
    /// and `null`, which takes the object away.
    ///
    /// # Errors
    /// When an object cannot be changed, or must not be.
    pub(in crate::runner) async fn apply(
        self: &Arc<Self>,
        configuration: &BTreeMap<String, Value>,
    ) -> Result<(), NotApplied> {
        let mut wanted = Vec::new();
        for (path, content) in configuration {
            match content {
                Value::Null => wanted.push((path.clone(), None)),
                Value::Array(objects) => {
                    wanted.extend(
                        objects.iter().map(|object| (format!("{path}/{}", name(object)), Some(object.clone()))),
                    );
                }
                _ => return Err(NotApplied::Failed(format!("{path}: expected a list of objects, or `null`"))),
            }
        }
        // A task of its own: a change that was begun is ended and noted even if its case has run out of time.
        let mut state = Arc::clone(&self.state).lock_owned().await;
        let this = Arc::clone(self);
        let changed = tokio::spawn(async move {
            for (path, object) in wanted {
                match object {
                    None => this.remove(&mut state, &path).await?,
                    Some(object) => this.place(&mut state, &path, &object).await?,
                }
            }
            Ok(())
        });
        changed.await.unwrap_or_else(|error| Err(NotApplied::Failed(error.to_string())))
    }

    /// Makes everything as it was, last change first. What could not be put back is tried again at the end of the run.
    /// Says what must stay as it is now.
    pub async fn put_back(&self) -> Vec<String> {
        let mut state = self.state.lock().await;
        let (mut kept, mut left) = (Vec::new(), Vec::new());
        for change in std::mem::take(&mut state.changes).into_iter().rev() {
            match change.put_back(Objects::of_admin(&self.target), &self.run).await {
                Ok(_) => {}
                Err(NotPutBack::Object(_)) => kept.push(change),
                Err(error) => left.push(error.to_string()),
            }
        }
        kept.reverse();
        self.note_unrestored(&kept);
        state.changes = kept;
        left
    }

    /// Puts back what is left and releases the lock; says what is not as it was. The lock stays while something is not, so
    /// that it can still be put back from there.
    pub async fn end(&self) -> Vec<String> {
        let mut left = self.put_back().await;
        let mut state = self.state.lock().await;
        for change in &state.changes {
            left.push(format!("{} is not as it was before the run", change.path));
        }
        if let Claim::Held(lock) = &state.claim {
            if !state.changes.is_empty() {
                left.push("the lock on the cluster's configuration, which keeps what was there before".to_owned());
            } else if let Err(error) = lock.release(Objects::of_admin(&self.target)).await {
                left.push(error.to_string());
            } else {
                state.claim = Claim::Refused(Unavailable::Locked("the run has ended".to_owned()));
            }
        }
        left
    }

    /// The paths of what is not as it was before the run.
    #[must_use]
    pub fn unrestored(&self) -> Vec<String> {
        self.unrestored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_unrestored(&self, changes: &[Change]) {
        let paths = changes.iter().map(|change| change.path.clone()).collect();
        *self.unrestored.lock().unwrap_or_else(PoisonError::into_inner) = paths;
    }

    async fn remove(&self, state: &mut ConfigurationState, path: &str) -> Result<(), NotApplied> {
        let objects = Objects::of_admin(&self.target);
        let Some(current) = objects.get(path).await.map_err(failed)? else { return Ok(()) };
        let is_own = self.run.owns(last_segment(path));
        if !is_own {
            if self.access != ConfigurationAccess::Exclusive {
                return Err(NotApplied::Harmful(format!("would delete {path}, which the run did not make")));
            }
            self.record(state, Change { path: path.to_owned(), before: Some(current.clone()), after: None }).await?;
        }
        objects.delete_expected(path, &current).await.map(|_| ()).map_err(failed)
    }

    async fn place(&self, state: &mut ConfigurationState, path: &str, object: &Value) -> Result<(), NotApplied> {
        let objects = Objects::of_admin(&self.target);
        let (collection, name) = path.rsplit_once('/').unwrap_or_default();
        for attempt in 1.. {
            let known = state.changes.clone();
            let current = objects.get(path).await.map_err(failed)?;
            let written = match current {
                None if !self.run.owns(name) && name != SINGLETON && self.access != ConfigurationAccess::Exclusive => {
                    let message = format!(
                        "{path} is not there, and its name is not the run's own: expected one with `{{{{stream}}}}`"
                    );
                    return Err(NotApplied::Failed(message));
                }
                None => {
                    let object = created(collection, object, &self.run);
                    let change = Change { path: path.to_owned(), before: None, after: Some(object.clone()) };
                    self.record(state, change).await?;
                    objects.create(collection, object).await
                }
                Some(current) => {
                    let object = merged(&current, object);
                    let change = Change { path: path.to_owned(), before: Some(current), after: Some(object.clone()) };
                    self.record(state, change).await?;
                    objects.replace(path, object).await
                }
            };
            match written {
                Ok(written) => {
                    if let Some(change) = state.changes.iter_mut().find(|change| change.path == path) {
                        change.after = Some(written);
                    }
                    break;
                }
                Err(error) if error.status() == Some(409) && attempt < ATTEMPTS => {
                    // Nothing was changed: the next attempt begins with the object as it is then.
                    state.changes = known;
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    /// Notes a change, in the cluster too, before it is made. Of several changes of an object the first knows how it was.
    async fn record(&self, state: &mut ConfigurationState, change: Change) -> Result<(), NotApplied> {
        let before = state.changes.clone();
        match state.changes.iter_mut().find(|known| known.path == change.path) {
            Some(known) => known.after = change.after,
            None => state.changes.push(change),
        }
        self.note_unrestored(&state.changes);
        if self.access == ConfigurationAccess::Exclusive {
            return Ok(());
        }
        let ConfigurationState { claim, changes } = &mut *state;
        let noted = match claim {
            Claim::Held(lock) => {
                lock.changes.clone_from(changes);
                lock.write(Objects::of_admin(&self.target)).await.map_err(|error| error.to_string())
            }
            Claim::NotTried | Claim::Refused(_) => Err("the run does not hold the lock".to_owned()),
        };
        noted.map_err(|error| {
            self.note_unrestored(&before);
            state.changes = before;
            NotApplied::Failed(error)
        })
    }
}

fn unavailable(error: &LockError) -> Unavailable {
    Unavailable::Locked(error.to_string())
}

fn failed(error: impl std::fmt::Display) -> NotApplied {
    NotApplied::Failed(error.to_string())
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
