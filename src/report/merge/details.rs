//! How much a merged report says of each case.

use std::collections::BTreeSet;

use crate::report::{ReportCase, ShownCause};

/// How large the details of a merged report may be, in bytes: as large as those of a run.
const DETAILS: usize = 150_000;
/// Takes out details until there is room for them: those of the examples of causes are kept first, then those of failures.
pub(super) fn cut(cases: &mut [ReportCase], causes: &[ShownCause]) {
    let examples: BTreeSet<&str> = causes.iter().map(|cause| cause.example.as_str()).collect();
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|position| {
        let case = &cases[*position];
        (!examples.contains(case.name().as_str()), !case.is_failure())
    });
    let weight = |case: &ReportCase| {
        let details = (&case.checks, &case.notes, &case.exchanges, &case.left_out);
        serde_json::to_string(&details).map_or(0, |text| text.len())
    };
    let mut left = DETAILS;
    for position in order {
        let case = &mut cases[position];
        match left.checked_sub(weight(case)) {
            Some(rest) => left = rest,
            None => {
                for check in case.checks.drain(..) {
                    *case.failed.entry(check.kind).or_default() += 1;
                }
                case.notes.clear();
                case.exchanges.clear();
                case.left_out.clear();
                case.values.clear();
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::RedactedRun;
    use crate::report::{Report, sample};

    #[test]
    fn the_details_of_a_whole_are_no_larger_than_those_of_a_run() {
        let run = sample::many_failures();
        let mut cases: Vec<ReportCase> = Report::for_tools(&RedactedRun::of(&run)).cases;
        let with_details = cases.iter().find(|case| !case.checks.is_empty()).unwrap().clone();
        cases.extend((0..2000).map(|number| ReportCase { case: format!("copy-{number}"), ..with_details.clone() }));
        cut(&mut cases, &[]);
        let size: usize = cases.iter().map(|case| serde_json::to_string(&case.checks).unwrap().len()).sum();
        assert!(size <= DETAILS + cases.len() * 2, "{size}");
        assert!(cases.last().unwrap().lacks_details());
    }
}
