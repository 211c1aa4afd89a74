//! `--update`: proposes goldens made of the answers.

use crate::{
    cli::exit::{CommandError, notice},
    golden::{Golden, Store},
    redaction::{Redactor, Secrets},
    runner::CaseOutcome,
    verdict::{CheckKind, Verdict},
    version::ApiVersion,
};

/// Writes a proposal beside every golden that the answers differ from, and for every case without one.
///
/// # Errors
/// When a proposal cannot be written.
pub(super) fn propose(goldens: &Store, version: ApiVersion, outcomes: &[CaseOutcome]) -> Result<(), CommandError> {
    let redactor = Secrets::of_this_process().redactor();
    let mut written = 0;
    for CaseOutcome { result, newest, proposal, .. } in outcomes {
        let Some(proposal) = proposal else { continue };
        let differs = result.checks.iter().any(|check| {
            matches!(check.kind, CheckKind::Golden | CheckKind::Traffic) && check.verdict != Verdict::Pass
        });
        if differs {
            let versions = (version, *newest);
            goldens
                .propose(&result.suite, &result.case, versions, &redacted(proposal, &redactor))
                .map_err(CommandError::harness)?;
            written += 1;
        }
    }
    if written > 0 {
        notice(format_args!("{written} goldens proposed; `cargo insta review` walks through them"));
    } else {
        notice(format_args!("no golden differs, nothing is proposed"));
    }
    Ok(())
}

/// A proposal without secrets that the implementation echoed.
fn redacted(golden: &Golden, redactor: &Redactor) -> Golden {
    let mut golden = golden.clone();
    for step in &mut golden.steps {
        redactor.redact_value(&mut step.body);
        step.headers.values_mut().chain(step.traffic.values_mut()).flatten().for_each(|text| redactor.redact(text));
    }
    golden
}
