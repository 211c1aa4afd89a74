//! Differences and runs for the tests of this module.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::{Value, json};

use super::groups;
use crate::{
    verdict::{CaseResult, CheckKind, CheckResult, Difference, Level, RunResult, Side, StepName},
    version::ApiVersion,
};

pub(super) fn difference(path: &str, expected: Value, actual: Value) -> Difference {
    let side = |value| if value == json!("absent") { Side::Absent } else { Side::Value(value) };
    Difference { path: path.parse().unwrap(), expected: side(expected), actual: side(actual), level: Level::Required }
}

pub(super) fn step(number: usize, name: &str) -> StepName {
    StepName { number, name: name.to_owned() }
}

pub(super) fn golden(step: StepName, differences: Vec<Difference>) -> CheckResult {
    CheckResult::of_differences(CheckKind::Golden, Level::Required, differences).at(step)
}

pub(super) fn run(cases: Vec<CaseResult>) -> RunResult {
    RunResult {
        target: String::new(),
        api_version: ApiVersion::NEWEST,
        started: jiff::Timestamp::UNIX_EPOCH,
        duration: Duration::ZERO,
        interrupted: false,
        not_run: 0,
        shard: None,
        against: None,
        traits: crate::traits::Traits::default(),
        level: Level::Compatible,
        absent_features: Vec::new(),
        profiles: Vec::new(),
        cases,
    }
}

pub(super) fn told(cases: Vec<CaseResult>) -> Vec<String> {
    let run = run(cases);
    groups(&run).iter().map(|group| format!("{} {}", group.cases.len(), group.cause)).collect()
}
