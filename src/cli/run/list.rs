//! `--list`: what would run, and what would be skipped and why.

use std::io::{self, Write};

use serde::Serialize;

use super::{arguments::ListFormat, plan::Plan};
use crate::{
    cli::exit::{CommandError, notice, printed},
    report::plural,
    runner::Planned,
    verdict::{AbsentFeature, Level},
    version::ApiVersion,
};

#[derive(Serialize)]
struct List<'a> {
    target: &'a str,
    api_version: ApiVersion,
    cases: Vec<ListedCase<'a>>,
    absent_features: &'a [AbsentFeature],
}

#[derive(Serialize)]
struct ListedCase<'a> {
    suite: &'a str,
    case: &'a str,
    about: &'a str,
    location: String,
    requirements: &'a [String],
    level: Level,
    /// Whether nothing else runs beside it.
    alone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<&'a str>,
    /// Absent features whose steps are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<&'a str>,
}

/// Writes the cases of `plan` to standard output, and the counts to standard error.
///
/// # Errors
/// When standard output takes no more.
pub(super) fn list(plan: &Plan, version: ApiVersion, format: ListFormat) -> Result<(), CommandError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match format {
        ListFormat::Text => text(plan, &mut out),
        ListFormat::Json => json(plan, version, &mut out),
    };
    printed(written.and_then(|()| out.flush()))?;
    if format == ListFormat::Text {
        let planned = &plan.planned;
        let skipped = planned.iter().filter(|planned| planned.skip.is_some()).count();
        notice(format_args!("{}, of which {skipped} would be skipped", plural(planned.len(), "case")));
        for feature in &plan.absent_features {
            notice(format_args!("absent: {}: {}", feature.name, feature.reason));
        }
    }
    Ok(())
}

fn text(plan: &Plan, out: &mut impl Write) -> io::Result<()> {
    plan.planned.iter().try_for_each(|planned| {
        let name = planned.case.full_name();
        let without = without(plan, &name);
        match &planned.skip {
            Some(reason) => writeln!(out, "{name} (skip: {reason})"),
            None if without.is_empty() => writeln!(out, "{name}"),
            None => writeln!(out, "{name} (without the steps that need {})", without.join(", ")),
        }
    })
}

fn json(plan: &Plan, api_version: ApiVersion, out: &mut impl Write) -> io::Result<()> {
    let cases = plan.planned.iter().map(|Planned { case, skip, .. }| ListedCase {
        suite: &case.suite,
        case: &case.name,
        about: &case.about,
        location: case.location(),
        requirements: &case.requirements,
        level: case.level,
        alone: case.runs_alone(),
        skip: skip.as_deref(),
        without: without(plan, &case.full_name()),
    });
    let list =
        List { target: &plan.target, api_version, cases: cases.collect(), absent_features: &plan.absent_features };
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)
}

/// The absent features because of which steps of the case of this name are left out.
fn without<'a>(plan: &'a Plan, name: &str) -> Vec<&'a str> {
    let partly = |feature: &&AbsentFeature| feature.cases_partly_judged.iter().any(|case| case == name);
    plan.absent_features.iter().filter(partly).map(|feature| feature.name.as_str()).collect()
}
