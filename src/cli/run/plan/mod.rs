//! What a run is going to do: which cases, against what, and which of them are skipped and why.

mod place;
mod unfinished;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use tokio::sync::watch;

use self::place::{CaseMaterial, RunPlace, place};
pub(super) use self::unfinished::Unfinished;
use super::{
    absence,
    against::Held,
    aim::{self, Aim},
    arguments::RunArguments,
    deviations::Declarations,
    last_run::LastRun,
    suite_sources::SuiteSources,
};
use crate::{
    cli::{
        exit::{CommandError, notice, warn_of_remains},
        target::EMBEDDED,
    },
    document::Diagnostics,
    report::{Destination, Report},
    requirement::{Profile, ProfileCase},
    runner::{self, ConfigurationLag, Planned, Remainder, Session, Unavailable, Wanted},
    suite::{Case, Feature, Folder},
    traits::Traits,
    verdict::{AbsentFeature, CaseResult, ProfileResult, RunResult, ShardOf},
    version::ApiVersion,
};

/// What a run is going to do. Nothing has been asked of the implementation but what it offers.
#[derive(Debug)]
pub struct Plan {
    /// What the implementation is called in reports.
    pub target: String,
    /// What the implementation's configuration decides in its answers.
    pub traits: Traits,
    /// The cases, in the order of the suites.
    pub planned: Vec<Planned>,
    /// The folders and files of suites that are not built in, absolute.
    pub(super) folders: Vec<PathBuf>,
    /// The run whose failures are run again.
    pub(super) rerun: Option<LastRun>,
    /// Whether suites were left out that have nothing to do with the selection.
    is_part: bool,
    /// Which part of a whole it is.
    pub(super) shard: Option<ShardOf>,
    /// What a recording says about the cases, if they are held against one.
    pub(super) held: Held,
    /// What the implementation lacks of what the cases need.
    pub absent_features: Vec<AbsentFeature>,
    /// The profiles that the run can judge, and what they look at in the cases.
    profiles: Vec<&'static Profile>,
    profile_cases: Vec<ProfileCase>,
    declarations: Declarations,
    places: Vec<RunPlace>,
    keep: bool,
}

impl Plan {
    /// Plans what the command line asks for.
    ///
    /// # Errors
    /// When something about it, or about a suite, is wrong, or when the target cannot be reached before the run is `stopped`.
    pub async fn of(arguments: &RunArguments, stopped: &watch::Receiver<bool>) -> Result<Self, CommandError> {
        let sources = SuiteSources::read(arguments)?;
        sources.check_patterns()?;
        let SuiteSources { folder, selection, folders, rerun, is_part } = sources;
        let Folder { suites, images, goldens } = folder;
        let cases: Vec<Case> = suites.into_iter().flat_map(|suite| suite.cases).collect();
        let declarations = Declarations::read(arguments, &cases)?;
        let mut held = Held::of(&arguments.baseline, &cases);
        let version = arguments.api_version;
        let profile_cases: Vec<ProfileCase> =
            cases.iter().filter(|case| case.holds_for(version)).map(|case| ProfileCase::of(case, version)).collect();
        let selects =
            |case: &Case| arguments.profile.is_none_or(|profile| profile.selects(&ProfileCase::of(case, version)));
        let all = cases.len();
        let selected: Vec<Case> = cases.into_iter().filter(|case| selection.selects(case)).collect();
        // A selection of the cases says nothing about whole profiles.
        let profiles: Vec<&'static Profile> = match arguments.profile {
            _ if is_part || selected.len() < all || arguments.has_folder() || !arguments.baseline.is_suites() => {
                Vec::new()
            }
            Some(profile) => vec![profile],
            None => Profile::builtin().iter().collect(),
        };
        let selected: Vec<Case> = selected.into_iter().filter(selects).collect();
        if selected.is_empty() {
            return Err(match &rerun {
                Some(last) if last.failed.is_empty() => CommandError::nothing_to_do("nothing failed in the last run"),
                Some(_) => CommandError::usage("none of the cases that failed is among the cases to run"),
                None => CommandError::usage("no case is selected"),
            });
        }
        let (selected, shard) = match arguments.shard {
            None => (selected, None),
            Some(shard) => {
                let (part, whole) = shard.part(selected, timings(arguments)?.as_ref());
                if part.is_empty() {
                    return Err(CommandError::usage("there are more shards than cases: this one has none"));
                }
                (part, Some(whole))
            }
        };
        let mut without_golden = Vec::new();
        for case in selected.iter().filter(|case| case.holds_for(arguments.api_version)) {
            let has_golden =
                goldens.has(&case.suite, &case.name, arguments.api_version, &images).map_err(CommandError::usage)?;
            if !has_golden && case.expects_golden {
                without_golden.push(case.without_golden(arguments.api_version));
            }
        }
        if !arguments.proposes() && !arguments.list && arguments.baseline.is_suites() {
            Diagnostics::unless_empty(without_golden, ()).map_err(CommandError::usage)?;
        }
        let mut wanted: BTreeSet<Feature> = selected
            .iter()
            .filter(|case| case.holds_for(version))
            .flat_map(|case| runner::needed(case, version))
            .collect();
        if wanted.contains(&Feature::Imports) {
            // What is not kept needs no cleaning up.
            wanted.extend([Feature::Streams, Feature::Images]);
        }
        let wanted_traits = wanted_traits(&selected, &wanted);
        let declared: BTreeSet<String> =
            selected.iter().map(Case::full_name).filter(|case| declarations.concern(case)).collect();
        let make = |aim: Aim| {
            let lag = match &aim.reference {
                Some(_) => ConfigurationLag::none(),
                None => ConfigurationLag::new(declared.clone()),
            };
            let material = CaseMaterial { images: images.clone(), goldens: goldens.clone(), lag };
            place(arguments, aim, material, (&wanted, wanted_traits), stopped.clone())
        };
        let main = make(aim::aim(arguments).await?).await?;
        let name = match &main.reference {
            Some(_) => EMBEDDED.to_owned(),
            None => main.session.target.url.clone(),
        };
        let mut places = vec![main];
        // The embedded reference is started a second time, with the configuration that some suites are about.
        let configured = |case: &Case| case.needs.contains(&Feature::ServerConfiguration);
        if places[0].reference.is_some() && selected.iter().any(configured) {
            places.push(make(aim::configured(arguments).await?).await?);
        }
        let traits = places[0].session.traits.clone();
        if !arguments.list {
            if places[0].reference.is_none() {
                // What `clean --run` is told after a `kill -9`.
                let Session { run, namespace, .. } = &*places[0].session;
                notice(format_args!("run {} works in namespace {namespace}", run.as_str()));
            }
            if !arguments.quiet {
                notice(format_args!("traits of {name}: {traits}"));
            }
        }
        let mut tally = absence::Tally::default();
        let mut planned = Vec::with_capacity(selected.len());
        for case in selected {
            let place = if configured(&case) { places.last() } else { places.first() };
            let session = place.expect("there is a place for the target itself").session.clone();
            let known = declarations.are_given()
                || arguments.cases.what.contains(&case.suite)
                || !arguments.baseline.is_suites();
            let skip = if case.report && !known {
                Some("a reported bug runs with `--deviations`, or when its suite is named".to_owned())
            } else {
                runner::reason_not_to_hold(&case, version).or_else(|| runner::reason_of_traits(&case, &session.traits))
            };
            let skip = held.reason_to_skip(&arguments.baseline, &case.full_name()).or(skip);
            let skip = skip.or_else(|| {
                let remainder = Remainder::of(&case, &session.features, version);
                tally.count(&case, &remainder);
                held.note_lost(&case, &remainder, &session.features);
                remainder.skip
            });
            planned.push(Planned { case, session, skip });
        }
        // Against a recording it counts what the recorded build has, case by case.
        let absent_features = match &held.against {
            Some(_) => Vec::new(),
            None => tally.absent_features(&places[0].session.features, arguments.profile.is_some()),
        };
        let mut plan = Self {
            target: name,
            traits,
            planned,
            folders: folders
                .iter()
                .map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone()))
                .collect(),
            rerun,
            is_part,
            shard,
            held,
            absent_features,
            profiles,
            profile_cases,
            declarations,
            places,
            keep: arguments.keep,
        };
        // A run that is stopped begins no case that needs it.
        if *stopped.borrow() {
            return Ok(plan);
        }
        match plan.get_permission(arguments.list).await {
            Ok(()) => Ok(plan),
            Err(error) => {
                warn_of_remains(&plan.end().await);
                Err(error)
            }
        }
    }

    /// Skips the cases that change the configuration of the cluster where the run may not do that now.
    ///
    /// # Errors
    /// When another run may do it, and nothing else was asked for.
    async fn get_permission(&mut self, only_lists: bool) -> Result<(), CommandError> {
        let runs = |planned: &&mut Planned| planned.skip.is_none();
        let are_alone = self.planned.iter_mut().filter(runs).all(|planned| planned.case.changes_cluster());
        let mut found: Option<Unavailable> = None;
        for place in &self.places {
            let of_place = |planned: &&mut Planned| {
                planned.case.changes_cluster() && Arc::ptr_eq(&planned.session, &place.session)
            };
            let mut changing: Vec<&mut Planned> = self.planned.iter_mut().filter(runs).filter(of_place).collect();
            if changing.is_empty() {
                continue;
            }
            let configuration = &place.session.configuration;
            // The lock is taken late, for as short a time as may be, unless nothing else is to be done.
            let available =
                if are_alone && !only_lists { configuration.claim().await } else { configuration.check().await };
            if let Err(reason) = available {
                changing.iter_mut().for_each(|planned| planned.skip = Some(reason.to_string()));
                found = Some(reason);
            }
        }
        match found {
            Some(Unavailable::Locked(reason)) if are_alone && !only_lists => Err(CommandError::harness(reason).hint(
                "wait until that run has ended; if it was killed, `isi-conformance clean` puts back what it changed",
            )),
            _ => Ok(()),
        }
    }

    /// Judges the profiles by what came out of the cases.
    #[must_use]
    pub fn judge_profiles(&self, version: ApiVersion, results: &[CaseResult]) -> Vec<ProfileResult> {
        let absent: Vec<&str> = self.absent_features.iter().map(|feature| feature.name.as_str()).collect();
        let judge = |profile: &&Profile| profile.judge(version, &self.profile_cases, results, &absent);
        self.profiles.iter().map(judge).collect()
    }

    /// Turns what is declared to fail into `known` or `stale`.
    pub fn declare(&self, result: &mut CaseResult) {
        self.declarations.apply(result);
    }

    /// Turns declarations of several cases that nothing fails under into `stale`, when all cases have come out.
    pub fn declare_stale(&self, results: &mut [CaseResult]) {
        // Whether all cases of such a declaration were run is known where all suites were read.
        if !self.is_part {
            self.declarations.finish(results);
        }
    }

    /// Writes what failed into the file that `--write-deviations` names.
    pub(super) fn write_deviations(&self, file: &Destination, result: &RunResult) -> Result<(), CommandError> {
        self.declarations.write(file, result)
    }

    /// What the run will have made, for when it cannot be ended in order.
    #[must_use]
    pub fn unfinished(&self) -> Unfinished {
        let remote = self.places.iter().filter(|place| place.reference.is_none());
        Unfinished { places: remote.map(|place| (place.session.clone(), place.namespace.made())).collect() }
    }

    /// Puts back and removes what the run changed and made, and stops what was started for it; says what is left behind.
    pub async fn end(self) -> Vec<String> {
        let mut left = Vec::new();
        for place in self.places {
            left.extend(place.session.end().await);
            if !self.keep {
                left.extend(place.namespace.clean_up(&place.session.target).await);
            }
            if let Some(reference) = place.reference {
                reference.shutdown(crate::cli::reference::GRACE).await;
            }
        }
        left
    }
}

/// How long the cases of a former run took, if its report is given.
fn timings(arguments: &RunArguments) -> Result<Option<BTreeMap<String, f64>>, CommandError> {
    let Some(path) = &arguments.timings else { return Ok(None) };
    let report = Report::read(path).map_err(CommandError::usage)?;
    Ok(Some(report.cases.iter().map(|case| (case.name(), case.seconds)).collect()))
}

/// The traits that some of the cases depend on.
fn wanted_traits(cases: &[Case], needed: &BTreeSet<Feature>) -> Wanted {
    Wanted {
        import_controller: needed.contains(&Feature::NoImportController),
        replicas: needed.contains(&Feature::SingleProcess),
        repository_tags: cases.iter().map(runner::repository_tags).max().unwrap_or(0),
    }
}
