//! What a target has: probed before the first case, and overruled by `--has` and `--without`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    probe::{self, Findings},
    session::Session,
};
use crate::{
    suite::Feature,
    traits::{ImportController, Replicas, Traits},
};

/// What the person who starts a run says about the target.
#[derive(Debug, Clone, Default)]
pub struct DeclaredFeatures {
    /// Features that the target has, whatever the probes find.
    pub has: BTreeSet<Feature>,
    /// Features that the target lacks on purpose.
    pub without: BTreeSet<Feature>,
    /// Features that the profile does not need to which the target is held.
    pub outside_profile: BTreeSet<Feature>,
}

/// Who says that a feature is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsenceSource {
    /// A probe found it absent.
    Probe,
    /// `--without` says so.
    Without,
    /// `--profile` names a profile that does not need it.
    Profile,
}

/// Why a feature is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// What was found: `GET imagestreams/[stream] answers 404`.
    pub reason: String,
    /// Who says so.
    pub source: AbsenceSource,
}

/// The features of a target: for each one that is absent, why.
#[derive(Debug, Clone, Default)]
pub struct Features {
    absent: BTreeMap<Feature, Absence>,
}

impl Features {
    /// Finds out which of the features in `wanted` the target has. No request is sent for what is declared.
    pub async fn of(session: &Session, declared: &DeclaredFeatures, wanted: &BTreeSet<Feature>) -> Self {
        let undeclared: BTreeSet<Feature> =
            wanted.iter().copied().filter(|feature| !declared.speaks_of(*feature)).collect();
        let findings: Findings = probe::findings(session, &undeclared).await;
        let found = findings.into_iter().filter(|(feature, _)| undeclared.contains(feature));
        let found = found.map(|(feature, reason)| (feature, Absence { reason, source: AbsenceSource::Probe }));
        let outside = declared.outside_profile.iter().map(|feature| (*feature, Absence::outside_profile()));
        let without = declared.without.iter().map(|feature| (*feature, Absence::without(*feature)));
        Self { absent: found.chain(outside).chain(without).collect() }
    }

    /// Takes out what the traits of the target rule out.
    pub fn take_out(&mut self, traits: &Traits) {
        if traits.import_controller == ImportController::Present {
            let reason = "the target's import controller imports the tags that the case writes, beside the case";
            self.absent.insert(Feature::NoImportController, Absence::found(reason));
        }
        if traits.replicas == Replicas::Several {
            let reason = "several processes answer, each of which remembers what it was asked itself";
            self.absent.insert(Feature::SingleProcess, Absence::found(reason));
        }
    }

    /// A target that lacks these features on purpose.
    #[must_use]
    pub fn without(features: impl IntoIterator<Item = Feature>) -> Self {
        Self { absent: features.into_iter().map(|feature| (feature, Absence::without(feature))).collect() }
    }

    /// Why `feature` is absent, if it is.
    #[must_use]
    pub fn absence(&self, feature: Feature) -> Option<&Absence> {
        self.absent.get(&feature)
    }

    /// The absent features, those of the API first.
    pub fn absent(&self) -> impl Iterator<Item = (Feature, &Absence)> {
        self.absent.iter().map(|(feature, absence)| (*feature, absence))
    }

    /// Why something of what is needed is absent: `needs streams: GET imagestreams/[stream] answers 404`.
    #[must_use]
    pub fn missing<'a>(&self, needs: impl IntoIterator<Item = &'a Feature>) -> Option<String> {
        let reasons: Vec<String> = needs
            .into_iter()
            .filter_map(|feature| Some(format!("needs {feature}: {}", self.absent.get(feature)?.reason)))
            .collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

impl DeclaredFeatures {
    /// Whether something is declared about `feature`, so that no probe is needed.
    #[must_use]
    pub fn speaks_of(&self, feature: Feature) -> bool {
        [&self.has, &self.without, &self.outside_profile].into_iter().any(|features| features.contains(&feature))
    }
}

impl Absence {
    fn found(reason: &str) -> Self {
        Self { reason: reason.to_owned(), source: AbsenceSource::Probe }
    }

    fn without(feature: Feature) -> Self {
        Self { reason: format!("`--without {feature}`"), source: AbsenceSource::Without }
    }

    fn outside_profile() -> Self {
        Self { reason: "the profile does not need it".to_owned(), source: AbsenceSource::Profile }
    }
}
