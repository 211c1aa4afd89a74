//! Proof that the checks can fail: recorded answers, changed in one place at a time, and whether a check notices.
//!
//! A golden is a recorded answer with placeholders in it. Here every golden is made an answer again and judged as the
//! runner judges; it has to pass. Then it is changed in one place (something removed, altered, retyped, added, moved)
//! and has to fail. What survives has to be explained by a placeholder or by a rule that is written down;
//! the table of survivors is a snapshot, so that a new one is seen in review.

mod answer;
mod change;
mod judge;
mod on_the_wire;
mod recorded;
mod survivors;

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use isi_conformance::{suite::Folder, version::ApiVersion};

use self::{recorded::RecordedCase, survivors::Survivors};

/// Versions whose goldens are changed: those between them share what these have.
const VERSIONS: [ApiVersion; 4] = [ApiVersion::V4_22, ApiVersion::V4_18, ApiVersion::V4_10, ApiVersion::V4_2];

#[test]
fn a_recorded_answer_passes_every_check_of_its_version() {
    let folder = Folder::builtin(&[]).unwrap();
    let cases: Vec<_> = ApiVersion::ALL.iter().flat_map(|version| recorded::cases(&folder, *version)).collect();
    assert!(cases.len() > 1000, "only {} goldens were found", cases.len());
    let failures: Mutex<Vec<String>> = Mutex::default();
    in_parallel(&cases, |case| {
        failures.lock().unwrap().extend(judge::complaints(case));
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_change_in_one_place_is_noticed_unless_the_table_says_why_not() {
    let survivors = survivors_of(&one_of_each());
    println!("{}", survivors.with_counts());
    insta::assert_snapshot!("survivors", survivors.table());
}

/// A recorded case and the changes to try on it.
struct Plan {
    case: RecordedCase,
    changes: Vec<change::Change>,
}

/// Plans in which every kind of place is changed once.
fn one_of_each() -> Vec<Plan> {
    let folder = Folder::builtin(&[]).unwrap();
    let mut seen = BTreeSet::new();
    VERSIONS
        .into_iter()
        .flat_map(|version| recorded::cases(&folder, version))
        .map(|case| {
            let changes = change::of_case(&case, &mut |place| seen.insert(place));
            Plan { case, changes }
        })
        .collect()
}

fn survivors_of(plans: &[Plan]) -> Survivors {
    let survivors = Mutex::new(Survivors::default());
    in_parallel(plans, |plan| {
        let mut found = Survivors::default();
        for change in &plan.changes {
            found.tried();
            if !judge::notices(&plan.case, change) {
                found.add(&plan.case, change);
            }
        }
        survivors.lock().unwrap().merge(found);
    });
    survivors.into_inner().unwrap()
}

/// Does `work` on every item, on all cores.
fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}
