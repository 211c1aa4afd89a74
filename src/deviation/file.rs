//! Reading a file of deviations.

use globset::GlobBuilder;
use serde::Deserialize;

use super::{Deviation, Deviations};
use crate::{
    document::{self, Day, Diagnostic, Diagnostics, Node, Source},
    verdict::{CheckKind, Declared},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deviations: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: String,
    check: Option<CheckKind>,
    reason: String,
    link: Option<String>,
    expires: Option<Day>,
}

impl Deviations {
    /// Reads a file of deviations about some of `cases`, which are full names: `suite::case`.
    ///
    /// # Errors
    /// When the file is malformed, names a case that there is none of, gives no reason, or contradicts itself by declaring
    /// the same failure twice.
    pub fn read(source: &Source, cases: &[&str]) -> Result<Self, Diagnostics> {
        let root = document::parse(source)?;
        let file: File = document::decode(source, &root)?;
        let nodes = root.get("deviations").map(Node::items).unwrap_or_default();
        let mut found = Vec::new();
        let mut without_reason = Vec::new();
        let mut entries: Vec<Deviation> = Vec::new();
        for (entry, node) in file.deviations.into_iter().zip(nodes) {
            let at = |field: &str| node.get(field).unwrap_or(node).span;
            if entry.reason.trim().is_empty() {
                without_reason.push(at("reason"));
            }
            let glob = match GlobBuilder::new(&entry.case).literal_separator(false).build() {
                Ok(glob) => glob.compile_matcher(),
                Err(error) => {
                    found.push(Diagnostic::new(source, at("case"), format!("malformed pattern: {}", error.kind())));
                    continue;
                }
            };
            let matching: Vec<&str> = cases.iter().copied().filter(|case| glob.is_match(case)).collect();
            if matching.is_empty() {
                let diagnostic = Diagnostic::new(source, at("case"), format!("no case is called `{}`", entry.case));
                found.push(diagnostic.did_you_mean(&entry.case, cases.iter().copied()));
            }
            let overlaps = |other: &&Deviation| {
                (other.check.is_none() || entry.check.is_none() || other.check == entry.check)
                    && matching.iter().any(|case| other.cases.is_match(case))
            };
            if let Some(other) = entries.iter().find(overlaps) {
                let message = format!("this contradicts the declaration of `{}`", other.pattern());
                found.push(Diagnostic::new(source, at("case"), message).label("a failure is declared once"));
            }
            let declared = Declared { reason: entry.reason, link: entry.link };
            entries.push(Deviation {
                cases: glob,
                check: entry.check,
                declared,
                expires: entry.expires.map(|day| day.0),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    const CASES: [&str; 3] = ["single-image::content-oci-basic", "single-image::content-s2-basic", "auth::basic-good"];

    fn read(entries: &str) -> Result<Deviations, Diagnostics> {
        Deviations::read(&Source::new("deviations.yaml", format!("deviations:\n{entries}")), &CASES)
    }

    #[test]
    fn reads_patterns_checks_and_expiry() {
        let read = read(
            "  - { case: 'single-image::content-oci-*', reason: no OCI, link: 'https://tracker.example/1' }\n  \
               - { case: auth::basic-good, check: unknown-field, reason: later, expires: 2027-06-30 }\n",
        )
        .unwrap();
        assert_eq!(read.entries[1].check, Some(CheckKind::UnknownField));
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
    #[case(
        "contradiction",
        "  - { case: 'single-image::*', reason: r }\n  - { case: '*::content-s2-*', check: golden, reason: s }\n"
    )]
    fn points_at_what_is_wrong(#[case] name: &str, #[case] entries: &str) {
        insta::assert_snapshot!(name, read(entries).unwrap_err());
    }

    #[test]
    fn two_checks_of_one_case_are_two_declarations() {
        let entries = "  - { case: auth::basic-good, check: golden, reason: r }\n  - { case: auth::basic-good, check: traffic, reason: s }\n";
        assert_eq!(read(entries).unwrap().entries.len(), 2);
    }
}
