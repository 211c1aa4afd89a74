//! Random scenarios: the reference agrees with itself, and wrong implementations are found without any suite.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use isi_conformance::{
    explore::{Compared, Comparison, Generator, Scenario},
    golden::Store,
    reference,
    runner::{Proposals, RunId, Session},
    suite::Case,
};
use tempfile::TempDir;
use tokio::sync::watch;

use super::{
    drive::Drive,
    wrong_implementations::{bugs, wrapper},
};

/// The seeds that are tried for each wrong implementation.
const SEEDS: std::ops::Range<u64> = 0..128;
/// How often a difference is looked at again.
const REPETITIONS: usize = 2;
/// How many wrong implementations are tried at a time.
const AT_A_TIME: usize = 4;
/// How many of them have to be found.
const AT_LEAST: usize = 60;

/// The scenarios of [`SEEDS`] as cases, and what every comparison of two implementations needs.
struct Scenarios {
    drive: Drive,
    cases: Vec<Case>,
}

impl Scenarios {
    fn new() -> Self {
        let (drive, generator) = (Drive::new(), Generator::default());
        let scenarios: Vec<(String, Scenario)> =
            SEEDS.map(|seed| (format!("seed-{seed}"), generator.draw(seed).current())).collect();
        let cases = Comparison::cases(&drive.folder.images, &scenarios).unwrap();
        Self { drive, cases }
    }

    /// The comparison of a target with the reference.
    fn compare(&self, reference: &str, target: &str) -> Exploration<'_> {
        let goldens = tempfile::tempdir().unwrap();
        let run = RunId::random();
        let session = |url: &str, proposals: Proposals| {
            let session = Arc::into_inner(self.drive.session(url)).unwrap();
            let store = Store::folder(goldens.path().to_owned());
            Arc::new(Session { run: run.clone(), goldens: store, proposals, ..session })
        };
        let (oracle, target) = (session(reference, Proposals::Made), session(target, Proposals::Omitted));
        let comparison = Comparison::new(oracle, target, goldens.path().to_owned());
        Exploration { comparison, cases: &self.cases, _goldens: goldens }
    }
}

/// A comparison of two implementations by the scenarios.
struct Exploration<'a> {
    comparison: Comparison,
    cases: &'a [Case],
    _goldens: TempDir,
}

impl Exploration<'_> {
    /// The first scenario that shows a difference each time, and its cause. As in `explore`, what differs once and not again
    /// is no difference.
    async fn first_difference(&self) -> Option<String> {
        for case in self.cases {
            let mut cause = self.difference(case).await;
            for _ in 0..REPETITIONS {
                if cause.is_some() {
                    cause = self.difference(case).await;
                }
            }
            if let Some(cause) = cause {
                return Some(format!("{}: {cause}", case.name));
            }
        }
        None
    }

    async fn difference(&self, case: &Case) -> Option<String> {
        let (_stop, stopped) = watch::channel(false);
        match self.comparison.compare(case, stopped, |_| {}).await.unwrap() {
            Compared::Same => None,
            Compared::Different { cause, .. } => Some(cause.to_string()),
            Compared::Skipped(problem) | Compared::Failed(problem) => panic!("{}: {problem}", case.name),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_agrees_with_itself() {
    let oracle = reference::start(reference::Options::default()).await.unwrap();
    let target = reference::start(reference::Options::default()).await.unwrap();
    let scenarios = Scenarios::new();
    let exploration = scenarios.compare(oracle.url(), target.url());
    assert_eq!(exploration.first_difference().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_implementations_are_found_without_a_suite() {
    let scenarios = Scenarios::new();
    let found: Vec<(&str, Option<String>)> = stream::iter(bugs::all())
        .map(|bug| {
            let scenarios = &scenarios;
            async move {
                let oracle = reference::start(reference::Options::default()).await.unwrap();
                let target = reference::start(reference::Options::default()).await.unwrap();
                let url = wrapper::start(bug.clone(), target.url()).await;
                (bug.name, scenarios.compare(oracle.url(), &url).first_difference().await)
            }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let table: Vec<String> =
        found.iter().map(|(bug, cause)| format!("{bug}\n    {}", cause.as_deref().unwrap_or("-"))).collect();
    insta::assert_snapshot!("found_by_exploration", table.join("\n"));
    let count = found.iter().filter(|(_, cause)| cause.is_some()).count();
    assert!(count >= AT_LEAST, "only {count} of {} are found", found.len());
}
