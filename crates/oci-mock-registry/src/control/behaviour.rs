//! How a registry behaves: faults, quirks, credentials, and the clock.

use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    call::{Call, Reply},
    error::ControlError,
    operation::Outcome,
};
use crate::{
    fixture::{Auth, Fault, Quirks, TagListing, Time},
    registry::{Behaviour, FaultState, RegistryState},
};

/// The armed faults, in the order in which they are tried.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Faults {
    faults: Vec<FaultState>,
}

/// How a registry is to behave: what is not said stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BehaviourChange {
    /// All quirks that it is to have: names of quirks, or of profiles such as `quay`.
    quirks: Option<Quirks>,
    /// Who may do what; with `null` everyone may do everything.
    #[serde(default, deserialize_with = "given")]
    auth: Option<Option<Auth>>,
    /// How tags are listed.
    tags: Option<TagListing>,
    /// Whether it refuses pushing and deleting.
    read_only: Option<bool>,
}

/// A value that is given, `null` included.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// How far a clock is to be moved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// How far it is moved ahead, such as `10m`.
    advance: Time,
}

/// The clock of a registry.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClockInfo {
    /// How far it is ahead of real time.
    ahead: Time,
    /// What it shows, in the form of RFC 3339.
    now: String,
}

pub(super) fn list_faults(call: &mut Call) -> Outcome {
    Reply::ok(&Faults { faults: call.state()?.faults() })
}

pub(super) fn arm(call: &mut Call) -> Outcome {
    let state = call.state()?;
    let id = state.arm(call.take_json::<Fault>()?)?;
    let armed = state.faults().into_iter().find(|fault| fault.id == id);
    // It is there unless it was disarmed in between.
    armed.map_or_else(|| Ok(Reply::nothing()), |armed| Reply::created(&armed))
}

pub(super) fn disarm(call: &mut Call) -> Outcome {
    let (state, id) = (call.state()?, call.part("fault"));
    let known = || state.faults().into_iter().map(|fault| fault.id.to_string());
    let number = id.parse().map_err(|_| {
        ControlError::parameter("fault", format!("invalid number of a fault `{id}`: expected its `id`"))
            .allowed(known())
    })?;
    Reply::removed(state.disarm(number), "fault", id, known())
}

pub(super) fn disarm_all(call: &mut Call) -> Outcome {
    call.state()?.disarm_all();
    Ok(Reply::nothing())
}

pub(super) fn get(call: &mut Call) -> Outcome {
    Reply::ok(&call.state()?.behaviour())
}

pub(super) fn replace(call: &mut Call) -> Outcome {
    let state = call.state()?;
    state.set_behaviour(call.take_json::<Behaviour>()?)?;
    Reply::ok(&state.behaviour())
}

pub(super) fn change(call: &mut Call) -> Outcome {
    let state = call.state()?;
    let BehaviourChange { quirks, auth, tags, read_only } = call.take_json()?;
    let before = state.behaviour();
    state.set_behaviour(Behaviour {
        quirks: quirks.unwrap_or(before.quirks),
        auth: auth.unwrap_or(before.auth),
        tags: tags.unwrap_or(before.tags),
        read_only: read_only.unwrap_or(before.read_only),
    })?;
    Reply::ok(&state.behaviour())
}

pub(super) fn clock(call: &mut Call) -> Outcome {
    Reply::ok(&clock_of(&*call.state()?))
}

pub(super) fn advance(call: &mut Call) -> Outcome {
    let state = call.state()?;
    let Advance { advance } = call.take_json()?;
    state.advance_clock(advance.0);
    Reply::ok(&clock_of(&state))
}

fn clock_of(state: &RegistryState) -> ClockInfo {
    let ahead = state.clock_ahead();
    let shown = SystemTime::now().checked_add(ahead).and_then(|now| jiff::Timestamp::try_from(now).ok());
    // Further ahead than a calendar goes.
    let now = shown.unwrap_or(jiff::Timestamp::MAX).to_string();
    ClockInfo { ahead: Time(ahead), now }
}
