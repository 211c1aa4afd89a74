//! What the published reference says, and which cases test it.
//!
//! [`Index`] holds the requirements (`requirements/*.yaml`), which cases point to by id. [`Coverage`] sets requirements,
//! parameters and the fields of the published schema against the cases that exercise them ([`Exercise`]), with the
//! reasons ([`Reasons`]) why some have none. [`Profile`]s are sets of
//! requirements to conform to. [`FrozenSets`] say which cases were added too late to decide over a version.

mod coverage;
mod exercise;
mod frozen;
mod index;
mod profile;
mod reason;

pub use self::{
    coverage::{Area, Coverage, Item},
    exercise::{Exercise, exercises},
    frozen::FrozenSets,
    index::{Field, Index, Requirement},
    profile::{Profile, ProfileCase},
    reason::Reasons,
};
