//! Wrong implementations are found by random scenarios alone, those that no suite catches included.
//!
//! Which scenario finds which is known from earlier runs, and tried first: `seeds.txt` has a line for each wrong
//! implementation. Where that scenario shows nothing, all are tried from the first one on, as an exploration does.

use std::{collections::BTreeMap, fs};

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
/// A seed and a wrong implementation that its scenario finds, one a line.
const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proofs/exploration/seeds.txt");

#[tokio::test(flavor = "multi_thread")]
async fn wrong_implementations_are_found_without_a_suite() {
    assert_found(bugs::all(), MOST).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_that_no_suite_asks_about_are_found() {
    assert_found(bugs::unasked(), MOST_UNASKED).await;
}

/// What an exploration of a wrong implementation found first.
struct Found {
    seed: u64,
    says: String,
}

/// Explores each wrong implementation until something is found.
///
/// # Panics
/// When one is not found, or when so many of the known seeds find nothing that they should be written anew.
async fn assert_found(bugs: Vec<Bug>, most: u64) {
    let (drive, generator, known) = (Drive::new(), Generator::default(), known_seeds());
    let explored: Vec<(&str, Option<Found>)> = stream::iter(bugs)
        .map(|bug| {
            let (drive, generator, known) = (&drive, &generator, known.get(bug.name).copied());
            async move {
                let known = known.filter(|seed| *seed < most);
                let first = match known {
                    Some(seed) => found(drive, generator, &bug, seed, 1).await,
                    None => None,
                };
                let found = if first.is_some() { first } else { found(drive, generator, &bug, 0, most).await };
                println!("{}\n    {}", bug.name, found.as_ref().map_or("-", |found| &found.says));
                (bug.name, found)
            }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let not_found: Vec<&str> = explored.iter().filter(|(_, found)| found.is_none()).map(|(bug, _)| *bug).collect();
    assert_eq!(not_found, Vec::<&str>::new());
    let seeds: Vec<(&str, u64)> =
        explored.iter().filter_map(|(bug, found)| Some((*bug, found.as_ref()?.seed))).collect();
    let outdated = seeds.iter().filter(|(bug, seed)| known.get(*bug) != Some(seed)).count();
    let lines: String = seeds.iter().map(|(bug, seed)| format!("{seed:>4} {bug}\n")).collect();
    assert!(
        outdated * 10 <= seeds.len(),
        "other scenarios find these now, which takes long; {SEEDS} should have\n{lines}"
    );
}

/// Explores a wrong implementation with so many scenarios from the first seed on, until something is found.
async fn found(drive: &Drive, generator: &Generator, bug: &Bug, first_seed: u64, most: u64) -> Option<Found> {
    let oracle = reference::start(reference::Options::default()).await.unwrap();
    let target = reference::start(reference::Options::default()).await.unwrap();
    let url = wrapper::start(bug.clone(), target.url()).await;
    let course = Course { first_seed, amount: Amount::Scenarios(most), jobs: 2, first_difference: true };
    let explored = explore(drive, (oracle.url(), &url), generator, &course).await;
    assert_eq!(explored.failures, [], "{}", bug.name);
    let found = explored.findings.sorted();
    found.first().map(|found| Found { seed: found.seed, says: found.says.to_string() })
}

/// The seeds of [`SEEDS`] by wrong implementation.
fn known_seeds() -> BTreeMap<String, u64> {
    let text = fs::read_to_string(SEEDS).unwrap_or_else(|error| panic!("{SEEDS}: {error}"));
    let known = text.lines().map(|line| line.trim().split_once(' ').unwrap_or_else(|| panic!("{SEEDS}: {line}")));
    known.map(|(seed, bug)| (bug.to_owned(), seed.parse().unwrap())).collect()
}
