//! Deliberately wrong implementations, and the cases that catch them.
//!
//! Each is the reference behind a [`wrapper`] that makes one mistake: in what it passes on, in what it answers, or in what
//! it asks of the registry besides. The mistakes are ones that a developer could really make. The real runner drives the
//! wrapper over HTTP, and has to fail a case for each.

mod between;
pub(crate) mod bug;
pub(crate) mod bugs;
pub(crate) mod wrapper;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use isi_conformance::{reference, verdict::Verdict};

use self::bug::Bug;
use super::drive::{Drive, first_failure};

/// How many wrong implementations are tried at a time.
const AT_A_TIME: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bug_the_wrapper_changes_nothing() {
    let all = bugs::all();
    assert_passes(Bug::none(), all.iter()).await;
    let reading = all.iter().filter(|bug| bug.reading.is_some());
    assert_passes(Bug::none().reading(|_| {}), reading).await;
}

/// Every case that is to catch one of the bugs passes with this one.
async fn assert_passes(harmless: Bug, bugs: impl Iterator<Item = &Bug>) {
    let reference = reference::start(reference::Options::default()).await.unwrap();
    let patterns: BTreeSet<&str> = bugs.flat_map(|bug| bug.cases).copied().collect();
    let url = wrapper::start(harmless, reference.url()).await;
    let results = Drive::new().run(&url, &patterns.into_iter().collect::<Vec<_>>()).await;
    let failures = results.iter().filter(|result| result.verdict != Verdict::Pass).map(first_failure);
    let failures: Vec<_> = failures.collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bug_is_caught() {
    let reference = reference::start(reference::Options::default()).await.unwrap();
    let drive = Drive::new();
    let caught: Vec<(Bug, Option<String>)> = stream::iter(bugs::all())
        .map(|bug| {
            let (drive, reference) = (&drive, reference.url());
            async move {
                let url = wrapper::start(bug.clone(), reference).await;
                let results = drive.run(&url, bug.cases).await;
                let caught = results.iter().find(|result| result.verdict == Verdict::Fail).map(first_failure);
                (bug, caught)
            }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let escaped: Vec<_> = caught.iter().filter(|(_, caught)| caught.is_none()).map(|(bug, _)| bug.name).collect();
    let table: Vec<_> =
        caught.iter().map(|(bug, caught)| format!("{}\n    {}", bug.name, caught.as_deref().unwrap_or("-"))).collect();
    assert!(escaped.is_empty(), "no case caught: {}", escaped.join(", "));
    insta::assert_snapshot!("caught", table.join("\n"));
}

#[test]
fn there_are_many_bugs_and_each_has_a_name_of_its_own() {
    let bugs = bugs::all();
    let names: BTreeSet<_> = bugs.iter().map(|bug| bug.name).collect();
    assert_eq!(names.len(), bugs.len());
    assert!(bugs.len() >= 30, "only {} bugs", bugs.len());
}
