//! The implementation under test: where it is, who asks, and one request at a time.
//!
//! Every user of a run is an [`Identity`] with an HTTP client of its own, so that a connection which presents one user's
//! client certificate never carries another user's request.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod anonymous;
mod client;
mod identity;
mod no_answer;
mod presence;
mod request;
mod throttling;
mod tls_failure;

pub use self::{
    client::{Answered, LARGEST_ANSWER, ServerAlias, Target},
    identity::{Credential, HeaderSource, Identity, Need, Users},
    no_answer::{Blame, NoAnswer},
    presence::Presence,
    request::Prepared,
    throttling::Throttling,
    tls_failure::TlsFailure,
};

pub(super) use self::identity::UNKNOWN_TOKEN;
