//! From declarations to verdicts.

use jiff::civil::Date;

use super::{Deviation, Deviations};
use crate::verdict::{CaseResult, CheckResult, Verdict};

impl Deviations {
    /// Turns failures of `case` that are declared into `known`, and declarations that nothing fails under into `stale`.
    ///
    /// Declarations that expired before `today` do nothing.
    pub fn apply(&self, case: &mut CaseResult, today: Date) {
        if matches!(case.verdict, Verdict::Skip | Verdict::Error) {
            return;
        }
        let name = case.name();
        let holds =
            |entry: &&Deviation| entry.cases.is_match(&name) && entry.expires.is_none_or(|last_day| today <= last_day);
        for entry in self.entries.iter().filter(holds) {
            match entry.check {
                Some(kind) => entry.apply_to_checks(case.checks.iter_mut().filter(|check| check.kind == kind)),
                None => entry.apply_to_case(case),
            }
        }
        if !case.left_out.is_empty() {
            // What is declared may be about a step that was left out.
            case.checks.iter_mut().filter(|check| check.verdict == Verdict::Stale).for_each(|check| {
                check.verdict = Verdict::Pass;
                check.declared = None;
            });
            case.verdict = Verdict::Pass;
        }
        if case.verdict != Verdict::Stale {
            case.verdict = Verdict::of_parts(case.checks.iter().map(|check| check.verdict));
        }
    }
}

impl Deviation {
    fn apply_to_case(&self, case: &mut CaseResult) {
        case.declared = Some(self.declared.clone());
        if case.verdict == Verdict::Fail {
            case.checks.iter_mut().filter(|check| check.verdict == Verdict::Fail).for_each(|check| self.know(check));
        } else {
            case.verdict = Verdict::Stale;
        }
    }

    fn apply_to_checks<'a>(&self, checks: impl Iterator<Item = &'a mut CheckResult>) {
        let (failing, mut passing): (Vec<_>, Vec<_>) = checks.partition(|check| check.verdict == Verdict::Fail);
        if failing.is_empty() {
            // One of them says it for all.
            if let Some(check) = passing.first_mut() {
                check.verdict = Verdict::Stale;
                check.declared = Some(self.declared.clone());
            }
        }
        failing.into_iter().for_each(|check| self.know(check));
    }

    fn know(&self, check: &mut CheckResult) {
        check.verdict = Verdict::Known;
        check.declared = Some(self.declared.clone());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        document::Source,
        verdict::{CheckKind, Level},
    };

    const BEFORE: Date = jiff::civil::date(2027, 6, 30);

    fn deviations(entry: &str) -> Deviations {
        let text = format!("deviations: [{{ case: 'auth::*', reason: r, expires: 2027-06-30, {entry} }}]");
        Deviations::read(&Source::new("deviations.yaml", text), &["auth::basic"]).unwrap()
    }

    fn case(golden: Verdict, traffic: Verdict) -> CaseResult {
        let check = |kind, verdict| CheckResult { verdict, ..CheckResult::pass(kind, Level::Required) };
        CaseResult::of_checks(
            "auth",
            "basic",
            vec![check(CheckKind::Golden, golden), check(CheckKind::Traffic, traffic)],
        )
    }

    fn applied(entry: &str, mut case: CaseResult, today: Date) -> (Verdict, Vec<Verdict>) {
        deviations(entry).apply(&mut case, today);
        (case.verdict, case.checks.iter().map(|check| check.verdict).collect())
    }

    use Verdict::{Error, Fail, Known, Pass, Skip, Stale};

    #[test]
    fn a_declaration_about_a_case_with_steps_that_are_left_out_is_not_stale() {
        let mut case = case(Pass, Pass);
        let step = crate::verdict::StepName { number: 2, name: String::new() };
        case.left_out.push(crate::verdict::LeftOutStep { step, features: vec!["streams"], reason: String::new() });
        deviations("check: golden").apply(&mut case, BEFORE);
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
        deviations("").apply(&mut skipped, BEFORE);
        assert_eq!(skipped.verdict, Skip);
    }

    #[test]
    fn an_expired_declaration_does_nothing() {
        let after = BEFORE.tomorrow().unwrap();
        assert_eq!(applied("", case(Fail, Pass), after), (Fail, vec![Fail, Pass]));
        assert_eq!(applied("", case(Pass, Pass), after), (Pass, vec![Pass, Pass]));
    }
}
