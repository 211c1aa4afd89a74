//! Profiles: named sets of requirements, and whether a target conforms to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

use super::Index;
use crate::{
    document::{self, Source},
    suite::{Case, Feature, Needs, Step},
    verdict::{CaseResult, CheckResult, Declared, Level, ProfileResult, Untested, Verdict},
    version::ApiVersion,
};

/// A named set of requirements that an implementation can conform to.
#[derive(Debug)]
pub struct Profile {
    /// The name.
    pub name: String,
    /// What the profile is, in one sentence.
    pub says: String,
    /// The features of the API that it needs.
    pub needs: BTreeSet<Feature>,
    requirements: Vec<GlobMatcher>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilesFile {
    profiles: Vec<ProfileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileEntry {
    name: String,
    says: String,
    requirements: Vec<String>,
    needs: BTreeSet<Feature>,
}

/// A case as far as profiles look at it.
#[derive(Debug, Clone)]
pub struct ProfileCase {
    name: String,
    level: Level,
    requirements: Vec<String>,
    /// For each step, the features of the API that its request needs; `None` for steps that send no judged request.
    steps: Vec<Option<BTreeSet<Feature>>>,
}

impl ProfileCase {
    /// What profiles look at in `case`.
    #[must_use]
    pub fn of(case: &Case, version: ApiVersion) -> Self {
        let mut needs = Needs::default();
        let step = |step: &Step| {
            let needed = needs.of(step, step.succeeds(version));
            let of_api = needed.into_iter().filter(|feature| feature.is_of_api()).collect();
            step.requests().next().is_some().then_some(of_api)
        };
        Self {
            name: case.full_name(),
            level: case.level,
            requirements: case.requirements.clone(),
            steps: case.sampled().steps.iter().map(step).collect(),
        }
    }

    fn points_to(&self, requirement: &str) -> bool {
        self.requirements
            .iter()
            .any(|id| id.strip_prefix(requirement).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

impl Profile {
    /// The profiles that are part of this crate, the smallest first.
    #[must_use]
    pub fn builtin() -> &'static [Self] {
        static BUILTIN: LazyLock<Vec<Profile>> = LazyLock::new(|| {
            let source = Source::new("requirements/profiles.yaml", include_str!("../../requirements/profiles.yaml"));
            let file: ProfilesFile = document::parse(&source)
                .and_then(|node| document::decode(&source, &node))
                .expect("the built-in profiles are read by a test");
            file.profiles.into_iter().map(Profile::from).collect()
        });
        &BUILTIN
    }

    /// The built-in profile of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::builtin().iter().find(|profile| profile.name == name)
    }

    /// The features of the API that it does not need.
    pub fn outside(&self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(|feature| feature.is_of_api() && !self.needs.contains(feature))
    }

    /// Whether `case` tests a requirement of the profile with a step that needs nothing outside of it.
    #[must_use]
    pub fn selects(&self, case: &ProfileCase) -> bool {
        case.requirements.iter().any(|id| self.has(id)) && case.steps.iter().any(|step| self.covers(step.as_ref()))
    }

    fn has(&self, requirement: &str) -> bool {
        self.requirements.iter().any(|pattern| pattern.is_match(requirement))
    }

    fn covers(&self, step: Option<&BTreeSet<Feature>>) -> bool {
        step.is_some_and(|needs| needs.is_subset(&self.needs))
    }

    /// Judges what a run of `cases` came to. `absent` are the features that the target lacks.
    #[must_use]
    pub fn judge(
        &self,
        version: ApiVersion,
        cases: &[ProfileCase],
        results: &[CaseResult],
        absent: &[&str],
    ) -> ProfileResult {
        let results: BTreeMap<String, &CaseResult> = results.iter().map(|result| (result.name(), result)).collect();
        let testing: Vec<(&ProfileCase, Option<&CaseResult>)> = cases
            .iter()
            .filter(|case| case.level == Level::Required && case.steps.iter().any(|step| self.covers(step.as_ref())))
            .map(|case| (case, results.get(&case.name).copied()))
            .filter(|(_, result)| result.is_none_or(|result| result.not_scored.is_none()))
            .collect();
        let mut judged = ProfileResult {
            name: self.name.clone(),
            requirements: 0,
            met: 0,
            not_met: Vec::new(),
            untested: Vec::new(),
            absent_features: absent
                .iter()
                .copied()
                .filter(|name| self.needs.iter().any(|feature| feature.as_str() == *name))
                .map(str::to_owned)
                .collect(),
            deviations: 0,
        };
        for requirement in Index::builtin().iter().filter(|one| one.holds_for(version) && self.has(&one.id)) {
            let outcomes: Vec<RequirementOutcome<'_>> = testing
                .iter()
                .filter(|(case, _)| case.points_to(&requirement.id))
                .map(|(case, result)| self.outcome(case, *result))
                .collect();
            if outcomes.is_empty() {
                continue;
            }
            judged.requirements += 1;
            if outcomes.contains(&RequirementOutcome::Failed) {
                judged.not_met.push(requirement.id.clone());
            } else if outcomes.contains(&RequirementOutcome::Passed) {
                judged.met += 1;
            } else if let Some(RequirementOutcome::Untested(reason)) = outcomes.first() {
                match judged.untested.iter_mut().find(|untested| untested.reason == *reason) {
                    Some(untested) => untested.requirements.push(requirement.id.clone()),
                    None => judged
                        .untested
                        .push(Untested { reason: (*reason).to_owned(), requirements: vec![requirement.id.clone()] }),
                }
            }
        }
        let selected = cases.iter().filter(|case| self.selects(case)).filter_map(|case| results.get(&case.name));
        judged.deviations = deviations(selected.copied());
        judged
    }

    /// What came out of the steps of `case` that the profile covers.
    fn outcome<'a>(&self, case: &ProfileCase, result: Option<&'a CaseResult>) -> RequirementOutcome<'a> {
        let Some(result) = result else { return RequirementOutcome::Untested("the case was not run") };
        let covers_all = case.steps.iter().flatten().all(|step| self.covers(Some(step)));
        let counts = |check: &&CheckResult| {
            check.level == Level::Required
                && check.step.as_ref().map_or(covers_all, |step| {
                    self.covers(
                        step.number.checked_sub(1).and_then(|index| case.steps.get(index)).and_then(Option::as_ref),
                    )
                })
        };
        let checks: Vec<&CheckResult> = result.checks.iter().chain(&result.notes).filter(counts).collect();
        match Verdict::of_parts(checks.iter().map(|check| check.verdict)) {
            _ if checks.is_empty() => {
                let left_out = result.left_out.first().map(|left_out| left_out.reason.as_str());
                RequirementOutcome::Untested(
                    result.skipped.as_deref().or(left_out).unwrap_or("no step of the case could be judged"),
                )
            }
            Verdict::Fail => RequirementOutcome::Failed,
            Verdict::Error => RequirementOutcome::Untested("the harness could not judge a case"),
            Verdict::Pass | Verdict::Known | Verdict::Stale | Verdict::Skip => RequirementOutcome::Passed,
        }
    }
}

/// How many declared deviations the checks of these cases fell under.
fn deviations<'a>(results: impl Iterator<Item = &'a CaseResult>) -> usize {
    let mut declared: Vec<&Declared> = Vec::new();
    for check in results.flat_map(|result| &result.checks).filter(|check| check.verdict == Verdict::Known) {
        if let Some(deviation) = check.declared.as_ref().filter(|deviation| !declared.contains(deviation)) {
            declared.push(deviation);
        }
    }
    declared.len()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequirementOutcome<'a> {
    Passed,
    Failed,
    Untested(&'a str),
}

impl From<ProfileEntry> for Profile {
    fn from(entry: ProfileEntry) -> Self {
        let pattern =
            |text: &String| Glob::new(text).expect("the built-in profiles are read by a test").compile_matcher();
        let ProfileEntry { name, says, requirements, needs } = entry;
        Self { name, says, needs, requirements: requirements.iter().map(pattern).collect() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        suite::Folder,
        verdict::{CheckKind, LeftOutStep, StepName},
    };

    fn features(features: &[Feature]) -> Option<BTreeSet<Feature>> {
        Some(features.iter().copied().collect())
    }

    /// A case with an import that stores and a read of the stream.
    fn case(name: &str) -> ProfileCase {
        ProfileCase {
            name: format!("suite::{name}"),
            level: Level::Required,
            requirements: vec!["isi.spec.images.to.default".to_owned()],
            steps: vec![features(&[Feature::Imports]), features(&[Feature::Streams])],
        }
    }

    fn result(name: &str, verdicts: &[Verdict]) -> CaseResult {
        let check = |(index, verdict): (usize, &Verdict)| {
            CheckResult { verdict: *verdict, ..CheckResult::pass(CheckKind::Golden, Level::Required) }
                .at(StepName { number: index + 1, name: String::new() })
        };
        CaseResult::of_checks("suite", name, verdicts.iter().enumerate().map(check).collect())
    }

    fn judge(profile: &str, results: &[CaseResult], absent: &[&'static str]) -> ProfileResult {
        let cases: Vec<ProfileCase> = results.iter().map(|result| case(&result.case)).collect();
        Profile::find(profile).unwrap().judge(ApiVersion::NEWEST, &cases, results, absent)
    }

    #[test]
    fn a_requirement_is_met_if_no_case_that_points_to_it_or_below_fails() {
        let judged = judge("import", &[result("a", &[Verdict::Pass, Verdict::Pass])], &[]);
        // The sentence itself, and those above it.
        assert_eq!((judged.requirements, judged.met, judged.conforms()), (4, 4, true));
        let judged = judge("import", &[result("a", &[Verdict::Pass]), result("b", &[Verdict::Fail])], &[]);
        assert_eq!((judged.requirements, judged.met, judged.not_met.len(), judged.conforms()), (4, 0, 4, false));
    }

    #[test]
    fn only_steps_count_that_need_nothing_outside_the_profile() {
        let read_fails = [result("a", &[Verdict::Pass, Verdict::Fail])];
        assert!(!judge("import", &read_fails, &[]).conforms());
        assert_eq!(judge("lookup", &read_fails, &[]).requirements, 0);
    }

    #[test]
    fn what_was_not_tested_is_said_with_the_reason() {
        let mut left_out = result("a", &[]);
        let step = StepName { number: 1, name: String::new() };
        left_out.left_out.push(LeftOutStep {
            step,
            features: vec!["imports".to_owned()],
            reason: "needs imports: it answers 501".to_owned(),
        });
        let judged = judge("import", &[left_out], &["imports"]);
        assert_eq!(judged.untested[0].reason, "needs imports: it answers 501");
        assert_eq!(judged.absent_features, ["imports"]);
        assert!(!judged.conforms());
    }

    #[test]
    fn a_declared_deviation_is_counted_once_and_conforms() {
        let mut known = result("a", &[Verdict::Known, Verdict::Known]);
        for check in &mut known.checks {
            check.declared = Some(Declared { reason: "not yet".to_owned(), link: None });
        }
        let judged = judge("import", &[known], &[]);
        assert_eq!((judged.conforms(), judged.deviations), (true, 1));
    }

    #[test]
    fn every_profile_is_tested_by_built_in_cases_of_every_version() {
        let folder = Folder::builtin(&[]).unwrap();
        for version in ApiVersion::ALL {
            let cases = folder.suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.holds_for(version));
            let cases: Vec<ProfileCase> = cases.map(|case| ProfileCase::of(case, version)).collect();
            for profile in Profile::builtin() {
                let judged = profile.judge(version, &cases, &[], &[]);
                assert!(
                    judged.requirements >= 8,
                    "{} has {} requirements in {version}",
                    profile.name,
                    judged.requirements
                );
            }
        }
    }

    #[test]
    fn every_pattern_of_a_profile_stands_for_a_requirement() {
        for profile in Profile::builtin() {
            for pattern in &profile.requirements {
                assert!(Index::builtin().ids().any(|id| pattern.is_match(id)), "{}: {}", profile.name, pattern.glob());
            }
            assert!(profile.needs.iter().all(|feature| feature.is_of_api()), "{}", profile.name);
        }
        let full: BTreeSet<Feature> = Feature::ALL.into_iter().filter(|feature| feature.is_of_api()).collect();
        assert_eq!(Profile::find("full").unwrap().needs, full);
    }
}
