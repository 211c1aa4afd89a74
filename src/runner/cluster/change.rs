//! One object of the cluster that a run has changed, and putting it back.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::undo::{same, undo};
use crate::runner::{
    names::{RUN_LABEL, RunId},
    object::{ObjectError, Objects, name},
};

/// How often a change is put back before that is given up.
const ATTEMPTS: u32 = 5;
/// How long to wait before the second attempt; each further one waits twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// One object of the cluster that a run has changed, or is about to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The path of the object.
    pub path: String,
    /// The object before the run; `None` if there was none.
    pub before: Option<Value>,
    /// The object as the run wrote it; `None` if the run deleted it.
    pub after: Option<Value>,
}

/// What putting a change back did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum PutBack {
    /// The object was as before already.
    Nothing,
    /// The object was written as it was before.
    Restored,
    /// The object, which the run had created, was deleted.
    Removed,
}

/// Why a change was not put back.
#[derive(Debug, thiserror::Error)]
pub(in crate::runner) enum NotPutBack {
    /// The target refused, or did not answer.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Another client has replaced the object that the run created.
    #[error("{path} is not the object that the run created any more, and is left as it is")]
    Replaced {
        /// The path of the object.
        path: String,
    },
    /// Another client has deleted the object.
    #[error("{path} was deleted while the run used it, not by the run, and is left deleted")]
    Deleted {
        /// The path of the object.
        path: String,
    },
}

impl NotPutBack {
    /// Whether nothing more can be done: the object belongs to another client now.
    pub(in crate::runner) const fn is_final(&self) -> bool {
        matches!(self, Self::Replaced { .. } | Self::Deleted { .. })
    }

    /// Whether trying again can help: the object of another time, or a target that is not well.
    fn is_passing(&self) -> bool {
        match self {
            Self::Object(error) => error.status().is_none_or(|status| status == 409 || status == 429 || status >= 500),
            Self::Replaced { .. } | Self::Deleted { .. } => false,
        }
    }
}

impl Change {
    /// Makes the object as it was before; what other clients changed meanwhile stays.
    ///
    /// # Errors
    /// When the object could not be put back.
    pub(in crate::runner) async fn put_back(&self, objects: Objects<'_>, run: &RunId) -> Result<PutBack, NotPutBack> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.try_to_put_back(objects, run).await {
                Err(error) if error.is_passing() => tokio::time::sleep(pause).await,
                done => return done,
            }
            pause *= 2;
        }
        self.try_to_put_back(objects, run).await
    }

    /// What [`put_back`](Self::put_back) would do.
    ///
    /// # Errors
    /// When the object cannot be read, or would not be put back.
    pub(in crate::runner) async fn preview(&self, objects: Objects<'_>, run: &RunId) -> Result<PutBack, NotPutBack> {
        Ok(match self.plan(objects.get(&self.path).await?, run)? {
            ChangePlan::Nothing => PutBack::Nothing,
            ChangePlan::Delete(_) => PutBack::Removed,
            ChangePlan::Create(_) | ChangePlan::Replace(_) => PutBack::Restored,
        })
    }

    async fn try_to_put_back(&self, objects: Objects<'_>, run: &RunId) -> Result<PutBack, NotPutBack> {
        let (collection, _) = self.path.rsplit_once('/').unwrap_or_default();
        Ok(match self.plan(objects.get(&self.path).await?, run)? {
            ChangePlan::Nothing => PutBack::Nothing,
            ChangePlan::Delete(current) => {
                objects.delete_expected(&self.path, &current).await?;
                PutBack::Removed
            }
            ChangePlan::Create(object) => {
                objects.create(collection, object).await?;
                PutBack::Restored
            }
            ChangePlan::Replace(object) => {
                objects.replace(&self.path, object).await?;
                PutBack::Restored
            }
        })
    }

    fn plan(&self, current: Option<Value>, run: &RunId) -> Result<ChangePlan, NotPutBack> {
        let path = || self.path.clone();
        match (&self.before, &self.after, current) {
            (None, _, None) => Ok(ChangePlan::Nothing),
            (None, _, Some(current)) if is_of_run(&current, run) => Ok(ChangePlan::Delete(current)),
            (None, _, Some(_)) => Err(NotPutBack::Replaced { path: path() }),
            (Some(before), None, None) => Ok(ChangePlan::Create(without_identity(before))),
            // It was not deleted yet, or another client has created it again.
            (Some(_), None, Some(_)) => Ok(ChangePlan::Nothing),
            (Some(_), Some(_), None) => Err(NotPutBack::Deleted { path: path() }),
            (Some(before), Some(after), Some(current)) => {
                let undone = undo(before, after, &current);
                Ok(if same(&undone, &current) { ChangePlan::Nothing } else { ChangePlan::Replace(undone) })
            }
        }
    }
}

enum ChangePlan {
    Nothing,
    Delete(Value),
    Create(Value),
    Replace(Value),
}

/// Whether the run made the object: it says so in its label or its name.
pub(in crate::runner) fn is_of_run(object: &Value, run: &RunId) -> bool {
    object["metadata"]["labels"][RUN_LABEL] == run.as_str() || run.owns(name(object))
}

/// The object without what the server gave it when it was created.
fn without_identity(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        let given = ["resourceVersion", "uid", "creationTimestamp", "generation", "selfLink", "managedFields"];
        metadata.retain(|key, _| !given.contains(&key.as_str()));
    }
    if let Some(object) = object.as_object_mut().filter(|object| object.get("status") == Some(&Map::new().into())) {
        object.remove("status");
    }
    object
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn planned(change: &Change, current: Option<Value>) -> &'static str {
        match change.plan(current, &"1a2b3c4d".parse().unwrap()) {
            Ok(ChangePlan::Nothing) => "nothing",
            Ok(ChangePlan::Delete(_)) => "delete",
            Ok(ChangePlan::Create(_)) => "create",
            Ok(ChangePlan::Replace(_)) => "replace",
            Err(NotPutBack::Replaced { .. }) => "replaced",
            Err(NotPutBack::Deleted { .. }) => "deleted",
            Err(NotPutBack::Object(_)) => "refused",
        }
    }

    #[rstest]
    #[case::created_by_the_run(None, Some(json!({})), Some(json!({ "metadata": { "name": "a-1a2b3c4d" } })), "delete")]
    #[case::created_with_its_label(
        None, Some(json!({})), Some(json!({ "metadata": { "labels": { "isi-conformance/run": "1a2b3c4d" } } })), "delete",
    )]
    #[case::created_by_another_run(
        None, Some(json!({})), Some(json!({ "metadata": { "labels": { "isi-conformance/run": "ffffffff" } } })), "replaced",
    )]
    #[case::created_by_somebody_else(None, Some(json!({})), Some(json!({ "metadata": { "name": "a" } })), "replaced")]
    #[case::not_created_in_the_end(None, Some(json!({})), None, "nothing")]
    #[case::changed(Some(json!({ "spec": 1 })), Some(json!({ "spec": 2 })), Some(json!({ "spec": 2 })), "replace")]
    #[case::not_changed_in_the_end(Some(json!({ "spec": 1 })), Some(json!({ "spec": 2 })), Some(json!({ "spec": 1 })), "nothing")]
    #[case::changed_by_others(Some(json!({ "spec": 1 })), Some(json!({ "spec": 2 })), Some(json!({ "spec": 3 })), "nothing")]
    #[case::deleted_by_others(Some(json!({ "spec": 1 })), Some(json!({ "spec": 2 })), None, "deleted")]
    #[case::deleted(Some(json!({ "spec": 1 })), None, None, "create")]
    #[case::not_deleted_in_the_end(Some(json!({ "spec": 1 })), None, Some(json!({ "spec": 1 })), "nothing")]
    fn a_change_is_put_back_unless_others_stand_in_the_way(
        #[case] before: Option<Value>,
        #[case] after: Option<Value>,
        #[case] current: Option<Value>,
        #[case] expected: &str,
    ) {
        assert_eq!(planned(&Change { path: "/a/b".to_owned(), before, after }, current), expected);
    }
}
