//! `isi-conformance coverage`: requirements and schema fields against the cases that exercise them.

use std::io::{self, Write};

use clap::Args;

use super::exit::{CommandError, Exit, printed};
use crate::{
    requirement::{Index, Item, Reasons, RequirementCoverage, exercises},
    suite::Folder,
    version::ApiVersion,
};

/// Show which requirements and schema fields the cases exercise, and which not and why.
#[derive(Debug, Args)]
pub struct CoverageArguments {
    /// The API version whose requirements and schema are covered.
    #[arg(long, value_name = "VERSION", env = "ISI_API_VERSION", default_value_t = ApiVersion::NEWEST)]
    api_version: ApiVersion,
    /// Show what is covered, too, and by which cases.
    #[arg(long)]
    all: bool,
}

/// Runs the command. It fails when something is covered by no case without a reason, or a reason has become idle.
///
/// # Errors
/// When the built-in suites cannot be read, or standard output is closed.
pub fn run(arguments: &CoverageArguments) -> Result<Exit, CommandError> {
    let index = Index::builtin();
    let ids: Vec<&str> = index.ids().collect();
    let folder = Folder::builtin(&ids).map_err(CommandError::usage)?;
    let exercises = exercises(&folder, arguments.api_version).map_err(CommandError::usage)?;
    let coverage = RequirementCoverage::of(arguments.api_version, index, &exercises, Reasons::builtin());
    printed(write(&coverage, arguments.all, &mut io::stdout().lock()))?;
    Ok(if coverage.is_complete() { Exit::Success } else { Exit::Failure })
}

fn write(coverage: &RequirementCoverage<'_>, all: bool, out: &mut impl Write) -> io::Result<()> {
    for (area, items) in &coverage.areas {
        let (covered, uncovered): (Vec<&Item<'_>>, Vec<_>) = items.iter().partition(|item| !item.cases.is_empty());
        writeln!(out, "{area}: {} of {} covered", covered.len(), items.len())?;
        if all {
            covered.into_iter().try_for_each(|item| self::covered(item, out))?;
        }
        for reason in reasons(&uncovered) {
            writeln!(out, "  no case: {}", reason.unwrap_or("NO REASON IS GIVEN"))?;
            for Item { name, says, .. } in uncovered.iter().filter(|item| item.reason == reason) {
                match says.is_empty() {
                    true => writeln!(out, "    {name}")?,
                    false => writeln!(out, "    {name}: {says}")?,
                }
            }
        }
        writeln!(out)?;
    }
    for reason in &coverage.idle_reasons {
        writeln!(out, "a reason that nothing needs: {reason}")?;
    }
    let missing = coverage.areas.iter().flat_map(|(_, items)| items).filter(|item| item.is_missing()).count();
    match missing {
        0 => writeln!(out, "nothing is uncovered without a reason"),
        _ => writeln!(
            out,
            "{missing} uncovered without a reason\n\nhint: write a case, or a reason in requirements/uncovered.yaml"
        ),
    }
}

fn covered(item: &Item<'_>, out: &mut impl Write) -> io::Result<()> {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = item.cases.iter().copied().take(SHOWN).collect();
    let more = match item.cases.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    writeln!(out, "  {}: {}{more}", item.name, shown.join(", "))
}

/// The reasons of these items, each once, in the order of the items; a missing one comes first.
fn reasons<'a>(items: &[&Item<'a>]) -> Vec<Option<&'a str>> {
    let mut reasons: Vec<Option<&str>> = Vec::new();
    for item in items {
        if !reasons.contains(&item.reason) {
            reasons.push(item.reason);
        }
    }
    reasons.sort_by_key(Option::is_some);
    reasons
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::requirement::Area;

    fn item<'a>(name: &str, cases: &[&'a str], reason: Option<&'a str>) -> Item<'a> {
        Item { name: name.to_owned(), says: "says so", cases: BTreeSet::from_iter(cases.iter().copied()), reason }
    }

    #[test]
    fn shows_what_is_covered_what_is_not_and_why() {
        let items = vec![
            item("isi.a", &["s::1", "s::2", "s::3", "s::4"], None),
            item("isi.b", &[], Some("no source says")),
            item("isi.c", &[], None),
            item("isi.d", &[], Some("no source says")),
        ];
        let areas = vec![(Area::Requirements, items)];
        let coverage = RequirementCoverage { areas, idle_reasons: vec!["fields sent in requests: A.*".to_owned()] };
        let mut out = Vec::new();
        write(&coverage, true, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn nothing_is_uncovered_without_a_reason() {
        let index = Index::builtin();
        let folder = Folder::builtin(&index.ids().collect::<Vec<_>>()).unwrap_or_else(|error| panic!("{error}"));
        for version in ApiVersion::ALL {
            let exercises = exercises(&folder, version).unwrap();
            let coverage = RequirementCoverage::of(version, index, &exercises, Reasons::builtin());
            let mut out = Vec::new();
            write(&coverage, false, &mut out).unwrap();
            assert!(coverage.is_complete(), "{version}: {}", String::from_utf8_lossy(&out));
        }
    }
}
