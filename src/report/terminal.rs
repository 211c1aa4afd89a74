//! The report for the person who waits: what failed and why, then the summary.

use std::io::{self, Write};

use super::{
    Paint, absence, causes,
    escape::escape,
    excerpt::{beginning, named_sides},
    explain,
    redact::RedactedRun,
    summary, texts,
    view::{View, ViewLimits, cases},
};
use crate::{
    redaction::Secrets,
    verdict::{CaseResult, RunResult, Verdict, cause},
};

/// Which failing cases are written whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// All of them if they are few; otherwise the causes, and an example of each.
    ByCause,
    /// Every one (`--verbose`).
    EveryCase,
    /// The same as `ByCause`, and of everything else one line (`--quiet`).
    Failures,
}

/// So many failing cases are few.
const FEW: usize = 3;
/// How many causes are shown.
const CAUSES: usize = 10;

/// Writes what is worth reading about `run`: why cases did not come out as expected, what was skipped or declared and why,
/// then the counts by suite and by level.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RedactedRun, paint: Paint, details: Details, mut out: impl Write) -> io::Result<()> {
    let view = View::new(run, ViewLimits { details: usize::MAX, causes: CAUSES, escapes: true });
    let out: &mut dyn Write = &mut out;
    let run = &view.run;
    absence::write(run, paint, out)?;
    let whole = details == Details::EveryCase || view.failed <= FEW;
    if whole {
        for case in run.cases.iter().filter(|case| case.is_failure()) {
            self::case(case, paint, &mut *out)?;
            writeln!(out)?;
        }
    }
    if view.failed > FEW {
        causes::write(&view, paint, out)?;
    }
    unsteady(run, paint, out)?;
    if details == Details::Failures {
        summary::line(run, paint, out)?;
        return out.flush();
    }
    declared(run, paint, out)?;
    skipped(run, paint, out)?;
    suites(run, paint, out)?;
    summary::write(run, paint, out)?;
    out.flush()
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

/// A few lines about `case` while the run goes on: what differs first.
///
/// # Errors
/// When `out` cannot be written to.
pub fn brief(case: &CaseResult, paint: Paint, mut out: impl Write) -> io::Result<()> {
    let mut case = case.clone();
    case.exchanges.clear();
    let redactor = Secrets::of_this_process().redactor();
    texts::case(&mut case, &mut |text| {
        redactor.redact(text);
        escape(text);
    });
    line(&case, paint, &mut out)?;
    let Some(finding) = cause::findings(&case).into_iter().next() else { return Ok(()) };
    writeln!(out, "{:13}{}", "", beginning(&finding.cause.to_string(), LINE))?;
    if let Some(difference) = finding.difference {
        let (expected, actual) = named_sides(difference, &case.values);
        writeln!(out, "{:13}expected {}", "", beginning(&expected, LINE))?;
        writeln!(out, "{:13}actual   {}", "", beginning(&actual, LINE))?;
    }
    Ok(())
}

/// The longest line of a failure while the run goes on, in characters.
const LINE: usize = 160;

/// The cases that came out differently when they were repeated.
fn unsteady(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut any = false;
    for case in run.cases.iter().filter(|case| !case.repetitions.is_empty()) {
        let verdicts: Vec<&str> = case.repetitions.iter().map(|verdict| verdict.as_str()).collect();
        let word = paint.verdict(case.verdict, "UNSTEADY");
        writeln!(out, "{word:>12} {}: {}", case.name(), verdicts.join(", "))?;
        any = true;
    }
    if any { writeln!(out) } else { Ok(()) }
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
    if known.len() > KNOWN {
        return known_by_reason(&known, paint, out);
    }
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

/// So many known deviations are listed case by case.
const KNOWN: usize = 12;

/// Many declared deviations: a line for each reason.
fn known_by_reason(known: &[&CaseResult], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for case in known {
        let checks = case.checks.iter().filter_map(|check| check.declared.as_ref());
        let mut own: Vec<&str> = case.declared.iter().chain(checks).map(|declared| declared.reason.as_str()).collect();
        own.sort_unstable();
        own.dedup();
        for reason in own {
            match reasons.iter_mut().find(|(told, _)| told == reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((reason.to_owned(), 1)),
            }
        }
    }
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = reasons.len().saturating_sub(KNOWN);
    for (reason, count) in reasons.iter().take(KNOWN) {
        writeln!(out, "{:>12} {}: {reason}", paint.verdict(Verdict::Known, "KNOWN"), cases(*count))?;
    }
    if more > 0 {
        writeln!(out, "{:>12} {more} more reasons", "")?;
    }
    writeln!(out)
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
        writeln!(out, "{:>12} {}: {reason}", paint.verdict(Verdict::Skip, "SKIP"), self::cases(*cases))?;
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
        written_with(run, paint, Details::ByCause)
    }

    fn written_with(run: &RunResult, paint: Paint, details: Details) -> String {
        let mut written = Vec::new();
        write(&RedactedRun::of(run), paint, details, &mut written).unwrap();
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
    fn many_failures_are_told_by_cause() {
        insta::assert_snapshot!(written(&sample::many_failures(), Paint::Plain));
    }

    #[test]
    fn verbose_tells_every_case_and_the_causes() {
        let verbose = written_with(&sample::many_failures(), Paint::Plain, Details::EveryCase);
        for case in sample::many_failures().cases.iter().filter(|case| case.is_failure()) {
            assert!(verbose.contains(&format!("{}::{}\n", case.suite, case.case)), "{verbose}");
        }
        assert!(verbose.contains("`GET imagestreams/[stream]` answered 404 instead of 200"), "{verbose}");
    }

    #[test]
    fn what_would_change_the_terminal_is_written_out() {
        let mut run = sample::run();
        run.cases[1].checks[0].message = Some("evil\u{202e}txt \u{9b}31m\u{1b}[2J".to_owned());
        let written = written(&run, Paint::Plain);
        assert!(written.contains("evil\\u{202e}txt \\u{9b}31m\\u{1b}[2J"), "{written}");
    }

    #[test]
    fn colour_adds_codes_and_nothing_else() {
        let coloured = written(&sample::run(), Paint::Colour);
        assert!(coloured.contains("\x1b[31;1m"));
        let codes = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
        assert_eq!(codes.replace_all(&coloured, ""), written(&sample::run(), Paint::Plain));
    }
}
