//! Features that the target lacks, and what that means for the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Level;

/// What it means that a feature is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AbsenceMeans {
    /// The run fails: the feature is part of the API, or of the profile that the target is held to.
    Failure,
    /// Nothing: `--without` says that the feature is absent on purpose.
    Intended,
    /// Nothing: the profile that the target is held to does not need the feature.
    OutsideProfile,
    /// What needs the feature is skipped: it is around the API and not part of it.
    Skip,
}

/// A feature that the target lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AbsentFeature {
    /// The feature, as the command line writes it.
    pub name: String,
    /// What it is.
    pub about: String,
    /// How its absence was found out: `GET imagestreams/[stream] answers 404`.
    pub reason: String,
    /// What it means for the run.
    pub means: AbsenceMeans,
    /// The highest level of the cases that need it.
    pub level: Level,
    /// The names of cases of which nothing could be judged because of it.
    pub cases_not_judged: Vec<String>,
    /// The names of cases of which a part could not be judged because of it.
    pub cases_partly_judged: Vec<String>,
}

impl AbsentFeature {
    /// Whether the run fails because of it, when only checks of `level` or a higher one count.
    #[must_use]
    pub fn is_failure(&self, level: Level) -> bool {
        self.means == AbsenceMeans::Failure && self.level >= level
    }

    /// The names of the cases that could not be judged, or not wholly.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.cases_not_judged.iter().chain(&self.cases_partly_judged).map(String::as_str)
    }
}
