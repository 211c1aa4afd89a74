//! Snapshots of a registry by name.

use std::sync::PoisonError;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    call::{Call, Reply},
    error::ControlError,
    operation::Outcome,
};

/// The names of snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Snapshots {
    /// The names. `start` is the registry as it was when it was started.
    snapshots: Vec<String>,
}

pub(super) fn list(call: &mut Call) -> Outcome {
    let member = call.member()?;
    let snapshots = member.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
    Reply::ok(&Snapshots { snapshots: snapshots.keys().cloned().collect() })
}

pub(super) fn take(call: &mut Call) -> Outcome {
    let member = call.member()?;
    let snapshot = member.state.snapshot();
    member.snapshots.lock().unwrap_or_else(PoisonError::into_inner).insert(call.part("snapshot").to_owned(), snapshot);
    Ok(Reply::nothing())
}

pub(super) fn reset(call: &mut Call) -> Outcome {
    let (member, name) = (call.member()?, call.part("snapshot"));
    let snapshots = member.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(snapshot) = snapshots.get(name) else {
        return Err(ControlError::unknown("snapshot", name, snapshots.keys().cloned()));
    };
    member.state.reset(snapshot);
    Ok(Reply::nothing())
}

pub(super) fn remove(call: &mut Call) -> Outcome {
    let (member, name) = (call.member()?, call.part("snapshot"));
    let mut snapshots = member.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
    let was_there = snapshots.remove(name).is_some();
    Reply::removed(was_there, "snapshot", name, snapshots.keys().cloned())
}
