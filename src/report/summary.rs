//! The summary of a run on the terminal: counts, levels, target, and what did not decide.

use std::io::{self, Write};

use super::Paint;
use crate::verdict::{Counts, Level, RunResult, Verdict};

const RULE: &str = "────────────";

/// Writes the summary of `run`.
pub(super) fn write(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let counts = run.counts();
    writeln!(out, "{RULE}")?;
    let title = paint.verdict(run.verdict(), "Summary");
    let run_count = counts.total() - counts.of(Verdict::Skip);
    writeln!(
        out,
        "{title:>12} [{:>8.3}s] {} run: {}",
        run.duration.as_secs_f64(),
        plural(run_count, "case"),
        words(counts, paint)
    )?;
    for level in Level::ALL {
        let at_level = run.counts_by_level().remove(&level).unwrap_or_default();
        if at_level.total() > 0 {
            writeln!(out, "{level:>12} {}", words(at_level, paint))?;
        }
    }
    writeln!(out, "{:>12} {}, API version {}", "target", run.target, run.api_version)?;
    let deviations: Vec<_> = run
        .schema_deviations()
        .into_iter()
        .map(|(name, cases)| format!("{name} ({})", plural(cases, "case")))
        .collect();
    if !deviations.is_empty() {
        writeln!(out, "{:>12} documented deviations of the published schema: {}", "schema", deviations.join(", "))?;
    }
    match run.cases.iter().filter(|case| case.not_scored.is_some()).count() {
        0 => {}
        cases => writeln!(out, "{:>12} {} run without deciding", "not scored", plural(cases, "case"))?,
    }
    if run.interrupted {
        writeln!(out, "{:>12} stopped before every case was done", "interrupted")?;
    }
    Ok(())
}

/// `260 passed, 2 failed, 3 skipped`.
fn words(counts: Counts, paint: Paint) -> String {
    let words: Vec<_> = Verdict::ALL
        .into_iter()
        .filter(|verdict| *verdict == Verdict::Pass || counts.of(*verdict) > 0)
        .map(|verdict| {
            let word = match verdict {
                Verdict::Pass => "passed",
                Verdict::Fail => "failed",
                Verdict::Error => "could not be judged",
                Verdict::Skip => "skipped",
                Verdict::Known => "known to fail",
                Verdict::Stale => "declared but passing",
            };
            format!("{} {}", paint.bold(counts.of(verdict)), paint.verdict(verdict, word))
        })
        .collect();
    words.join(", ")
}

/// `1 case`, `3 cases`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}
