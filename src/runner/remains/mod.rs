//! What runs left behind on a target: found by their marks, and removed.
//!
//! A mark is the label `isi-conformance/run`, the id of a run in a name, or an entry in the lock of the cluster. What has
//! none of them is never touched.

mod clean;
mod namespaces;
mod removal;
mod runs;
mod streams;

pub use self::{
    clean::{Cleaning, clean},
    removal::{CleaningReport, Mode},
};
pub(super) use self::{namespaces::remove_namespaces, streams::remove_streams};
