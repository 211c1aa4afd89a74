//! The configuration of a cluster: changed by one run at a time, and put back as it was.
//!
//! Before a run changes an object, it writes the object as it is into the lock, a secret of the cluster. From there
//! `isi-conformance clean` puts back what a killed run did not.

mod change;
mod configuration;
mod lock;
mod object_in_place;
mod undo;

pub use self::{
    change::Change,
    configuration::{ClusterConfiguration, Unavailable},
    lock::{Holder, Lock},
};
pub(super) use self::{
    change::{PutBack, is_of_run},
    configuration::NotApplied,
};
