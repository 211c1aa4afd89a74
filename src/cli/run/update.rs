//! `--update`: proposes goldens made of the answers.

use crate::{
    cli::exit::CommandError,
    golden::Store,
    runner::CaseOutcome,
    verdict::{CheckKind, Verdict},
    version::ApiVersion,
};

/// Writes a proposal beside every golden that the answers differ from, and for every case without one.
///
/// # Errors
/// When a proposal cannot be written.
pub(super) fn propose(goldens: &Store, version: ApiVersion, outcomes: &[CaseOutcome]) -> Result<(), CommandError> {
    let mut written = 0;
    for CaseOutcome { result, golden, proposal, .. } in outcomes {
        let Some(proposal) = proposal else { continue };
        let differs = result.checks.iter().any(|check| {
            matches!(check.kind, CheckKind::Golden | CheckKind::Traffic) && check.verdict != Verdict::Pass
        });
        if differs {
            let path = path(&result.suite, &result.case, version, golden.as_ref().map(|file| file.path.as_str()));
            goldens.propose(&result.suite, &result.case, &path, proposal).map_err(CommandError::harness)?;
            written += 1;
        }
    }
    if written > 0 {
        eprintln!("{written} goldens proposed; `cargo insta review` walks through them");
    } else {
        eprintln!("no golden differs, nothing is proposed");
    }
    Ok(())
}

/// The snapshot that an answer of `version` belongs in: one that newer versions share is not touched.
fn path(suite: &str, case: &str, version: ApiVersion, found: Option<&str>) -> String {
    let own = format!("{suite}/{case}@{version}.snap");
    match found {
        Some(found) if found == own => own,
        _ if version == ApiVersion::NEWEST => format!("{suite}/{case}.snap"),
        _ => own,
    }
}
