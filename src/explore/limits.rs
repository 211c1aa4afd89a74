//! What scenarios may ask for.

use std::collections::BTreeSet;

use crate::{runner::Features, suite::Feature, version::ApiVersion};

/// What scenarios may ask for: fields that a version has, and features that a target has.
#[derive(Debug, Clone)]
pub struct Limits {
    pub(super) version: ApiVersion,
    absent: BTreeSet<Feature>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::without(ApiVersion::NEWEST, [])
    }
}

impl Limits {
    /// What a target of this version with these features can be asked for.
    #[must_use]
    pub fn of(version: ApiVersion, features: &Features) -> Self {
        Self::without(version, features.absent().map(|(feature, _)| feature))
    }

    /// Everything of this version that needs none of these features.
    #[must_use]
    pub fn without(version: ApiVersion, absent: impl IntoIterator<Item = Feature>) -> Self {
        Self { version, absent: absent.into_iter().collect() }
    }

    /// Whether scenarios may need `feature`.
    pub(super) fn has(&self, feature: Feature) -> bool {
        !self.absent.contains(&feature)
    }
}
