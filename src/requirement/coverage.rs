//! Requirements, parameters and fields against the cases that exercise them.
//!
//! A requirement is covered by the cases that point to it, or to a sentence below it. What a field of an answer is, is
//! covered by the cases with the field in their goldens, too: they compare it to the letter.

use std::{collections::BTreeSet, fmt};

use super::{Exercise, Index, Reasons};
use crate::{schema::Schema, version::ApiVersion};

/// What is covered or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Sentences of the published reference.
    Requirements,
    /// Parameters of the import call.
    Parameters,
    /// Fields of the published schema that requests can have.
    Sent,
    /// Fields of the published schema that answers can have.
    Seen,
}

impl Area {
    /// Every area, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Requirements, Self::Parameters, Self::Sent, Self::Seen];
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Requirements => "requirements of the published reference",
            Self::Parameters => "parameters of the import call",
            Self::Sent => "fields sent in requests",
            Self::Seen => "fields expected in answers",
        })
    }
}

/// One thing that cases can cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'a> {
    /// The requirement's id, the parameter's name, or the field by its definition: `TagReference.name`.
    pub name: String,
    /// What a requirement says; empty for parameters and fields.
    pub says: &'a str,
    /// The cases that cover it.
    pub cases: BTreeSet<&'a str>,
    /// Why none does, if a reason is given.
    pub reason: Option<&'a str>,
}

impl Item<'_> {
    /// Whether it is covered by no case, and nothing says why.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.cases.is_empty() && self.reason.is_none()
    }
}

/// What the cases of an API version cover.
#[derive(Debug, Clone)]
pub struct RequirementCoverage<'a> {
    /// The things that can be covered, by area.
    pub areas: Vec<(Area, Vec<Item<'a>>)>,
    /// Reasons that nothing needs, as `area: pattern`.
    pub idle_reasons: Vec<String>,
}

/// The kinds of objects that requests hold.
const WRITTEN: [&str; 3] = ["ImageSignature", "ImageStream", "ImageStreamImport"];

impl<'a> RequirementCoverage<'a> {
    /// Sets everything that `version` has against `exercises`.
    #[must_use]
    pub fn of(version: ApiVersion, index: &'a Index, exercises: &'a [Exercise], reasons: &'a Reasons) -> Self {
        let schema = Schema::for_version(version);
        let requirements = index.iter().filter(|requirement| requirement.holds_for(version));
        let requirements = requirements
            .map(|requirement| {
                let below = format!("{}.", requirement.id);
                let points_here = |id: &String| *id == requirement.id || id.starts_with(&below);
                let shown = requirement.field(schema).filter(|field| field.is_all && requirement.is_of_answers());
                let cases = cases(exercises, |exercise| {
                    exercise.requirements.iter().any(points_here)
                        || shown.as_ref().is_some_and(|field| exercise.seen.contains(&field.definition))
                });
                Item { says: requirement.says.as_str(), cases, ..item(&requirement.id) }
            })
            .collect();
        let parameters = schema
            .document()
            .import_parameters
            .keys()
            .map(|name| Item { cases: cases(exercises, |exercise| exercise.parameters.contains(name)), ..item(name) });
        let sent = fields(schema, WRITTEN, true)
            .into_iter()
            .map(|name| Item { cases: cases(exercises, |exercise| exercise.sent.contains(&name)), ..item(&name) });
        let seen = fields(schema, schema.document().kinds(), false)
            .into_iter()
            .map(|name| Item { cases: cases(exercises, |exercise| exercise.seen.contains(&name)), ..item(&name) });
        let mut areas: Vec<(Area, Vec<Item<'a>>)> = vec![
            (Area::Requirements, requirements),
            (Area::Parameters, parameters.collect()),
            (Area::Sent, sent.collect()),
            (Area::Seen, seen.collect()),
        ];
        let mut idle_reasons = Vec::new();
        for (area, items) in &mut areas {
            let uncovered: Vec<&mut Item<'a>> = items.iter_mut().filter(|item| item.cases.is_empty()).collect();
            let names: Vec<String> = uncovered.iter().map(|item| item.name.clone()).collect();
            for item in uncovered {
                item.reason = reasons.find(version, *area, &item.name);
            }
            // An older version lacks what some reasons are about.
            if version == ApiVersion::NEWEST {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                idle_reasons.extend(reasons.idle(version, *area, &names).map(|pattern| format!("{area}: {pattern}")));
            }
        }
        Self { areas, idle_reasons }
    }

    /// Whether everything is covered, or there is a reason why not, and every reason is needed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.idle_reasons.is_empty() && !self.areas.iter().any(|(_, items)| items.iter().any(Item::is_missing))
    }
}

fn item<'a>(name: &str) -> Item<'a> {
    Item { name: name.to_owned(), says: "", cases: BTreeSet::new(), reason: None }
}

fn cases(exercises: &[Exercise], covers: impl Fn(&Exercise) -> bool) -> BTreeSet<&str> {
    exercises.iter().filter(|exercise| covers(exercise)).map(|exercise| exercise.case.as_str()).collect()
}

fn fields<'a>(schema: &Schema, kinds: impl IntoIterator<Item = &'a str>, written: bool) -> BTreeSet<String> {
    kinds.into_iter().flat_map(|kind| schema.fields_of(kind, written)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: ApiVersion = ApiVersion::NEWEST;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn covered(exercise: Exercise, area: Area) -> BTreeSet<String> {
        let (exercises, reasons) = ([exercise], Reasons::default());
        let coverage = RequirementCoverage::of(VERSION, Index::builtin(), &exercises, &reasons);
        let items = coverage.areas.into_iter().filter(|(other, _)| *other == area).flat_map(|(_, items)| items);
        items.filter(|item| !item.cases.is_empty()).map(|item| item.name).collect()
    }

    #[test]
    fn a_case_that_points_to_a_sentence_covers_those_above_it() {
        let requirements = names(&["isi.spec.images.to.default"]);
        let expected = names(&["isi.spec", "isi.spec.images", "isi.spec.images.to", "isi.spec.images.to.default"]);
        assert_eq!(covered(Exercise { requirements, ..Exercise::default() }, Area::Requirements), expected);
    }

    #[test]
    fn a_golden_with_a_field_covers_what_the_field_is() {
        let seen = names(&["ImageImportStatus.tag"]);
        let expected = names(&["isi.status.images.tag", "isi.status.repository.images.tag"]);
        assert_eq!(covered(Exercise { seen, ..Exercise::default() }, Area::Requirements), expected);
    }

    #[test]
    fn a_request_with_a_field_does_not_cover_what_is_to_be_done_about_it() {
        let sent = names(&["ImageImportSpec.to"]);
        assert_eq!(covered(Exercise { sent: sent.clone(), ..Exercise::default() }, Area::Sent), sent);
        assert_eq!(covered(Exercise { sent, ..Exercise::default() }, Area::Requirements), names(&[]));
    }

    #[test]
    fn what_is_covered_without_need_for_a_reason_makes_the_reason_idle() {
        let requirements = names(&["isi.audience"]);
        let exercises = [Exercise { requirements, ..Exercise::default() }];
        let coverage = RequirementCoverage::of(VERSION, Index::builtin(), &exercises, Reasons::builtin());
        assert!(coverage.idle_reasons.contains(&format!("{}: isi.audience", Area::Requirements)));
        assert!(!coverage.is_complete());
    }
}
