//! From declarations to verdicts.

use std::sync::atomic::Ordering;

use jiff::civil::Date;

use super::{Deviation, Deviations};
use crate::verdict::{CaseResult, CheckResult, Verdict};

impl Deviations {
    /// Turns failures of `case` that are declared into `known`, and a declaration of this case alone that nothing fails under
    /// into `stale`. Declarations that expired before `today` do nothing.
    pub fn apply(&self, case: &mut CaseResult, today: Date) {
        if matches!(case.verdict, Verdict::Skip | Verdict::Error) {
            return;
        }
        let name = case.name();
        let entries: Vec<&Deviation> =
            self.entries.iter().filter(|entry| entry.holds(today) && entry.selector.cases.is_match(&name)).collect();
        if entries.is_empty() {
            return;
        }
        let statuses: Vec<_> =
            case.checks.iter().filter_map(|check| Some((check.step.clone(), check.status?.actual))).collect();
        let answered =
            |check: &CheckResult| statuses.iter().find(|(step, _)| *step == check.step).map(|(_, status)| *status);
        let checks = std::mem::take(&mut case.checks);
        case.checks = checks
            .into_iter()
            .flat_map(|check| {
                let status = answered(&check);
                judge(check, &entries, status)
            })
            .collect();
        let whole = entries.iter().find(|entry| entry.selector.is_whole_case());
        case.declared = whole.map(|entry| entry.declared.clone());
        case.verdict = Verdict::of_parts(case.checks.iter().map(|check| check.verdict));
        // What is declared may be about a step that was left out.
        let is_whole = case.left_out.is_empty();
        for entry in entries.iter().filter(|entry| is_whole && entry.selector.cases.is_single() && !entry.is_matched())
        {
            entry.mark_stale(case);
        }
    }

    /// Turns declarations of several cases that nothing fails under into `stale`, once all of the cases were run. One of the
    /// cases says it for all.
    pub fn finish(&self, cases: &mut [CaseResult], today: Date) {
        for entry in self.entries.iter().filter(|entry| entry.holds(today) && !entry.selector.cases.is_single()) {
            if entry.is_idle(cases) {
                let judged =
                    |case: &&mut CaseResult| entry.selector.cases.is_match(&case.name()) && was_wholly_judged(case);
                // A case that is already stale stays what it is.
                if let Some(case) = cases.iter_mut().filter(judged).min_by_key(|case| case.verdict.is_failure()) {
                    entry.mark_stale(case);
                }
            }
        }
    }
}

/// A failing check as its declarations have it: known, or, where they are about some of its differences, in two parts.
fn judge(check: CheckResult, entries: &[&Deviation], status: Option<u16>) -> Vec<CheckResult> {
    if check.verdict != Verdict::Fail {
        return vec![check];
    }
    let about: Vec<&&Deviation> = entries.iter().filter(|entry| entry.selector.is_about(&check, status)).collect();
    let (by_path, whole): (Vec<&&Deviation>, Vec<_>) =
        about.into_iter().partition(|entry| entry.selector.path.is_some());
    whole.iter().for_each(|entry| entry.matched.store(true, Ordering::Relaxed));
    let mut declared = whole.first().map(|entry| entry.declared.clone());
    let (known, left): (Vec<_>, Vec<_>) = check.differences.iter().cloned().partition(|difference| {
        let mut found = false;
        for entry in &by_path {
            if entry.selector.path.as_ref().is_some_and(|path| path.contains(&difference.path)) {
                entry.matched.store(true, Ordering::Relaxed);
                declared.get_or_insert_with(|| entry.declared.clone());
                found = true;
            }
        }
        found
    });
    let known_check = |check: CheckResult| CheckResult { verdict: Verdict::Known, declared: declared.clone(), ..check };
    if !whole.is_empty() || (!known.is_empty() && left.is_empty()) {
        vec![known_check(check)]
    } else if known.is_empty() {
        vec![check]
    } else {
        let first = known_check(CheckResult { differences: known, ..check.clone() });
        vec![first, CheckResult { differences: left, ..check }]
    }
}

/// Whether all of a case was judged: what is declared may be about a step that was left out.
fn was_wholly_judged(case: &CaseResult) -> bool {
    !matches!(case.verdict, Verdict::Skip | Verdict::Error) && case.left_out.is_empty()
}

impl Deviation {
    pub(super) fn holds(&self, today: Date) -> bool {
        self.expires.is_none_or(|last_day| today <= last_day)
    }

    pub(super) fn is_matched(&self) -> bool {
        self.matched.load(Ordering::Relaxed)
    }

    /// Whether every case that it is about has come out, at least one of them was judged, and nothing failed under it.
    pub(super) fn is_idle(&self, cases: &[CaseResult]) -> bool {
        let matching = cases.iter().filter(|case| self.selector.cases.is_match(&case.name()));
        let (all, judged) =
            matching.fold((0, 0), |(all, judged), case| (all + 1, judged + usize::from(was_wholly_judged(case))));
        !self.is_matched() && judged > 0 && all == self.loaded
    }

    fn mark_stale(&self, case: &mut CaseResult) {
        let about = case
            .checks
            .iter_mut()
            .find(|check| self.selector.check.is_some_and(|kind| kind == check.kind) && check.verdict == Verdict::Pass);
        match about {
            Some(check) => {
                check.verdict = Verdict::Stale;
                check.declared = Some(self.declared.clone());
                case.verdict = Verdict::of_parts(case.checks.iter().map(|check| check.verdict));
            }
            None => {
                // What fails beside it counts as what it is.
                if case.verdict != Verdict::Fail {
                    case.verdict = Verdict::Stale;
                }
                case.declared = Some(self.declared.clone());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::{
        deviation::MissingReasons,
        document::Source,
        verdict::{CheckKind, Difference, Level, Side, StepName},
    };

    const BEFORE: Date = jiff::civil::date(2027, 6, 30);

    fn deviations(entries: &str) -> Deviations {
        let source = Source::new("deviations.yaml", format!("deviations: [{entries}]"));
        Deviations::read(&source, &["auth::basic", "auth::other"], MissingReasons::Required).unwrap()
    }

    fn of_basic(entry: &str) -> Deviations {
        deviations(&format!("{{ case: 'auth::basic', reason: r, expires: 2027-06-30, {entry} }}"))
    }

    fn case(golden: Verdict, traffic: Verdict) -> CaseResult {
        let check = |kind, verdict| CheckResult { verdict, ..CheckResult::pass(kind, Level::Required) };
        CaseResult::of_checks(
            "auth",
            "basic",
            vec![check(CheckKind::Golden, golden), check(CheckKind::Traffic, traffic)],
        )
    }

    fn applied(entry: &str, case: CaseResult, today: Date) -> (Verdict, Vec<Verdict>) {
        verdicts(&of_basic(entry), case, today)
    }

    fn verdicts(deviations: &Deviations, mut case: CaseResult, today: Date) -> (Verdict, Vec<Verdict>) {
        deviations.apply(&mut case, today);
        (case.verdict, case.checks.iter().map(|check| check.verdict).collect())
    }

    use Verdict::{Error, Fail, Known, Pass, Skip, Stale};

    #[test]
    fn a_declaration_about_a_case_with_steps_that_are_left_out_is_not_stale() {
        let mut case = case(Pass, Pass);
        let step = StepName { number: 2, name: String::new() };
        case.left_out.push(crate::verdict::LeftOutStep {
            step,
            features: vec!["streams".to_owned()],
            reason: String::new(),
        });
        of_basic("check: golden").apply(&mut case, BEFORE);
        assert_eq!(case.verdict, Pass);
    }

    #[test]
    fn a_declared_case_that_fails_is_known() {
        assert_eq!(applied("", case(Fail, Pass), BEFORE), (Known, vec![Known, Pass]));
    }

    #[test]
    fn a_declared_case_that_passes_is_stale() {
        assert_eq!(applied("", case(Pass, Pass), BEFORE), (Stale, vec![Pass, Pass]));
    }

    #[test]
    fn a_declared_check_covers_that_check_alone() {
        assert_eq!(applied("check: golden", case(Fail, Pass), BEFORE), (Known, vec![Known, Pass]));
        assert_eq!(applied("check: golden", case(Fail, Fail), BEFORE), (Fail, vec![Known, Fail]));
        assert_eq!(applied("check: golden", case(Pass, Fail), BEFORE), (Fail, vec![Stale, Fail]));
        assert_eq!(applied("check: golden", case(Pass, Pass), BEFORE), (Stale, vec![Stale, Pass]));
    }

    #[test]
    fn what_was_not_judged_is_neither_known_nor_stale() {
        assert_eq!(applied("", case(Error, Pass), BEFORE), (Error, vec![Error, Pass]));
        assert_eq!(applied("", case(Error, Fail), BEFORE), (Error, vec![Error, Known]));
        let mut skipped = CaseResult::skip("auth", "basic", "no secrets");
        of_basic("").apply(&mut skipped, BEFORE);
        assert_eq!(skipped.verdict, Skip);
    }

    #[test]
    fn an_expired_declaration_does_nothing() {
        let after = BEFORE.tomorrow().unwrap();
        assert_eq!(applied("", case(Fail, Pass), after), (Fail, vec![Fail, Pass]));
        assert_eq!(applied("", case(Pass, Pass), after), (Pass, vec![Pass, Pass]));
    }

    fn step(number: usize) -> StepName {
        StepName { number, name: format!("GET imagestreams/[stream]?page={number}") }
    }

    fn without(name: &str, paths: &[&str]) -> CaseResult {
        let differences = paths.iter().map(|path| Difference {
            path: path.parse().unwrap(),
            expected: Side::Value(json!("x")),
            actual: Side::Absent,
            level: Level::Required,
        });
        let check = CheckResult::of_differences(CheckKind::Golden, Level::Required, differences.collect()).at(step(1));
        CaseResult::of_checks("auth", name, vec![check])
    }

    #[test]
    fn a_path_covers_its_differences_and_hides_nothing_else() {
        let deviations = || deviations("{ case: '*', path: $..metadata.uid, reason: no uid }");
        let only = without("basic", &["$.metadata.uid", "$.image.metadata.uid"]);
        assert_eq!(verdicts(&deviations(), only, BEFORE), (Known, vec![Known]));
        let mut more = without("basic", &["$.metadata.uid", "$.kind"]);
        deviations().apply(&mut more, BEFORE);
        assert_eq!(more.verdict, Fail);
        let left: Vec<_> =
            more.checks.iter().map(|check| (check.verdict, check.differences[0].path.to_string())).collect();
        assert_eq!(left, [(Known, "$.metadata.uid".to_owned()), (Fail, "$.kind".to_owned())]);
    }

    #[rstest]
    #[case("step: 1", Known)]
    #[case("step: 2", Fail)]
    #[case("step: 'GET imagestreams/*'", Known)]
    #[case("step: 'POST *'", Fail)]
    #[case("level: required", Known)]
    #[case("level: compatible", Fail)]
    #[case("check: golden, level: required, step: 1, path: $.kind", Known)]
    #[case("check: schema", Fail)]
    fn every_part_narrows_it_down(#[case] parts: &str, #[case] expected: Verdict) {
        let deviations = deviations(&format!("{{ case: '*', reason: r, {parts} }}"));
        assert_eq!(verdicts(&deviations, without("basic", &["$.kind"]), BEFORE).0, expected);
    }

    #[test]
    fn a_status_covers_what_follows_from_it_in_its_step() {
        let failing = |status| {
            let checks = vec![
                CheckResult::fail_status(Level::Required, 200, status).at(step(1)),
                CheckResult::fail(CheckKind::Golden, Level::Required, "differs").at(step(1)),
                CheckResult::fail(CheckKind::Golden, Level::Required, "differs").at(step(2)),
            ];
            CaseResult::of_checks("auth", "basic", checks)
        };
        let deviations = || deviations("{ case: '*', status: 404, reason: r }");
        assert_eq!(verdicts(&deviations(), failing(404), BEFORE), (Fail, vec![Known, Known, Fail]));
        assert_eq!(verdicts(&deviations(), failing(500), BEFORE), (Fail, vec![Fail, Fail, Fail]));
    }

    #[test]
    fn a_declaration_of_several_cases_is_stale_when_none_of_them_fails_under_it() {
        let pass = |name: &str| {
            CaseResult::of_checks("auth", name, vec![CheckResult::pass(CheckKind::Golden, Level::Required)])
        };
        let finished = |mut cases: Vec<CaseResult>| {
            let deviations = deviations("{ case: '*', path: $..metadata.uid, reason: r }");
            cases.iter_mut().for_each(|case| deviations.apply(case, BEFORE));
            deviations.finish(&mut cases, BEFORE);
            cases.iter().map(|case| case.verdict).collect::<Vec<_>>()
        };
        assert_eq!(finished(vec![pass("basic"), pass("other")]), [Stale, Pass]);
        assert_eq!(finished(vec![pass("basic"), without("other", &["$.metadata.uid"])]), [Pass, Known]);
        assert_eq!(finished(vec![pass("basic")]), [Pass], "the other one was not run");
        assert_eq!(finished(vec![pass("basic"), CaseResult::skip("auth", "other", "s")]), [Stale, Skip]);
        assert_eq!(finished(vec![without("basic", &["$.kind"]), pass("other")]), [Fail, Stale]);
    }
}
