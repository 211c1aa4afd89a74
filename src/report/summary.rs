//! The summary of a run on the terminal: one number a line, each with its definition.

use std::io::{self, Write};

use super::Paint;
use crate::{
    verdict::{AbsenceMeans, Level, ProfileResult, RecordedBuild, RunResult, Verdict},
    version::ApiVersion,
};

const RULE: &str = "────────────";

/// Writes the summary of `run`.
pub(super) fn write(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{RULE}")?;
    let verdict = run.verdict();
    let word = paint.verdict(verdict, if verdict.is_failure() { "FAIL" } else { "PASS" });
    writeln!(out, "{:>12} [{:>8.3}s] {word}", paint.verdict(verdict, "Summary"), run.duration.as_secs_f64())?;
    let mut lines = Lines { out, paint };
    lines.text("target", format_args!("{}, API version {}", run.target, run.api_version))?;
    lines.text("traits", &run.traits)?;
    if let Some(RecordedBuild { target, recorded, generator, only_recorded }) = &run.against {
        lines.text("against", format_args!("the recording of {target} from {recorded} by {generator}"))?;
        if !only_recorded.is_empty() {
            let count = only_recorded.len();
            lines.count("not compared", count, "recorded cases: none of the suites has them")?;
        }
    }
    lines.text(
        "level",
        match run.level {
            Level::Compatible => "compatible: every check counts",
            Level::Required => "required: checks of what the published reference says count, the others are notes",
        },
    )?;
    cases(run, &mut lines)?;
    let repeated = run.cases.iter().filter(|case| case.attempts > 1).count();
    if repeated > 0 {
        lines.count("repeated", repeated, "cases: run again, because configuration takes effect late")?;
    }
    let changed = run.cases.iter().filter(|case| !case.repetitions.is_empty()).count();
    if changed > 0 {
        lines.count("unsteady", changed, "cases: came out differently when they were repeated")?;
    }
    progress(run, &mut lines)?;
    features(run, &mut lines)?;
    let deviations = run.schema_deviations();
    if !deviations.is_empty() {
        let names: Vec<String> =
            deviations.iter().map(|(name, cases)| format!("{name} ({})", plural(*cases, "case"))).collect();
        lines.text("schema", format_args!("documented deviations of the published schema: {}", names.join(", ")))?;
    }
    if run.interrupted {
        let left = if run.not_run > 0 { format!(": {} not run", plural(run.not_run, "case")) } else { String::new() };
        lines.text("interrupted", format_args!("stopped before every case was done{left}"))?;
    }
    profiles(run, &mut lines)
}

/// The result of `run` in one line.
pub(super) fn line(run: &RunResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let verdict = run.verdict();
    let counts = run.counts();
    let decided = counts.total() - counts.of(Verdict::Skip);
    let word = paint.verdict(verdict, if verdict.is_failure() { "FAIL" } else { "PASS" });
    let not_run = if run.not_run > 0 { format!(", {} not run", run.not_run) } else { String::new() };
    writeln!(out, "{word} {} of {decided} cases passed{not_run}: {}", counts.of(Verdict::Pass), run.target)
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    paint: Paint,
}

impl Lines<'_> {
    fn text(&mut self, label: &str, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.out, "{label:>12} {text}")
    }

    fn count(&mut self, label: &str, count: usize, meaning: &str) -> io::Result<()> {
        writeln!(self.out, "{label:>12} {} {meaning}", self.paint.bold(count))
    }

    fn part(&mut self, label: &str, part: usize, whole: usize, meaning: &str) -> io::Result<()> {
        writeln!(self.out, "{label:>12} {} of {whole} {meaning}", self.paint.bold(part))
    }
}

fn cases(run: &RunResult, lines: &mut Lines<'_>) -> io::Result<()> {
    let counts = run.counts();
    let decided = counts.total() - counts.of(Verdict::Skip);
    lines.part("passed", counts.of(Verdict::Pass), decided, "cases: every check of the case passed")?;
    for (verdict, label, meaning) in [
        (Verdict::Fail, "failed", "cases: a check failed"),
        (Verdict::Error, "errors", "cases: the harness could not judge the case"),
        (Verdict::Known, "known", "cases: failed as declared"),
        (Verdict::Stale, "stale", "cases: declared to fail, and passed"),
    ] {
        if counts.of(verdict) > 0 {
            lines.part(label, counts.of(verdict), decided, meaning)?;
        }
    }
    if counts.of(Verdict::Skip) > 0 {
        let skipped = counts.of(Verdict::Skip);
        lines.part("skipped", skipped, run.cases.len(), "cases: not judged, for the reasons above")?;
    }
    let unscored = || run.cases.iter().filter(|case| case.not_scored.is_some());
    if unscored().next().is_some() {
        let (count, all) = (unscored().count(), run.cases.len());
        lines.part("unscored", count, all, "cases: run without deciding, for the reason that the report gives")?;
        let judged = unscored().filter(|case| case.verdict != Verdict::Skip).count();
        let passed = unscored().filter(|case| case.verdict == Verdict::Pass).count();
        if judged > 0 {
            lines.part("", passed, judged, "unscored cases passed")?;
        }
    }
    Ok(())
}

fn progress(run: &RunResult, lines: &mut Lines<'_>) -> io::Result<()> {
    let checks = run.checks();
    let good = |counts: crate::verdict::Counts| counts.of(Verdict::Pass);
    lines.part("checks", good(checks), checks.total(), "passed: single judgements about an answer")?;
    let by_level = run.checks_by_level();
    for (level, meaning) in [
        (Level::Required, "checks passed: what the published reference says"),
        (Level::Compatible, "checks passed: what openshift-apiserver does beyond that"),
    ] {
        let counts = by_level.get(&level).copied().unwrap_or_default();
        if counts.total() > 0 {
            lines.part(level.as_str(), good(counts), counts.total(), meaning)?;
        }
    }
    let steps = run.steps();
    lines.part("steps", good(steps), steps.total(), "passed: requests all of whose checks passed")?;
    if run.steps_left_out() > 0 {
        lines.count("left out", run.steps_left_out(), "steps: need a feature that is absent")?;
    }
    Ok(())
}

fn features(run: &RunResult, lines: &mut Lines<'_>) -> io::Result<()> {
    let named = |wanted: &[AbsenceMeans]| {
        let features = run.absent_features.iter().filter(|feature| wanted.contains(&feature.means));
        features.map(|feature| feature.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (means, label, meaning) in [
        (AbsenceMeans::Failure, "absent", "the API lacks what it must have"),
        (AbsenceMeans::Intended, "without", "declared absent"),
        (AbsenceMeans::Skip, "not there", "around the API"),
    ] {
        let names = named(&[means]);
        if !names.is_empty() {
            lines.text(label, format_args!("{meaning}: {names}"))?;
        }
    }
    Ok(())
}

fn profiles(run: &RunResult, lines: &mut Lines<'_>) -> io::Result<()> {
    if run.profiles.is_empty() {
        let why = if run.against.is_some() {
            "a recording says nothing about what is published"
        } else {
            "only a selection of the cases was run"
        };
        return lines.text("profiles", format_args!("not judged: {why}"));
    }
    for profile in &run.profiles {
        lines.text("profile", standing(profile))?;
        for untested in &profile.untested {
            lines.text("", format_args!("  {} not tested: {}", untested.requirements.len(), untested.reason))?;
        }
    }
    match conformance(run) {
        Some(sentence) => writeln!(lines.out, "\n{}", lines.paint.bold(sentence)),
        None => Ok(()),
    }
}

/// Whether a target conforms to a profile, and what it lacks if it does not.
fn standing(profile: &ProfileResult) -> String {
    let ProfileResult { name, requirements, met, not_met, absent_features, .. } = profile;
    if profile.conforms() {
        return format!("`{name}`: conforms, {met} of {requirements} requirements are met");
    }
    let mut text = format!("`{name}`: {met} of {requirements} requirements are met");
    if !absent_features.is_empty() {
        text.push_str(&format!("; needs {}", absent_features.join(", ")));
    }
    if let Some(first) = not_met.first() {
        let more = if not_met.len() > 1 { format!(" and {} more", not_met.len() - 1) } else { String::new() };
        text.push_str(&format!("; not met: {first}{more}"));
    }
    text
}

/// One sentence that says what the target conforms to: the largest set of profiles, and how many deviations are declared.
/// Nothing if profiles were not judged.
#[must_use]
pub(super) fn conformance(run: &RunResult) -> Option<String> {
    if run.interrupted { None } else { conformance_of(&run.profiles, run.api_version) }
}

/// The same of the results of profiles.
#[must_use]
pub(super) fn conformance_of(profiles: &[ProfileResult], version: ApiVersion) -> Option<String> {
    if profiles.is_empty() {
        return None;
    }
    let conforming: Vec<&ProfileResult> = profiles.iter().filter(|profile| profile.conforms()).collect();
    let deviations = conforming.iter().map(|profile| profile.deviations).max().unwrap_or_default();
    let names: Vec<String> = match conforming.iter().find(|profile| profile.name == "full") {
        Some(full) => vec![format!("`{}`", full.name)],
        None => conforming.iter().map(|profile| format!("`{}`", profile.name)).collect(),
    };
    let names = match names.as_slice() {
        [] if profiles.len() == 1 => {
            return Some(format!("does not conform to `{}` of API version {version}", profiles[0].name));
        }
        [] => return Some(format!("conforms to no profile of API version {version}")),
        [name] => name.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    };
    let declared = match deviations {
        0 => String::new(),
        count => format!(", with {}", plural(count, "declared deviation")),
    };
    Some(format!("conforms to {names} of API version {version}{declared}"))
}

/// `1 case`, `3 cases`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}
