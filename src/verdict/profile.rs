//! Whether a target conforms to a profile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Requirements of a profile that were not tested, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Untested {
    /// Why, in words.
    pub reason: String,
    /// The ids of the requirements.
    pub requirements: Vec<String>,
}

/// What a run says about one profile.
///
/// A requirement is met if every `required` check passed, or failed as declared, among the checks of those cases that
/// point to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileResult {
    /// The profile's name.
    pub name: String,
    /// How many requirements it has that cases test.
    pub requirements: usize,
    /// How many of them are met.
    pub met: usize,
    /// The ids of those that are not met.
    pub not_met: Vec<String>,
    /// Those that were not tested.
    pub untested: Vec<Untested>,
    /// Features of the API that the profile needs and the target lacks.
    pub absent_features: Vec<String>,
    /// How many declared deviations its checks fell under.
    pub deviations: usize,
}

impl ProfileResult {
    /// Whether the target conforms: it has every feature that the profile needs, nothing that was tested is not met, and
    /// something was tested.
    #[must_use]
    pub const fn conforms(&self) -> bool {
        self.not_met.is_empty() && self.absent_features.is_empty() && self.met > 0
    }
}
