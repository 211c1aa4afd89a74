//! Every text of a run that comes from elsewhere: from the implementation, the registry or the command line.

use serde_json::Value;

use crate::{
    json_path::{JsonPath, Segment},
    verdict::{CaseResult, CheckResult, Difference, RunResult, Side},
};

/// Hands each of these texts to `change`. What suites and deviations say is not among them.
pub(super) fn change(run: &mut RunResult, mut change: impl FnMut(&mut String)) {
    change(&mut run.target);
    run.absent_features.iter_mut().for_each(|feature| change(&mut feature.reason));
    run.cases.iter_mut().for_each(|result| case(result, &mut change));
}

/// The same for a single case.
pub(super) fn case(case: &mut CaseResult, change: &mut dyn FnMut(&mut String)) {
    case.skipped.iter_mut().for_each(&mut *change);
    case.checks.iter_mut().chain(&mut case.notes).for_each(|result| check(result, change));
    let values = std::mem::take(&mut case.values);
    case.values = values
        .into_iter()
        .map(|(mut value, mut name)| {
            change(&mut value);
            change(&mut name);
            (value, name)
        })
        .collect();
    for exchange in &mut case.exchanges {
        let request = &mut exchange.request;
        [&mut request.path, &mut request.body, &mut exchange.curl].into_iter().for_each(&mut *change);
        request.headers.iter_mut().for_each(|(_, value)| change(value));
        if let Some(response) = &mut exchange.response {
            change(&mut response.body);
            response.headers.iter_mut().for_each(|(_, value)| change(value));
        }
        exchange.registry.iter_mut().for_each(&mut *change);
    }
}

fn check(check: &mut CheckResult, change: &mut dyn FnMut(&mut String)) {
    check.message.iter_mut().for_each(&mut *change);
    for Difference { path, expected, actual, .. } in &mut check.differences {
        if path.segments().iter().any(|segment| matches!(segment, Segment::Key(_))) {
            *path = self::path(path, change);
        }
        side(expected, change);
        side(actual, change);
    }
}

fn path(path: &JsonPath, change: &mut dyn FnMut(&mut String)) -> JsonPath {
    path.segments()
        .iter()
        .map(|segment| match segment {
            Segment::Index(index) => Segment::Index(*index),
            Segment::Key(name) => {
                let mut name = name.clone();
                change(&mut name);
                Segment::Key(name)
            }
        })
        .collect()
}

fn side(side: &mut Side, change: &mut dyn FnMut(&mut String)) {
    match side {
        Side::Value(found) => value(found, change),
        Side::Described(words) => change(words),
        Side::Absent => {}
    }
}

fn value(found: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match found {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| value(item, change)),
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(mut name, mut item)| {
                    change(&mut name);
                    value(&mut item, change);
                    (name, item)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
