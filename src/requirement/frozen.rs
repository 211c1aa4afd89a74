//! Requirement sets, frozen for each released API version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::Deserialize;

use crate::{
    document::{self, Day, Source},
    suite::Suite,
    version::ApiVersion,
};

/// When the requirement set of each API version was frozen, and its cases: an implementation that conformed then still
/// conforms, whatever cases were added since. These run and are reported, and do not decide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenSets {
    frozen: BTreeMap<ApiVersion, Day>,
    /// The cases, by the API versions that they hold for.
    cases: Vec<FrozenCases>,
}

/// Cases that hold for the same API versions.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrozenCases {
    /// The first API version; every version if absent.
    since: Option<ApiVersion>,
    /// The last API version; every later version if absent.
    until: Option<ApiVersion>,
    /// The names of the cases, by suite.
    cases: BTreeMap<String, BTreeSet<String>>,
}

impl FrozenCases {
    fn holds_for(&self, version: ApiVersion) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version <= until)
    }
}

impl FrozenSets {
    /// The sets that are part of this crate.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<FrozenSets> = LazyLock::new(|| {
            let source = Source::new("requirements/frozen.yaml", include_str!("../../requirements/frozen.yaml"));
            document::parse(&source)
                .and_then(|node| document::decode(&source, &node))
                .expect("the built-in sets are read by a test")
        });
        &BUILTIN
    }

    /// The cases of the frozen sets that `suites` lack, each as `suite::case` with the API versions that lost it.
    #[must_use]
    pub fn missing(&self, suites: &[Suite]) -> BTreeMap<String, Vec<ApiVersion>> {
        let known: BTreeMap<(&str, &str), _> = suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .map(|case| ((case.suite.as_str(), case.name.as_str()), case))
            .collect();
        let mut missing: BTreeMap<String, Vec<ApiVersion>> = BTreeMap::new();
        for group in &self.cases {
            let names = group.cases.iter().flat_map(|(suite, names)| names.iter().map(move |name| (suite, name)));
            for (suite, name) in names {
                let case = known.get(&(suite.as_str(), name.as_str()));
                for version in ApiVersion::ALL.into_iter().filter(|version| group.holds_for(*version)) {
                    if !case.is_some_and(|case| case.holds_for(version)) {
                        missing.entry(format!("{suite}::{name}")).or_default().push(version);
                    }
                }
            }
        }
        missing
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
    use crate::suite::{Folder, load};

    #[test]
    fn every_version_is_frozen() {
        assert!(ApiVersion::ALL.iter().all(|version| FrozenSets::builtin().frozen.contains_key(version)));
    }

    #[test]
    fn a_case_that_was_added_later_does_not_decide() {
        let frozen: Day = Day("2026-11-21".parse().unwrap());
        let sets = FrozenSets { frozen: [(ApiVersion::V4_18, frozen)].into(), cases: Vec::new() };
        let later = Day("2026-11-22".parse().unwrap());
        assert_eq!(
            sets.not_scored(ApiVersion::V4_18, Some(later)).unwrap(),
            "added on 2026-11-22, after the requirement set of 4.18 was frozen on 2026-11-21"
        );
        assert_eq!(sets.not_scored(ApiVersion::V4_18, Some(frozen)), None);
        assert_eq!(sets.not_scored(ApiVersion::V4_18, None), None);
        assert_eq!(sets.not_scored(ApiVersion::V4_22, Some(later)), None);
    }

    #[test]
    fn no_case_of_a_frozen_set_is_lost() {
        let folder = Folder::builtin(&[]).unwrap();
        let path = format!("{}/requirements/frozen.yaml", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("ISI_UPDATE").is_some() {
            let text = std::fs::read_to_string(&path).unwrap();
            let days = text.split("\ncases:\n").next().unwrap();
            std::fs::write(&path, format!("{days}\ncases:\n{}", listed(&folder.suites))).unwrap();
        }
        let source = Source::new("requirements/frozen.yaml", std::fs::read_to_string(&path).unwrap());
        let sets: FrozenSets = document::decode(&source, &document::parse(&source).unwrap()).unwrap();
        let missing = sets.missing(&folder.suites);
        assert!(missing.is_empty(), "cases of frozen sets are gone, renamed, or hold for fewer versions: {missing:?}");
    }

    /// The cases as `requirements/frozen.yaml` lists them; those that were added later are not part of a set.
    fn listed(suites: &[Suite]) -> String {
        type Range = (Option<ApiVersion>, Option<ApiVersion>);
        let mut groups: BTreeMap<Range, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
        for case in suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.added.is_none()) {
            let names = groups.entry((case.since, case.until)).or_default().entry(&case.suite).or_default();
            names.push(&case.name);
        }
        let mut text = String::new();
        for ((since, until), suites) in groups {
            let bounds = [("since", since), ("until", until)].into_iter();
            let bounds: Vec<_> =
                bounds.filter_map(|(name, version)| Some(format!("{name}: \"{}\"", version?))).collect();
            let bounds: String = bounds.iter().map(|bound| format!("{bound}\n    ")).collect();
            text += &format!("  - {bounds}cases:\n");
            for (suite, mut names) in suites {
                names.sort_unstable();
                text += &format!("      {suite}:\n");
                for name in names {
                    text += &format!("        - \"{name}\"\n");
                }
            }
        }
        text
    }

    #[test]
    fn a_case_that_is_gone_or_holds_for_fewer_versions_is_named() {
        let text = r#"
            frozen: {}
            cases:
              - cases: { demo: [kept, gone] }
              - { since: "4.18", cases: { demo: [later] } }
        "#;
        let source = Source::new("frozen.yaml", text);
        let sets: FrozenSets = document::decode(&source, &document::parse(&source).unwrap()).unwrap();
        let case = |name: &str, since: &str| {
            format!("  - {{ name: {name}, about: a, since: \"{since}\", steps: [get: a] }}\n")
        };
        let suite = format!("suite: demo\nabout: a\ncases:\n{}{}", case("kept", "3.11"), case("later", "4.22"));
        let suites = load(&[Source::new("demo.yaml", suite)], crate::fixture::builtin(), &[]).unwrap();
        let missing: Vec<String> =
            sets.missing(&suites).into_iter().map(|(name, versions)| format!("{name} {}", versions.len())).collect();
        assert_eq!(missing, ["demo::gone 7", "demo::later 1"]);
    }
}
