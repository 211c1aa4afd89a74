//! The reports of shards as the report of the whole.

mod details;
mod fit;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::Duration,
};

use jiff::Timestamp;

pub use self::fit::MergeError;
use super::{Report, ReportCase, ShownCause, Summary, summary};
use crate::{
    requirement::{Profile, ProfileCase},
    verdict::{AbsenceMeans, AbsentFeature, CaseResult, Counts, ProfileResult, Verdict, cause::Cause, rounded_seconds},
};

/// How many causes are told apart.
const CAUSES: usize = 100;

/// Makes the report of the whole of those of its shards. `cases` are those that profiles look at.
///
/// Verdicts, counts, absent features and profiles are those that one run of the whole would report. A cause names the
/// example of the shard that comes first. A declared deviation of several cases that nothing fails under is stale in a run
/// of the whole only.
///
/// # Errors
/// When the reports are not exactly those of all shards of one whole.
pub fn merge(mut shards: Vec<(PathBuf, Report)>, cases: &[ProfileCase]) -> Result<Report, MergeError> {
    let wholes = fit::wholes(&shards)?;
    let mut order: Vec<usize> = (0..shards.len()).collect();
    order.sort_by_key(|position| wholes[*position].index);
    fit::fit_together(&shards, &wholes, &order)?;
    shards.sort_by_key(|(_, report)| report.shard.as_ref().map(|shard| shard.index));
    let reports: Vec<Report> = shards.into_iter().map(|(_, report)| report).collect();
    Ok(whole(reports, cases))
}

fn whole(reports: Vec<Report>, profile_cases: &[ProfileCase]) -> Report {
    let (causes, more_causes) = causes(&reports);
    let positions: HashMap<Cause, usize> =
        causes.iter().enumerate().map(|(position, cause)| (cause.cause.clone(), position)).collect();
    let position_of = |case: &ReportCase| case.shard.as_ref().map_or(usize::MAX, |shard| shard.position);
    let absent_features = absent_features(&reports);
    let interrupted = reports.iter().any(|report| report.interrupted);
    let (started, seconds) = span(&reports);
    let profiles = if interrupted { Vec::new() } else { profiles(&reports, profile_cases, &absent_features) };
    let summary = summary_of(&reports, &absent_features);
    let mut cases: Vec<ReportCase> = Vec::new();
    for report in &reports {
        for case in &report.cases {
            let own = case.causes.iter().filter_map(|position| report.causes.get(*position));
            let mut own: Vec<usize> = own.filter_map(|cause| positions.get(&cause.cause).copied()).collect();
            own.sort_unstable();
            cases.push(ReportCase { causes: own, ..case.clone() });
        }
    }
    cases.sort_by_key(position_of);
    cases.iter_mut().for_each(|case| case.shard = None);
    details::cut(&mut cases, &causes);
    let mut reports = reports.into_iter();
    let first = reports.next().expect("there is at least one shard");
    let mut traits = first.traits;
    for report in reports {
        for (name, value) in report.traits {
            let known = traits.entry(name).or_insert_with(|| value.clone());
            // A shard finds out only what its own cases depend on.
            if NOT_FOUND_OUT.contains(&known.as_str()) {
                *known = value;
            }
        }
    }
    Report {
        conformance: summary::conformance_of(&profiles, first.api_version),
        traits,
        started,
        seconds,
        interrupted,
        not_run: summary.1,
        shard: None,
        summary: summary.0,
        absent_features,
        profiles,
        causes,
        more_causes,
        cases,
        ..first
    }
}

/// What traits say of which nothing was found out.
const NOT_FOUND_OUT: [&str; 3] = ["not found out", "not seen", "one, as far as seen"];

/// The causes of all reports, the most frequent first and consequences of others last, and how many more there are at most.
fn causes(reports: &[Report]) -> (Vec<ShownCause>, usize) {
    let mut causes: Vec<ShownCause> = Vec::new();
    let mut known: HashMap<&Cause, usize> = HashMap::new();
    for cause in reports.iter().flat_map(|report| &report.causes) {
        match known.get(&cause.cause) {
            None => {
                known.insert(&cause.cause, causes.len());
                causes.push(cause.clone());
            }
            Some(position) => {
                let merged = &mut causes[*position];
                merged.cases += cause.cases;
                merged.alone += cause.alone;
                merged.follows &= cause.follows;
                merged.level = merged.level.max(cause.level);
                merged.uniform &= cause.uniform && merged.expected == cause.expected && merged.actual == cause.actual;
            }
        }
    }
    causes.sort_by_key(|cause| (cause.follows, std::cmp::Reverse(cause.cases)));
    let more = reports.iter().map(|report| report.more_causes).sum::<usize>() + causes.len().saturating_sub(CAUSES);
    causes.truncate(CAUSES);
    (causes, more)
}

/// When the first shard began, and how many seconds later the last one ended.
fn span(reports: &[Report]) -> (String, f64) {
    let times = reports.iter().filter_map(|report| {
        let begun: Timestamp = report.started.parse().ok()?;
        let ended = begun.checked_add(Duration::try_from_secs_f64(report.seconds).ok()?).ok()?;
        Some((begun, ended, &report.started))
    });
    let times: Vec<_> = times.collect();
    let first = times.iter().min_by_key(|(begun, ..)| *begun);
    let last = times.iter().map(|(_, ended, _)| *ended).max();
    match (first, last) {
        (Some((begun, _, started)), Some(ended)) => {
            let length = Duration::try_from(ended.duration_since(*begun)).unwrap_or_default();
            ((*started).clone(), rounded_seconds(length))
        }
        _ => (reports.first().map(|report| report.started.clone()).unwrap_or_default(), 0.0),
    }
}

fn absent_features(reports: &[Report]) -> Vec<AbsentFeature> {
    let mut merged: Vec<AbsentFeature> = Vec::new();
    for feature in reports.iter().flat_map(|report| &report.absent_features) {
        match merged.iter_mut().find(|known| known.name == feature.name) {
            None => merged.push(feature.clone()),
            Some(known) => {
                known.level = known.level.max(feature.level);
                known.cases_not_judged.extend(feature.cases_not_judged.iter().cloned());
                known.cases_partly_judged.extend(feature.cases_partly_judged.iter().cloned());
            }
        }
    }
    let positions: HashMap<String, usize> = reports
        .iter()
        .flat_map(|report| &report.cases)
        .filter_map(|case| Some((case.name(), case.shard.as_ref()?.position)))
        .collect();
    for feature in &mut merged {
        for cases in [&mut feature.cases_not_judged, &mut feature.cases_partly_judged] {
            cases.sort_by_key(|case| positions.get(case).copied());
        }
    }
    merged.sort_by_key(|feature| (feature.means != AbsenceMeans::Failure, std::cmp::Reverse(feature.cases().count())));
    merged
}

/// Judges the profiles that the shards name.
fn profiles(reports: &[Report], cases: &[ProfileCase], absent: &[AbsentFeature]) -> Vec<ProfileResult> {
    let Some(first) = reports.first() else { return Vec::new() };
    let results: Vec<CaseResult> = reports
        .iter()
        .flat_map(|report| &report.cases)
        .filter_map(|case| Some(case.shard.as_ref()?.result(case)))
        .collect();
    let absent: Vec<&str> = absent.iter().map(|feature| feature.name.as_str()).collect();
    let named = first.profiles.iter().filter_map(|profile| Profile::find(&profile.name));
    named.map(|profile| profile.judge(first.api_version, cases, &results, &absent)).collect()
}

/// The counts of all reports together, and how many cases were not run.
fn summary_of(reports: &[Report], absent: &[AbsentFeature]) -> (Summary, usize) {
    let mut merged = Summary {
        verdict: Verdict::Pass,
        cases: Counts::default(),
        checks: Counts::default(),
        steps: Counts::default(),
        steps_left_out: 0,
        levels: BTreeMap::new(),
        suites: BTreeMap::new(),
        schema_deviations: BTreeMap::new(),
        not_scored: 0,
    };
    for Report { summary, .. } in reports {
        merged.cases += summary.cases;
        merged.checks += summary.checks;
        merged.steps += summary.steps;
        merged.steps_left_out += summary.steps_left_out;
        merged.not_scored += summary.not_scored;
        summary.levels.iter().for_each(|(level, counts)| *merged.levels.entry(*level).or_default() += *counts);
        for (suite, counts) in &summary.suites {
            *merged.suites.entry(suite.clone()).or_default() += *counts;
        }
        for (name, cases) in &summary.schema_deviations {
            *merged.schema_deviations.entry(name.clone()).or_default() += cases;
        }
    }
    let level = reports.first().map(|report| report.level);
    let failing = absent.iter().filter(|feature| level.is_some_and(|level| feature.is_failure(level)));
    let cases = reports.iter().flat_map(|report| &report.cases).filter(|case| case.not_scored.is_none());
    merged.verdict = Verdict::of_parts(cases.map(|case| case.verdict).chain(failing.map(|_| Verdict::Fail)));
    (merged, reports.iter().map(|report| report.not_run).sum())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::RedactedRun;
    use crate::{
        report::sample,
        verdict::{RunResult, ShardOf},
    };

    /// The report of every `count`th case of `run`.
    pub(super) fn shard(run: &RunResult, index: u16, count: u16) -> (PathBuf, Report) {
        let belongs = |position: &usize| position % usize::from(count) == usize::from(index - 1);
        let of_shard = || run.cases.iter().enumerate().filter(|(position, _)| belongs(position));
        let positions = of_shard().map(|(position, case)| (case.name(), position)).collect();
        let shard = ShardOf { index, count, cases: run.cases.len(), digest: "same".to_owned(), positions };
        let cases = of_shard().map(|(_, case)| case.clone()).collect();
        let part = RunResult { shard: Some(shard), cases, not_run: 0, interrupted: false, ..run.clone() };
        (format!("{index}.json").into(), Report::for_tools(&RedactedRun::of(&part)))
    }

    fn shards(run: &RunResult, count: u16) -> Vec<(PathBuf, Report)> {
        (1..=count).rev().map(|index| shard(run, index, count)).collect()
    }

    #[rstest]
    #[case::every_verdict(RunResult { not_run: 0, interrupted: false, ..sample::run() })]
    #[case::many_failures(sample::many_failures())]
    fn shards_make_the_report_of_the_whole(#[case] run: RunResult) {
        let whole = Report::for_tools(&RedactedRun::of(&run));
        for count in [1, 2, 3] {
            let merged = merge(shards(&run, count), &[]).unwrap();
            assert_eq!(merged.summary, whole.summary);
            let verdicts = |report: &Report| -> Vec<(String, Verdict, Vec<String>)> {
                let causes = |case: &ReportCase| {
                    let mut says: Vec<String> =
                        case.causes.iter().map(|position| report.causes[*position].says.clone()).collect();
                    says.sort_unstable();
                    says
                };
                report.cases.iter().map(|case| (case.name(), case.verdict, causes(case))).collect()
            };
            assert_eq!(verdicts(&merged), verdicts(&whole));
            let sizes = |report: &Report| -> BTreeMap<String, (usize, usize)> {
                report.causes.iter().map(|cause| (cause.says.clone(), (cause.cases, cause.alone))).collect()
            };
            assert_eq!(sizes(&merged), sizes(&whole));
            assert!(merged.shard.is_none() && merged.cases.iter().all(|case| case.shard.is_none()));
        }
    }

    #[test]
    fn a_shard_that_was_stopped_makes_a_whole_that_was_stopped() {
        let run = sample::run();
        let mut parts: Vec<_> = (1..=2).map(|index| shard(&run, index, 2)).collect();
        parts[0].1.cases.pop();
        (parts[0].1.not_run, parts[0].1.interrupted) = (1, true);
        let merged = merge(parts, &[]).unwrap();
        assert_eq!((merged.interrupted, merged.not_run), (true, 1));
    }
}
