//! The lock of a cluster: one run at a time may change its configuration.
//!
//! It is a secret named `isi-conformance-lock` in namespace `default`, which every cluster has. Creating it is the only
//! way to take the lock, so that of several runs one gets it; a secret, because what it keeps may be one. It says who
//! holds the lock, and how every object was that the holder is about to change.

use std::{fmt, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::change::Change;
use crate::runner::{
    names::{RUN_LABEL, RunId},
    object::{ObjectError, Objects},
};

const NAME: &str = "isi-conformance-lock";
const COLLECTION: &str = "/api/v1/namespaces/default/secrets";
const HOLDER: &str = "holder.json";
const CHANGES: &str = "changes.json";

/// Who runs: the run, and the process that it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The id of the run.
    pub run: String,
    /// The user who started it, `user@host`.
    pub user: String,
    /// The number of its process on that host.
    pub process: u32,
    /// When it began, to the second.
    pub since: Timestamp,
}

impl Holder {
    /// This process, as `run`.
    #[must_use]
    pub fn this_process(run: &RunId) -> Self {
        let now = Timestamp::now();
        Self {
            run: run.to_string(),
            user: format!("{}@{}", user(), host()),
            process: std::process::id(),
            since: Timestamp::from_second(now.as_second()).unwrap_or(now),
        }
    }

    /// Whether the run is known to go on: its process lives on this machine. Of other machines nothing is known.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.is_of_this_host() && is_running(self.process)
    }

    /// Whether the run was started on this machine.
    #[must_use]
    pub fn is_of_this_host(&self) -> bool {
        self.user.rsplit_once('@').is_some_and(|(_, of)| of == host())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, user, process, since } = self;
        write!(formatter, "run {run}, started by {user} (process {process}) at {since}")
    }
}

/// The lock, held by this run or by another one.
#[derive(Debug, Clone)]
pub struct Lock {
    /// Who holds it.
    pub holder: Holder,
    /// What the holder has changed and not put back, in the order of the changes.
    pub changes: Vec<Change>,
    secret: Value,
}

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub(in crate::runner) enum LockError {
    /// Another run has it.
    #[error("{0} holds the lock on the cluster's configuration")]
    Held(Box<Holder>),
    /// It is gone: `clean` has removed it.
    #[error("this run has lost the lock on the cluster's configuration: secret default/{NAME} was removed or replaced")]
    Lost,
    /// There is a secret of that name that no run wrote.
    #[error("secret default/{NAME} is not a lock of isi-conformance: {0}")]
    Foreign(String),
    /// The secret cannot be read or written.
    #[error("the lock on the cluster's configuration cannot be used: {0}")]
    Object(#[from] ObjectError),
}

impl LockError {
    /// Whether the target does not show the lock to this user, or has no secrets.
    pub(in crate::runner) fn is_denied(&self) -> bool {
        matches!(self, Self::Object(error) if matches!(error.status(), Some(403..=405)))
    }
}

impl Lock {
    /// The lock, if a run holds it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(in crate::runner) async fn read(objects: Objects<'_>) -> Result<Option<Self>, LockError> {
        let secret = objects.get(&path()).await?;
        secret.map(|secret| Self::of_secret(secret).map_err(LockError::Foreign)).transpose()
    }

    /// Takes the lock.
    ///
    /// # Errors
    /// When another run holds it, or it cannot be written.
    pub(in crate::runner) async fn take(objects: Objects<'_>, holder: Holder) -> Result<Self, LockError> {
        let mut lock = Self { holder, changes: Vec::new(), secret: Value::Null };
        match objects.create(COLLECTION, lock.to_secret()).await {
            Ok(secret) => {
                lock.secret = secret;
                Ok(lock)
            }
            Err(error) if error.status() == Some(409) => match Self::read(objects).await? {
                Some(other) => Err(LockError::Held(Box::new(other.holder))),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the changes into the lock.
    ///
    /// # Errors
    /// When the lock is lost or cannot be written.
    pub(in crate::runner) async fn write(&mut self, objects: Objects<'_>) -> Result<(), LockError> {
        // Not every server looks at the version that a write is for.
        match objects.get(&path()).await? {
            Some(current) if current["metadata"]["uid"] == self.secret["metadata"]["uid"] => {}
            _ => return Err(LockError::Lost),
        }
        match objects.replace(&path(), self.to_secret()).await {
            Ok(secret) => {
                self.secret = secret;
                Ok(())
            }
            Err(error) if matches!(error.status(), Some(404 | 409)) => Err(LockError::Lost),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub(in crate::runner) async fn release(&self, objects: Objects<'_>) -> Result<(), LockError> {
        match objects.delete_expected(&path(), &self.secret).await {
            Ok(_) => Ok(()),
            Err(error) if error.status() == Some(409) => Err(LockError::Lost),
            Err(error) => Err(error.into()),
        }
    }

    fn to_secret(&self) -> Value {
        let mut metadata = json!({ "name": NAME, "namespace": "default", "labels": { RUN_LABEL: self.holder.run } });
        for key in ["uid", "resourceVersion"] {
            if let Some(value) = self.secret["metadata"].get(key) {
                metadata[key] = value.clone();
            }
        }
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata,
            "data": { HOLDER: encoded(&json!(self.holder)), CHANGES: encoded(&json!(self.changes)) },
        })
    }

    fn of_secret(secret: Value) -> Result<Self, String> {
        Ok(Self { holder: decoded(&secret, HOLDER)?, changes: decoded(&secret, CHANGES)?, secret })
    }
}

fn path() -> String {
    format!("{COLLECTION}/{NAME}")
}

fn encoded(content: &Value) -> String {
    STANDARD.encode(content.to_string())
}

fn decoded<T: DeserializeOwned>(secret: &Value, key: &str) -> Result<T, String> {
    let text = secret["data"][key].as_str().ok_or_else(|| format!("it has no `{key}`"))?;
    let bytes = STANDARD.decode(text).map_err(|error| format!("`{key}`: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("`{key}`: {error}"))
}

fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// The name of this machine.
fn host() -> String {
    let from_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let from_command = || {
        let output = Command::new("hostname").output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let name = from_kernel.or_else(from_command).map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn is_running(process: u32) -> bool {
    if std::path::Path::new("/proc/self").exists() {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // `123 (name) S …`: a zombie, state `Z`, is over.
        return stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'));
    }
    Command::new("ps").args(["-p", &process.to_string()]).output().is_ok_and(|output| output.status.success())
}
