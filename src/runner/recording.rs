//! The judgements about an answer by what another build answered.

use super::{judge::Judge, status};
use crate::{
    golden::{Answer, Memory, Pattern},
    recording::{self, Recorded, RecordedCase, RecordedStep},
    suite::{Request, Step},
    traits::Traits,
    variable::Bindings,
    verdict::{CheckKind, CheckResult, Level},
};

/// What a recorded answer is compared in terms of.
#[derive(Debug)]
pub(super) struct RecordingContext<'a> {
    pub(super) traits: &'a Traits,
    /// The most that a check of the case can weigh.
    pub(super) cap: Level,
    pub(super) bindings: &'a Bindings,
}

/// The status, the answer and what was asked of the registry, against what is recorded of the same request.
#[must_use]
pub(super) fn checks(
    context: &RecordingContext<'_>,
    step: &RecordedStep,
    request: &Request,
    status: u16,
    answer: &Answer,
    memory: &mut Memory,
) -> Vec<CheckResult> {
    let RecordingContext { traits, cap, bindings } = *context;
    let mut checks = step.status.map(|recorded| status::judge(request, recorded, status, cap)).unwrap_or_default();
    match recording::compare(Recorded { step, traits }, answer, bindings, memory) {
        Ok(found) => {
            checks.extend(CheckResult::by_level(CheckKind::Golden, cap, found.answer));
            checks.push(CheckResult::of_differences(CheckKind::Traffic, Level::Compatible, found.traffic));
        }
        Err(unbound) => checks.push(CheckResult::error(CheckKind::Golden, cap, format!("the recording: {unbound}"))),
    }
    checks
}

/// A step that the recorded build answered and that cannot be done on this one.
#[must_use]
pub(super) fn lost(level: Level, reason: &str) -> CheckResult {
    CheckResult::fail(CheckKind::Status, level, format!("the recorded build answers this, and the step {reason}"))
}

/// Makes sure that the requests of a case are those that were recorded.
///
/// # Errors
/// When the case was changed meanwhile.
pub(super) fn fits(recorded: &RecordedCase, steps: &[Step], judge: &Judge) -> Result<(), String> {
    let changed = |what: String| format!("the case has changed since it was recorded, record it again: {what}");
    let requests: Vec<&Request> = steps.iter().flat_map(Step::requests).map(|(request, _)| request).collect();
    for (number, step) in &recorded.responses {
        match requests.get(*number) {
            Some(request) if is_request(&step.request, request, judge) => {}
            Some(request) => {
                let now = judge.describe(request);
                return Err(changed(format!("`{}` is now `{now}`", step.request)));
            }
            None => return Err(changed(format!("`{}` is gone", step.request))),
        }
    }
    Ok(())
}

/// Whether a request is the recorded one; what differed when it was recorded twice may differ.
fn is_request(recorded: &str, request: &Request, judge: &Judge) -> bool {
    let matches = Pattern::parse(recorded).matches(&request.describe(), &judge.bindings, &mut Memory::default());
    matches.unwrap_or_default() || judge.describe(request) == recorded
}
