//! Removing one object after the other, or only saying which.

use serde_json::Value;

use crate::runner::object::{ObjectError, Objects};

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Removes what is found.
    Remove,
    /// Only says what would be removed.
    Preview,
}

/// What cleaning up did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleaningReport {
    /// What was put back or removed, in order: `removed PATH`.
    pub done: Vec<String>,
    /// What could not be put back or removed, and why.
    pub left: Vec<String>,
    /// Runs that may still be going on, whose objects are left alone.
    pub spared: Vec<String>,
}

impl CleaningReport {
    /// Notes something that was done: the words for a preview, and those for the deed.
    pub(super) fn did(&mut self, mode: Mode, verb: &str, path: &str) {
        self.done.push(match mode {
            Mode::Remove => format!("{verb} {path}"),
            Mode::Preview => format!("would have {verb} {path}"),
        });
    }

    /// Deletes an object that was found, if it is still the same one.
    pub(super) async fn remove(&mut self, mode: Mode, objects: Objects<'_>, path: &str, object: &Value) {
        let removed = match mode {
            Mode::Remove => objects.delete_expected(path, object).await,
            Mode::Preview => Ok(true),
        };
        match removed {
            Ok(true) => self.did(mode, "removed", path),
            Ok(false) => {}
            Err(error) => self.left.push(error.to_string()),
        }
    }

    /// What a collection holds; nothing where the target does not have it, or does not show it to this user.
    pub(super) async fn list(&mut self, objects: Objects<'_>, collection: &str) -> Vec<Value> {
        match objects.list(collection).await {
            Ok(items) => items,
            Err(ObjectError::Refused { status: 403..=405 | 501, .. }) => Vec::new(),
            Err(error) => {
                self.left.push(error.to_string());
                Vec::new()
            }
        }
    }
}
