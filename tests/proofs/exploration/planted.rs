//! Wrong implementations are found by random scenarios alone, those that no suite catches included.

use futures_util::{StreamExt, stream};
use isi_conformance::{
    explore::{Amount, Course, Generator},
    reference,
};

use super::explore;
use crate::{
    drive::Drive,
    wrong_implementations::{bug::Bug, bugs, wrapper},
};

/// How many wrong implementations are tried at a time.
const AT_A_TIME: usize = 4;
/// The most scenarios that are tried for each wrong implementation that a suite catches, too.
const MOST: u64 = 600;
/// The most scenarios that are tried for each other one: fewer than fit into two minutes.
const MOST_UNASKED: u64 = 2500;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_implementations_are_found_without_a_suite() {
    assert_found(bugs::all(), MOST).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_that_no_suite_asks_about_are_found() {
    assert_found(bugs::unasked(), MOST_UNASKED).await;
}

/// Explores each wrong implementation until something is found.
async fn assert_found(bugs: Vec<Bug>, most: u64) {
    let (drive, generator) = (Drive::new(), Generator::default());
    let course = Course { first_seed: 0, amount: Amount::Scenarios(most), jobs: 2, first_difference: true };
    let found: Vec<(&str, Option<String>)> = stream::iter(bugs)
        .map(|bug| {
            let (drive, generator, course) = (&drive, &generator, &course);
            async move {
                let oracle = reference::start(reference::Options::default()).await.unwrap();
                let target = reference::start(reference::Options::default()).await.unwrap();
                let url = wrapper::start(bug.clone(), target.url()).await;
                let explored = explore(drive, (oracle.url(), &url), generator, course).await;
                assert_eq!(explored.failures, [], "{}", bug.name);
                let cause =
                    explored.findings.sorted().first().map(|finding| format!("{}: {}", finding.seed, finding.says));
                println!("{}\n    {}", bug.name, cause.as_deref().unwrap_or("-"));
                (bug.name, cause)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let not_found: Vec<&str> = found.iter().filter(|(_, cause)| cause.is_none()).map(|(bug, _)| *bug).collect();
    assert_eq!(not_found, Vec::<&str>::new());
}
