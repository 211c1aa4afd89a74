//! Requirement sets, frozen for each released API version.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::{
    document::{self, Day, Source},
    version::ApiVersion,
};

/// When the requirement set of each API version was frozen: an implementation that conformed then still conforms, whatever
/// cases were added since. These run and are reported, and do not decide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenSets {
    frozen: BTreeMap<ApiVersion, Day>,
}

impl FrozenSets {
    /// The days that are part of this crate.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<FrozenSets> = LazyLock::new(|| {
            let source = Source::new("requirements/frozen.yaml", include_str!("../../requirements/frozen.yaml"));
            document::parse(&source)
                .and_then(|node| document::decode(&source, &node))
                .expect("the built-in days are read by a test")
        });
        &BUILTIN
    }

    /// Why a case that was added on this day does not decide over `version`; `None` if it does. A case that says no day
    /// has been there from the beginning.
    #[must_use]
    pub fn not_scored(&self, version: ApiVersion, added: Option<Day>) -> Option<String> {
        let (frozen, added) = (self.frozen.get(&version)?, added?);
        (added > *frozen)
            .then(|| format!("added on {added}, after the requirement set of {version} was frozen on {frozen}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_frozen() {
        assert!(ApiVersion::ALL.iter().all(|version| FrozenSets::builtin().frozen.contains_key(version)));
    }

    #[test]
    fn a_case_that_was_added_later_does_not_decide() {
        let frozen: Day = Day("2026-11-21".parse().unwrap());
        let sets = FrozenSets { frozen: [(ApiVersion::V4_18, frozen)].into() };
        let later = Day("2026-11-22".parse().unwrap());
        assert_eq!(
            sets.not_scored(ApiVersion::V4_18, Some(later)).unwrap(),
            "added on 2026-11-22, after the requirement set of 4.18 was frozen on 2026-11-21"
        );
        assert_eq!(sets.not_scored(ApiVersion::V4_18, Some(frozen)), None);
        assert_eq!(sets.not_scored(ApiVersion::V4_18, None), None);
        assert_eq!(sets.not_scored(ApiVersion::V4_22, Some(later)), None);
    }
}
