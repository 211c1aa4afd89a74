//! Faults of a running registry: which one fires for a request, and what it makes of the answer.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, TRANSFER_ENCODING},
    request::Parts,
};
use serde::Serialize;

use super::{
    answer::{Answer, Delivery, End, Manner},
    clock::Clock,
    error::{OciError, errors},
    header::API_VERSION,
    schedule::Schedule,
};
use crate::fixture::{ConnectionFault, Fault, Fires};

/// The armed faults, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct Faults {
    armed: RwLock<Vec<Arc<Armed>>>,
    clock: Clock,
    next: AtomicU64,
}

/// A fault of a running registry, and what has come of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FaultState {
    /// Its number, by which it is disarmed. Numbers are not used again.
    pub id: u64,
    /// Its name in the journal and in the findings.
    pub name: String,
    /// The requests that it is for.
    pub when: String,
    /// How many requests it was for.
    pub matched: u64,
    /// How often it has fired.
    pub fired: u64,
}

/// A fault with its variables filled in, and how often it was asked and fired.
#[derive(Debug)]
pub(crate) struct Armed {
    id: u64,
    pub(crate) fault: Fault,
    /// The bytes of the image that the fault serves.
    pub(crate) swapped: Option<Bytes>,
    schedule: Schedule,
    fired: AtomicU64,
}

impl Faults {
    /// Faults whose times are those of this clock.
    pub(crate) const fn new(clock: Clock) -> Self {
        Self { armed: RwLock::new(Vec::new()), clock, next: AtomicU64::new(1) }
    }

    /// Adds a fault behind the others; returns its number.
    pub(crate) fn arm(&self, fault: Fault, swapped: Option<Bytes>) -> u64 {
        let schedule = Schedule::new(self.clock.clone());
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.armed_mut().push(Arc::new(Armed { id, fault, swapped, schedule, fired: AtomicU64::new(0) }));
        id
    }

    /// Removes a fault; whether it was there.
    pub(crate) fn disarm(&self, id: u64) -> bool {
        let mut faults = self.armed_mut();
        let before = faults.len();
        faults.retain(|armed| armed.id != id);
        faults.len() < before
    }

    /// Removes all faults; returns how many there were.
    pub(crate) fn disarm_all(&self) -> usize {
        std::mem::take(&mut *self.armed_mut()).len()
    }

    /// What has come of each fault, in the order in which they are tried.
    pub(crate) fn states(&self) -> Vec<FaultState> {
        self.armed().iter().map(|armed| armed.state()).collect()
    }

    /// The faults as they are now, with what they have counted.
    pub(crate) fn copy(&self) -> Vec<Arc<Armed>> {
        self.armed().iter().map(|armed| Arc::new(armed.as_ref().clone())).collect()
    }

    /// Puts faults in place of those that are armed.
    pub(crate) fn replace(&self, faults: &[Arc<Armed>]) {
        *self.armed_mut() = faults.iter().map(|armed| Arc::new(armed.as_ref().clone())).collect();
    }

    fn armed(&self) -> RwLockReadGuard<'_, Vec<Arc<Armed>>> {
        self.armed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn armed_mut(&self) -> RwLockWriteGuard<'_, Vec<Arc<Armed>>> {
        self.armed.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first fault that fires for this request.
    pub(crate) fn firing(&self, request: &Parts) -> Option<Arc<Armed>> {
        let faults = self.armed();
        let mut firing = None;
        for armed in faults.iter() {
            // Every rule is asked, because it counts the requests that it is for, also those that an earlier one takes.
            if armed.counts_and_is_due(request) && firing.is_none() {
                firing = Some(armed.clone());
                armed.fired.fetch_add(1, Ordering::Relaxed);
            }
        }
        firing
    }

    /// The names of the faults that should have fired and have not.
    pub(crate) fn unfired(&self) -> Vec<String> {
        self.names(|armed| armed.fault.fires == Fires::Once && !armed.has_fired())
    }

    /// The names of the faults that have fired and should not have.
    pub(crate) fn misfired(&self) -> Vec<String> {
        self.names(|armed| armed.fault.fires == Fires::Never && armed.has_fired())
    }

    fn names(&self, which: impl Fn(&Armed) -> bool) -> Vec<String> {
        let faults = self.armed();
        faults.iter().filter(|armed| which(armed)).map(|armed| armed.fault.name().to_owned()).collect()
    }
}

/// A copy counts on from where the original is.
impl Clone for Armed {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            fault: self.fault.clone(),
            swapped: self.swapped.clone(),
            schedule: self.schedule.clone(),
            fired: AtomicU64::new(self.fired.load(Ordering::Relaxed)),
        }
    }
}

impl Armed {
    fn state(&self) -> FaultState {
        FaultState {
            id: self.id,
            name: self.fault.name().to_owned(),
            when: self.fault.when.text().to_owned(),
            matched: self.schedule.asked(),
            fired: self.fired.load(Ordering::Relaxed),
        }
    }

    fn has_fired(&self) -> bool {
        self.fired.load(Ordering::Relaxed) > 0
    }

    /// Counts the request if the rule is for it, and says whether it is this rule's turn.
    fn counts_and_is_due(&self, request: &Parts) -> bool {
        self.fault.when.matches(&request.method, request.uri.path()) && self.schedule.fires(&self.fault)
    }

    /// Whether the connection ends without an answer.
    fn has_no_answer(&self) -> bool {
        self.fault.connection.is_some() && self.fault.truncate.is_none()
    }

    /// The answer with the fault applied; `usual` is asked for only where the fault changes the usual answer.
    pub(crate) fn apply(&self, usual: impl FnOnce() -> Answer) -> Delivery {
        let fault = &self.fault;
        let mut answer = match self.new_answer() {
            Some(answer) => answer,
            // A fault that is not reported does not count as fired.
            None if self.has_no_answer() => Answer::empty(StatusCode::INTERNAL_SERVER_ERROR),
            None => usual(),
        };
        if let Some(body) = &fault.body {
            answer.replace_body(Bytes::copy_from_slice(body.as_bytes()));
        }
        if let Some(bytes) = &self.swapped {
            answer.replace_body(bytes.clone());
        }
        if let Some(position) = fault.corrupt {
            corrupt(&mut answer, position);
        }
        if let Some(seconds) = self.schedule.seconds_left(fault) {
            answer.headers.insert(RETRY_AFTER, seconds.into());
        }
        for (name, value) in &fault.headers {
            let Ok(name) = HeaderName::try_from(name.as_str()) else { continue };
            match value.as_deref().map(HeaderValue::from_str) {
                Some(Ok(value)) => {
                    answer.headers.insert(name, value);
                }
                Some(Err(_)) => {}
                None => {
                    answer.headers.remove(name);
                }
            }
        }
        let manner = self.manner();
        Delivery { answer, delay: fault.delay.unwrap_or_default().0, manner }
    }

    fn manner(&self) -> Manner {
        let fault = &self.fault;
        let end = match fault.connection {
            Some(ConnectionFault::Garbage) => return Manner::Garbage,
            Some(ConnectionFault::Reset) => Some(End::Reset),
            Some(ConnectionFault::Close) => Some(End::Close),
            Some(ConnectionFault::Stall) => Some(End::Stall),
            None => None,
        };
        // HTTP by hyper keeps these right, so an answer that has them otherwise is written by hand.
        let by_hyper = [CONTENT_LENGTH, TRANSFER_ENCODING, DATE];
        let is_own = |name: &String| by_hyper.iter().any(|header| name.eq_ignore_ascii_case(header.as_str()));
        let own_length = fault.headers.keys().any(is_own);
        match (fault.truncate, end) {
            (None, Some(end)) => Manner::Nothing(end),
            (None, None) if fault.bytes_per_second.is_none() && !own_length => Manner::Whole,
            (length, end) => Manner::Cut {
                length: length.unwrap_or(u64::MAX),
                bytes_per_second: fault.bytes_per_second,
                end: end.unwrap_or(End::Close),
            },
        }
    }

    /// Whether the answer is the fault's own, so that the registry does not do what it is asked.
    pub(crate) fn answers_itself(&self) -> bool {
        let fault = &self.fault;
        fault.status.is_some() || fault.redirect.is_some() || !fault.errors.is_empty() || self.has_no_answer()
    }

    /// The answer that takes the place of the usual one. It is not that of a registry: whatever stands in front of one, or
    /// in its place, does not say which version of the API it speaks.
    fn new_answer(&self) -> Option<Answer> {
        let mut answer = self.other_answer()?;
        answer.headers.remove(API_VERSION);
        Some(answer)
    }

    fn other_answer(&self) -> Option<Answer> {
        let fault = &self.fault;
        let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
        if let Some(location) = &fault.redirect {
            let mut answer = Answer::empty(status.unwrap_or(StatusCode::TEMPORARY_REDIRECT));
            answer.headers.insert(LOCATION, HeaderValue::from_str(location).ok()?);
            return Some(answer);
        }
        if !fault.errors.is_empty() {
            let messages: Vec<String> = fault.errors.iter().map(|error| error.message().into_owned()).collect();
            let list: Vec<OciError<'_>> = fault
                .errors
                .iter()
                .zip(&messages)
                .map(|(error, message)| OciError { code: &error.code, message, detail: None })
                .collect();
            return Some(errors(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &list));
        }
        let mut answer = Answer::empty(status?);
        answer.headers.remove(CONTENT_TYPE);
        answer.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        Some(answer)
    }
}

/// Inverts a byte of the body; one that it does not have stays as it is.
fn corrupt(answer: &mut Answer, position: u64) {
    answer.body = answer.body.with_inverted_byte(position);
}
