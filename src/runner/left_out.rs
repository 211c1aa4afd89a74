//! Steps that are left out because the target lacks what they need.

use std::collections::BTreeSet;

use super::feature::Features;
use crate::{
    suite::{Action, Case, Feature, Needs, Step, has_effect},
    version::ApiVersion,
};

/// Why a step is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The absent features that the step needs, or that a step before it needs on which it depends.
    pub(super) features: BTreeSet<Feature>,
    /// The reason in words.
    pub(super) reason: String,
}

/// For each step, why it is left out, if it is.
///
/// A step whose own request needs an absent feature is left out. If that step would have changed something, the steps
/// after it are left out too, because what they are answered depends on the change.
#[must_use]
pub(super) fn left_out(steps: &[Step], features: &Features, version: ApiVersion) -> Vec<Option<LeftOut>> {
    let mut needs = Needs::default();
    let mut change: Option<LeftOut> = None;
    let mut all = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        if matches!(step.action, Action::Registry(_) | Action::Wait(_)) {
            all.push(None);
            continue;
        }
        let succeeds = step.succeeds(version);
        if let Some(change) = &change {
            all.push(Some(change.clone()));
            continue;
        }
        // What a step that is left out would have written is never there for the steps after it.
        let mut with_step = needs.clone();
        let needed = with_step.of(step, succeeds);
        let absent: BTreeSet<Feature> =
            needed.into_iter().filter(|feature| features.absence(*feature).is_some()).collect();
        match features.missing(&absent) {
            None => {
                needs = with_step;
                all.push(None);
            }
            Some(reason) => {
                if has_effect(step, succeeds) {
                    let reason = format!("depends on step {}, which {reason}", index + 1);
                    change = Some(LeftOut { features: absent.clone(), reason });
                }
                all.push(Some(LeftOut { features: absent, reason }));
            }
        }
    }
    all
}

/// What a target's features leave of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remainder {
    /// Why the case is not run at all, if it is not.
    pub skip: Option<String>,
    /// The absent features because of which the case is not run, or not wholly.
    pub absent: BTreeSet<Feature>,
}

impl Remainder {
    /// Finds out what of `case` can be judged.
    #[must_use]
    pub fn of(case: &Case, features: &Features, version: ApiVersion) -> Self {
        let absent: BTreeSet<Feature> =
            case.needs.iter().copied().filter(|feature| features.absence(*feature).is_some()).collect();
        if let Some(skip) = features.missing(&absent) {
            return Self { skip: Some(skip), absent };
        }
        if features.absent().next().is_none() {
            return Self::default();
        }
        let steps = &case.sampled().steps;
        let left_out = left_out(steps, features, version);
        let judged =
            steps.iter().zip(&left_out).any(|(step, left_out)| left_out.is_none() && step.requests().next().is_some());
        let first = left_out.iter().flatten().next();
        Self {
            skip: first.filter(|_| !judged).map(|left_out| left_out.reason.clone()),
            absent: left_out.iter().flatten().flat_map(|left_out| left_out.features.iter().copied()).collect(),
        }
    }
}

/// The features that the steps of `case` need.
#[must_use]
pub fn needed(case: &Case, version: ApiVersion) -> BTreeSet<Feature> {
    let mut needs = Needs::default();
    case.sampled()
        .steps
        .iter()
        .flat_map(|step| needs.of(step, step.succeeds(version)))
        .chain(case.needs.iter().copied())
        .collect()
}
