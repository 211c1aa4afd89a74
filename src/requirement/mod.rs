//! What the published reference says, and which cases test it.
//!
//! [`Index`] holds the requirements (`requirements/*.yaml`), which cases point to by id. [`RequirementCoverage`] sets requirements,
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
    coverage::{Area, Item, RequirementCoverage},
    exercise::{Exercise, exercises},
    frozen::FrozenSets,
    index::{Index, Requirement, RequirementField},
    profile::{Profile, ProfileCase},
    reason::Reasons,
};
