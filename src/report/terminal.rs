//! The report for the person who waits: what failed and why, then the summary.

use std::io::{self, Write};

use super::{Paint, absence, explain, redact::redact, summary};
use crate::verdict::{CaseResult, RunResult, Verdict};

/// Writes what is worth reading about `run`: every case that did not come out as expected with its reasons, what was
/// skipped or declared and why, then the counts by suite and by level.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, paint: Paint, mut out: impl Write) -> io::Result<()> {
    let run = redact(run);
    let out: &mut dyn Write = &mut out;
    absence::write(&run, paint, out)?;
    for case in run.cases.iter().filter(|case| case.verdict.is_failure()) {
        self::case(case, paint, &mut *out)?;
        writeln!(out)?;
    }
    declared(&run, paint, out)?;
    skipped(&run, paint, out)?;
    suites(&run, paint, out)?;
    summary::write(&run, paint, out)
}

/// Writes what came out of one case and why.
///
/// # Errors
/// When `out` cannot be written to.
pub fn case(case: &CaseResult, paint: Paint, mut out: impl Write) -> io::Result<()> {
    let out: &mut dyn Write = &mut out;
    heading(case, paint, out)?;
    explain::case(case, paint, out)
}

/// One line about `case` for a list: verdict, time, name.
///
/// # Errors
/// When `out` cannot be written to.
pub fn line(case: &CaseResult, paint: Paint, mut out: impl Write) -> io::Result<()> {
    let verdict = paint.verdict(case.verdict, case.verdict.as_str().to_uppercase());
    let seconds = case.duration.as_secs_f64();
    writeln!(out, "{verdict:>12} [{seconds:>8.3}s] {}::{}", case.suite, paint.bold(&case.case))
}

fn heading(case: &CaseResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    line(case, paint, &mut *out)?;
    match &case.not_scored {
        Some(reason) => writeln!(out, "  not scored: {reason}"),
        None => Ok(()),
    }
}

fn declared(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let known: Vec<_> = run.cases.iter().filter(|case| case.verdict == Verdict::Known).collect();
    for case in &known {
        line(case, paint, &mut *out)?;
        let checks = case.checks.iter().filter_map(|check| check.declared.as_ref());
        let mut reasons: Vec<String> = Vec::new();
        for declared in case.declared.iter().chain(checks) {
            let link = declared.link.as_deref().map(|link| format!(" ({link})")).unwrap_or_default();
            let reason = format!("{}{link}", declared.reason);
            if !reasons.contains(&reason) {
                writeln!(out, "  {reason}")?;
                reasons.push(reason);
            }
        }
    }
    if known.is_empty() { Ok(()) } else { writeln!(out) }
}

fn skipped(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for reason in run.cases.iter().filter_map(|case| case.skipped.as_deref()) {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, cases)) => *cases += 1,
            None => reasons.push((reason, 1)),
        }
    }
    for (reason, cases) in &reasons {
        writeln!(out, "{:>12} {}: {reason}", paint.verdict(Verdict::Skip, "SKIP"), summary::plural(*cases, "case"))?;
    }
    if reasons.is_empty() { Ok(()) } else { writeln!(out) }
}

fn suites(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let suites = run.counts_by_suite();
    let width = suites.iter().map(|suite| suite.suite.len()).max().unwrap_or(0).max("suite".len());
    write!(out, "{}", paint.dim(format_args!("{:width$}  cases", "suite")))?;
    for verdict in Verdict::ALL {
        write!(out, "  {}", paint.dim(format_args!("{verdict:>5}")))?;
    }
    writeln!(out, "  {}", paint.dim("unscored"))?;
    for suite in suites {
        let (name, counts) = (suite.suite, suite.counts);
        write!(out, "{name:width$}  {:>5}", suite.total())?;
        for verdict in Verdict::ALL {
            match counts.of(verdict) {
                0 => write!(out, "  {}", paint.dim("    ·"))?,
                count => write!(out, "  {}", paint.verdict(verdict, format_args!("{count:>5}")))?,
            }
        }
        match suite.unscored {
            0 => writeln!(out, "  {}", paint.dim("       ·"))?,
            count => writeln!(out, "  {count:>8}")?,
        }
    }
    writeln!(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(run: &RunResult, paint: Paint) -> String {
        let mut written = Vec::new();
        write(run, paint, &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn says_what_failed_why_and_what_to_do() {
        insta::assert_snapshot!(written(&sample::run(), Paint::Plain));
    }

    #[test]
    fn says_little_when_all_is_as_expected() {
        insta::assert_snapshot!(written(&sample::passing_run(), Paint::Plain));
    }

    #[test]
    fn colour_adds_codes_and_nothing_else() {
        let coloured = written(&sample::run(), Paint::Colour);
        assert!(coloured.contains("\x1b[31;1m"));
        let codes = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
        assert_eq!(codes.replace_all(&coloured, ""), written(&sample::run(), Paint::Plain));
    }
}
