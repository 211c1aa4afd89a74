//! What differs in one case, each thing with its cause.

use std::collections::BTreeMap;

use super::{Cause, CauseKind, particulars::without_particulars};
use crate::{
    json_path::{JsonPath, Segment},
    verdict::{CaseResult, CheckKind, CheckResult, Difference, Level, Side, Verdict},
};

/// One thing that differs in a case.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// Its cause.
    pub cause: Cause,
    /// The check that failed.
    pub check: &'a CheckResult,
    /// The weightiest level of the checks that tell it.
    pub level: Level,
    /// The difference, if the check has any.
    pub difference: Option<&'a Difference>,
}

/// What differs in a case, in order of its checks.
///
/// Where a step fails instead of succeeding, or the reverse, everything else about that response is a consequence of it, and
/// left out; one success instead of another explains no other body. Where a body is of another type than it should be, values that are
/// not found in it are a consequence, and where it is no JSON at all, its type is one too. What several checks tell about one place of a
/// body is one thing.
#[must_use]
pub fn findings(case: &CaseResult) -> Vec<Finding<'_>> {
    let failing: Vec<&CheckResult> = case.checks.iter().filter(|check| check.verdict.is_failure()).collect();
    let mut findings = Vec::new();
    if let Some(declared) = case.declared.as_ref().filter(|_| case.verdict == Verdict::Stale)
        && failing.is_empty()
        && let Some(check) = case.checks.first()
    {
        let kind = CauseKind::Stale(declared.reason.clone());
        findings.push(Finding { cause: Cause::of(check, None, kind), check, level: check.level, difference: None });
    }
    for check in &failing {
        let mut others = failing.iter().filter(|other| other.step == check.step);
        let is_told = check.step.is_some() && others.any(|other| is_consequence(check, other));
        if !(is_told && check.verdict == Verdict::Fail) {
            of_check(check, &mut findings);
        }
    }
    joined(findings)
}

/// Joins what several checks tell about one place of a response: a field that is missing is missing in the golden, in the
/// schema and among the expected values.
fn joined(findings: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    let mut joined: Vec<Finding<'_>> = Vec::new();
    let mut known: BTreeMap<(usize, &JsonPath), usize> = BTreeMap::new();
    for finding in findings {
        let (Some(step), Some(difference)) = (&finding.check.step, finding.difference) else {
            joined.push(finding);
            continue;
        };
        let place = (step.number, &difference.path);
        match known.get(&place).map(|index| &mut joined[*index]).filter(|other| tells_the_same(other, &finding)) {
            Some(other) => {
                other.level = other.level.max(finding.level);
                // It names the field that was meant.
                if finding.check.kind == CheckKind::UnknownField {
                    other.difference = finding.difference;
                }
            }
            None => {
                known.entry(place).or_insert(joined.len());
                joined.push(finding);
            }
        }
    }
    joined
}

/// Whether a check tells of a place what an earlier one of the same step has told.
fn tells_the_same(earlier: &Finding<'_>, finding: &Finding<'_>) -> bool {
    let is_of_type = matches!(earlier.cause.kind, CauseKind::Type { .. }) && finding.check.kind == CheckKind::Schema;
    finding.check.kind != CheckKind::Traffic && (earlier.cause == finding.cause || is_of_type)
}

/// Whether a failing check of a step says nothing that another failing check of the step does not say.
fn is_consequence(check: &CheckResult, other: &CheckResult) -> bool {
    if check.status.is_some() {
        return false;
    }
    let is_unreadable = other.kind == CheckKind::Schema && other.differences.is_empty();
    other.status.is_some_and(|status| status.expected / 100 != status.actual / 100)
        || is_unreadable && is_of_another_type(check)
        || check.kind == CheckKind::Value && (is_unreadable || is_of_another_type(other))
}

/// Whether the whole body is of another type than it should be.
fn is_of_another_type(check: &CheckResult) -> bool {
    let root = JsonPath::default();
    let is_type = |found: &Difference| matches!(CauseKind::of(found), CauseKind::Type { .. });
    check.kind == CheckKind::Golden
        && !check.differences.is_empty()
        && check.differences.iter().all(|found| found.path == root && is_type(found))
}

fn of_check<'a>(check: &'a CheckResult, findings: &mut Vec<Finding<'a>>) {
    let mut push = |path: Option<&JsonPath>, kind, difference| {
        let cause = Cause::of(check, path, kind);
        findings.push(Finding { cause, check, level: check.level, difference });
    };
    if check.verdict == Verdict::Stale {
        let reason = check.declared.as_ref().map(|declared| declared.reason.clone()).unwrap_or_default();
        return push(None, CauseKind::Stale(reason), None);
    }
    if let Some(status) = check.status {
        return push(None, CauseKind::Status(status), None);
    }
    if check.differences.is_empty() {
        let message = check.message.as_deref().unwrap_or("failed without a message");
        return push(None, CauseKind::Message(without_particulars(message)), None);
    }
    let reordered = reordered(&check.differences);
    let mut told: Vec<&JsonPath> = Vec::new();
    for difference in &check.differences {
        match reordered.iter().find(|array| array.contains(&difference.path)) {
            Some(array) if told.contains(&array) => {}
            Some(array) => {
                told.push(array);
                push(Some(array), CauseKind::Order, Some(difference));
            }
            None => push(Some(&difference.path), CauseKind::of_check(check.kind, difference), Some(difference)),
        }
    }
}

/// The arrays whose elements differ in nothing but their order.
fn reordered(differences: &[Difference]) -> Vec<JsonPath> {
    let mut by_array: BTreeMap<JsonPath, Vec<(usize, JsonPath, &Difference)>> = BTreeMap::new();
    for difference in differences {
        let segments = difference.path.segments();
        for (position, segment) in segments.iter().enumerate() {
            if let Segment::Index(index) = segment {
                let array = segments[..position].iter().cloned().collect();
                let rest = segments[position + 1..].iter().cloned().collect();
                by_array.entry(array).or_default().push((*index, rest, difference));
            }
        }
    }
    let mut found: Vec<JsonPath> = Vec::new();
    for (array, inside) in by_array {
        let several = inside.iter().any(|(index, ..)| *index != inside[0].0);
        let sorted = |side: fn(&Difference) -> &Side| {
            let mut sides: Vec<_> = inside.iter().map(|(_, rest, found)| (rest, side(found).to_string())).collect();
            sides.sort_unstable();
            sides
        };
        if several
            && !found.iter().any(|outer| outer.contains(&array))
            && sorted(|found| &found.expected) == sorted(|found| &found.actual)
        {
            found.push(array);
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::{
        super::{
            groups,
            sample::{difference, golden, run, step, told},
        },
        *,
    };
    use crate::verdict::Level;

    #[rstest]
    #[case(&[("$.a[0]", "x", "y"), ("$.a[1]", "y", "x")], &["`$.a` is in another order"])]
    #[case(&[("$.a[0].n", "x", "y"), ("$.a[1].n", "y", "x")], &["`$.a` is in another order"])]
    #[case(&[("$.a[0].n", "x", "y"), ("$.a[1].n", "y", "z")], &["`$.a[*].n` differs"])]
    #[case(&[("$.a[0]", "x", "y")], &["`$.a[*]` differs"])]
    fn the_same_values_in_another_order_are_one_cause(
        #[case] differences: &[(&str, &str, &str)],
        #[case] expected: &[&str],
    ) {
        let differences = differences.iter().map(|(path, left, right)| difference(path, json!(left), json!(right)));
        let case = CaseResult::of_checks("s", "c", vec![golden(step(1, "GET x"), differences.collect())]);
        let run = run(vec![case]);
        let said: Vec<String> = groups(&run).iter().map(|group| group.cause.to_string()).collect();
        assert_eq!(said, expected.iter().map(|text| format!("`GET x`: {text}")).collect::<Vec<_>>());
    }

    #[test]
    fn what_follows_from_another_status_is_no_cause_of_its_own() {
        let steps = || step(1, "GET imagestreams/[stream]");
        let checks = || {
            vec![
                CheckResult::fail_status(Level::Required, 200, 404).at(steps()),
                golden(steps(), vec![difference("$.kind", json!("ImageStream"), json!("Status"))]),
            ]
        };
        let cases = vec![CaseResult::of_checks("s", "a", checks()), CaseResult::of_checks("s", "b", checks())];
        assert_eq!(told(cases), ["2 `GET imagestreams/[stream]` answered 404 instead of 200"]);
    }

    #[test]
    fn one_success_instead_of_another_explains_no_other_body() {
        let steps = || step(1, "POST imagestreamimports");
        let checks = vec![
            CheckResult::fail_status(Level::Compatible, 201, 200).at(steps()),
            golden(steps(), vec![difference("$", json!({ "kind": "ImageStreamImport" }), json!("<!doctype html>"))]),
        ];
        let cases = vec![CaseResult::of_checks("s", "a", checks)];
        assert_eq!(
            told(cases),
            [
                "1 `POST imagestreamimports` answered 200 instead of 201",
                "1 `POST imagestreamimports`: `$` is a string instead of an object"
            ]
        );
    }

    #[test]
    fn what_several_checks_tell_of_one_place_is_one_cause() {
        let steps = || step(1, "GET x");
        let of_schema = |path: &str, words: &str, actual: Side| Difference {
            path: path.parse().unwrap(),
            expected: Side::Described(words.to_owned()),
            actual,
            level: Level::Required,
        };
        let missing = || of_schema("$.a", "this field, which is required", Side::Absent);
        let retyped = || of_schema("$.code", "an integer", Side::Value(json!("1")));
        let unknown = || of_schema("$.A", "no such field in X, which has `a`", Side::Value(json!(1)));
        let checks = |kind, differences| CheckResult::of_differences(kind, Level::Required, differences).at(steps());
        let told_by_golden = vec![
            difference("$.a", json!(1), json!("absent")),
            difference("$.A", json!("absent"), json!(1)),
            difference("$.code", json!(1), json!("1")),
        ];
        let cases = vec![
            CaseResult::of_checks(
                "s",
                "with-golden",
                vec![
                    golden(steps(), told_by_golden),
                    checks(CheckKind::Schema, vec![missing(), retyped()]),
                    checks(CheckKind::UnknownField, vec![unknown()]),
                ],
            ),
            CaseResult::of_checks(
                "s",
                "without",
                vec![checks(CheckKind::Schema, vec![missing()]), checks(CheckKind::UnknownField, vec![unknown()])],
            ),
        ];
        assert_eq!(
            told(cases.clone()),
            [
                "2 `GET x`: `$.a` is missing",
                "2 `GET x`: `$.A` should not be there",
                "1 `GET x`: `$.code` is a string instead of a number"
            ]
        );
        let run = run(cases);
        let groups = groups(&run);
        assert!(groups.iter().all(|group| group.level == Level::Required));
        let meant = groups[1].example.map(|difference| difference.expected.to_string());
        assert_eq!(meant.as_deref(), Some("no such field in X, which has `a`"));
    }

    /// The check of a reason that is not there.
    fn no_value(expected: &str) -> CheckResult {
        let missing = difference("$.reason", json!(expected), json!("absent"));
        CheckResult::of_differences(CheckKind::Value, Level::Compatible, vec![missing])
    }

    #[test]
    fn a_body_that_is_no_json_is_one_cause() {
        let steps = || step(1, "POST imagestreamimports");
        let checks = vec![
            golden(steps(), vec![difference("$", json!({ "kind": "ImageStreamImport" }), json!("{"))]),
            CheckResult::fail(CheckKind::Schema, Level::Required, "cannot be parsed").at(steps()),
            no_value("Invalid").at(steps()),
        ];
        let cases = vec![CaseResult::of_checks("s", "a", checks)];
        assert_eq!(told(cases), ["1 `POST imagestreamimports`: cannot be parsed"]);
    }

    #[test]
    fn values_that_are_not_in_a_body_of_another_type_are_no_cause_of_their_own() {
        let steps = || step(1, "GET imagestreams/[stream]");
        let checks = vec![
            golden(steps(), vec![difference("$", json!({ "kind": "Status" }), json!("<html>"))]),
            no_value("NotFound").at(steps()),
        ];
        let cases = vec![CaseResult::of_checks("s", "a", checks)];
        assert_eq!(told(cases), ["1 `GET imagestreams/[stream]`: `$` is a string instead of an object"]);
    }
}
