//! Reading a file of deviations.

use std::{collections::BTreeSet, sync::atomic::AtomicBool};

use globset::{Glob, GlobBuilder};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{
    Deviation, Deviations,
    select::{CasePatterns, Selector, StepPattern},
};
use crate::{
    document::{self, Day, Diagnostic, Diagnostics, Node, Source},
    verdict::{CheckKind, Declared, Level},
};

/// A file of deviations.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeviationFile {
    /// What fails, and why.
    deviations: Vec<DeviationEntry>,
}

/// A deviation: which failures, and why. A failure falls under it when every part that is given fits.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeviationEntry {
    /// The cases, as `suite::case`, with `*` for anything: one, or a list.
    case: OneOrMany,
    /// The check that fails.
    check: Option<CheckKind>,
    /// The level of the checks that fail.
    level: Option<Level>,
    /// The step that fails: its position, counted from one, or its request, with `*` for anything: `GET imagestreams/*`.
    step: Option<NumberOrText>,
    /// The status code that the step answers instead of the expected one; what follows from it falls under the entry, too.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// The place in the response that differs, with all below it: a JSONPath with `[*]` and `..`, as in `$..metadata.uid`.
    path: Option<String>,
    /// Why it fails.
    reason: String,
    /// Where it is tracked.
    link: Option<String>,
    /// The last day on which the entry holds; from the day after, the failure counts again.
    expires: Option<Day>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum NumberOrText {
    Number(usize),
    Text(String),
}

/// Whether every entry has to say why it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingReasons {
    /// It has to.
    Required,
    /// A file that is being worked on lacks some.
    MayBeMissing,
}

/// The JSON Schema of files of deviations, for editors.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schema_for!(DeviationFile).to_value()
}

impl Deviations {
    /// Reads a file of deviations about some of `cases`, which are full names: `suite::case`. Entries about suites that are
    /// not among them say nothing about this run.
    ///
    /// # Errors
    /// When the file is malformed, names a case that a suite does not have, gives no reason, or declares the same failure
    /// twice.
    pub fn read(source: &Source, cases: &[&str], reasons: MissingReasons) -> Result<Self, Diagnostics> {
        let root = document::parse(source)?;
        let file: DeviationFile = document::decode(source, &root)?;
        let nodes = root.get("deviations").map(Node::items).unwrap_or_default();
        let texts = texts(source.text(), nodes);
        let mut found = Vec::new();
        let mut without_reason = Vec::new();
        let mut entries: Vec<Deviation> = Vec::new();
        for ((entry, node), text) in file.deviations.into_iter().zip(nodes).zip(texts) {
            let at = |field: &str| node.get(field).unwrap_or(node).span;
            if entry.reason.trim().is_empty() && reasons == MissingReasons::Required {
                without_reason.push(at("reason"));
            }
            let patterns = match entry.case {
                OneOrMany::One(pattern) => vec![pattern],
                OneOrMany::Many(patterns) => patterns,
            };
            if patterns.is_empty() {
                found.push(Diagnostic::new(source, at("case"), "a deviation needs a case").label("expected a pattern"));
            }
            let mut globs = Vec::new();
            for pattern in &patterns {
                match case_glob(pattern) {
                    Ok(glob) => {
                        found.extend(unknown_case(source, at("case"), pattern, &glob, cases));
                        globs.push(glob.compile_matcher());
                    }
                    Err(error) => {
                        found.push(Diagnostic::new(source, at("case"), format!("malformed pattern: {}", error.kind())));
                    }
                }
            }
            let path = match entry.path.as_deref().map(str::parse).transpose() {
                Ok(path) => path,
                Err(error) => {
                    found.push(Diagnostic::new(source, at("path"), error));
                    continue;
                }
            };
            let selector = Selector {
                cases: CasePatterns(globs),
                check: entry.check,
                level: entry.level,
                step: entry.step.map(|step| match step {
                    NumberOrText::Number(number) => StepPattern::Number(number),
                    NumberOrText::Text(request) => StepPattern::Request(request),
                }),
                status: entry.status,
                path,
            };
            let matching: Vec<&str> = cases.iter().copied().filter(|case| selector.cases.is_match(case)).collect();
            let repeats = |other: &&Deviation| {
                other.selector.narrows_like(&selector)
                    && matching.iter().any(|case| other.selector.cases.is_match(case))
            };
            if let Some(other) = entries.iter().find(repeats) {
                let message = format!("this repeats the declaration of `{}`", other.selector.cases);
                found.push(Diagnostic::new(source, at("case"), message).label("a failure is declared once"));
            }
            entries.push(Deviation {
                selector,
                declared: Declared { reason: entry.reason, link: entry.link },
                expires: entry.expires.map(|day| day.0),
                loaded: matching.len(),
                matched: AtomicBool::new(false),
                file: source.name().to_owned(),
                text,
            });
        }
        // A file that a run has just started lacks them all, and one is enough to show what is meant.
        if let [first, others @ ..] = without_reason.as_slice() {
            let diagnostic =
                Diagnostic::new(source, *first, "a deviation needs a reason").label("expected why this fails");
            found.push(match others.len() {
                0 => diagnostic,
                more => diagnostic.hint(format!("the same is true of {more} more")),
            });
        }
        Diagnostics::unless_empty(found, Self { entries })
    }
}

fn case_glob(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(false).build()
}

/// What is wrong with a pattern that no case falls under. Suites that are not loaded may have such a case.
fn unknown_case(
    source: &Source,
    span: document::Span,
    pattern: &str,
    glob: &Glob,
    cases: &[&str],
) -> Option<Diagnostic> {
    let matcher = glob.compile_matcher();
    if cases.iter().any(|case| matcher.is_match(case)) {
        return None;
    }
    let suites: BTreeSet<&str> =
        cases.iter().filter_map(|case| case.split_once("::")).map(|(suite, _)| suite).collect();
    let is_elsewhere = pattern.split_once("::").is_some_and(|(suite, _)| {
        case_glob(suite).is_ok_and(|glob| {
            let matcher = glob.compile_matcher();
            !suites.iter().any(|suite| matcher.is_match(suite))
        })
    });
    (!is_elsewhere).then(|| {
        Diagnostic::new(source, span, format!("no case is called `{pattern}`"))
            .did_you_mean(pattern, cases.iter().copied())
    })
}

/// The lines of each entry, with the comments before it; nothing where entries do not stand on lines of their own.
fn texts(text: &str, entries: &[Node]) -> Vec<Option<String>> {
    let start_of = |entry: &Node| {
        let line = text[..entry.span.start].rfind('\n').map_or(0, |end| end + 1);
        if text[line..entry.span.start].trim() != "-" {
            return None;
        }
        let mut start = line;
        while let Some(before) = text[..start].strip_suffix('\n') {
            let line = before.rfind('\n').map_or(0, |end| end + 1);
            if !before[line..].trim_start().starts_with('#') {
                break;
            }
            start = line;
        }
        Some(start)
    };
    let starts: Vec<Option<usize>> = entries.iter().map(start_of).collect();
    (0..entries.len())
        .map(|index| {
            let end = starts.get(index + 1).map_or(Some(text.len()), |next| *next)?;
            text.get(starts[index]?..end).map(|text| format!("{}\n", text.trim_end()))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    const CASES: [&str; 3] = ["single-image::content-oci-basic", "single-image::content-s2-basic", "auth::basic-good"];

    fn read(entries: &str) -> Result<Deviations, Diagnostics> {
        Deviations::read(
            &Source::new("deviations.yaml", format!("deviations:\n{entries}")),
            &CASES,
            MissingReasons::Required,
        )
    }

    #[test]
    fn reads_patterns_checks_and_expiry() {
        let read = read(
            "  - { case: 'single-image::content-oci-*', reason: no OCI, link: 'https://tracker.example/1' }\n  \
               - { case: auth::basic-good, check: unknown-field, reason: later, expires: 2027-06-30 }\n",
        )
        .unwrap();
        assert_eq!(read.entries[1].selector.check, Some(CheckKind::UnknownField));
        assert_eq!(read.expired("2027-06-30".parse().unwrap()), [""; 0]);
        assert_eq!(
            read.expired("2027-07-01".parse().unwrap()),
            ["the deviation of `auth::basic-good` expired on 2027-06-30, its failures count again"]
        );
    }

    #[rstest]
    #[case("unknown_case", "  - { case: auth::basic-god, reason: r }\n")]
    #[case("no_reason", "  - { case: auth::basic-good, reason: '' }\n")]
    #[case("no_reasons", "  - { case: auth::basic-good, reason: '' }\n  - { case: 'single-image::*', reason: '' }\n")]
    #[case("unknown_field", "  - { case: auth::basic-good, reason: r, until: 2027-06-30 }\n")]
    #[case("unknown_check", "  - { case: auth::basic-good, check: body, reason: r }\n")]
    #[case("no_day", "  - { case: auth::basic-good, reason: r, expires: soon }\n")]
    #[case("unknown_level", "  - { case: auth::basic-good, level: recommended, reason: r }\n")]
    #[case("malformed_path", "  - { case: auth::basic-good, path: '$.a[b]', reason: r }\n")]
    #[case("no_case", "  - { case: [], reason: r }\n")]
    #[case(
        "repetition",
        "  - { case: 'single-image::*', path: $.a, reason: r }\n  - { case: '*::content-s2-*', path: $.a, reason: s }\n"
    )]
    fn points_at_what_is_wrong(#[case] name: &str, #[case] entries: &str) {
        insta::assert_snapshot!(name, read(entries).unwrap_err());
    }

    #[rstest]
    #[case::suite("bug-reports::anything")]
    #[case::pattern("bug-*::anything")]
    fn entries_about_suites_that_are_not_loaded_say_nothing(#[case] pattern: &str) {
        let read = read(&format!("  - {{ case: '{pattern}', reason: r }}\n")).unwrap();
        assert_eq!(read.entries[0].loaded, 0);
    }

    #[test]
    fn several_cases_steps_and_paths_can_be_named() {
        let entries = "  - { case: ['auth::*', single-image::content-oci-basic], step: 2, path: $..uid, reason: r }\n\
                       \x20 - { case: '*', step: GET imagestreams/*, status: 404, level: required, reason: s }\n";
        let read = read(entries).unwrap();
        assert_eq!(read.entries[0].loaded, 2);
        assert_eq!(read.entries[1].loaded, 3);
        assert_eq!(read.entries[1].selector.status, Some(404));
    }

    #[test]
    fn the_schema_for_editors_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/deviations.schema.json");
        let current = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
        if std::env::var_os("ISI_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == current,
            "schemas/deviations.schema.json is out of date; ISI_UPDATE=1 cargo test --lib schema_for_editors writes it"
        );
    }

    #[test]
    fn the_files_that_ship_fit_the_schema() {
        let validator = jsonschema::validator_for(&json_schema()).unwrap();
        for name in Deviations::builtin_names() {
            let source = Deviations::builtin(name).unwrap();
            let file = document::parse(&source).unwrap().to_json();
            let errors: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{name}");
        }
    }

    #[test]
    fn two_checks_of_one_case_are_two_declarations() {
        let entries = "  - { case: auth::basic-good, check: golden, reason: r }\n  - { case: auth::basic-good, check: traffic, reason: s }\n";
        assert_eq!(read(entries).unwrap().entries.len(), 2);
    }
}
