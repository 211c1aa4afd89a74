//! Writing a file of deviations from what a run found out.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use serde_json::Value;

use super::{Deviation, Deviations};
use crate::{
    document::Source,
    verdict::{
        CheckKind, RunResult, Verdict,
        cause::{self, CauseKind},
    },
};

/// A file that is there already, to be updated.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// Its text.
    pub source: &'a Source,
    /// The declarations of the run, those of the file among them.
    pub deviations: &'a Deviations,
}

/// So many cases are named; for more, the rest of an entry has to tell them apart.
const NAMED: usize = 8;
/// So many places with the same end are written as one: `$..metadata.uid`.
const PLACES: usize = 3;

/// What tells failures apart in a file: the parts of an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    path: Option<String>,
    step: Option<String>,
    status: Option<u16>,
    check: Option<CheckKind>,
}

/// Writes declarations for all that failed in `run`, by cause, with a reason to fill in. Reading refuses the file until every
/// reason is there. Of a file that is updated, entries that something fails under, or that this run says nothing about, stay
/// as they are.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(run: &RunResult, update: Option<Update<'_>>, mut out: impl Write) -> io::Result<()> {
    let kept: Vec<&Deviation> = update.map(|update| kept(&update, run)).unwrap_or_default();
    let new = new_entries(run);
    match update.map(|update| header(update.source.text())) {
        Some(header) => out.write_all(header.as_bytes())?,
        None => {
            writeln!(
                out,
                "# What this implementation is known to do otherwise than API version {} has it.",
                run.api_version
            )?;
            writeln!(out, "# Say why for each; a link and a last day (`expires: 2027-06-30`) are welcome.")?;
        }
    }
    if kept.is_empty() && new.is_empty() {
        return writeln!(out, "deviations: []");
    }
    writeln!(out, "deviations:")?;
    let texts: Option<Vec<&str>> = kept.iter().map(|entry| entry.text.as_deref()).collect();
    let mut indent = "  ".to_owned();
    match texts {
        Some(texts) => {
            let dash = texts.first().and_then(|text| text.lines().find(|line| line.trim_start().starts_with('-')));
            if let Some(line) = dash {
                indent = line[..line.len() - line.trim_start().len()].to_owned();
            }
            texts.iter().try_for_each(|text| out.write_all(text.as_bytes()))?;
        }
        None => kept.iter().try_for_each(|entry| out.write_all(rendered(entry).as_bytes()))?,
    }
    for (parts, (says, cases)) in new {
        writeln!(out, "{indent}# {says}")?;
        for (position, line) in lines(&parts, &cases, "", None).iter().enumerate() {
            writeln!(out, "{indent}{}{line}", if position == 0 { "- " } else { "  " })?;
        }
    }
    Ok(())
}

/// The comments at the beginning of a file.
fn header(text: &str) -> String {
    let is_comment = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    text.split_inclusive('\n').take_while(is_comment).collect()
}

fn kept<'a>(update: &Update<'a>, run: &RunResult) -> Vec<&'a Deviation> {
    let of_file = update.deviations.entries.iter().filter(|entry| entry.file == update.source.name());
    of_file.filter(|entry| !entry.is_idle(&run.cases)).collect()
}

/// The failures that nothing declares, by what tells them apart.
fn new_entries(run: &RunResult) -> Vec<(Parts, (String, BTreeSet<String>))> {
    let mut entries: Vec<(Parts, (String, BTreeSet<String>))> = Vec::new();
    let groups = cause::groups(run);
    let failing: Vec<_> = groups.iter().filter(|group| group.verdict == Verdict::Fail).collect();
    let short = short_places(failing.iter().filter_map(|group| place(&group.cause)));
    for group in &failing {
        let place = place(&group.cause).map(|place| short.get(&place).cloned().unwrap_or(place));
        let parts = match (&group.cause.kind, place) {
            (CauseKind::Status(status), _) => {
                Parts { path: None, step: group.cause.request.clone(), status: Some(status.actual), check: None }
            }
            (_, Some(place)) => {
                // A place that differs in the responses to one request alone says so.
                let elsewhere = failing.iter().any(|other| {
                    self::place(&other.cause).map(|place| short.get(&place).cloned().unwrap_or(place)).as_ref()
                        == Some(&place)
                        && other.cause.request != group.cause.request
                });
                let step = group.cause.request.clone().filter(|_| !elsewhere);
                Parts { path: Some(place), step, status: None, check: None }
            }
            (_, None) => {
                Parts { path: None, step: group.cause.request.clone(), status: None, check: Some(group.cause.check) }
            }
        };
        let cases = group.cases.iter().map(|case| run.cases[*case].name());
        match entries.iter_mut().find(|(known, _)| *known == parts) {
            Some((_, (_, known))) => known.extend(cases),
            None => entries.push((parts, (group.cause.to_string(), cases.collect()))),
        }
    }
    for (_, (says, cases)) in &mut entries {
        let count = if cases.len() == 1 { "1 case".to_owned() } else { format!("{} cases", cases.len()) };
        *says = format!("{count}: {}", says.lines().next().unwrap_or_default());
    }
    entries.sort_by_key(|(_, (_, cases))| std::cmp::Reverse(cases.len()));
    entries
}

/// The place of a cause as a path in a file: down to the first key that no other case has.
fn place(cause: &cause::Cause) -> Option<String> {
    let path = cause.path.as_deref().filter(|_| cause.check != CheckKind::Traffic)?;
    let names_no_key = |(start, _): &(usize, &str)| {
        let name = path[start + 2..].split("\"]").next().unwrap_or_default();
        name.contains('[')
    };
    let end = path.match_indices("[\"").find(names_no_key).map_or(path.len(), |(start, _)| start);
    Some(path[..end].to_owned()).filter(|place| place != "$")
}

/// For places that end alike, their common end: `$..metadata.uid`.
fn short_places(places: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let mut by_end: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for place in places {
        let mut names = place.rsplit('.');
        if let (Some(last), Some(parent)) = (names.next(), names.next())
            && parent != "$"
            && !place.contains("[\"")
        {
            by_end.entry(format!("$..{parent}.{last}")).or_default().insert(place);
        }
    }
    by_end.retain(|_, places| places.len() >= PLACES);
    by_end.into_iter().flat_map(|(end, places)| places.into_iter().map(move |place| (place, end.clone()))).collect()
}

/// The lines of an entry, without the dash.
fn lines(parts: &Parts, cases: &BTreeSet<String>, reason: &str, link: Option<&str>) -> Vec<String> {
    let text = |text: &str| Value::from(text).to_string();
    let is_narrow = parts.path.is_some() || parts.status.is_some();
    let case = match cases.iter().collect::<Vec<_>>().as_slice() {
        [one] => (*one).clone(),
        many if many.len() > NAMED && is_narrow => text("*"),
        many => format!("[{}]", many.iter().map(|case| text(case)).collect::<Vec<_>>().join(", ")),
    };
    let mut lines = vec![format!("case: {case}")];
    lines.extend(parts.check.map(|check| format!("check: {check}")));
    lines.extend(parts.step.as_deref().map(|step| format!("step: {}", text(step))));
    lines.extend(parts.status.map(|status| format!("status: {status}")));
    lines.extend(parts.path.as_deref().map(|path| format!("path: {}", text(path))));
    lines.push(format!("reason: {}", text(reason)));
    lines.extend(link.map(|link| format!("link: {}", text(link))));
    lines
}

/// An entry whose own text cannot be kept: it stood in braces.
fn rendered(entry: &Deviation) -> String {
    use super::select::StepPattern;
    let selector = &entry.selector;
    let text = |text: &str| Value::from(text).to_string();
    let patterns: Vec<String> = selector.cases.0.iter().map(|glob| text(glob.glob().glob())).collect();
    let mut lines = vec![format!("case: [{}]", patterns.join(", "))];
    lines.extend(selector.check.map(|check| format!("check: {check}")));
    lines.extend(selector.level.map(|level| format!("level: {level}")));
    lines.extend(selector.step.as_ref().map(|step| match step {
        StepPattern::Number(number) => format!("step: {number}"),
        StepPattern::Request(request) => format!("step: {}", text(request)),
    }));
    lines.extend(selector.status.map(|status| format!("status: {status}")));
    lines.extend(selector.path.as_ref().map(|path| format!("path: {}", text(&path.to_string()))));
    lines.push(format!("reason: {}", text(&entry.declared.reason)));
    lines.extend(entry.declared.link.as_deref().map(|link| format!("link: {}", text(link))));
    lines.extend(entry.expires.map(|day| format!("expires: {day}")));
    format!("  - {}\n", lines.join("\n    "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use jiff::civil::Date;
    use serde_json::json;

    use super::*;
    use crate::{
        deviation::MissingReasons,
        verdict::{CaseResult, CheckResult, Difference, Level, Side, StepName},
        version::ApiVersion,
    };

    const TODAY: Date = jiff::civil::date(2027, 6, 30);

    fn run(cases: Vec<CaseResult>) -> RunResult {
        RunResult {
            target: "http://127.0.0.1:8080".to_owned(),
            api_version: ApiVersion::V4_12,
            traits: crate::traits::Traits::default(),
            started: jiff::Timestamp::UNIX_EPOCH,
            duration: Duration::ZERO,
            level: Level::Compatible,
            absent_features: Vec::new(),
            profiles: Vec::new(),
            interrupted: false,
            not_run: 0,
            shard: None,
            against: None,
            cases,
        }
    }

    fn step(name: &str) -> StepName {
        StepName { number: 1, name: name.to_owned() }
    }

    fn missing(name: &str, paths: &[&str]) -> CaseResult {
        let differences = paths.iter().map(|path| Difference {
            path: path.parse().unwrap(),
            expected: Side::Value(json!("x")),
            actual: Side::Absent,
            level: Level::Required,
        });
        let check = CheckResult::of_differences(CheckKind::Golden, Level::Required, differences.collect());
        CaseResult::of_checks("auth", name, vec![check.at(step("POST imagestreamimports"))])
    }

    fn failing() -> Vec<CaseResult> {
        let read = || step("GET imagestreams/[stream]");
        let unread = |name: &str| {
            let checks = vec![
                CheckResult::fail_status(Level::Required, 200, 404).at(read()),
                CheckResult::fail(CheckKind::Schema, Level::Required, "no kind").at(read()),
            ];
            CaseResult::of_checks("auth", name, checks)
        };
        let faults = CheckResult::fail(CheckKind::FaultAccounting, Level::Compatible, "never asked for: GET /v2/");
        let mut cases: Vec<CaseResult> = (0..9).map(|number| unread(&format!("unread-{number}"))).collect();
        cases.push(missing("a", &["$.metadata.uid", "$.status.import.metadata.uid"]));
        cases.push(missing("b", &["$.status.images[0].image.metadata.uid", "$.kind"]));
        cases.push(CaseResult::of_checks("auth", "c", vec![faults]));
        cases.push(CaseResult::of_checks("auth", "d", vec![CheckResult::pass(CheckKind::Status, Level::Required)]));
        cases
    }

    fn written(run: &RunResult, update: Option<Update<'_>>) -> String {
        let mut out = Vec::new();
        write(run, update, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn read(text: &str, reasons: MissingReasons) -> (Source, Deviations) {
        let cases = failing();
        let names: Vec<String> = cases.iter().map(CaseResult::name).collect();
        let source = Source::new("written.yaml", text);
        let deviations =
            Deviations::read(&source, &names.iter().map(String::as_str).collect::<Vec<_>>(), reasons).unwrap();
        (source, deviations)
    }

    #[test]
    fn declares_what_failed_by_cause_and_leaves_the_reason_to_fill_in() {
        insta::assert_snapshot!(written(&run(failing()), None));
    }

    #[test]
    fn what_is_written_declares_all_failures_once_reasons_are_filled_in() {
        let text = written(&run(failing()), None).replace("reason: \"\"", "reason: known");
        let (_, deviations) = read(&text, MissingReasons::Required);
        let mut cases = failing();
        cases.iter_mut().for_each(|case| deviations.apply(case, TODAY));
        deviations.finish(&mut cases, TODAY);
        let verdicts: BTreeSet<&str> = cases.iter().map(|case| case.verdict.as_str()).collect();
        assert_eq!(verdicts, BTreeSet::from(["known", "pass"]));
    }

    #[test]
    fn an_update_keeps_reasons_drops_what_is_stale_and_adds_what_is_new() {
        let text = "# Our file.\ndeviations:\n- case: auth::c\n  reason: no faults # for now\n  link: https://tracker.example/1\n\
                    # It passes by now.\n- case: auth::d\n  reason: gone\n\
                    - case: other::e\n  reason: not in this run\n";
        let (source, deviations) = read(text, MissingReasons::MayBeMissing);
        let mut cases = failing();
        cases.retain(|case| ["c", "d", "b"].contains(&case.case.as_str()));
        cases.iter_mut().for_each(|case| deviations.apply(case, TODAY));
        insta::assert_snapshot!(written(&run(cases), Some(Update { source: &source, deviations: &deviations })));
    }

    #[test]
    fn a_key_that_only_this_run_has_is_in_no_path() {
        let key = "field-52a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d";
        let case = missing("a", &[&format!("$.status[\"{key}\"].x"), &format!("$[\"{key}\"]")]);
        let text = written(&run(vec![case]), None);
        let parts = |name: &str| text.lines().filter(|line| line.trim_start().starts_with(name)).count();
        assert_eq!((parts("path: \"$.status\""), parts("path:"), parts("check: golden")), (1, 1, 1), "{text}");
    }

    #[test]
    fn entries_in_braces_are_written_anew() {
        let text = "deviations: [{ case: auth::c, reason: \"a \\\"reason\\\"\", expires: 2027-06-30 }]\n";
        let (source, deviations) = read(text, MissingReasons::Required);
        let mut cases = failing();
        cases.retain(|case| case.case == "c");
        cases.iter_mut().for_each(|case| deviations.apply(case, TODAY));
        let written = written(&run(cases), Some(Update { source: &source, deviations: &deviations }));
        assert_eq!(
            written,
            "deviations:\n  - case: [\"auth::c\"]\n    reason: \"a \\\"reason\\\"\"\n    expires: 2027-06-30\n"
        );
    }
}
