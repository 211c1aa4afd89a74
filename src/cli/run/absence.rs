//! Which cases the absent features keep from being judged.

use std::collections::BTreeMap;

use crate::{
    runner::{AbsenceSource, Features, Remainder},
    suite::{Case, Feature},
    verdict::{AbsenceMeans, AbsentFeature, Level},
};

/// Counts, for each absent feature, the cases that need it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Feature, Count>,
}

#[derive(Debug)]
struct Count {
    level: Level,
    not_judged: Vec<String>,
    partly_judged: Vec<String>,
}

impl Tally {
    /// Counts what is left of `case`.
    pub(super) fn count(&mut self, case: &Case, remainder: &Remainder) {
        for feature in &remainder.absent {
            let new = || Count { level: case.level, not_judged: Vec::new(), partly_judged: Vec::new() };
            let count = self.counts.entry(*feature).or_insert_with(new);
            count.level = count.level.max(case.level);
            match remainder.skip {
                Some(_) => count.not_judged.push(case.full_name()),
                None => count.partly_judged.push(case.full_name()),
            }
        }
    }

    /// The absent features that cases need, those because of which the run fails first, and among them those that most
    /// cases need.
    ///
    /// `held_to_profile` says that the target is held to a profile, whose features cannot be declared absent.
    pub(super) fn absent_features(&self, features: &Features, held_to_profile: bool) -> Vec<AbsentFeature> {
        let mut absent: Vec<AbsentFeature> = self
            .counts
            .iter()
            .filter_map(|(feature, count)| {
                let absence = features.absence(*feature)?;
                let means = match absence.source {
                    AbsenceSource::Profile => AbsenceMeans::OutsideProfile,
                    _ if !feature.is_of_api() => AbsenceMeans::Skip,
                    AbsenceSource::Without if !held_to_profile => AbsenceMeans::Intended,
                    AbsenceSource::Without | AbsenceSource::Probe => AbsenceMeans::Failure,
                };
                Some(AbsentFeature {
                    name: feature.as_str().to_owned(),
                    about: feature.about().to_owned(),
                    reason: absence.reason.clone(),
                    means,
                    level: count.level,
                    cases_not_judged: count.not_judged.clone(),
                    cases_partly_judged: count.partly_judged.clone(),
                })
            })
            .collect();
        absent.sort_by_key(|feature| {
            (feature.means != AbsenceMeans::Failure, std::cmp::Reverse(feature.cases().count()))
        });
        absent
    }
}
